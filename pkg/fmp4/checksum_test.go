package fmp4_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"nvrd/pkg/fmp4"
	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// TestIntact changes every byte of a movie fragment in turn.
func TestIntact(t *testing.T) {
	var file []byte
	var ends []int64
	for n := range 3 {
		run := fmp4.Run{Samples: []media.Sample{{DTS: int64(n) * 45000, Key: true, Data: bytes.Repeat([]byte{byte(n)}, 300)}}, End: int64(n+1) * 45000}
		head := fmp4.AppendFragment(nil, uint32(n+1), 1_000_000, []fmp4.Run{run})
		for _, b := range fmp4.AppendChecksum([][]byte{head, run.Samples[0].Data}) {
			file = append(file, b...)
		}
		ends = append(ends, int64(len(file)))
	}
	if end, damage, err := fmp4.Intact(bytes.NewReader(file), 0, int64(len(file))); end != ends[2] || damage != nil || err != nil {
		t.Errorf("a file as it was written is intact up to %d of %d: %v, %v", end, ends[2], damage, err)
	}
	for i := ends[0]; i < ends[1]; i++ {
		bad := slices.Clone(file)
		bad[i] ^= 0x10
		end, damage, err := fmp4.Intact(bytes.NewReader(bad), 0, int64(len(bad)))
		if end != ends[0] || err != nil || damage != nil && !errors.Is(damage, nvr.ErrDamaged) {
			t.Errorf("with byte %d changed, it is intact up to %d, want %d: %v, %v", i, end, ends[0], damage, err)
		}
	}
	for cut := ends[1]; cut < ends[2]; cut++ {
		if end, damage, err := fmp4.Intact(bytes.NewReader(file[:cut]), 0, cut); end != ends[1] || damage != nil || err != nil {
			t.Errorf("cut short at %d, it is intact up to %d, want %d: %v, %v", cut, end, ends[1], damage, err)
		}
	}
}
