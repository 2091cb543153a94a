package camera

import (
	"context"
	"strings"
	"testing"
	"time"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp"
	"nvrd/pkg/rtsp/rtspsim"
	"nvrd/pkg/rtsp/rtspsim/porch"
)

// supervise runs a camera against a simulated one. until waits for a state.
func supervise(t *testing.T, streams ...Stream) (until func(what string, is func(State) bool) State) {
	t.Helper()
	states := make(chan State, 1000)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		Start(ctx, Config{ID: 1, Streams: streams, Report: func(s State) { states <- s }}).Wait()
	}()
	t.Cleanup(func() {
		cancel()
		select {
		case <-done:
		case <-time.After(5 * time.Second):
			t.Error("Run did not return")
		}
	})
	return func(what string, is func(State) bool) State {
		t.Helper()
		timeout := time.After(30 * time.Second)
		var last State
		for {
			select {
			case last = <-states:
				if is(last) {
					return last
				}
			case <-timeout:
				t.Fatalf("%s did not happen; the last state is %+v", what, last)
			}
		}
	}
}

func listen(t *testing.T, address string, o rtspsim.Options) *rtspsim.Server {
	t.Helper()
	s, err := rtspsim.Listen(address, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	for name, file := range map[string][]byte{"main": porch.Door().Main, "sub": porch.Door().Sub} {
		clip, err := rtspsim.LoadClip(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Play(name, clip); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func both(s *rtspsim.Server, user, password string) []Stream {
	c := rtsp.Config{User: user, Password: password, Patience: 3 * time.Second}
	main, sub := c, c
	main.URL, sub.URL = s.URL("main"), s.URL("sub")
	return []Stream{{nvr.Main, main, &ends{}}, {nvr.Sub, sub, &ends{}}}
}

func live(s State) bool { return s.Phase == nvr.Live && s.Streams[1].Phase == nvr.Live }

func waitingFor(r nvr.Reason) func(State) bool {
	return func(s State) bool {
		return s.Phase == nvr.Waiting && s.Reason == r && s.RetryAt > s.Since && s.Detail != ""
	}
}

func TestCameraRestarts(t *testing.T) {
	t.Parallel()
	camera := listen(t, "127.0.0.1:0", rtspsim.Options{})
	address := camera.Addr()
	until := supervise(t, both(camera, "", "")...)
	s := until("both streams live", live)
	main, sub := s.Streams[0].Format.Video(), s.Streams[1].Format.Video()
	if main.Codec != media.H264 || main.Width <= sub.Width {
		t.Errorf("main is %dx%d, sub %dx%d", main.Width, main.Height, sub.Width, sub.Height)
	}
	camera.Close()
	until("the camera is gone", waitingFor(nvr.Unreachable))
	listen(t, address, rtspsim.Options{})
	until("both streams live again", live)
}

func TestCameraPassword(t *testing.T) {
	t.Parallel()
	camera := listen(t, "127.0.0.1:0", rtspsim.Options{User: "admin", Password: "right-one", DigestOnly: true})
	until := supervise(t, both(camera, "admin", "wrong-one")...)
	s := until("the password is refused", func(s State) bool { return s.Streams[1].Phase == nvr.Waiting })
	if s.Reason != nvr.WrongPassword || strings.Contains(s.Detail, "wrong-one") {
		t.Errorf("%+v", s)
	}
	if n := camera.Describes(); n != 2 { // without password, and with
		t.Errorf("%d log-ins", n)
	}
}

func TestCameraTrouble(t *testing.T) {
	tests := []struct {
		name    string
		options rtspsim.Options
		trouble rtspsim.Trouble
		reason  nvr.Reason
	}{
		{"garbage", rtspsim.Options{}, rtspsim.Trouble{Describe: "garbage"}, nvr.BadStream},
		{"mjpeg", rtspsim.Options{}, rtspsim.Trouble{Describe: "m=video 0 RTP/AVP 26\r\n"}, nvr.Unsupported},
		{"refused", rtspsim.Options{}, rtspsim.Trouble{Status: 503}, nvr.Refused},
		{"no key frames", rtspsim.Options{}, rtspsim.Trouble{NoKeyFrames: true}, nvr.NoPicture},
		{"frozen", rtspsim.Options{TLS: true}, rtspsim.Trouble{Freeze: true}, nvr.NoPicture},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			camera := listen(t, "127.0.0.1:0", tt.options)
			if err := camera.Trouble("main", tt.trouble); err != nil {
				t.Fatal(err)
			}
			streams := both(camera, "", "")
			if tt.trouble.NoKeyFrames { // for which patience is six times as long
				for i := range streams {
					streams[i].RTSP.Patience = time.Second
				}
			}
			until := supervise(t, streams...)
			until("the trouble is noticed", waitingFor(tt.reason))
			if err := camera.Trouble("main", rtspsim.Trouble{}); err != nil {
				t.Fatal(err)
			}
			until("both streams live", live)
		})
	}
}
