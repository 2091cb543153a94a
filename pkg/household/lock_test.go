package household

import (
	"testing"

	"nvrd/pkg/nvr"
)

// TestLocksMoveOnce shows that no old catalog adds a lock once all were taken
// over, and that none is taken over twice.
func TestLocksMoveOnce(t *testing.T) {
	h := open(t, t.TempDir())
	lock := func(why string) nvr.Lock {
		return nvr.Lock{Camera: 1, Span: nvr.Span{From: 1, To: 2}, Who: "Ada", Why: why, Made: 3}
	}
	for i, step := range []struct {
		locks []nvr.Lock
		all   bool
		want  int
	}{
		{[]nvr.Lock{lock("parcel")}, false, 1},
		{[]nvr.Lock{lock("parcel"), lock("window")}, false, 2},
		{nil, true, 2},
		{[]nvr.Lock{lock("fence")}, false, 2},
		{[]nvr.Lock{lock("fence")}, true, 2},
	} {
		if err := h.MoveLocks(t.Context(), step.locks, step.all); err != nil {
			t.Fatal(err)
		}
		if got, err := h.Locks(t.Context(), 0); err != nil || len(got) != step.want {
			t.Errorf("after step %d there are %+v, %v, want %d", i, got, err, step.want)
		}
		if moved, err := h.LocksMoved(t.Context()); err != nil || moved != (i >= 2) {
			t.Errorf("after step %d all have moved: %t, %v", i, moved, err)
		}
	}
}
