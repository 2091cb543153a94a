package appliance

import (
	"log/slog"
	"testing"

	"nvrd/pkg/nvr"
	"nvrd/pkg/recorder"
)

// What a bell reports that a camera saw goes by the zones of the camera.
func TestReportsGoByZones(t *testing.T) {
	a, err := Open(t.Context(), Config{Data: t.TempDir(), Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	zones, err := nvr.ParseZones("mask 0,0 500,0 500,500")
	if err != nil {
		t.Fatal(err)
	}
	a.Recorder.SetZones(1, zones)
	all := a.Events.Subscribe(0)
	defer all.Close()
	a.Bells.Report(nvr.Event{Stream: nvr.StreamID{Camera: 1}, Kind: nvr.MotionEvent, Detail: "camera", Span: nvr.Span{From: 1e15, To: 1e15}})
	if got := <-all.Events(); got.Event.Detail != "camera"+recorder.Unseen { // nothing is decoded
		t.Errorf("%+v", got)
	}
}
