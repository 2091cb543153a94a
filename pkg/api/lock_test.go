package api

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"nvrd/pkg/nvr"
)

// locked is what is kept on purpose.
type locked struct{ all []nvr.Lock }

func (l *locked) Locks(context.Context) ([]nvr.Lock, error) { return l.all, nil }

func (l *locked) Lock(_ context.Context, add nvr.Lock) (int64, error) {
	add.ID = int64(len(l.all) + 1)
	l.all = append(l.all, add)
	return add.ID, nil
}

func (l *locked) Unlock(_ context.Context, id int64) error {
	i := slices.IndexFunc(l.all, func(l nvr.Lock) bool { return l.ID == id })
	if i < 0 {
		return nvr.ErrNotFound
	}
	l.all = slices.Delete(l.all, i, i+1)
	return nil
}

func TestLocks(t *testing.T) {
	h := newHome(t)
	if r := h.do("POST", "/api/v1/cameras", porch); r.StatusCode != 201 {
		t.Fatal(text(t, r))
	}
	const address = "/api/v1/cameras/1/locks"
	for body, want := range map[string]int{
		`{}`: 400, `{"from":"2026-11-28T14:00:00Z","to":"2026-11-28T14:01:00Z"}`: 400,
		`{"from":"2026-11-28T14:00:00Z","to":"2026-11-28T14:01:00Z","why":"  "}`:                                    400,
		`{"from":"2026-11-28T14:00:00Z","to":"2026-11-28T14:00:00Z","why":"parcel"}`:                                400,
		`{"from":"2026-11-28T14:00:00Z","to":"2027-01-28T14:00:00Z","why":"parcel"}`:                                413,
		`{"from":"2026-11-28T14:00:00Z","to":"2026-11-28T14:01:00Z","why":"parcel","until":"2020-01-01T00:00:00Z"}`: 400,
		`{"from":"2026-11-28T14:00:00Z","to":"2026-11-28T14:01:00Z","why":"` + strings.Repeat("x", 201) + `"}`:      400,
		`{"from":"2026-11-28T14:00:00Z","to":"2026-11-28T14:01:00Z","why":"parcel","who":"Eve"}`:                    400,
	} {
		if r := h.do("POST", address, body); r.StatusCode != want {
			t.Errorf("%s: %d %s", body, r.StatusCode, text(t, r))
		}
	}
	if r := h.do("POST", "/api/v1/cameras/7/locks", `{"from":"2026-11-28T14:00:00Z","to":"2026-11-28T14:01:00Z","why":"parcel"}`); r.StatusCode != 404 {
		t.Errorf("a camera that is not there: %d", r.StatusCode)
	}
	if len(h.locks.all) != 0 {
		t.Fatalf("%+v", h.locks.all)
	}
	r := h.do("POST", address, `{"from":"2026-11-28T14:00:00Z","to":"2026-11-28T14:01:00Z","why":" parcel ","until":"2099-01-01T00:00:00Z"}`)
	var got lockView
	if err := json.Unmarshal([]byte(text(t, r)), &got); err != nil || r.StatusCode != 201 || r.Header.Get("Location") != "/api/v1/locks/1" ||
		got.Camera != 1 || got.Why != "parcel" || got.Who != "household" || got.Made == 0 || got.Until == nil {
		t.Errorf("%d %v: %+v, %v", r.StatusCode, r.Header, got, err)
	}
	if body := text(t, h.do("GET", "/api/v1/locks", "")); !strings.HasPrefix(body, `{"locks":[{"id":1,"camera":1,"from":"2026-11-28T14:00:00Z"`) {
		t.Error(body)
	}
	for _, want := range []int{204, 404} {
		if r := h.do("DELETE", "/api/v1/locks/1", ""); r.StatusCode != want {
			t.Errorf("unlock: %d, want %d", r.StatusCode, want)
		}
	}
	if body := text(t, h.do("GET", "/api/v1/locks", "")); strings.TrimSpace(body) != `{"locks":[]}` {
		t.Error(body)
	}
}
