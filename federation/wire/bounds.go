package wire

import (
	"bytes"
	"fmt"
	"slices"
)

// Bounds of what objects hold, each with its reason. Lengths of text are in
// characters (code points); its bytes are at most four times as many.
const (
	MaxEntry   = 1 << 10 // 6,000 of them are a month of a busy street: 6 MB
	MaxPayload = 8 << 10 // a long post in any script with four pictures

	MaxName        = 24   // fits on a phone beside a time
	MaxTitle       = 48   // of a neighborhood or an agency, on one line
	MaxContact     = 200  // an address, a telephone, a mail address
	MaxText        = 1000 // a screen of a phone
	MaxPublication = 600  // of an agency: half a screen of a phone
	MaxPlaces      = 24   // more is no longer coarse
	MaxDomain      = 253  // RFC 1035
	MaxSponsored   = 4    // agencies of one home: each polls and keeps for it
	MaxCells       = 64   // of a neighborhood: 2 km by 1.5
	MaxAskedCells  = 16   // by a neighbor: a few houses each way
	MaxCorners     = 32   // of an area: a few blocks, however they lie
	MaxRecipient   = 1959 // the 1,216 bytes of such a key as age writes them: all have this length
	MaxHeads       = 8    // branches of one steward's log: a home that was restored twice has three

	MaxExpireDays = 90   // what the street knew in spring is nobody's business in autumn
	MaxMediaMiB   = 1024 // of all homes a day: 30 days of it fit on a small disk

	MaxMedia       = 4
	MaxPhoto       = 512 << 10
	MaxThumbnail   = 48 << 10
	MaxClip        = 8 << 20
	MaxClipSeconds = 30
	MaxPixels      = 4096 // a side; more is nothing that a clip needs
)

// ChunkLen is how many bytes of media are sealed at a time, and tagLen what
// sealing adds to each.
const (
	ChunkLen = 64 << 10
	tagLen   = 16
)

// Sealed returns how many bytes n bytes of media take once they are sealed:
// each chunk of [ChunkLen] is 16 bytes longer.
func Sealed(n uint32) uint32 { return n + (n+ChunkLen-1)/ChunkLen*tagLen }

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func within(what string, ok bool) error {
	if !ok {
		return fmt.Errorf("%w: %s", ErrRange, what)
	}
	return nil
}

// known is within for a number that a newer program may have given a meaning.
func known(what string, ok bool) error {
	if !ok {
		return fmt.Errorf("%w: %s", ErrUnknown, what)
	}
	return nil
}

// ascending checks a set of hashes: written in order, so that there is one way
// to write it.
func ascending(what string, hashes []Hash, most int) error {
	return within(what, len(hashes) <= most && slices.IsSortedFunc(hashes, Compare) && len(slices.Compact(slices.Clone(hashes))) == len(hashes))
}

// Compare orders hashes as numbers: -1, 0 or 1.
func Compare(a, b Hash) int { return bytes.Compare(a[:], b[:]) }
