package main

import (
	"context"
	"io"
	"testing"
)

// Who is told to end before it has begun ends well.
func TestEndsBeforeItBegan(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := &call{streams: streams{out: io.Discard, err: io.Discard}}
	if err := c.appliance(ctx, settings{data: t.TempDir(), listen: "127.0.0.1:0"}, nil); err != nil {
		t.Error(err)
	}
}
