package recorder

import (
	"testing"
	"time"

	"nvrd/pkg/media"
)

// A second's allowance is 1,000 bytes here, and 8,000 may come at once.
func TestMeter(t *testing.T) {
	start := time.Unix(1_800_000_000, 0)
	type sent struct {
		at    float64 // s
		bytes int
		key   bool
		taken bool
	}
	for _, tt := range []struct {
		name string
		sent []sent
	}{
		{"as much as may come at once", []sent{{0, 8000, true, true}, {0, 1, false, false}}},
		{"an hour of silence allows no more at once", []sent{{0, 1, true, true}, {3600, 8000, true, true}, {3600, 1, true, false}}},
		{"at the allowed rate, for ever", []sent{{0, 8000, true, true}, {1, 1000, false, true}, {2, 1000, false, true}, {3, 1000, false, true}}},
		{"it begins again with a key frame only", []sent{{0, 8001, true, false}, {10, 100, false, false}, {20, 100, false, false}, {20, 100, true, true}, {20, 100, false, true}}},
		{"and only once half of it may come", []sent{{0, 9000, true, false}, {4.9, 1, true, false}, {5, 1, true, true}}},
		{"what is not taken counts as nothing", []sent{{0, 9000, true, false}, {1, 1 << 30, true, false}, {5, 1, true, true}}},
		{"time that goes back allows nothing", []sent{{10, 8000, true, true}, {0, 1, false, false}, {9, 1, true, false}, {14.1, 1, true, true}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := meter{bounds: bounds{rate: 1000, burst: 8000}}
			for i, s := range tt.sent {
				sample := media.Sample{Key: s.key, Data: make([]byte, s.bytes), Arrived: start.Add(time.Duration(s.at * 1e9))}
				if taken := m.admits(sample); taken != s.taken {
					t.Errorf("picture %d, at %v s: taken is %v, %d may come", i, s.at, taken, m.spare)
				}
			}
		})
	}
}
