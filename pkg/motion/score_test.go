package motion

import "testing"

// feed gives a scorer seconds of pictures of a size, 15 a second with a key
// frame first, and returns the score of the last second.
func feed(s *Scorer, seconds, bytes int) (score uint8) {
	for range seconds {
		s.Add(100_000, true)
		for range 14 {
			s.Add(bytes, false)
		}
		score = s.Take()
	}
	return score
}

func TestScore(t *testing.T) {
	var s Scorer
	if got := s.Take(); got != 0 {
		t.Errorf("nothing scores %d", got)
	}
	s.Add(1_000_000, true)
	if got := s.Take(); got != 0 {
		t.Errorf("a key frame alone scores %d", got)
	}
	if got := feed(&s, 60, 2000); got != 0 {
		t.Errorf("a still picture scores %d", got)
	}
	// Each doubling is worth a quarter of the scale.
	for _, c := range []struct{ bytes, least, most int }{{2200, 1, 20}, {4000, 60, 64}, {8000, 124, 128}, {32_000, 250, 255}, {1 << 30, 255, 255}} {
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
	if got := feed(&s, 30, 500); got != 0 {
		t.Errorf("the night scores %d", got)
	}
	if got := feed(&s, 1, 2000); got < 120 {
		t.Errorf("somebody in the night scores %d", got)
	}
}

func TestScoreOfEmptyPictures(t *testing.T) {
	var s Scorer
	if feed(&s, 10, 0) != 0 || feed(&s, 1, 16) != 255 {
		t.Error("pictures of no bytes count as one byte")
	}
}
