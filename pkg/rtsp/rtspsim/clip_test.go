package rtspsim

import (
	"testing"
	"time"

	"nvrd/pkg/rtsp/rtspsim/porch"
)

func TestLoadClip(t *testing.T) {
	c, err := LoadClip(porch.Door().Main)
	if err != nil {
		t.Fatal(err)
	}
	if d := c.Duration() - 24*time.Second; d < -time.Millisecond || d > time.Millisecond || len(c.tracks) != 2 {
		t.Errorf("%d tracks of %v", len(c.tracks), c.Duration())
	}
	for i, p := range c.packets {
		if i > 0 && p.at < c.packets[i-1].at || len(p.payload) == 0 || len(p.payload) > 1460 {
			t.Fatalf("packet %d of %d bytes at %v", i, len(p.payload), p.at)
		}
	}
	if !c.packets[0].key {
		t.Error("the clip does not begin with a key frame")
	}
	for name, file := range map[string][]byte{"empty": nil, "text": []byte("moof moof moof"), "cut": porch.Door().Main[:5000]} {
		if _, err := LoadClip(file); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
