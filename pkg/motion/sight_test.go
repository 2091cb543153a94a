package motion

import (
	"testing"
	"time"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// TestZonesHoldSoon draws a mask in front of a camera whose key frames are 2 s apart
// while every third picture that should be looked at is dropped: it holds in 15 s, and
// key frames alone do then. Of a group of pictures that is under way as it is drawn
// nothing is wanted: a decoder can't begin there.
func TestZonesHoldSoon(t *testing.T) {
	drawn, err := nvr.ParseZones("mask 0,0 500,0 500,500")
	if err != nil {
		t.Fatal(err)
	}
	zones := NewZones(drawn)
	s := NewSight(media.Track{}, nil)
	small := make([]byte, cells)
	const pause = time.Second / 10
	drawnAt, wanted := 31*time.Second, 0
	for at := time.Duration(0); ; at += pause {
		if at == drawnAt {
			s.SetZones(zones)
		}
		key := at%(2*time.Second) == 0
		s.Add(make([]byte, 1000), key, at)
		if s.Wants() {
			if wanted++; wanted%3 != 0 {
				s.See(small, at)
			}
		}
		holds := at > drawnAt && s.By() == ByPictures
		switch took := at - drawnAt; {
		case took >= 0 && took < time.Second && s.Wants():
			t.Fatalf("a picture is wanted %v after they were drawn", took)
		case took > 15*time.Second && !holds:
			t.Fatal("they do not hold")
		case holds && key:
			if !s.Alone() {
				t.Errorf("all pictures are wanted %v after they were drawn", took)
			}
			return
		}
	}
}
