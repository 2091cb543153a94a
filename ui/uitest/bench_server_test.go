//go:build bench

package uitest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nvrd/pkg/live/rtc/rtctest"
)

// server is a program that shows one camera to browsers.
type server struct {
	name  string
	pid   int
	offer string // where offers of WHEP go
	ways  []way
}

// way is a page on which it does so.
type way struct {
	Name string `json:"name"`
	URL  string `json:"url"`
	RTC  bool   `json:"rtc"` // whether the browser is to have WebRTC
}

// servers are all that are compared, this program first.
var servers = []func(t *testing.T, camera string) (server, bool){ours, mediamtx, go2rtc}

// ours starts bin/nvrd with the camera at that address.
func ours(t *testing.T, camera string) (server, bool) {
	t.Helper()
	p := launch(t, root+"/bin/nvrd", "run", "--listen", free(t), "--data", t.TempDir())
	answer, err := post(t.Context(), p.listen+"/api/v1/cameras", "application/json", fmt.Sprintf(`{"name": "Front door", "url": %q}`, camera))
	var added struct{ ID int }
	if err := errors.Join(err, json.Unmarshal(answer, &added)); err != nil {
		t.Fatalf("the camera was not added: %v", err)
	}
	page := fmt.Sprintf("%s/cameras/%d", p.listen, added.ID)
	return server{
		name: "Stoop", pid: p.cmd.Process.Pid, offer: fmt.Sprintf("%s/api/v1/cameras/%d/whep?stream=main", p.listen, added.ID),
		ways: []way{{"Stoop, WebRTC", page, true}, {"Stoop, fMP4", page, false}},
	}, true
}

// mediamtx starts MediaMTX, if `make rivals` could build it.
func mediamtx(t *testing.T, camera string) (server, bool) {
	t.Helper()
	pages, media := free(t), free(t)
	pid, ok := rival(t, "mediamtx", fmt.Sprintf(`
logLevel: error
rtmp: no
hls: no
srt: no
rtsp: no
moq: no
webrtcAddress: %s
webrtcLocalUDPAddress: %s
paths: {door: {source: %s, rtspTransport: tcp}}
`, pages, media, camera))
	page := "http://" + pages + "/door/"
	return server{"MediaMTX", pid, page + "whep", []way{{"MediaMTX, WebRTC", page, true}}}, ok
}

// go2rtc starts go2rtc, likewise.
func go2rtc(t *testing.T, camera string) (server, bool) {
	t.Helper()
	pages, media := free(t), free(t)
	pid, ok := rival(t, "go2rtc", fmt.Sprintf(`
log: {level: error}
api: {listen: %q}
rtsp: {listen: ""}
webrtc: {listen: %q, ice_servers: [], candidates: [%q], filters: {loopback: true}}
streams: {door: %q}
preload: {door: video}
`, pages, media, media, camera))
	page := "http://" + pages + "/stream.html?src=door&mode="
	return server{"go2rtc", pid, "http://" + pages + "/api/webrtc?src=door", []way{{"go2rtc, WebRTC", page + "webrtc", true}, {"go2rtc, fMP4", page + "mse", true}}}, ok
}

// rival starts a program that somebody else wrote, if it is there.
func rival(t *testing.T, name, config string) (pid int, ok bool) {
	t.Helper()
	file := filepath.Join(benchDir(t), name)
	if _, err := os.Stat(file); err != nil {
		fmt.Printf("without %s: make rivals did not build it\n", name)
		return 0, false
	}
	settings := filepath.Join(t.TempDir(), name+".yaml")
	if err := os.WriteFile(settings, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{settings}
	if name == "go2rtc" {
		args = []string{"-config", settings}
	}
	c := exec.Command(file, args...)
	c.Stdout, c.Stderr = t.Output(), t.Output()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait() // its status says that it was killed
	})
	return c.Process.Pid, true
}

// watch adds a viewer to a crowd, and waits until it sees a picture.
func (s server) watch(ctx context.Context, t *testing.T, crowd *rtctest.Crowd) error {
	t.Helper()
	for {
		v, err := crowd.Join()
		if err != nil {
			return err
		}
		if err = s.connect(ctx, v); err == nil {
			v.Count()
			t.Cleanup(func() { _ = v.Close() })
			return nil
		}
		_ = v.Close()
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s shows nothing: %w", s.name, err)
		case <-time.After(time.Second / 4): // it has no picture yet
		}
	}
}

func (s server) connect(ctx context.Context, v *rtctest.Viewer) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	sdp, err := v.Offer(ctx)
	if err != nil {
		return err
	}
	answer, err := post(ctx, s.offer, "application/sdp", sdp)
	if err == nil {
		err = v.Answer(string(answer))
	}
	if err != nil {
		return err
	}
	select {
	case <-v.Frames:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("no picture: %w", ctx.Err())
	}
}

// post returns what the answer is, of something that was created.
func post(ctx context.Context, to, contentType, body string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", contentType)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusCreated {
		err = fmt.Errorf("%s: %s: %.200s", to, res.Status, answer)
	}
	return answer, err
}
