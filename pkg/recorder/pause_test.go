package recorder_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/nvr"
)

// A hole in a stream of ten pictures a second is told as what it is, however
// short it is beside the patience of a connection.
func TestHoleIsNoFootage(t *testing.T) {
	for _, hole := range []int{4, 9, 30} {
		synctest.Test(t, func(t *testing.T) {
			h := newHome(t)
			defer h.close()
			start := nvr.Now()
			s := h.stream(camera)
			s.Begin(format(), true)
			send(s, 0, 20)
			time.Sleep(time.Duration(hole) * time.Second)
			send(s, 20+hole, 20)
			s.End(nvr.Unreachable, nil)
			time.Sleep(3 * time.Second)
			back := 20 + float64(hole)
			want := []stretch{{"footage", 0, 20}, {"no_picture", 20, back}, {"footage", back, back + 20}, {"unreachable", back + 20, -1}}
			if diff := cmp.Diff(want, h.told(camera, start), cmp.AllowUnexported(stretch{})); diff != "" {
				t.Errorf("a hole of %d s (-want +got):\n%s", hole, diff)
			}
		})
	}
}
