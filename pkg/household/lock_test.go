package household

import (
	"slices"
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

// Of locks that a program makes the newest stay, and those of people all.
func TestLockNewest(t *testing.T) {
	h := open(t, t.TempDir())
	lock := func(camera nvr.CameraID, from nvr.Time, why string) nvr.Lock {
		return nvr.Lock{Camera: camera, Span: nvr.Span{From: from, To: from + 1}, Who: "Stoop", Why: why, Made: 9}
	}
	if _, err := h.Lock(t.Context(), lock(1, 1, "parcel")); err != nil {
		t.Fatal(err)
	}
	for _, l := range []nvr.Lock{lock(1, 5, "visit"), lock(1, 3, "visit"), lock(2, 2, "visit"), lock(1, 4, "visit"), lock(1, 6, "visit")} {
		if err := h.LockNewest(t.Context(), l, 2); err != nil {
			t.Fatal(err)
		}
	}
	all, err := h.Locks(t.Context(), 0)
	var from []nvr.Time
	for _, l := range all {
		from = append(from, l.Span.From)
	}
	if err != nil || !slices.Equal(from, []nvr.Time{1, 5, 6, 2}) {
		t.Errorf("there are %v, %v", from, err)
	}
	if err := h.LockNewest(t.Context(), nvr.Lock{}, 2); err == nil {
		t.Error("an empty lock is taken")
	}
}
