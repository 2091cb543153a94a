package notify

import (
	"context"
	"io"
	"log/slog"
	"testing"
	"time"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
)

// A picture that may be of a span that was deleted is forgotten, also where it waits
// to be sent while many others were taken, and while it is being taken.
func TestForget(t *testing.T) {
	rang := nvr.Now()
	before, within := nvr.Span{From: rang.Add(-time.Hour), To: rang.Add(-PictureAge)}, nvr.Span{From: rang.Add(-time.Hour), To: rang}
	o := &Outbox{ctx: t.Context(), open: map[int64]*line{}, c: Config{Log: slog.New(slog.NewTextHandler(io.Discard, nil))}}
	taken := func(context.Context) ([]byte, error) { return jpeg, nil }
	shoot := func(id string, camera nvr.CameraID, taken func(context.Context) ([]byte, error)) *picture {
		return o.shoot(Message{ID: id, Camera: camera, At: rang}, taken)
	}
	waits := shoot("waits", 1, taken)
	<-waits.ready
	o.open[1] = &line{jobs: []*job{{picture: waits}}, channel: household.Channel{ID: 1}}
	for range maxShown {
		<-shoot("others", 3, taken).ready
	}
	if _, err := o.Picture("waits"); err == nil {
		t.Error("more pictures are kept than there is room for")
	}
	porch, gate := shoot("porch", 1, taken), shoot("gate", 2, taken)
	<-porch.ready
	<-gate.ready
	taking, goOn := make(chan struct{}), make(chan struct{})
	late := shoot("late", 1, func(context.Context) ([]byte, error) { close(taking); <-goOn; return jpeg, nil })
	<-taking

	o.Forget(1, before)
	if s, err := o.Picture("porch"); err != nil || len(s.JPEG) == 0 || s.Camera != 1 || waits.get() == nil {
		t.Errorf("a picture went that is of after what was deleted: %v", err)
	}
	o.Forget(1, within)
	close(goOn)
	<-late.ready
	for id, p := range map[string]*picture{"porch": porch, "waits": waits, "late": late} {
		if _, err := o.Picture(id); err == nil || p.get() != nil {
			t.Errorf("%s: it is still there", id)
		}
	}
	if _, err := o.Picture("gate"); err != nil || gate.get() == nil {
		t.Errorf("another camera's went: %v", err)
	}
}
