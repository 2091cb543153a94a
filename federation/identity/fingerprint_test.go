package identity_test

import (
	"strings"
	"testing"

	"nvrd/federation/identity"
	"nvrd/federation/wire"
)

// The words of a key never change: people know their neighbors by them.
func TestFingerprint(t *testing.T) {
	for key, want := range map[wire.Key]string{{}: "rib good", {1}: "benefit bid", {31: 1}: "stay sugar"} {
		if got := identity.Fingerprint(key); got != want {
			t.Errorf("the words of %v are %q, not %q", key, got, want)
		}
	}
	seen := map[string]bool{}
	for i := range 1000 {
		words := identity.Fingerprint(wire.Key{byte(i), byte(i >> 8)})
		if len(strings.Fields(words)) != 2 || seen[words] {
			t.Errorf("%q of key %d", words, i)
		}
		seen[words] = true
	}
}
