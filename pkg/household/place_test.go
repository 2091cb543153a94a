package household

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/nvr"
)

func TestPlaces(t *testing.T) {
	h, err := Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	const add, first, remove = "add", "add first", "remove"
	for _, step := range []struct {
		do, path string
		fails    error
		want     []Place
	}{
		{add, "/a", nil, []Place{{"/a", false}, {DefaultPlace, false}}},
		{add, "/b", nil, []Place{{"/a", false}, {"/b", false}, {DefaultPlace, false}}},
		{add, "/a", nvr.ErrExists, []Place{{"/a", false}, {"/b", false}, {DefaultPlace, false}}},
		{first, "/b", nil, []Place{{"/b", false}, {"/a", false}, {DefaultPlace, false}}},
		{remove, "/b", nil, []Place{{"/a", false}, {DefaultPlace, false}, {"/b", true}}},
		{remove, "/b", nvr.ErrNotFound, []Place{{"/a", false}, {DefaultPlace, false}, {"/b", true}}},
		{remove, "/c", nvr.ErrNotFound, []Place{{"/a", false}, {DefaultPlace, false}, {"/b", true}}},
		{first, DefaultPlace, nil, []Place{{DefaultPlace, false}, {"/a", false}, {"/b", true}}},
		{remove, DefaultPlace, nvr.ErrInvalid, []Place{{DefaultPlace, false}, {"/a", false}, {"/b", true}}},
		{add, "/b", nil, []Place{{DefaultPlace, false}, {"/a", false}, {"/b", false}}},
		{remove, "/a", nil, []Place{{DefaultPlace, false}, {"/b", false}, {"/a", true}}},
		{remove, "/b", nil, []Place{{DefaultPlace, false}, {"/a", true}, {"/b", true}}},
		{add, "/b", nil, []Place{{"/b", false}, {DefaultPlace, false}, {"/a", true}}},
	} {
		var err error
		if step.do == remove {
			err = h.RemovePlace(t.Context(), step.path)
		} else {
			err = h.AddPlace(t.Context(), step.path, step.do == first)
		}
		if !errors.Is(err, step.fails) {
			t.Errorf("%s %s: %v, want %v", step.do, step.path, err, step.fails)
		}
		places, err := h.Places(t.Context())
		if diff := cmp.Diff(step.want, places); diff != "" || err != nil {
			t.Errorf("after %s %s (-want +got):\n%s%v", step.do, step.path, diff, err)
		}
	}
}
