package nvr

import (
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"
)

func TestIDs(t *testing.T) {
	for s, want := range map[string]StreamID{"1/main": {Camera: 1}, "9223372036854775807/sub": {Camera: math.MaxInt64, Quality: Sub}} {
		if got, err := ParseStreamID(s); err != nil || got != want || got.String() != s {
			t.Errorf("%q is %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "1", "1/", "/main", "0/main", "-1/main", "1/third", "1/main/", "x/main", "1 /main", "9223372036854775808/sub"} {
		if got, err := ParseStreamID(s); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q is %v, %v, want invalid", s, got, err)
		}
	}
	if q, err := ParseQuality(""); q != Main || err != nil {
		t.Errorf("no quality is %v, %v", q, err)
	}
}

func TestTime(t *testing.T) {
	for s, want := range map[string]Time{
		"2026-11-22T14:03:22Z": 1795356202e6, "2026-11-22T15:03:22.5+01:00": 1795356202.5e6, "1970-01-01T00:00:00.000001Z": 1,
	} {
		got, err := ParseTime(s)
		if err != nil || got != want {
			t.Errorf("%s is %d, %v, want %d", s, got, err, want)
		}
		var again Time
		if text, err := got.MarshalText(); err != nil || again.UnmarshalText(text) != nil || again != got {
			t.Errorf("%s became %s: %v", got, again, err)
		}
	}
	for _, s := range []string{"", "now", "2026-11-22", "1969-12-31T23:59:59Z", "2026-13-01T00:00:00Z", "10000-01-01T00:00:00Z"} {
		if got, err := ParseTime(s); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q is %s, %v, want invalid", s, got, err)
		}
	}
	if d := Time(5).Sub(2); d != 3*time.Microsecond || Time(2).Add(3999) != 5 {
		t.Errorf("%s, %d", d, Time(2).Add(3999))
	}
}

func TestSpan(t *testing.T) {
	s := Span{From: 10, To: 20}
	for _, c := range []struct {
		o        Span
		overlaps bool
		shared   Span
	}{
		{Span{0, 10}, false, Span{10, 10}}, {Span{0, 11}, true, Span{10, 11}}, {Span{12, 13}, true, Span{12, 13}},
		{Span{19, 30}, true, Span{19, 20}}, {Span{20, 30}, false, Span{20, 20}}, {Span{0, 90}, true, s},
	} {
		if got := s.Overlaps(c.o); got != c.overlaps || c.o.Overlaps(s) != c.overlaps || s.Intersect(c.o) != c.shared || s.Intersect(c.o).Empty() == c.overlaps {
			t.Errorf("%v and %v overlap: %v, share %v", s, c.o, got, s.Intersect(c.o))
		}
	}
	if !s.Contains(10) || s.Contains(20) || s.Contains(9) || s.Duration() != 10*time.Microsecond || !(Span{5, 5}).Empty() {
		t.Error("spans are half open")
	}
}

// scale is exact wherever its result fits.
func TestScale(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 100_000 {
		n, num, den := int64(r.Uint64())>>(3+r.IntN(60)), 1+r.Int64N(1_000_000_000), 1+r.Int64N(1_000_000_000)
		exact := new(big.Rat).SetFrac(new(big.Int).Mul(big.NewInt(n), big.NewInt(num)), big.NewInt(den))
		if f, _ := exact.Float64(); math.Abs(f) > math.MaxInt64/2 {
			continue
		}
		off := new(big.Rat).Sub(exact, new(big.Rat).SetInt64(scale(n, num, den)))
		if off.Abs(off).Cmp(big.NewRat(1, 2)) > 0 {
			t.Fatalf("%d * %d / %d is %s, not %d", n, num, den, exact.FloatString(3), scale(n, num, den))
		}
	}
	for range 10_000 { // there and back
		d := time.Duration(r.Int64N(int64(1000 * time.Hour)))
		if back := Duration(Units(d, 90000), 90000); (back - d).Abs() > time.Second/90000/2+1 {
			t.Fatalf("%s became %s", d, back)
		}
	}
}

func TestSegmentTime(t *testing.T) {
	s := Segment{Span: Span{From: 1_000_000, To: 61_006_000}, MediaStart: 90_000_000, MediaDuration: 60 * 90_000, Timescale: 90_000} // slewed by 100 ppm
	if s.TimeAt(s.MediaStart) != s.Span.From || s.TimeAt(s.MediaStart+s.MediaDuration) != s.Span.To {
		t.Error("the ends do not meet")
	}
	for at := s.Span.From; at < s.Span.To; at += 999_983 {
		if back := s.TimeAt(s.MediaAt(at)); back.Sub(at).Abs() > 6*time.Microsecond {
			t.Errorf("%s became %s", at, back)
		}
	}
	empty := Segment{Span: Span{From: 5, To: 5}, MediaStart: 7}
	if empty.TimeAt(100) != 5 || empty.MediaAt(100) != 7 {
		t.Error("a segment of no length has one instant")
	}
}

// Every reason has words of its own.
func TestSentences(t *testing.T) {
	seen := map[string]Reason{}
	for reason, sentence := range sentences {
		if other, ok := seen[sentence]; ok || sentence == "" || reason.Sentence() != sentence {
			t.Errorf("%s and %s are both %q", reason, other, sentence)
		}
		seen[sentence] = reason
	}
	if Reason("later").Sentence() != "later" {
		t.Error("a reason of a newer program has no words")
	}
}
