package wire

import (
	"bytes"
	"crypto/ecdh"
	"crypto/rand"
	"errors"
	"testing"
)

// A parcel is opened by whom it is for, and by nobody else; all are of one length.
func TestParcel(t *testing.T) {
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other, _ := ecdh.X25519().GenerateKey(rand.Reader)
	seal := Key(key.PublicKey().Bytes())
	piece := bytes.Repeat([]byte("film"), PieceLen/4)
	for _, to := range []Key{{}, keyOf("fire brigade")} {
		b, err := SealParcel(to, piece, seal)
		if err != nil || len(b) != Parcel {
			t.Fatalf("%d bytes, %v", len(b), err)
		}
		if got, opened, err := OpenParcel(b, key); err != nil || got != to || !bytes.Equal(opened, piece) {
			t.Errorf("it is opened as one for %v, %v", got, err)
		}
		if _, _, err := OpenParcel(b, other); !errors.Is(err, ErrSignature) {
			t.Errorf("somebody else opens it: %v", err)
		}
		for _, at := range []int{0, 31, 32, 64, len(b) - 1} {
			changed := bytes.Clone(b)
			changed[at]++
			if _, _, err := OpenParcel(changed, key); !errors.Is(err, ErrSignature) {
				t.Errorf("with another byte %d it is opened: %v", at, err)
			}
		}
		for _, wrong := range [][]byte{nil, b[1:], append(bytes.Clone(b), 0)} {
			if _, _, err := OpenParcel(wrong, key); !errors.Is(err, ErrMalformed) {
				t.Errorf("one of %d bytes is opened: %v", len(wrong), err)
			}
		}
	}
	for _, wrong := range [][]byte{nil, piece[1:], append(bytes.Clone(piece), 0)} {
		if _, err := SealParcel(Key{1}, wrong, seal); !errors.Is(err, ErrRange) {
			t.Errorf("a piece of %d bytes: %v", len(wrong), err)
		}
	}
	if _, err := SealParcel(Key{1}, piece, Key{}); !errors.Is(err, ErrRange) {
		t.Errorf("for a key that is none: %v", err)
	}
}
