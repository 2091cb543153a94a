package ring

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
)

// disk is a household whose disk writes down presses as a test has it.
type disk struct {
	*household.DB
	write func(ctx context.Context, p nvr.Press) error
}

func (d *disk) SavePress(ctx context.Context, p nvr.Press) error { return d.write(ctx, p) }

// What is told to pages is in the lists, while a disk is slow and where one refuses.
func TestListedBeforeItIsWrittenDown(t *testing.T) {
	begun, slow := make(chan struct{}, waiting), make(chan struct{})
	for name, write := range map[string]func(context.Context, nvr.Press) error{
		"slow": func(context.Context, nvr.Press) error {
			begun <- struct{}{}
			<-slow
			return nil
		},
		"refuses": func(context.Context, nvr.Press) error {
			begun <- struct{}{}
			return errors.New("the disk is full")
		},
	} {
		db, err := household.Open(t.Context(), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		var cams []nvr.CameraID
		for _, camera := range []string{"Door", "Gate"} {
			c, err := db.AddCamera(t.Context(), household.CameraInput{Name: camera, URL: "rtsp://10.0.0.1/" + camera})
			if err != nil {
				t.Fatal(err)
			}
			cams = append(cams, c.ID)
		}
		door, gate := cams[0], cams[1]
		hour := nvr.Now().Add(-time.Hour)
		earlier := nvr.Press{Camera: door, At: hour.Add(-time.Hour), End: hour, Outcome: nvr.RingMissed}
		if err := db.SavePress(t.Context(), earlier); err != nil {
			t.Fatal(err)
		}
		r := New(&disk{db, write}, func(nvr.Event) {}, nil, slog.New(slog.DiscardHandler))
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); r.Run(ctx) }()
		missed := r.Press(door, "button", hour) // told too late to ring
		<-begun
		ringing := r.Press(gate, "button", nvr.Now())
		has := func(what string, list func(context.Context, int) ([]nvr.Press, error), limit int, want ...nvr.Press) {
			t.Helper()
			got, err := list(t.Context(), limit)
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("a disk that %s, %s: %+v, %v", name, what, got, err)
			}
		}
		has("missed", r.Missed, 10, missed, earlier)
		has("missed, one", r.Missed, 1, missed)
		has("latest", r.Latest, 10, ringing, missed, earlier)
		answered, err := r.Answer(gate, ringing.At, "Anna")
		if err != nil {
			t.Fatal(err)
		}
		has("answered", r.Latest, 2, answered, missed)
		if err := r.See(t.Context(), door, missed.At); err != nil {
			t.Fatal(err)
		}
		has("seen", r.Missed, 10)
		over, end := context.WithCancel(t.Context())
		end()
		if _, err := r.Missed(over, 10); !errors.Is(err, context.Canceled) {
			t.Errorf("what can't be read: %v", err)
		}
		stop()
		if name == "slow" {
			close(slow)
		}
		<-done
	}
}

// What is written down meanwhile is listed once, as it stands now.
func TestListedOnce(t *testing.T) {
	db, err := household.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	cam, err := db.AddCamera(t.Context(), household.CameraInput{Name: "Door", URL: "rtsp://10.0.0.1/"})
	if err != nil {
		t.Fatal(err)
	}
	r := New(db, func(nvr.Event) {}, nil, slog.New(slog.DiscardHandler))
	p := r.Press(cam.ID, "button", nvr.Now().Add(-time.Hour))
	old := p
	old.Outcome, old.End = "", 0
	for _, written := range []nvr.Press{old, p} {
		if err := db.SavePress(t.Context(), written); err != nil {
			t.Fatal(err)
		}
		if got, err := r.Latest(t.Context(), 10); err != nil || !slices.Equal(got, []nvr.Press{p}) {
			t.Errorf("%+v, %v", got, err)
		}
		if got, err := r.Missed(t.Context(), 10); err != nil || !slices.Equal(got, []nvr.Press{p}) {
			t.Errorf("missed %+v, %v", got, err)
		}
	}
}
