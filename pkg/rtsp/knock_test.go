package rtsp

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/rtsp/rtspsim"
)

func TestHostPort(t *testing.T) {
	for url, want := range map[string]string{
		"rtsp://camera/main":             "camera:554",
		"rtsps://camera/main":            "camera:322",
		"rtsp://u:p@camera:8554/main":    "camera:8554",
		"rtsp://[fe80::1]/main":          "[fe80::1]:554",
		"http://camera/main":             "",
		"rtsp://%zz/":                    "",
		"rtsp:///a stream but no camera": "",
	} {
		if got := (Config{URL: url}).HostPort(); got != want {
			t.Errorf("%s is at %q, want %q", url, got, want)
		}
	}
}

func TestKnock(t *testing.T) {
	camera := simulate(t, rtspsim.Options{User: "admin", Password: "secret"})
	c := Config{URL: camera.URL("door")}
	if err := Knock(t.Context(), c); err != nil || camera.Describes() != 0 {
		t.Errorf("%v, and %d requests", err, camera.Describes())
	}
	camera.Close()
	if err := Knock(t.Context(), c); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("nobody listens: %v", err)
	}
	if err := Knock(t.Context(), Config{URL: "rtsp://"}); err == nil {
		t.Error("an address that is none was answered")
	}
}

// TestRedial has a host that is silent at first.
func TestRedial(t *testing.T) {
	refused := errors.New("refused")
	for name, tt := range map[string]struct {
		silent time.Duration // until then packets are dropped
		answer error
		within time.Duration // what the caller allows
		want   time.Duration // when it is over
		tries  int
	}{
		"there":        {0, nil, 10 * time.Second, 0, 1},
		"refused":      {0, refused, 10 * time.Second, 0, 1},
		"comes back":   {5 * time.Second, nil, 10 * time.Second, 6 * time.Second, 4},
		"never":        {time.Hour, nil, 9 * time.Second, 9 * time.Second, 5},
		"comes, shut":  {3 * time.Second, refused, 10 * time.Second, 4 * time.Second, 3},
		"no time left": {time.Hour, nil, time.Second, time.Second, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began, tries := time.Now(), 0
				ctx, cancel := context.WithTimeout(t.Context(), tt.within)
				defer cancel()
				_, err := redial(func(ctx context.Context, _, _ string) (net.Conn, error) {
					tries++
					if time.Since(began) < tt.silent {
						<-ctx.Done()
						return nil, ctx.Err()
					}
					return nil, tt.answer
				})(ctx, "tcp", "camera:554")
				if took := time.Since(began); took != tt.want || tries != tt.tries {
					t.Errorf("it took %v and %d tries, want %v and %d", took, tries, tt.want, tt.tries)
				}
				if answered := tt.want < tt.within; answered && !errors.Is(err, tt.answer) || !answered && err == nil {
					t.Errorf("it ended with %v", err)
				}
			})
		})
	}
}
