package motion

import (
	"testing"
	"time"
)

// feed gives a scorer seconds of pictures of a size, 15 a second with a key
// frame first, and returns the score of the last second.
func feed(s *Scorer, seconds, bytes int) (score uint8) {
	for range seconds {
		s.Add(make([]byte, 100_000), true, s.at)
		for i := range 14 {
			s.Add(make([]byte, bytes), false, s.at+time.Duration(i)*time.Second/15)
		}
		score = s.Take(s.at + time.Second)
	}
	return score
}

func TestScore(t *testing.T) {
	var s Scorer
	if got := s.Take(0); got != 0 {
		t.Errorf("nothing scores %d", got)
	}
	s.Add(make([]byte, 1_000_000), true, 0)
	if got := s.Take(0); got != 0 {
		t.Errorf("a key frame alone scores %d", got)
	}
	if got := feed(&s, 60, 2000); got != 0 {
		t.Errorf("a still picture scores %d", got)
	}
	// Each doubling is worth a quarter of the scale, less what the key frame adds.
	for _, c := range []struct{ bytes, least, most int }{{2200, 1, 20}, {4000, 50, 64}, {8000, 110, 128}, {32_000, 230, 255}, {1 << 24, 255, 255}} {
		if got := int(feed(&s, 1, c.bytes)); got < c.least || got > c.most {
			t.Errorf("%d bytes score %d, want %d to %d", c.bytes, got, c.least, c.most)
		}
		s = Scorer{}
		feed(&s, 60, 2000)
	}
	// Motion does not become the new stillness within a minute, but rain does in time.
	if got := feed(&s, 60, 8000); got < 60 {
		t.Errorf("a minute of motion ends with %d", got)
	}
	if got := feed(&s, 1800, 8000); got > 5 {
		t.Errorf("half an hour of rain ends with %d", got)
	}
	// When the night comes and pictures get small, that is soon still.
	if got := feed(&s, 30, 500); got > 4 {
		t.Errorf("the night scores %d", got)
	}
	if got := feed(&s, 1, 2000); got < 80 {
		t.Errorf("somebody in the night scores %d", got)
	}
}

func TestScoreOfEmptyPictures(t *testing.T) {
	var s Scorer
	if feed(&s, 30, 0) != 0 || feed(&s, 1, 16) > 4 {
		t.Error("pictures of next to nothing are as good as nothing")
	}
}

// The position behind a key frame counts: encoders spend less there.
func TestScoreByPosition(t *testing.T) {
	var s Scorer
	for n := range 120 {
		at := time.Duration(n) * time.Second
		s.Add(make([]byte, 50_000), true, at)
		for i := range 9 {
			s.Add(make([]byte, 500+500*i), false, at+time.Duration(i)*time.Second/10)
			if i == 4 || i == 8 {
				if got := s.Take(at + time.Duration(i)*time.Second/10); got > 4 {
					t.Fatalf("second %d: stillness scores %d", n, got)
				}
			}
		}
	}
}
