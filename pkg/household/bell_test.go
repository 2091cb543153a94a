package household

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/nvr"
)

// front returns a home with one camera that has a password.
func front(t *testing.T, dir string) (*DB, Camera) {
	t.Helper()
	h := open(t, dir)
	c, err := h.AddCamera(t.Context(), CameraInput{Name: "Front", URL: "rtsp://10.0.0.1/main", User: "ada", Password: "sesame-of-the-camera"})
	if err != nil {
		t.Fatal(err)
	}
	return h, c
}

func TestBells(t *testing.T) {
	dir := t.TempDir()
	h, c := front(t, dir)
	want := []Bell{
		{Camera: c.ID, Kind: DahuaBell, Address: "http://10.0.0.9:8080/", User: "bob", Password: "sesame-of-the-bell", Settings: json.RawMessage(`null`)},
		{Camera: c.ID, Kind: ONVIFBell, Address: "http://10.0.0.1/onvif/device_service", AsCamera: true, Settings: json.RawMessage(`{"profile":"a"}`)},
	}
	for _, b := range want {
		if err := h.SetBell(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	check := func(what string) {
		t.Helper()
		got, err := h.Bells(t.Context())
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Fatalf("%s: %v, -want +got:\n%s", what, err, diff)
		}
		for i, b := range got { // cmp prints through Format
			if b.Password.Reveal() != want[i].Password.Reveal() {
				t.Errorf("%s: another password", what)
			}
		}
	}
	want[1].User, want[1].Password = "ada", "sesame-of-the-camera"
	check("with the camera's account")

	want[0].User, want[0].Password = "", ""
	if err := h.SetBell(t.Context(), want[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := h.ChangeCamera(t.Context(), c.ID, func(in *CameraInput) { in.Password = "another" }); err != nil {
		t.Fatal(err)
	}
	want[1].Password = "another"
	h.Close()
	h = open(t, dir)
	check("after a change, opened anew")

	if _, err := h.ChangeCamera(t.Context(), c.ID, func(in *CameraInput) { in.URL, in.Password = "rtsp://10.0.0.2/", "for the new place" }); err != nil {
		t.Fatal(err)
	}
	want[1].User, want[1].Password = "", ""
	check("where the camera is another machine now")

	if err := h.RemoveBell(t.Context(), c.ID, DahuaBell); err != nil {
		t.Fatal(err)
	}
	want = want[1:]
	check("without one")
	if err := h.RemoveBell(t.Context(), c.ID, DahuaBell); !errors.Is(err, nvr.ErrNotFound) {
		t.Errorf("removed twice: %v", err)
	}
	if err := h.RemoveCamera(t.Context(), c.ID); err != nil {
		t.Fatal(err)
	}
	want = nil
	check("of a camera that is gone")
}

func TestBellsThatMakeNoSense(t *testing.T) {
	h, c := front(t, t.TempDir())
	for name, x := range map[string]struct {
		change func(*Bell)
		want   error
	}{
		"no camera":             {func(b *Bell) { b.Camera = 99 }, nvr.ErrNotFound},
		"no kind":               {func(b *Bell) { b.Kind = "gong" }, nvr.ErrInvalid},
		"no address":            {func(b *Bell) { b.Address = "" }, nvr.ErrInvalid},
		"an address of a film":  {func(b *Bell) { b.Address = "rtsp://10.0.0.1/" }, nvr.ErrInvalid},
		"an account inside":     {func(b *Bell) { b.Address = "http://ada:sesame@10.0.0.1/" }, nvr.ErrInvalid},
		"a port there is not":   {func(b *Bell) { b.Address = "http://10.0.0.1:99999/" }, nvr.ErrInvalid},
		"another machine":       {func(b *Bell) { b.Address = "http://10.0.0.2/" }, nvr.ErrInvalid},
		"a line break":          {func(b *Bell) { b.AsCamera, b.User = false, "ada\r\nbob" }, nvr.ErrInvalid},
		"too long an address":   {func(b *Bell) { b.Address += strings.Repeat("a", maxURL) }, nvr.ErrInvalid},
		"too long a user":       {func(b *Bell) { b.AsCamera, b.User = false, strings.Repeat("a", 257) }, nvr.ErrInvalid},
		"settings of no kind":   {func(b *Bell) { b.Settings = json.RawMessage("{") }, nvr.ErrInvalid},
		"too many settings":     {func(b *Bell) { b.Settings = json.RawMessage(`"` + strings.Repeat("a", maxSettings) + `"`) }, nvr.ErrInvalid},
		"one that asks nothing": {func(b *Bell) { b.Kind, b.Address, b.AsCamera = WebhookBell, "", false }, nil},
	} {
		b := Bell{Camera: c.ID, Kind: ONVIFBell, Address: "http://10.0.0.1/", AsCamera: true}
		x.change(&b)
		err := h.SetBell(t.Context(), b)
		if !errors.Is(err, x.want) || err != nil && strings.Contains(err.Error(), "sesame") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBellPasswordsAreSealed(t *testing.T) {
	dir := t.TempDir()
	h, c := front(t, dir)
	b := Bell{Camera: c.ID, Kind: DoorBirdBell, Address: "http://10.0.0.7/", User: "ghost", Password: "sesame-of-the-bell"}
	if err := h.SetBell(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprintf("%v %+v %#v", b, b, b); strings.Contains(text, "sesame") {
		t.Errorf("printed: %s", text)
	}
	h.Close()
	files, err := filepath.Glob(filepath.Join(dir, "home.db*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		if data, err := os.ReadFile(name); err != nil || bytes.Contains(data, []byte("sesame")) {
			t.Errorf("%s holds a password, or cannot be read: %v", name, err)
		}
	}
}

func TestBindings(t *testing.T) {
	dir := t.TempDir()
	h, c := front(t, dir)
	changes := h.Watch(t.Context())
	<-changes
	for _, kind := range []string{nvr.DoorEvent, nvr.RingEvent} { // the second in the place of the first
		if err := h.Bind(t.Context(), Binding{c.ID, "DigitalInput 1", kind}); err != nil {
			t.Fatal(err)
		}
	}
	<-changes
	h.Close()
	h = open(t, dir)
	got, err := h.Bindings(t.Context())
	if diff := cmp.Diff([]Binding{{c.ID, "DigitalInput 1", nvr.RingEvent}}, got); err != nil || diff != "" {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
	for name, x := range map[string]struct {
		b    Binding
		want error
	}{
		"no camera":         {Binding{99, "a", "ring"}, nvr.ErrNotFound},
		"no source":         {Binding{c.ID, "", "ring"}, nvr.ErrInvalid},
		"too long a source": {Binding{c.ID, strings.Repeat("a", 201), "ring"}, nvr.ErrInvalid},
		"a line break":      {Binding{c.ID, "a\nb", "ring"}, nvr.ErrInvalid},
		"no kind":           {Binding{c.ID, "a", ""}, nvr.ErrInvalid},
		"a kind in capital": {Binding{c.ID, "a", "Ring"}, nvr.ErrInvalid},
	} {
		if err := h.Bind(t.Context(), x.b); !errors.Is(err, x.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for i := 1; i < maxBindings; i++ {
		if err := h.Bind(t.Context(), Binding{c.ID, fmt.Sprint("source ", i), "alarm"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Bind(t.Context(), Binding{c.ID, "one more", "alarm"}); !errors.Is(err, nvr.ErrInvalid) {
		t.Errorf("one more than there may be: %v", err)
	}
	if err := h.Bind(t.Context(), Binding{c.ID, "source 1", "door"}); err != nil {
		t.Errorf("one of as many as there may be, changed: %v", err)
	}
	if err := h.Unbind(t.Context(), c.ID, "source 1"); err != nil {
		t.Error(err)
	}
	if err := h.Unbind(t.Context(), c.ID, "source 1"); !errors.Is(err, nvr.ErrNotFound) {
		t.Errorf("unbound twice: %v", err)
	}
}
