package api

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
)

// deleter deletes what has its digest.
type deleter struct {
	is  nvr.Deletion
	who []string // who deleted what
}

func (d *deleter) Deletion(context.Context, []nvr.Excerpt) (nvr.Deletion, error) { return d.is, nil }

func (d *deleter) Delete(_ context.Context, chosen []nvr.Excerpt, digest, who string) (nvr.Deletion, error) {
	if digest != d.is.Digest {
		return nvr.Deletion{}, nvr.ErrExists
	}
	d.who = append(d.who, who+" "+chosen[0].String())
	return d.is, nil
}

func TestDeletions(t *testing.T) {
	h := newHome(t)
	const own, others = "1,2026-11-28T14:03:12Z,2026-11-28T14:03:40Z,ring", "2,2026-11-28T14:03:12Z,2026-11-28T14:03:40Z"
	h.deleted.is = nvr.Deletion{
		Goes: []nvr.Stretch{{Camera: 1, Span: nvr.Span{From: 1e15, To: 2e15}, Segments: 2, Bytes: 3}},
		Stays: []nvr.Staying{
			{Camera: 1, Span: nvr.Span{From: 3e15, To: 4e15}, Why: nvr.HeldLocked, Lock: nvr.Lock{ID: 7, Who: "Ada", Why: "parcel"}},
			{Camera: 1, Span: nvr.Span{From: 5e15}, Why: nvr.HeldRecording},
		},
		Digest: "seen",
	}
	address := "/api/v1/deletions?" + url.Values{"clip": {own}}.Encode()
	r := h.do("GET", address, "")
	var got deletionView
	if err := json.Unmarshal([]byte(text(t, r)), &got); err != nil || r.StatusCode != 200 || len(got.Goes) != 1 || got.Goes[0].Bytes != 3 || len(got.Stays) != 2 ||
		got.Stays[0].Lock == nil || got.Stays[0].Lock.Who != "Ada" || got.Stays[1].Lock != nil || got.Stays[1].To != 0 || got.Digest != "seen" {
		t.Errorf("%d %+v, %v", r.StatusCode, got, err)
	}
	body := func(digest string, clips ...string) string {
		b, _ := json.Marshal(deletionInput{clips, digest})
		return string(b)
	}
	for in, want := range map[string]int{
		`{}`: 400, body("seen"): 400, body("seen", "x"): 400, body("stale", own): 409, body("", own): 409,
		body("seen", strings.Split(strings.Repeat(own+" ", 49), " ")[:49]...): 413, `{"clips":["` + own + `"],"digest":"seen","who":"Eve"}`: 400,
	} {
		if r := h.do("POST", "/api/v1/deletions", in); r.StatusCode != want {
			t.Errorf("%.80s: %d %s", in, r.StatusCode, text(t, r))
		}
	}
	if len(h.deleted.who) != 0 {
		t.Fatalf("%q", h.deleted.who)
	}
	if r := h.do("POST", "/api/v1/deletions", body("seen", own)); r.StatusCode != 200 || len(h.deleted.who) != 1 || h.deleted.who[0] != "household "+own {
		t.Errorf("%d %q", r.StatusCode, h.deleted.who)
	}
	// Who manages the home and one camera may not delete another one's footage.
	some := auth.Subject{Name: "some", Grants: []auth.Grant{{Action: auth.Manage, Object: auth.Home}, {Action: auth.Manage, Object: auth.Camera(1)}}}
	reviewer := auth.Subject{Name: "guest", Grants: []auth.Grant{{Action: auth.Review, Object: auth.Cameras}, {Action: auth.Export, Object: auth.Cameras}, {Action: auth.Manage, Object: auth.Camera(1)}}}
	for _, c := range []struct {
		who  auth.Subject
		body string
		want int
	}{{some, body("seen", own), 200}, {some, body("seen", own, others), 404}, {reviewer, body("seen", own), 403}, {auth.Subject{}, body("seen", own), 401}} {
		before := len(h.deleted.who)
		if r := do(auth.As(c.who, h.bare), "POST", "/api/v1/deletions", c.body); r.StatusCode != c.want || (len(h.deleted.who) > before) != (c.want == 200) {
			t.Errorf("%s: %d, want %d, %q", c.who.Name, r.StatusCode, c.want, h.deleted.who)
		}
	}
	if r := do(auth.As(some, h.bare), "GET", "/api/v1/deletions?"+url.Values{"clip": {own, others}}.Encode(), ""); r.StatusCode != 404 {
		t.Errorf("another camera's: %d", r.StatusCode)
	}
}
