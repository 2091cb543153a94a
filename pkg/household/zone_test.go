package household

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

func drawn(t *testing.T, text string) nvr.Zones {
	t.Helper()
	z, err := nvr.ParseZones(text)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestZones(t *testing.T) {
	dir := t.TempDir()
	h, c := front(t, dir)
	other, err := h.AddCamera(t.Context(), CameraInput{Name: "Back", URL: "rtsp://10.0.0.2/main"})
	if err != nil {
		t.Fatal(err)
	}
	changed := h.Watch(t.Context())
	<-changed // at once
	check := func(what string, want nvr.Zones) {
		t.Helper()
		got, err := h.Zones(t.Context(), c.ID)
		all, err2 := h.AllZones(t.Context())
		if err != nil || err2 != nil || !cmp.Equal(got, want) || !cmp.Equal(all, map[nvr.CameraID]nvr.Zones{c.ID: want, other.ID: {}}) {
			t.Errorf("%s: %v, %v, %v, %v", what, got, err, all, err2)
		}
	}
	set := func(text string) {
		t.Helper()
		if err := h.SetZones(t.Context(), c.ID, drawn(t, text)); err != nil {
			t.Fatal(err)
		}
		<-changed
		check(text, drawn(t, text))
	}
	check("before anything was drawn", nvr.Zones{})
	set("zone 0,500 1000,500 1000,1000\nmask 100,100 200,100 200,200\n")
	most := strings.Repeat("mask"+strings.Repeat(" 1000,1000 999,999 1000,999 999,1000", 8)+"\n", nvr.MaxPolygons)
	set(most)
	if err := h.SetZones(t.Context(), c.ID, drawn(t, "mask 0,0 1000,0 1000,1000 0,1000")); !errors.Is(err, nvr.ErrInvalid) {
		t.Errorf("nothing is left: %v", err)
	}
	check("after that was refused", drawn(t, most))
	h.Close()
	h = open(t, dir)
	check("opened anew", drawn(t, most))
	if err := h.SetZones(t.Context(), 99, nvr.Zones{}); !errors.Is(err, nvr.ErrNotFound) {
		t.Errorf("of no camera: %v", err)
	}
	if _, err := h.Zones(t.Context(), 99); !errors.Is(err, nvr.ErrNotFound) {
		t.Errorf("of no camera: %v", err)
	}
	if err := h.SetZones(t.Context(), c.ID, nvr.Zones{}); err != nil {
		t.Fatal(err)
	}
	check("taken away", nvr.Zones{})
}

// Other processes hear of every change, and zones go with their camera.
func TestZonesGoWithTheirCamera(t *testing.T) {
	h, c := front(t, t.TempDir())
	revision := func() (n int) {
		t.Helper()
		if err := h.db.Reader().QueryRowContext(t.Context(), `SELECT cameras_revision FROM home`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, text := range []string{"zone 0,500 1000,500 1000,1000", "mask 0,500 1000,500 1000,1000", "", "zone 0,0 1000,500 1000,1000"} {
		before := revision()
		if err := h.SetZones(t.Context(), c.ID, drawn(t, text)); err != nil || revision() == before {
			t.Errorf("%q: %v, and nobody hears of it: %v", text, err, revision() == before)
		}
	}
	if err := h.RemoveCamera(t.Context(), c.ID); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := h.db.Reader().QueryRowContext(t.Context(), `SELECT count(*) FROM motion`).Scan(&n); err != nil || n != 0 {
		t.Errorf("%d rows, %v", n, err)
	}
	err := h.db.Update(t.Context(), func(tx *sqlite.Tx) error {
		_, err := tx.ExecContext(t.Context(), `INSERT INTO motion (camera_id, zones) VALUES (9, 'x')`)
		return err
	})
	if !sqlite.IsConstraint(err) {
		t.Errorf("of no camera: %v", err)
	}
}
