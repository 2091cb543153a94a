package agency

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"nvrd/federation/request"
	"nvrd/federation/request/area"
	"nvrd/federation/response"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// current is to whom homes seal: they go by the log.
func current(t *testing.T, a *Agency) wire.Recipient {
	t.Helper()
	p, err := a.Published(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	town, err := area.NewJurisdiction(brigade.Jurisdiction)
	if err != nil {
		t.Fatal(err)
	}
	home := request.NewLog(request.Terms{Agency: a.Key, Jurisdiction: town}, func(wire.Key) bool { return false })
	var all []request.Entry
	for _, s := range p.All {
		all = append(all, request.Entry{ID: s.ID, Text: s})
	}
	if _, err := home.Offer(p.note, all, wire.MinuteOf(a.now())); err != nil {
		t.Fatal(err)
	}
	r, ok := home.Recipient()
	if !ok {
		t.Fatal("the log says nothing of whom to seal to")
	}
	return r
}

// answers is a response to a request, but for what change does to it.
func answers(a *Agency, asked wire.Signed, change func(*response.Response)) response.Response {
	now := wire.MinuteOf(a.now())
	r := response.Response{Request: asked.ID, Agency: a.Key, Case: asked.Body.(wire.Request).Case, Minute: now, Until: now + 30*wire.Day, Words: "A van at two."}
	if change != nil {
		change(&r)
	}
	return r
}

func seals(t *testing.T, to wire.Recipient, r response.Response) []byte {
	t.Helper()
	sealed, err := response.Seal(to, r)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func takes(t *testing.T, a *Agency, b []byte) Arrival {
	t.Helper()
	got, err := a.Take(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// Pieces come in whatever order, some twice, some after the key has changed and the
// program was started anew.
func TestInbox(t *testing.T) {
	a, dir, now := found(t)
	asked, err := a.Ask(t.Context(), asks(*now, "26-1"))
	if err != nil {
		t.Fatal(err)
	}
	old := current(t, a)
	clip := []response.Media{{Type: wire.MediaClip, Bytes: bytes.Repeat([]byte("clip"), 150_000)}, {Type: wire.MediaPhoto, Bytes: []byte("photo")}}
	want := answers(a, asked, func(r *response.Response) { r.Media = clip })
	pieces := response.Cut(seals(t, old, want))
	if len(pieces) != 4 {
		t.Fatalf("%d pieces", len(pieces))
	}
	rand.New(rand.NewPCG(1, 3)).Shuffle(len(pieces), func(i, j int) { pieces[i], pieces[j] = pieces[j], pieces[i] })
	for i, b := range pieces[:3] {
		for range 2 {
			if got := takes(t, a, b); got.Have != i+1 || got.Count != 4 || got.Usable() {
				t.Errorf("after %d: %+v", i+1, got)
			}
		}
	}
	*now = now.Add(time.Hour)
	if _, err := a.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if anew := current(t, a); anew.Recipient == old.Recipient || anew.Head.Minute != wire.MinuteOf(*now) {
		t.Error("the log has no new key")
	}
	again, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	again.now = a.now
	got := takes(t, again, pieces[3])
	for _, by := range []*Agency{a, again} {
		list, err := by.Inbox(t.Context())
		if err != nil || len(list) != 1 || !reflect.DeepEqual(list[0], got) {
			t.Errorf("listed are %+v (%v), not %+v", list, err, got)
		}
	}
	if !got.Usable() || got.Case != "26-1" || got.Until != want.Until || got.Sent != want.Minute || got.Words != want.Words || got.Request != asked.ID || strings.Join(got.Files, " ") != "1.mp4 2.jpg" || got.Trouble != "" || got.Came != want.Minute {
		t.Errorf("it came as %+v", got)
	}
	if r, err := a.Response(t.Context(), got.ID); err != nil || !reflect.DeepEqual(r, want) {
		t.Errorf("it opens as %+v (%v)", r.Words, err)
	}

	if err := a.Forget(t.Context(), got.ID); err != nil {
		t.Fatal(err)
	}
	for _, b := range pieces { // from a sponsor that still has them
		if got := takes(t, a, b); got.Have != 0 {
			t.Errorf("what was forgotten comes back: %+v", got)
		}
	}
	if list, err := a.Inbox(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("listed are %+v (%v)", list, err)
	}
	if _, err := a.Response(t.Context(), got.ID); !errors.Is(err, nvr.ErrNotFound) {
		t.Errorf("it opens: %v", err)
	}
	if err := a.Forget(t.Context(), got.ID); !errors.Is(err, nvr.ErrNotFound) {
		t.Errorf("it is forgotten twice: %v", err)
	}
}

// What was forgotten is in none of the files.
func TestForgetShreds(t *testing.T) {
	a, dir, now := found(t)
	asked, err := a.Ask(t.Context(), asks(*now, "26-1"))
	if err != nil {
		t.Fatal(err)
	}
	sealed := seals(t, current(t, a), answers(a, asked, nil))
	got := takes(t, a, sealed)
	holds := func() (held bool) {
		files, _ := filepath.Glob(filepath.Join(dir, "*"))
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			held = held || bytes.Contains(b, []byte("A van at two.")) || bytes.Contains(b, sealed[100_000:100_100])
		}
		return held
	}
	if !holds() {
		t.Error("the test can't see what is there")
	}
	if err := os.WriteFile(filepath.Join(dir, file+".before-0009"), []byte("A van at two."), 0o600); err != nil { // as a newer program leaves one
		t.Fatal(err)
	}
	if err := a.Forget(t.Context(), got.ID); err != nil {
		t.Fatal(err)
	}
	if holds() {
		t.Error("it is still there")
	}
}

// What can't be used says why, and nothing of it is lost unless it is forgotten.
func TestTakeRefuses(t *testing.T) {
	a, _, now := found(t)
	asked, err := a.Ask(t.Context(), asks(*now, "26-1"))
	if err != nil {
		t.Fatal(err)
	}
	to := current(t, a)
	right := seals(t, to, answers(a, asked, nil))
	changed := func(b []byte, at int) []byte {
		b = bytes.Clone(b)
		b[at] ^= 1
		return b
	}
	other := seals(t, wire.Recipient{Recipient: response.NewIdentity().Recipient()}, answers(a, asked, nil))
	for _, c := range []struct {
		what string
		b    []byte
		says string
	}{
		{"nothing", nil, "not whole"},
		{"half a piece", response.Cut(right)[0][:100_000], "not whole"},
		{"half a file", right[:100_000], "not whole"},
		{"a piece with a bit else", changed(response.Cut(right)[0], 200_000), "changed on the way"},
		{"a file with a bit else", changed(right, 200_000), "changed on the way"},
		{"a file for another", other, "sealed for another key"},
		{"a file for another case", seals(t, to, answers(a, asked, func(r *response.Response) { r.Case = "26-2" })), "no request of this agency"},
	} {
		if got, err := a.Take(t.Context(), c.b); !errors.Is(err, nvr.ErrInvalid) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %+v (%v)", c.what, got, err)
		}
	}
	if list, err := a.Inbox(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("kept are %+v (%v)", list, err)
	}
	for _, c := range []struct {
		what string
		b    []byte
		says string
	}{
		{"pieces for another", other, "sealed for another key"},
		{"pieces that answer what was never asked", seals(t, to, answers(a, asked, func(r *response.Response) { r.Request[0] ^= 1 })), "no request of this agency"},
		{"pieces that name another agency", seals(t, to, answers(a, asked, func(r *response.Response) { r.Agency[0] ^= 1 })), "no request of this agency"},
	} {
		for _, b := range response.Cut(c.b) {
			got := takes(t, a, b)
			if !strings.Contains(got.Trouble, c.says) || got.Usable() || got.Words != "" {
				t.Errorf("%s: %+v", c.what, got)
			}
			if r, err := a.Response(t.Context(), got.ID); !errors.Is(err, nvr.ErrInvalid) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %+v (%v)", c.what, r, err)
			}
		}
	}
	if list, err := a.Inbox(t.Context()); err != nil || len(list) != 3 {
		t.Errorf("kept are %+v (%v)", list, err)
	}
}

// What is of no use has an end, and takes no room from what can be used.
func TestInboxFull(t *testing.T) {
	a, _, now := found(t)
	a.inbox = limits{useless: 3, all: 5}
	asked, err := a.Ask(t.Context(), asks(*now, "26-1"))
	if err != nil {
		t.Fatal(err)
	}
	to := current(t, a)
	long := response.Cut(seals(t, to, answers(a, asked, func(r *response.Response) {
		r.Media = []response.Media{{Type: wire.MediaClip, Bytes: bytes.Repeat([]byte("clip"), 150_000)}}
	})))
	junk := func() []byte {
		return response.Cut(seals(t, wire.Recipient{Recipient: response.NewIdentity().Recipient()}, answers(a, asked, nil)))[0]
	}
	useful := func() []byte { return response.Cut(seals(t, to, answers(a, asked, nil)))[0] }
	for _, b := range long[:3] {
		takes(t, a, b)
	}
	if _, err := a.Take(t.Context(), junk()); !errors.Is(err, nvr.ErrTooLarge) || !strings.Contains(err.Error(), "not whole or can't be used") {
		t.Errorf("more of no use: %v", err)
	}
	takes(t, a, useful())
	if got := takes(t, a, long[3]); !got.Usable() {
		t.Errorf("the rest of a long one: %+v", got)
	}
	if _, err := a.Take(t.Context(), useful()); !errors.Is(err, nvr.ErrTooLarge) || !strings.Contains(err.Error(), "the inbox is full: forget") {
		t.Errorf("more than there is room for: %v", err)
	}
	list, err := a.Inbox(t.Context())
	if err != nil || len(list) != 2 {
		t.Fatalf("kept are %d (%v)", len(list), err)
	}
	if err := a.Forget(t.Context(), list[0].ID); err != nil {
		t.Fatal(err)
	}
	takes(t, a, useful())
}

// Two new keys a month are all.
func TestRotate(t *testing.T) {
	a, _, _ := found(t)
	if _, err := a.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Rotate(t.Context()); !errors.Is(err, nvr.ErrInvalid) || !strings.Contains(err.Error(), "two new keys within 30 days") {
		t.Errorf("a third within a month: %v", err)
	}
	if all, err := a.Identities(t.Context()); err != nil || len(all) != 2 || all[0].Recipient() != current(t, a).Recipient {
		t.Errorf("%d keys (%v)", len(all), err)
	}
}
