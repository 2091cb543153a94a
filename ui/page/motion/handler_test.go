package motion

import (
	"errors"
	"strings"
	"testing"

	"nvrd/pkg/nvr"
)

// A form, whatever is in it, is shown as it was typed, or makes sense and is the
// same when it is sent again.
func FuzzForm(f *testing.F) {
	for _, text := range []string{
		"", "zone 0,0 500,0 500,500\r\nmask 1,1 2,2 3,9\r\n", "zone 0,0 500,0", "zone 0,0 1001,0 5,5", "mask 0,0 1000,0 1000,1000 0,1000",
		"zone 0,0 ,5 5,5", "region 1,1 2,2 3,3", "zone 99999999999999999999,0 1,1 2,2", "zone\x00", strings.Repeat("mask 0,0 9,0 9,9\n", 17),
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		in := readInput(text)
		if in.wrong != nil {
			if !errors.Is(in.wrong, nvr.ErrInvalid) || !in.zones.Empty() || in.text != strings.ReplaceAll(text, "\r\n", "\n") {
				t.Fatalf("%q: %+v", text, in)
			}
			return
		}
		again := readInput(strings.ReplaceAll(in.text, "\n", "\r\n"))
		if again.wrong != nil || again.text != in.text || in.zones.Check() != nil {
			t.Fatalf("%q became %+v, then %+v", text, in, again)
		}
	})
}
