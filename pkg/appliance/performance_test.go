package appliance

import (
	"log/slog"
	"testing"
	"time"

	"nvrd/pkg/nvr"
)

// The load is that of the last hour, per core.
func TestLoad(t *testing.T) {
	var m meter
	began := time.Now()
	at := func(minutes, own, decoders int) mark {
		return mark{at: began.Add(time.Duration(minutes) * time.Minute), own: time.Duration(own) * time.Second, decoders: time.Duration(decoders) * time.Second}
	}
	if got := m.load(at(1, 5, 5)); got != (nvr.Load{}) {
		t.Errorf("without a mark it is %+v", got)
	}
	m.note(at(0, 100, 10))
	if got, want := m.load(at(1, 130, 25)), (nvr.Load{Over: time.Minute, CPU: 0.5, Decoders: 0.25}); got != want {
		t.Errorf("after a minute it is %+v, want %+v", got, want)
	}
	for n := range 24 { // two busy hours, of which the first counts no more
		m.note(at(5*(n+1), 100+min(n, 12)*300, 10))
	}
	if got, want := m.load(at(120, 3700, 10)), (nvr.Load{Over: 55 * time.Minute}); got != want {
		t.Errorf("after an hour in which nothing was done it is %+v, want %+v", got, want)
	}
	if got := m.load(at(0, 0, 0)); got != (nvr.Load{}) {
		t.Errorf("of a clock that went back it is %+v", got)
	}
	if got := (nvr.Load{CPU: 1, Decoders: 0.5, Cameras: 3}).PerCamera(); got != 0.5 {
		t.Errorf("each of three cameras takes %v of 1.5", got)
	}
	if got := (nvr.Load{CPU: 1}).PerCamera(); got != 1 {
		t.Errorf("without a camera it takes %v of 1", got)
	}
}

// What is told of an appliance is of its own process and its own places.
func TestPerformance(t *testing.T) {
	a, err := Open(t.Context(), Config{Data: t.TempDir(), Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	first, err := a.mark()
	if err != nil {
		t.Fatal(err)
	}
	a.meter.note(first)
	a.Seeks.Add(40 * time.Millisecond)
	got, err := a.Performance(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Disks) != 1 || got.Disks[0].Path == "" || got.Seeks.Count != 1 || got.Load.Over <= 0 || got.Load.Memory < 1<<20 || got.Load.CPU < 0 || got.Load.Cameras != 0 {
		t.Errorf("%+v", got)
	}
}
