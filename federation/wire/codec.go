package wire

import (
	"bytes"
	"fmt"

	"github.com/fxamacker/cbor/v2"
)

// The library is told to refuse what it can. What it lets pass all the same
// (byte strings of another length than the array they go to, floats that are
// whole, null for an empty list, lengths in more bytes than needed) is found by
// writing the value again and comparing.
var (
	writing = must(deterministic().EncMode())
	reading = must(cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		IndefLength:       cbor.IndefLengthForbidden,
		TagsMd:            cbor.TagsForbidden,
		MaxNestedLevels:   4,   // an object, a head, a list, what is in it
		MaxArrayElements:  256, // the most that any list may have, see the bounds of each
		MaxMapPairs:       16,  // there are no maps
		IntDec:            cbor.IntDecConvertSignedOrFail,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
		UTF8:              cbor.UTF8RejectInvalid,
	}.DecMode())
)

// deterministic is the encoding of RFC 8949, section 4.2, where an empty list is
// written as one.
func deterministic() cbor.EncOptions {
	o := cbor.CoreDetEncOptions()
	o.NilContainers = cbor.NilContainerAsEmpty
	return o
}

func must[T any](mode T, err error) T {
	if err != nil {
		panic(err) // the options above are constants
	}
	return mode
}

// encode returns the one encoding of v, which is a type of this package.
func encode(v any) []byte {
	b, err := writing.Marshal(v)
	if err != nil {
		panic(err) // a type that can't be written: no value does this, and each type has a vector
	}
	return b
}

// decode reads the one encoding of a T. It allocates no more than a small
// multiple of limit, which is in bytes.
func decode[T any](b []byte, limit int) (T, error) {
	var v T
	if len(b) > limit {
		return v, fmt.Errorf("%w: %T of %d bytes, of at most %d", ErrTooLarge, v, len(b), limit)
	}
	if err := reading.Unmarshal(b, &v); err != nil {
		var none T
		return none, fmt.Errorf("%w: %T: %w", ErrMalformed, v, err)
	}
	if !bytes.Equal(encode(v), b) {
		var none T
		return none, fmt.Errorf("%w: %T is not written in the shortest way", ErrMalformed, v)
	}
	return v, nil
}
