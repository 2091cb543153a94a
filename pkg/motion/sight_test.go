package motion

import (
	"testing"
	"time"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// TestZonesHoldSoon draws a mask in front of a camera whose key frames are 2 s apart
// while every third picture that should be looked at is dropped: it holds in 15 s, and
// key frames alone do then.
func TestZonesHoldSoon(t *testing.T) {
	drawn, err := nvr.ParseZones("mask 0,0 500,0 500,500")
	if err != nil {
		t.Fatal(err)
	}
	zones := NewZones(drawn)
	s := NewSight(media.Track{}, nil)
	small := make([]byte, cells)
	const pause = time.Second / 10
	drawnAt, wanted := 100*time.Second, 0
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
		if at > drawnAt && s.By() == ByPictures {
			if took := at - drawnAt; took > 15*time.Second || !s.Alone() {
				t.Errorf("zones hold after %v; key frames alone do: %t", took, s.Alone())
			} else {
				t.Logf("zones hold after %v", took)
			}
			return
		}
		if at > drawnAt+2*time.Minute {
			t.Fatal("they never hold")
		}
	}
}
