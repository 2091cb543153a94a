package playback

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What is shown before an instant is over at once when an export begins then,
// whatever the order in which pictures are decoded.
func TestHide(t *testing.T) {
	// Pictures are 500 apart, so that a tick is 2.
	at := func(dts, pts int64) sample { return sample{dts: dts, pts: pts} }
	for _, c := range []struct {
		name     string
		at       int64
		pictures []sample
		want     []sample
		end      int64
	}{
		{"nothing before it", 0, []sample{at(0, 0), at(500, 500)}, []sample{at(0, 0), at(500, 500)}, 1000},
		{"the second", 500, []sample{at(0, 0), at(500, 500)}, []sample{at(498, 498), at(500, 500)}, 1000},
		{"while the second is on", 700, []sample{at(0, 0), at(500, 500), at(1000, 1000)}, []sample{at(698, 698), at(700, 700), at(1000, 1000)}, 1500},
		{"while the last is on", 1200, []sample{at(0, 0), at(500, 500), at(1000, 1000)}, []sample{at(1196, 1196), at(1198, 1198), at(1200, 1200)}, 1500},
		{"reordered, while the first is on", 1100, []sample{at(0, 1000), at(500, 2500), at(1000, 1500), at(1500, 2000)}, []sample{at(100, 1100), at(500, 2500), at(1000, 1500), at(1500, 2000)}, 2000},
		{"reordered, before a picture that is decoded first", 1600, []sample{at(0, 1000), at(500, 2500), at(1000, 1500), at(1500, 2000)}, []sample{at(498, 1598), at(500, 2500), at(1000, 1600), at(1500, 2000)}, 2000},
		{"reordered, hidden behind one that is shown", 2100, []sample{at(0, 1000), at(500, 2500), at(1000, 1500), at(1500, 2000)}, []sample{at(498, 2096), at(500, 2500), at(1000, 2098), at(1500, 2100)}, 2000},
	} {
		t.Run(c.name, func(t *testing.T) {
			hide(c.pictures, c.at, c.end)
			if diff := cmp.Diff(c.want, c.pictures, cmp.AllowUnexported(sample{})); diff != "" {
				t.Errorf("pictures (-want +got):\n%s", diff)
			}
		})
	}
}
