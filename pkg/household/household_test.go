package household

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/nvr"
)

func open(t *testing.T, dir string) *DB {
	t.Helper()
	h, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

func TestCamerasSurviveReopening(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	h := open(t, dir)
	added, err := h.AddCamera(t.Context(), CameraInput{
		Name: " Front door ", URL: "RTSP://admin:p%40ss@192.168.1.20:8554/main?x=1#top", SubURL: "rtsps://admin:p%40ss@[fd00::20]/sub"})
	if err != nil {
		t.Fatal(err)
	}
	want := Camera{ID: 1, Name: "Front door", URL: "rtsp://192.168.1.20:8554/main?x=1", SubURL: "rtsps://[fd00::20]/sub",
		User: "admin", Password: "p@ss", Created: added.Created}
	// cmp prints through Format, so compare the password by itself.
	if diff := cmp.Diff(want, added); diff != "" || added.Password.Reveal() != "p@ss" {
		t.Errorf("added, -want +got:\n%s", diff)
	}
	uuid := h.UUID()
	h.Close()

	h = open(t, dir)
	if h.UUID() != uuid || uuid == [16]byte{} {
		t.Errorf("the home's number became %x, was %x", h.UUID(), uuid)
	}
	byID, err := h.Camera(t.Context(), 1)
	if err != nil || byID != want {
		t.Errorf("Camera(1) = %+v, %v", byID, err)
	}
	byName, err := h.CameraByName(t.Context(), "FRONT door")
	if err != nil || byName != want {
		t.Errorf("CameraByName = %+v, %v", byName, err)
	}
	all, err := h.Cameras(t.Context())
	if err != nil || len(all) != 1 || all[0] != want {
		t.Errorf("Cameras = %+v, %v", all, err)
	}
}

func TestIDsAreNeverReused(t *testing.T) {
	h := open(t, t.TempDir())
	for want := nvr.CameraID(1); want <= 3; want++ {
		c, err := h.AddCamera(t.Context(), CameraInput{Name: "Porch", URL: "rtsp://10.0.0.1/"})
		if err != nil || c.ID != want {
			t.Fatalf("added %d, %v; want id %d", c.ID, err, want)
		}
		if err := h.RemoveCamera(t.Context(), c.ID); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.RemoveCamera(t.Context(), 3); !errors.Is(err, nvr.ErrNotFound) {
		t.Errorf("removing twice: %v", err)
	}
	if _, err := h.Camera(t.Context(), 3); !errors.Is(err, nvr.ErrNotFound) {
		t.Errorf("a removed camera: %v", err)
	}
	if _, err := h.CameraByName(t.Context(), "porch"); !errors.Is(err, nvr.ErrNotFound) {
		t.Errorf("a removed camera by name: %v", err)
	}
}

func TestNamesOfRemovedCamerasAreKept(t *testing.T) {
	h := open(t, t.TempDir())
	for _, name := range []string{"Shed", "Gate", "Shed"} {
		c, err := h.AddCamera(t.Context(), CameraInput{Name: name, URL: "rtsp://10.0.0.1/"})
		if err != nil {
			t.Fatal(err)
		}
		if name != "Gate" {
			if err := h.RemoveCamera(t.Context(), c.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	names, err := h.RemovedCameras(t.Context())
	if diff := cmp.Diff(map[nvr.CameraID]string{1: "Shed", 3: "Shed"}, names); diff != "" || err != nil {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
}

func TestNamesAreUniqueWithoutCapitals(t *testing.T) {
	h := open(t, t.TempDir())
	for _, pair := range [][2]string{{"Front door", "FRONT DOOR "}, {"Haustür", "HAUSTÜR"}, {"Θύρα", "θύρα"}, {"Kelvin", "\u212aelvin"}} {
		if _, err := h.AddCamera(t.Context(), CameraInput{Name: pair[0], URL: "rtsp://10.0.0.1/"}); err != nil {
			t.Fatal(err)
		}
		if _, err := h.AddCamera(t.Context(), CameraInput{Name: pair[1], URL: "rtsp://10.0.0.2/"}); !errors.Is(err, nvr.ErrExists) {
			t.Errorf("%q beside %q: %v", pair[1], pair[0], err)
		}
	}
}

func TestChangeCamera(t *testing.T) {
	h := open(t, t.TempDir())
	for _, name := range []string{"Porch", "Drive"} {
		if _, err := h.AddCamera(t.Context(), CameraInput{Name: name, URL: "rtsp://10.0.0.1/main", SubURL: "rtsp://10.0.0.1/sub", User: "admin", Password: "old"}); err != nil {
			t.Fatal(err)
		}
	}
	before, err := h.Camera(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		id     nvr.CameraID
		change func(*CameraInput)
		want   error
	}{
		"taken":                      {1, func(in *CameraInput) { in.Name = "DRIVE" }, nvr.ErrExists},
		"no name":                    {1, func(in *CameraInput) { in.Name = " " }, nvr.ErrInvalid},
		"no stream":                  {1, func(in *CameraInput) { in.URL = "http://10.0.0.1/" }, nvr.ErrInvalid},
		"no user":                    {1, func(in *CameraInput) { in.User = "" }, nvr.ErrInvalid},
		"kept password, other place": {1, func(in *CameraInput) { in.URL = "rtsp://10.0.0.2/main" }, nvr.ErrInvalid},
		"no camera":                  {9, func(*CameraInput) {}, nvr.ErrNotFound},
	} {
		if _, err := h.ChangeCamera(t.Context(), c.id, c.change); !errors.Is(err, c.want) || strings.Contains(err.Error(), "old") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got, err := h.Camera(t.Context(), 1); err != nil || got != before {
		t.Errorf("what was refused left %+v, %v", got, err)
	}
	want := before
	want.Name, want.URL, want.SubURL, want.Password = "porch", "rtsp://10.0.0.2/main", "", "new"
	changed, err := h.ChangeCamera(t.Context(), 1, func(in *CameraInput) {
		in.Name, in.URL, in.SubURL, in.Password = " porch ", "rtsp://admin:new@10.0.0.2/main", "", "new"
	})
	if err != nil || changed != want {
		t.Errorf("changed to %+v, %v", changed, err)
	}
	if got, err := h.CameraByName(t.Context(), "Porch"); err != nil || got != want {
		t.Errorf("stored %+v, %v", got, err)
	}
}

// TestKeptPassword shows where a stored password goes: to the machine and port
// that it was given for, whoever asks.
func TestKeptPassword(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*CameraInput)
		want   Secret // empty for a refusal
	}{
		"nothing":                 {func(*CameraInput) {}, "old"},
		"name":                    {func(in *CameraInput) { in.Name = "Drive" }, "old"},
		"path":                    {func(in *CameraInput) { in.URL = "rtsp://10.0.0.1/other?x=1" }, "old"},
		"port, said":              {func(in *CameraInput) { in.URL = " rtsp://10.0.0.1:554/main" }, "old"},
		"no small stream":         {func(in *CameraInput) { in.SubURL = "" }, "old"},
		"streams change places":   {func(in *CameraInput) { in.URL, in.SubURL = in.SubURL, in.URL }, "old"},
		"user":                    {func(in *CameraInput) { in.User = "root" }, "old"},
		"host":                    {func(in *CameraInput) { in.URL = "rtsp://10.0.0.2/main" }, ""},
		"host, given again":       {func(in *CameraInput) { in.URL, in.Password = "rtsp://10.0.0.2/main", "old" }, "old"},
		"host, another password":  {func(in *CameraInput) { in.URL, in.Password = "rtsp://10.0.0.2/main", "new" }, "new"},
		"host, its own":           {func(in *CameraInput) { in.URL = "rtsp://admin:new@10.0.0.2/main" }, "new"},
		"host, a user of its own": {func(in *CameraInput) { in.URL = "rtsp://admin@10.0.0.2/main" }, ""},
		"port":                    {func(in *CameraInput) { in.URL = "rtsp://10.0.0.1:8554/main" }, ""},
		"in the clear":            {func(in *CameraInput) { in.SubURL = "rtsp://10.0.0.1:7441/sub" }, ""},
		"small stream":            {func(in *CameraInput) { in.SubURL = "rtsp://10.0.0.2/sub" }, ""},
		"host that looks alike":   {func(in *CameraInput) { in.URL = "rtsp://10.0.0.1.example.com/main" }, ""},
		"old host as a user":      {func(in *CameraInput) { in.URL = "rtsp://10.0.0.1:554@10.0.0.2/main" }, "554"},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, t.TempDir())
			c, err := h.AddCamera(t.Context(), CameraInput{Name: "Porch", URL: "rtsp://10.0.0.1/main", SubURL: "rtsps://10.0.0.1:7441/sub", User: "admin", Password: "old"})
			if err != nil {
				t.Fatal(err)
			}
			in := CameraInput{Name: c.Name, URL: c.URL, SubURL: c.SubURL, User: c.User, Password: Kept}
			tt.change(&in)
			tried, untried := h.Completed(t.Context(), c.ID, in)
			changed, err := h.ChangeCamera(t.Context(), c.ID, tt.change)
			if tt.want == "" {
				if !errors.Is(err, nvr.ErrInvalid) || !errors.Is(untried, nvr.ErrInvalid) || !strings.Contains(err.Error(), "give the password again") {
					t.Errorf("it goes there: %v, tried %v", err, untried)
				}
				return
			}
			if err != nil || untried != nil || changed.Password != tt.want || tried.Password != tt.want {
				t.Errorf("changed to %q (%v), tried %q (%v), want %q", changed.Password.Reveal(), err, tried.Password.Reveal(), untried, tt.want.Reveal())
			}
		})
	}
}

func TestKeyOfAnotherHome(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	open(t, dir).Close()
	open(t, other).Close()
	for name, key := range map[string][]byte{"foreign": read(t, filepath.Join(other, keyFile)), "short": []byte("short"), "empty": nil} {
		if err := os.WriteFile(filepath.Join(dir, keyFile), key, 0o600); err != nil {
			t.Fatal(err)
		}
		if h, err := Open(t.Context(), dir); !errors.Is(err, nvr.ErrDamaged) || !strings.Contains(err.Error(), "backup") {
			t.Errorf("%s key: %v, %v", name, h, err)
		}
	}
}

func TestKeyIsForItsOwnerOnly(t *testing.T) {
	dir := t.TempDir()
	open(t, dir).Close()
	path := filepath.Join(dir, keyFile)
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	names, err := filepath.Glob(path + ".*")
	if err != nil || len(names) > 0 {
		t.Errorf("left behind: %v, %v", names, err)
	}
}

func TestWatchSeesBothProcesses(t *testing.T) {
	dir := t.TempDir()
	h, other := open(t, dir), open(t, dir)
	ctx, cancel := context.WithCancel(t.Context())
	changed := h.Watch(ctx)
	wait := func(what string, within time.Duration) {
		t.Helper()
		select {
		case _, ok := <-changed:
			if !ok {
				t.Fatalf("%s: closed", what)
			}
		case <-time.After(within):
			t.Fatalf("%s: nothing seen", what)
		}
	}
	wait("at once", 10*time.Second)
	mine, err := h.AddCamera(ctx, CameraInput{Name: "a", URL: "rtsp://10.0.0.1/"})
	if err != nil {
		t.Fatal(err)
	}
	wait("own change", 10*time.Second)
	if err := other.RemoveCamera(ctx, mine.ID); err != nil {
		t.Fatal(err)
	}
	wait("the other process's change", 10*time.Second)
	if err := h.AddSession(ctx, [32]byte{1}, nvr.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	select {
	case <-changed:
		t.Error("a session is no change of the cameras")
	case <-time.After(2 * poll):
	}
	cancel()
	for range changed {
		t.Error("a change after the end")
	}
}

func TestSessions(t *testing.T) {
	h := open(t, t.TempDir())
	// The bubble's clock stands in 2000 and moves only when told to.
	synctest.Test(t, func(t *testing.T) {
		h, err := Open(t.Context(), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer h.Close()
		until := nvr.Now().Add(time.Hour)
		if err := h.AddSession(t.Context(), [32]byte{1}, until); err != nil {
			t.Fatal(err)
		}
		if got, err := h.Session(t.Context(), [32]byte{1}); err != nil || got != until {
			t.Errorf("Session = %v, %v; want %v", got, err, until)
		}
		time.Sleep(2 * time.Hour)
		if err := h.AddSession(t.Context(), [32]byte{2}, nvr.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Session(t.Context(), [32]byte{1}); !errors.Is(err, nvr.ErrNotFound) {
			t.Errorf("an expired session stayed: %v", err)
		}
	})
	for range 2 { // the second time there is none: not an error
		if err := h.RemoveSession(t.Context(), [32]byte{2}); err != nil {
			t.Error(err)
		}
	}
	if _, err := h.Session(t.Context(), [32]byte{2}); !errors.Is(err, nvr.ErrNotFound) {
		t.Errorf("a removed session: %v", err)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestLanguage(t *testing.T) {
	h := open(t, t.TempDir())
	speak := func(language string) error {
		_, err := h.ChangeHome(t.Context(), func(home *Home) error { home.Language = language; return nil })
		return err
	}
	for _, no := range []string{"fr", "DE", "de-AT", " de"} {
		if err := speak(no); !errors.Is(err, nvr.ErrInvalid) {
			t.Errorf("%q: %v", no, err)
		}
	}
	for _, l := range append([]string{""}, Languages...) {
		if err := speak(l); err != nil {
			t.Errorf("%q: %v", l, err)
		}
		if home, err := h.Home(t.Context()); err != nil || home.Language != l {
			t.Errorf("%q, want %q, %v", home.Language, l, err)
		}
	}
}
