package notify

import (
	"testing"

	"nvrd/pkg/nvr"
)

// A picture that may be of a span that was deleted is forgotten, also where it waits
// to be sent.
func TestForget(t *testing.T) {
	o := &Outbox{}
	rang := nvr.Now()
	pictures := map[string]*picture{}
	for id, camera := range map[string]nvr.CameraID{"porch": 1, "gate": 2} {
		pictures[id] = &picture{jpeg: []byte(id)}
		o.shown.keep(Message{ID: id, Camera: camera, At: rang}, pictures[id])
	}
	o.Forget(1, nvr.Span{From: rang - 60e6, To: rang}) // before it
	if s, err := o.Picture("porch"); err != nil || string(s.JPEG) != "porch" {
		t.Errorf("%+v, %v", s, err)
	}
	o.Forget(1, nvr.Span{From: rang - 60e6, To: rang + 60e6})
	if s, err := o.Picture("porch"); err == nil || pictures["porch"].get() != nil {
		t.Errorf("it is still there: %+v", s)
	}
	if s, err := o.Picture("gate"); err != nil || pictures["gate"].get() == nil {
		t.Errorf("another camera's went: %+v, %v", s, err)
	}
}
