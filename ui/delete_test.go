package ui_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
)

// deleter deletes what has its digest.
type deleter struct {
	is    nvr.Deletion
	after *nvr.Deletion // what there is once something was deleted
	who   []string
}

func (d *deleter) Deletion(context.Context, []nvr.Excerpt) (nvr.Deletion, error) { return d.is, nil }

func (d *deleter) Delete(_ context.Context, _ []nvr.Excerpt, digest, who string) (nvr.Deletion, error) {
	if digest != d.is.Digest {
		return nvr.Deletion{}, nvr.ErrExists
	}
	done := d.is
	d.who = append(d.who, who)
	if d.after != nil {
		d.is = *d.after
	}
	return done, nil
}

// What goes is said before it goes, with what stays and why; it goes when somebody
// says that they know.
func TestDelete(t *testing.T) {
	h := &household{cameras: []nvr.Camera{camera(1, hostileName), camera(2, "Attic")}}
	s := serve(t, h)
	const one, other = "1,2026-11-19T08:10:00Z,2026-11-19T08:11:00Z,ring", "2,2026-11-19T08:10:00Z,2026-11-19T08:11:00Z"
	clips := func(all ...string) url.Values { return url.Values{"clip": all} }
	address := "/events/delete?" + clips(one, other).Encode()
	run(t, get(s, "/events/chosen?"+clips(one, other).Encode()).Body.String(), append(everyPage, has("a", "href", address), says("See what goes"))...)
	stays := []nvr.Staying{
		{Camera: 1, Span: span("2026-11-19T08:11:00Z", "2026-11-19T08:12:00Z"), Why: nvr.HeldLocked, Lock: nvr.Lock{ID: 7, Who: auth.Household().Name, Why: "<b>parcel</b>"}},
		{Camera: 2, Span: nvr.Span{From: at("2026-11-19T08:12:00Z")}, Why: nvr.HeldRecording},
		{Camera: 2, Span: span("2026-11-19T08:13:00Z", "2026-11-20T08:14:00Z"), Why: nvr.HeldRead},
		{Camera: 2, Span: span("2026-11-19T08:13:00Z", "2026-11-19T08:14:00Z"), Why: nvr.HeldLocked},
		{Camera: 2, Span: span("2026-11-19T08:13:00Z", "2026-11-19T08:14:00Z"), Why: nvr.HeldAway},
	}
	h.deleted = deleter{
		is: nvr.Deletion{
			Goes:  []nvr.Stretch{{Camera: 1, Span: span("2026-11-19T08:09:00.5Z", "2026-11-19T08:10:59.2Z"), Segments: 4, Bytes: 30_000_000}, {Camera: 2, Span: span("2026-11-19T22:59:00Z", "2026-11-19T23:01:00Z"), Segments: 1, Bytes: 1_000_000}},
			Stays: stays, Digest: "seen",
		},
		after: &nvr.Deletion{Stays: stays[:1], Digest: "none"},
	}
	page := get(s, address).Body.String()
	run(t, page, append(everyPage, says(
		"This goes", hostileName, "09:09:00 – 09:11:00", "2 min · 30 MB", "31 MB in all", "It can't be undone.", "neighbors",
		"This stays", "Kept by Somebody of the house: <b>parcel</b>.", "from", "It is being recorded right now.", "Somebody is downloading it.", "Somebody kept it a moment ago.", "a disk that is not there",
	), has("input", "name", "sure"), has("input", "value", "seen"), has("a", "href", "/events/chosen?"+clips(one, other).Encode()))...)
	press := clips(one, other)
	for _, c := range []struct {
		digest, sure, says string
	}{{"seen", "", "Nothing is deleted yet."}, {"stale", "yes", "it has changed since you looked"}} {
		press.Set("digest", c.digest)
		press.Set("sure", c.sure)
		w := post(s, "/events/delete", press)
		if run(t, w.Body.String(), append(everyPage, says(c.says, "This goes"))...); w.Code != 200 || len(h.deleted.who) != 0 {
			t.Errorf("%+v: %d, %q", c, w.Code, h.deleted.who)
		}
	}
	press.Set("digest", "seen")
	w := post(s, "/events/delete", press)
	if w.Code != 303 || len(h.deleted.who) != 1 || h.deleted.who[0] != auth.Household().Name {
		t.Fatalf("%d, %q", w.Code, h.deleted.who)
	}
	page = get(s, w.Header().Get("Location")).Body.String()
	run(t, page, append(everyPage, says("It is deleted.", "This stays"), lacks("This goes"), has("a", "href", "/storage#removed"))...)
	// What is left is nothing that goes: to press again deletes nothing.
	press.Set("digest", "none")
	if w := post(s, "/events/delete", press); w.Code != 200 || strings.Contains(w.Body.String(), "It is deleted.") {
		t.Errorf("%d", w.Code)
	}
	for address, want := range map[string]string{
		"/events/delete": "Nothing is selected", "/events/delete?" + clips(strings.Split(strings.Repeat(one+" ", 49), " ")[:49]...).Encode(): "That is too much at once",
	} {
		run(t, get(s, address).Body.String(), append(everyPage, says(want))...)
	}
	for bad, want := range map[string]int{"x": 400, "9" + one[1:]: 404, "1,2026-11-19T08:10:00Z,2026-11-19T08:10:00Z": 400} {
		if w := get(s, "/events/delete?"+clips(bad).Encode()); w.Code != want {
			t.Errorf("%q: %d, want %d", bad, w.Code, want)
		}
	}
	// Who may not manage is offered nothing, and who manages one camera not another's.
	if page := get(serveTo(t, h, guest), "/events/chosen?"+clips(one).Encode()).Body.String(); strings.Contains(page, "/events/delete") {
		t.Error("a guest is offered to delete")
	}
	some := auth.Subject{Name: "some", Grants: []auth.Grant{{Action: auth.Manage, Object: auth.Home}, {Action: auth.Manage, Object: auth.Camera(1)}, {Action: auth.Watch, Object: auth.Cameras}, {Action: auth.Review, Object: auth.Cameras}}}
	limited := serveTo(t, h, some)
	if page := get(limited, "/events/chosen?"+clips(one, other).Encode()).Body.String(); strings.Contains(page, "/events/delete") {
		t.Error("another camera's footage is offered")
	}
	press.Set("digest", h.deleted.is.Digest)
	if w := post(limited, "/events/delete", press); w.Code != 403 || len(h.deleted.who) != 2 {
		t.Errorf("another camera's: %d, %q", w.Code, h.deleted.who)
	}
	if w := get(limited, "/events/delete?"+clips(one).Encode()); w.Code != 200 {
		t.Errorf("their own: %d", w.Code)
	}
}
