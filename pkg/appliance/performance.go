package appliance

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"nvrd/pkg/nvr"
)

const (
	// markEvery is how often the time on processors is noted, and marks how many of
	// these notes are kept: the load is that of the last hour, less up to markEvery.
	markEvery = 5 * time.Minute
	marks     = 12
)

// meter measures what the program takes of its machine. The zero value is ready.
type meter struct {
	mu    sync.Mutex
	marks []mark // the oldest first; at most that many
}

// mark is how much time on processors was used by then, since the program began.
type mark struct {
	at            time.Time
	own, decoders time.Duration
}

// note keeps a mark, and lets the oldest go.
func (m *meter) note(now mark) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.marks = append(m.marks, now)
	if len(m.marks) > marks {
		m.marks = m.marks[:copy(m.marks, m.marks[1:])]
	}
}

// load is what was used since the oldest mark.
func (m *meter) load(now mark) (l nvr.Load) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.marks) == 0 {
		return l
	}
	was := m.marks[0]
	if l.Over = now.at.Sub(was.at); l.Over <= 0 {
		return nvr.Load{}
	}
	l.CPU = (now.own - was.own).Seconds() / l.Over.Seconds()
	l.Decoders = (now.decoders - was.decoders).Seconds() / l.Over.Seconds()
	return l
}

// mark is what was used until now.
func (a *Appliance) mark() (mark, error) {
	var used unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &used); err != nil {
		return mark{}, fmt.Errorf("time on processors: %w", err)
	}
	m := mark{at: time.Now(), own: time.Duration(used.Utime.Nano() + used.Stime.Nano())}
	if a.Decoders != nil {
		m.decoders = a.Decoders.CPU()
	}
	return m, nil
}

// measure keeps marks until ctx ends.
func (a *Appliance) measure(ctx context.Context) {
	tick := time.NewTicker(markEvery)
	defer tick.Stop()
	for {
		if m, err := a.mark(); err == nil { // what is not measured is told as nothing
			a.meter.note(m)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Connected tells how steadily a camera was connected in a span, and what of its packets
// came in the hours of that, since the recorder began.
func (a *Appliance) Connected(ctx context.Context, camera nvr.CameraID, span nvr.Span) (nvr.Connected, error) {
	c, err := a.Dir.Connected(ctx, camera, span)
	c.Packets = a.Cameras.Packets(camera, span)
	return c, err
}

// Performance tells how the recorder does on its machine. It waits for no disk.
func (a *Appliance) Performance(ctx context.Context) (p nvr.Performance, err error) {
	cameras, err := a.Cameras.List(ctx)
	if err != nil {
		return p, err
	}
	now, err := a.mark()
	if err != nil {
		return p, err
	}
	p = nvr.Performance{Disks: a.Dir.Places.Barriers(), Seeks: a.Seeks.Timings(), Load: a.meter.load(now)}
	p.Load.Cores = runtime.GOMAXPROCS(0)
	for _, c := range cameras {
		if c.State.Phase == nvr.Live && c.Mode != nvr.KeepNone && c.Mode != nvr.Privacy {
			p.Load.Cameras++
		}
	}
	p.Load.Memory, err = resident()
	return p, err
}

// resident returns the bytes of memory that the program holds (proc_pid_statm(5)).
func resident() (int64, error) {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, fmt.Errorf("memory of the program: %w", err)
	}
	var size, pages int64
	if _, err := fmt.Fscan(bytes.NewReader(b), &size, &pages); err != nil {
		return 0, fmt.Errorf("memory of the program: %w", err)
	}
	return pages * int64(os.Getpagesize()), nil
}
