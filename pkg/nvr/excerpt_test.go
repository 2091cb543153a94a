package nvr_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"nvrd/pkg/nvr"
)

const minuteOne = "1,2026-11-28T14:03:12Z,2026-11-28T14:04:12Z"

// excerpts are texts and what they fail with.
var excerpts = map[string]error{
	minuteOne:           nil,
	minuteOne + ",ring": nil,
	"7,2026-11-28T14:03:12.5Z,2026-11-28T15:03:12.5Z,dog_2": nil,

	"":                             nvr.ErrInvalid,
	"1":                            nvr.ErrInvalid,
	"0" + minuteOne[1:]:            nvr.ErrInvalid,
	minuteOne + ",ring,":           nvr.ErrInvalid,
	minuteOne + ",../../etc":       nvr.ErrInvalid,
	minuteOne + ",r/g":             nvr.ErrInvalid,
	minuteOne + ",a b":             nvr.ErrInvalid,
	minuteOne + ",\x00":            nvr.ErrInvalid,
	"1,2026-11-28T14:03:12Z,later": nvr.ErrInvalid,
	minuteOne + "," + strings.Repeat("a", 33):           nvr.ErrInvalid,
	"1,2026-11-28T14:04:12Z,2026-11-28T14:04:12Z":       nvr.ErrInvalid,
	"1,2026-11-28T14:04:12Z,2026-11-28T15:04:12.00001Z": nvr.ErrTooLarge,
	"1,1970-01-01T00:00:00Z,9999-11-28T15:04:12Z":       nvr.ErrTooLarge,
}

func TestExcerpts(t *testing.T) {
	for text, want := range excerpts {
		if e, err := nvr.ParseExcerpt(text); !errors.Is(err, want) || err == nil && e.String() != text {
			t.Errorf("%q: %+v, %v", text, e, err)
		}
	}
	hour := nvr.Excerpt{Camera: 1, Span: nvr.Span{From: 1e15, To: nvr.Time(1e15).Add(time.Hour)}}.String()
	many := func(n int, s string) []string { return slices.Repeat([]string{s}, n) }
	for name, test := range map[string]struct {
		all  []string
		want error
	}{
		"none": {nil, nvr.ErrInvalid}, "one": {many(1, minuteOne), nil}, "most": {many(nvr.MaxExcerpts, minuteOne), nil},
		"too many":  {many(nvr.MaxExcerpts+1, minuteOne), nvr.ErrTooLarge},
		"two hours": {many(2, hour), nil}, "three hours": {many(3, hour), nvr.ErrTooLarge}, "one bad": {[]string{minuteOne, "x"}, nvr.ErrInvalid},
	} {
		if got, err := nvr.ParseExcerpts(test.all); !errors.Is(err, test.want) || err == nil && len(got) != len(test.all) {
			t.Errorf("%s: %d, %v", name, len(got), err)
		}
	}
}

// What is read is written as it was, whoever wrote it.
func FuzzExcerpt(f *testing.F) {
	for text := range excerpts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := nvr.ParseExcerpt(s)
		if err != nil {
			return
		}
		again, err := nvr.ParseExcerpt(e.String())
		if err != nil || again != e || e.Span.Empty() || strings.ContainsAny(e.Kind, "/\\. ") {
			t.Errorf("%q is %+v, then %+v, %v", s, e, again, err)
		}
	})
}

func TestFileNamesAreHarmless(t *testing.T) {
	at := time.Date(2026, 11, 20, 14, 3, 7, 0, time.UTC)
	for name, want := range map[string]string{"Front door": "Front door", `../../etc/x`: "..-..-etc-x", `a"; b\c`: "a-; b-c", "<script>": "-script-", "a:b*c?d|e": "a-b-c-d-e"} {
		if got := nvr.FileName(name, at); got != want+" 2026-11-20 14.03.07" {
			t.Errorf("%q: %q", name, got)
		}
	}
}
