package wire

import (
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"testing"
)

// nobodys are the encodings that Ed25519 verifiers take for a point of small
// order: by y, each with both signs of x. With such a key anybody signs.
func nobodys(t testing.TB) map[string]Key {
	keys := map[string]Key{}
	for name, y := range map[string]string{
		"0":                  "0000000000000000000000000000000000000000000000000000000000000000",
		"1":                  "0100000000000000000000000000000000000000000000000000000000000000",
		"p - 1":              "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"p, as 0":            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"p + 1, as 1":        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"order 8":            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"order 8, the other": "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	} {
		b, err := hex.DecodeString(y)
		if err != nil {
			t.Fatal(err)
		}
		key := Key(b)
		keys[name] = key
		key[31] |= 0x80
		keys[name+", x negative"] = key
	}
	return keys
}

// forged makes a signature without any private key: with S = 0 and R the neutral
// point it holds where the hash is a multiple of the key's order. So of a few
// messages one is signed; what differs between them says try.
func forged(t testing.TB, key Key, try func(int) []byte) (message []byte, s Signature) {
	t.Helper()
	s[0] = 1
	for i := 1; i < 200; i++ {
		if m := try(i); ed25519.Verify(key[:], m, s[:]) {
			return m, s
		}
	}
	t.Fatalf("no signature of %v holds", key)
	return nil, s
}

// TestKeysOfNobody: keys for which anybody can sign sign nothing here.
func TestKeysOfNobody(t *testing.T) {
	for name, key := range nobodys(t) {
		m, s := forged(t, key, func(i int) []byte { return fmt.Append(nil, i) })
		if Verify(key, m, s) {
			t.Errorf("y = %s: %v signs without a private key", name, key)
		}
	}
	// No signature of the others is known, so that they must be looked at alone.
	for y := 0xed; y <= 0xff; y++ {
		key := Key{byte(y), 31: 0x7f}
		for i := 1; i < 31; i++ {
			key[i] = 0xff
		}
		if key[31] = 0x7f; !weak(key) {
			t.Errorf("%v is a second way to write y = %d", key, y-0xed)
		}
		if key[31] = 0xff; !weak(key) {
			t.Errorf("%v is a second way to write y = %d", key, y-0xed)
		}
		if key[15] = 0xfe; weak(key) {
			t.Errorf("%v is less than p", key)
		}
	}
	if key := (Key{2}); weak(key) {
		t.Errorf("%v is refused", key)
	}
}
