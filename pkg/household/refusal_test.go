package household

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

// TestRefusals has refusals outlive the program, and stop to hold up whoever has
// another password by now.
func TestRefusals(t *testing.T) {
	dir := t.TempDir()
	h, c := front(t, dir)
	add := func(r nvr.Refusal) {
		t.Helper()
		if err := h.AddRefusal(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	refused := func(what, party string, want nvr.Time) {
		t.Helper()
		if got, err := h.Refused(t.Context(), c.ID, party); err != nil || got != want {
			t.Errorf("%s, %s was refused at %d, not at %d: %v", what, party, got, want, err)
		}
	}
	all := []nvr.Refusal{
		{At: 1, Machine: "10.0.0.1", Name: "camera.lan", Camera: c.ID, Party: "main"},
		{At: 2, Machine: "10.0.0.1", Camera: c.ID, Party: "onvif"},
		{At: 3, Machine: "10.0.0.2"},
	}
	for _, r := range all {
		add(r)
	}
	add(nvr.Refusal{At: 4, Machine: "10.0.0.3", Camera: 99, Party: "main"}) // of a camera that was just removed
	all = append(all, nvr.Refusal{At: 4, Machine: "10.0.0.3", Party: "main"})
	h.Close()
	h = open(t, dir)
	if got, err := h.Refusals(t.Context()); err != nil || !cmp.Equal(got, all) {
		t.Errorf("%+v, %v", got, err)
	}
	refused("opened anew", "main", 1)
	refused("opened anew", "sub", 1)
	refused("opened anew", "onvif", 2)

	change := func(f func(*CameraInput)) {
		t.Helper()
		if _, err := h.ChangeCamera(t.Context(), c.ID, f); err != nil {
			t.Fatal(err)
		}
	}
	change(func(in *CameraInput) { in.Name = "Street" })
	refused("renamed", "main", 1)
	if err := h.SetBell(t.Context(), Bell{Camera: c.ID, Kind: WebhookBell}); err != nil {
		t.Fatal(err)
	}
	refused("with another bell", "main", 1)
	refused("with another bell", "onvif", 1) // as the main stream
	change(func(in *CameraInput) { in.Password = "another" })
	refused("with another password", "main", 0)
	add(nvr.Refusal{At: 5, Machine: "10.0.0.1", Camera: c.ID, Party: "main"})
	if err := h.Took(t.Context(), c.ID, "main"); err != nil {
		t.Fatal(err)
	}
	refused("let in", "main", 0)
	if got, err := h.Refusals(t.Context()); err != nil || len(got) != 5 {
		t.Errorf("they do not count any more: %+v, %v", got, err)
	}
	if err := h.ForgetRefusals(t.Context(), "10.0.0.1"); err != nil {
		t.Fatal(err)
	}
	if got, err := h.Refusals(t.Context()); err != nil || len(got) != 2 {
		t.Errorf("of another machine: %+v, %v", got, err)
	}
}

// TestRefusalsAreBounded lets somebody be refused for years.
func TestRefusalsAreBounded(t *testing.T) {
	h := open(t, t.TempDir())
	err := h.db.Update(t.Context(), func(tx *sqlite.Tx) error {
		for n := range maxRefusals {
			if _, err := tx.ExecContext(t.Context(), `INSERT INTO refusal (at_us, machine, name, party) VALUES (?, '10.0.0.1', '', '')`, n); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.AddRefusal(t.Context(), nvr.Refusal{At: maxRefusals, Machine: "10.0.0.1"}); err != nil {
		t.Fatal(err)
	}
	if all, err := h.Refusals(t.Context()); err != nil || len(all) != maxRefusals || all[0].At != 1 {
		t.Errorf("%d are kept, %v", len(all), err)
	}
}
