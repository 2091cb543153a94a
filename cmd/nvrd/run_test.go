package main

import "testing"

func TestPublicAddress(t *testing.T) {
	for text, want := range map[string]bool{
		"93.184.215.14": true, "2606:2800:21f:cb07:6820:80da:af6b:8b2c": true, "::ffff:93.184.215.14": true,
		"192.168.1.10": false, "10.0.0.1": false, "100.64.3.4": false, "::ffff:100.64.3.4": false, "127.0.0.1": false, "0.0.0.0": false,
		"fe80::1": false, "fe80::1%eth0": false, "fd00::1": false, "home.example": false, "93.184.215.14:7667": false, "": false,
	} {
		if a, err := publicAddress(text); (err == nil) != want {
			t.Errorf("%q is taken for %v, %v", text, a, err)
		}
	}
}
