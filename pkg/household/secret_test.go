package household

import (
	"bytes"
	"database/sql/driver"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const canary = "canary-4711"

func TestSecretIsNeverPrinted(t *testing.T) {
	s := Secret(canary)
	c := Camera{ID: 1, Name: "Porch", User: "admin", Password: s}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%10.3s"} {
		fmt.Fprintf(&out, verb+verb+verb+verb+"\n", s, &s, c, []any{c, map[Secret]Secret{s: s}})
	}
	fmt.Fprintln(&out, s, fmt.Errorf("%w %v", os.ErrInvalid, s), s.String(), fmt.Sprint(c))
	for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(h).With("a", s).Info("m", "b", s, "c", c, "d", &c, slog.Any("e", []Secret{s}), slog.Group("g", "f", s))
	}
	for _, v := range []any{s, c, map[string]Secret{"p": s}} {
		if err := json.NewEncoder(&out).Encode(v); err != nil {
			t.Error(err)
		}
	}
	if err := xml.NewEncoder(&out).Encode(c); err != nil {
		t.Error(err)
	}
	hex := fmt.Sprintf("%x", canary)
	if text := out.String(); strings.Contains(text, "canary") || strings.Contains(strings.ToLower(text), hex) || strings.Count(text, stars) < 40 {
		t.Errorf("printed:\n%s", text)
	}
	if v, err := s.Value(); err == nil {
		t.Errorf("stored unsealed: %v", v)
	}
	var _ driver.Valuer = s
}

func TestSecretIsReadFromJSON(t *testing.T) {
	var in struct{ Password Secret }
	if err := json.Unmarshal([]byte(`{"Password":"`+canary+`"}`), &in); err != nil || in.Password.Reveal() != canary {
		t.Errorf("%q, %v", in.Password.Reveal(), err)
	}
}

func TestPasswordIsSealedAtRest(t *testing.T) {
	dir := t.TempDir()
	h := open(t, dir)
	if _, err := h.AddCamera(t.Context(), CameraInput{Name: "Porch", URL: "rtsp://admin:" + canary + "@10.0.0.1/"}); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) < 3 { // home.db, its log, the key
		t.Fatalf("%v, %v", files, err)
	}
	found := false
	for _, file := range files {
		b := read(t, file)
		found = found || bytes.Contains(b, []byte("10.0.0.1"))
		if bytes.Contains(b, []byte(canary)) {
			t.Errorf("%s holds the password", file)
		}
	}
	if !found {
		t.Error("no file holds the address either: the test looks in the wrong place")
	}
}

func TestSealedForOneUse(t *testing.T) {
	h := open(t, t.TempDir())
	sealed := h.seal.seal(canary, usePassword)
	if s, err := h.seal.open(sealed, usePassword); err != nil || s.Reveal() != canary {
		t.Errorf("%q, %v", s.Reveal(), err)
	}
	if _, err := h.seal.open(sealed, useKeyCheck); err == nil {
		t.Error("opened for another use")
	}
	for i := range sealed {
		sealed[i] ^= 1
		if _, err := h.seal.open(sealed, usePassword); err == nil {
			t.Errorf("opened with byte %d changed", i)
		}
		sealed[i] ^= 1
	}
}
