package recorder_test

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/nvr"
)

// The first picture after a gap was taken before it arrived. If the program is
// killed before the catalog knows of it, the last sign of life may be younger
// than that picture.
func TestGapEndsWhereRecoveredFootageBegins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHome(t)
		start := nvr.Now()
		s := h.stream(camera)
		time.Sleep(10*time.Second + 500*time.Millisecond)
		h.stream(nvr.StreamID{Camera: 2})  // something to commit
		time.Sleep(550 * time.Millisecond) // and it is committed
		s.Begin(format(), true)
		for i := range 11 { // all that was held back until it was clear how the clocks belong together
			sendPicture(s, i, time.Now().Add(time.Duration(i-8)*100*time.Millisecond))
		}
		h.crash()
		h.open()
		defer h.close()
		if timeline := h.tiled(camera, start, nvr.Now()); len(timeline.Footage) != 1 {
			t.Errorf("footage is %v, want one stretch", timeline.Footage)
		}
	})
}

// A clock that was set back leaves footage that seems to be of the future. A
// crash then costs no more than any other.
func TestRecoversWhatSeemsToBeOfTheFuture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHome(t)
		start := nvr.Now()
		s := h.stream(camera)
		s.Begin(format(), true)
		for i := range 100 {
			sendPicture(s, i, time.Now().Add(time.Minute))
			time.Sleep(100 * time.Millisecond)
		}
		h.crash()
		h.open()
		defer h.close()
		timeline := h.tiled(camera, start, nvr.Now().Add(2*time.Minute))
		if len(timeline.Footage) != 1 || timeline.Footage[0].Duration() < 9*time.Second {
			t.Errorf("footage is %v, want 10 s", timeline.Footage)
		}
	})
}

// A file that was reported as lost may still lie there, because its disk was
// away when it was given up. It is not found again over the gap.
func TestFileThatWasGivenUpStaysLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHome(t)
		start := nvr.Now()
		s := h.stream(camera)
		s.Begin(format(), true)
		send(s, 0, 5)
		s.End(nvr.Unreachable, nil)
		time.Sleep(3 * time.Second)
		lost := nvr.Gap{Stream: camera, Span: nvr.Span{From: start, To: start.Add(5 * time.Second)}, Reason: nvr.DiskError}
		err := h.catalog.Update(t.Context(), func(tx catalog.Tx) error {
			return errors.Join(tx.DropSegment(camera, start), tx.AddGap(lost))
		})
		if err != nil {
			t.Fatal(err)
		}
		h.close()
		h.open()
		defer h.close()
		timeline := h.tiled(camera, start, nvr.Now())
		if len(timeline.Footage) != 0 || timeline.Gaps[0] != lost {
			t.Errorf("footage is %v and gaps are %v, want %v first", timeline.Footage, timeline.Gaps, lost)
		}
	})
}

// A file that damage made absurd costs itself, never the start.
func TestStartsBesideAbsurdFile(t *testing.T) {
	for _, c := range []struct {
		name   string
		damage func([]byte)
	}{
		{"clock of a century later", func(b []byte) { b[lastBox(b, "prft")+12] ^= 0x7f }},
		{"picture of half a day", func(b []byte) { b[lastBox(b, "tfhd")+16] = 0xff }},
		{"run that began after the file", func(b []byte) { b[lastBox(b, "uuid")+4+16+12] = 0x7f }},
		{"run that never began", func(b []byte) { clear(b[lastBox(b, "uuid")+4+16+12:][:8]) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHome(t)
				start := nvr.Now()
				s := h.stream(camera)
				s.Begin(format(), true)
				send(s, 0, 5)
				h.crash()
				path := h.newestFile()
				b, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				c.damage(b)
				if err := os.WriteFile(path, b, 0o640); err != nil {
					t.Fatal(err)
				}
				h.open()
				defer h.close()
				h.tiled(camera, start, nvr.Now())
			})
		})
	}
}

// Footage that ends a hair before what follows lasts until then.
func TestSegmentsThatAlmostJoin(t *testing.T) {
	for _, c := range []struct {
		short nvr.Time // how much too early the first segment ends
		gaps  int
	}{{1, 0}, {250, 0}, {10_000, 0}, {10_001, 1}} {
		synctest.Test(t, func(t *testing.T) {
			h := newHome(t)
			start := nvr.Now()
			s := h.stream(camera)
			s.Begin(format(), true)
			send(s, 0, 100)
			h.close()
			h.open()
			first := h.segments(camera)[0]
			err := h.catalog.Update(t.Context(), func(tx catalog.Tx) error {
				return tx.EndSegment(camera, first.Span.From, first.Span.To-c.short)
			})
			if err != nil {
				t.Fatal(err)
			}
			h.close()
			h.open()
			defer h.close()
			timeline := h.tiled(camera, start, nvr.Now())
			if got := len(timeline.Footage) - 1; got != c.gaps {
				t.Errorf("%d µs are %d gaps, want %d: %v", c.short, got, c.gaps, timeline.Gaps)
			}
		})
	}
}

// A stream may be removed while its last segment is not in the catalog, and a
// power cut take the end of that.
func TestPowerCutJustAfterStreamWasRemoved(t *testing.T) {
	cut := 0
	for after := 100 * time.Millisecond; after <= time.Second; after += 100 * time.Millisecond {
		synctest.Test(t, func(t *testing.T) {
			h := newHome(t)
			s := h.stream(camera)
			time.Sleep(after / 7)
			s.Begin(format(), true)
			send(s, 0, 5)
			h.recorder.Remove(camera)
			time.Sleep(after)
			h.crash()
			c, err := catalog.Open(t.Context(), filepath.Join(h.dir, "catalog.db"))
			if err != nil {
				t.Fatal(err)
			}
			open, err := c.OpenSegments(t.Context())
			if err := errors.Join(err, c.Close()); err != nil {
				t.Fatal(err)
			}
			if len(open) > 0 {
				info, err := os.Stat(h.newestFile())
				if err != nil {
					t.Fatal(err)
				}
				if err := os.Truncate(h.newestFile(), info.Size()-1); err != nil {
					t.Fatal(err)
				}
				cut++
			}
			h.open()
			defer h.close()
			h.sound()
		})
	}
	if cut == 0 {
		t.Error("every segment was in the catalog")
	}
}

// lastBox returns where the type of the last box of a type stands.
func lastBox(b []byte, kind string) int {
	for i := len(b) - 4; i > 4; i-- {
		if string(b[i:i+4]) == kind && binary.BigEndian.Uint32(b[i-4:]) < 1<<16 {
			return i
		}
	}
	panic("no box " + kind)
}

// A camera is away, and nothing else happens: it was away until the program was
// killed, give or take a minute, and then the program did not run.
func TestKilledWhileNothingHappened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHome(t)
		start := nvr.Now()
		s := h.stream(camera)
		s.End(nvr.Unreachable, nil)
		time.Sleep(time.Hour)
		killed := nvr.Now()
		h.crash()
		time.Sleep(time.Hour)
		h.open()
		defer h.close()
		gaps := h.tiled(camera, start, nvr.Now()).Gaps
		last, before := gaps[len(gaps)-1], gaps[len(gaps)-2]
		if ran := killed.Sub(last.Span.From); last.Reason != nvr.NotRunning || ran < 0 || ran > 2*time.Minute {
			t.Errorf("the program is said to have ended %s before it was killed: %+v", ran, gaps)
		}
		if before.Reason != nvr.Unreachable {
			t.Errorf("before, the camera was %s", before.Reason)
		}
	})
}
