package online_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"nvrd/federation/membership"
	"nvrd/federation/online"
	"nvrd/federation/request/area"
	"nvrd/federation/request/tlog"
	"nvrd/federation/response"
	"nvrd/federation/sponsor"
	"nvrd/federation/store"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// office is an agency as homes see it, with its key in hand.
type office struct {
	t        *testing.T
	key      ed25519.PrivateKey
	identity response.Identity
	card     wire.Signed
	all      []wire.Signed
	tree     tlog.Tree
	client   *http.Client
}

func (o *office) public() wire.Key { return wire.PublicKey(o.key) }

func (o *office) sign(b wire.Body) wire.Signed {
	o.t.Helper()
	s, err := wire.Sign(b, o.key)
	if err != nil {
		o.t.Fatal(err)
	}
	return s
}

func (o *office) publish(b wire.Body) wire.Signed {
	s := o.sign(b)
	o.all, o.tree = append(o.all, s), o.tree.Append(s.ID)
	return s
}

func around(side int32) []wire.Point {
	return []wire.Point{{Lat: 40_700_000, Lon: -73_990_000}, {Lat: 40_700_000, Lon: -73_990_000 + side}, {Lat: 40_700_000 + side, Lon: -73_990_000 + side}, {Lat: 40_700_000 + side, Lon: -73_990_000}}
}

func newOffice(t *testing.T) *office {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	o := &office{t: t, key: key, identity: response.NewIdentity(), client: &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}}
	o.card = o.sign(wire.Agency{Key: o.public(), Title: "Fire brigade", Class: wire.ClassFire, Contact: "Desk", Policy: "Deleted after 30 days.", Jurisdiction: around(100_000)})
	o.publish(wire.Recipient{Head: o.head(), Recipient: o.identity.Recipient()})
	return o
}

func (o *office) head() wire.AgencyHead {
	return wire.AgencyHead{Agency: o.public(), Minute: wire.MinuteOf(time.Now())}
}

func (o *office) asks(number string) wire.Signed {
	h := o.head()
	return o.publish(wire.Request{Head: h, Case: number, Incident: wire.IncidentFire, From: h.Minute - 120, To: h.Minute - 60, Area: around(5_000), Text: "Smoke?", Contact: "Desk", Expires: h.Minute + wire.Day})
}

func (o *office) submit(url string, from int) (a sponsor.Answer) {
	o.t.Helper()
	s := sponsor.Submission{Checkpoint: string(tlog.Sign(o.tree, o.key)), From: from}
	for _, e := range o.all[from:] {
		s.Entries = append(s.Entries, sponsor.Supplied{ID: hex.EncodeToString(e.ID[:]), Text: base64.StdEncoding.EncodeToString(e.Raw)})
	}
	b, err := json.Marshal(s)
	if err != nil {
		o.t.Fatal(err)
	}
	o.ask(http.MethodPost, url+"/v1/log", "", bytes.NewReader(b), &a)
	return a
}

func (o *office) ask(method, url, authorization string, body io.Reader, into any) (status int, raw []byte) {
	o.t.Helper()
	q, err := http.NewRequestWithContext(o.t.Context(), method, url, body)
	if err != nil {
		o.t.Fatal(err)
	}
	q.Header.Set("Authorization", authorization)
	r, err := o.client.Do(q)
	if err != nil {
		o.t.Fatal(err)
	}
	defer r.Body.Close()
	if raw, err = io.ReadAll(r.Body); err != nil {
		o.t.Fatal(err)
	}
	if into != nil && r.StatusCode == http.StatusOK {
		if err := json.Unmarshal(raw, into); err != nil {
			o.t.Fatalf("%s %s: %s: %v", method, url, raw, err)
		}
	}
	return r.StatusCode, raw
}

// posts returns what neighbors opened to the agency.
func (o *office) posts(h *household, url string) []sponsor.Opened {
	o.t.Helper()
	_, authorized := o.as(h, url)
	var list struct{ Posts []sponsor.Opened }
	o.ask(http.MethodGet, url+"/v1/posts", authorized(http.MethodGet, "/v1/posts"), nil, &list)
	return list.Posts
}

// as returns what the agency is told of a sponsor, and what it shows to it.
func (o *office) as(h *household, url string) (told wire.Sponsor, authorized func(method, path string) string) {
	o.t.Helper()
	text, err := h.GatewayText(o.public())
	if err != nil {
		o.t.Fatal(err)
	}
	told, err = wire.ParseSponsor(text)
	if err != nil || told.URL != url {
		o.t.Fatalf("an agency is told %+v, %v", told, err)
	}
	sign := func(b []byte) []byte { return ed25519.Sign(o.key, b) }
	return told, func(method, path string) string {
		return sponsor.MailboxAuthorization(sign, method, path, hex.EncodeToString(told.SPKI[:]), wire.MinuteOf(time.Now()))
	}
}

// fetch takes what waits for the agency, and opens what is whole.
func (o *office) fetch(h *household, url string) (all []response.Response) {
	o.t.Helper()
	_, authorized := o.as(h, url)
	var list struct{ Pieces []string }
	o.ask(http.MethodGet, url+"/v1/mailbox", authorized(http.MethodGet, "/v1/mailbox"), nil, &list)
	parts := map[wire.Hash][]response.Piece{}
	for _, hash := range list.Pieces {
		path := "/v1/mailbox/" + hash
		if status, _ := o.ask(http.MethodGet, url+path, "", nil, nil); status != http.StatusNotFound {
			o.t.Errorf("anybody reads a mailbox: %d", status)
		}
		_, b := o.ask(http.MethodGet, url+path, authorized(http.MethodGet, path), nil, nil)
		p, err := response.ParsePiece(b)
		if err != nil {
			o.t.Fatal(err)
		}
		parts[p.Response] = append(parts[p.Response], p)
		if status, _ := o.ask(http.MethodDelete, url+path, authorized(http.MethodDelete, path), nil, nil); status != http.StatusNoContent {
			o.t.Errorf("what was taken stays: %d", status)
		}
	}
	for _, pieces := range parts {
		if sealed, missing, err := response.Join(pieces); err == nil && len(missing) == 0 {
			r, err := response.Open(o.identity, sealed)
			if err != nil {
				o.t.Fatal(err)
			}
			all = append(all, r)
		}
	}
	return all
}

// TestRequest: an agency that a neighborhood lets in asks it through a sponsor, and all
// homes have the request, seen by three of them; what one home hands over comes to both
// sponsors by way of other homes, and from each the agency gets it; the first sponsor's
// home may be lost meanwhile. Of the others it hears nothing.
func TestRequest(t *testing.T) {
	anna, ben, cleo, dora := live(t, "Anna"), live(t, "Ben"), live(t, "Cleo"), live(t, "Dora")
	for _, h := range []*household{anna, ben, cleo, dora} {
		h.turnOn()
	}
	m, err := anna.All().Found("Elm Street", "Anna", policy)
	if err != nil {
		t.Fatal(err)
	}
	as := map[*household]*membership.Membership{anna: m}
	for _, h := range []*household{ben, cleo, dora} {
		as[h] = h.join(anna.invite(as[anna]))
	}
	for h, m := range as {
		h.until(m, "three links", func() bool { direct, _ := h.Links(m); return direct == 3 })
	}
	o := newOffice(t)
	if err := as[anna].AdmitAgency(o.card, []wire.Cell{area.CellOf(wire.Point{Lat: 40_701_000, Lon: -73_989_000})}, wire.Key{}); err != nil {
		t.Fatal(err)
	}
	urls := map[*household]string{}
	for _, h := range []*household{anna, ben} {
		h.until(as[h], "the agency", func() bool { return len(as[h].Logs()) == 1 })
		if err := h.Sponsor(as[h], o.public(), ""); err != nil {
			t.Fatal(err)
		}
		at := gate(t)
		urls[h] = "https://" + at
		if err := h.SetGateway(store.Gateway{Listen: at, URL: urls[h]}); err != nil {
			t.Fatal(err)
		}
	}
	asked := o.asks("2026-1184")
	if a := o.submit(urls[anna], 0); a.Outcome != "extended" || a.Size != 2 {
		t.Fatalf("what is submitted is %+v", a)
	}
	for h, m := range as {
		h.until(m, "the request, seen by three", func() bool {
			r, err := m.Request(asked.ID)
			return err == nil && r.Cosigners >= 3 && r.Open(m.Now())
		})
		h.until(m, "both sponsors", func() bool { return len(m.Sponsors(o.public())) == 2 })
	}
	if a := o.submit(urls[ben], 0); a.Outcome != "known" || a.Size != 2 {
		t.Errorf("the second sponsor says %+v", a)
	}

	// A post that a neighbor opens to the agency is read by it, and answered in its log.
	post, err := cleo.in().Post(wire.Post{Category: wire.CategoryHazard, Happened: "The hydrant leaks.", Opened: []wire.Key{o.public()}}, 7)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dora.in().Post(wire.Post{Category: wire.CategoryHazard, Happened: "For neighbors alone."}, 7); err != nil {
		t.Fatal(err)
	}
	ben.until(as[ben], "the post", func() bool { _, ok := as[ben].Said(post); return ok })
	if posts := o.posts(ben, urls[ben]); len(posts) != 1 || posts[0].ID != hex.EncodeToString(post[:]) || posts[0].Happened != "The hydrant leaks." {
		t.Fatalf("the agency reads %+v", posts)
	}
	o.publish(wire.Reply{Head: o.head(), On: post, Text: "It is closed now."})
	if a := o.submit(urls[ben], 2); a.Outcome != "extended" {
		t.Fatalf("the reply is %+v", a)
	}
	for h, m := range as {
		h.until(m, "the reply", func() bool { r := m.Logs()[0].Replies()[post]; return len(r) == 1 && r[0].Text == "It is closed now." })
	}

	id := wire.Salt{1}
	err = dora.Respond(as[dora], id, response.Response{Request: asked.ID, Until: as[dora].Now() + 30*wire.Day, Words: "I saw it begin.", Media: []response.Media{{Type: wire.MediaPhoto, Bytes: bytes.Repeat([]byte("photo"), 100_000)}}}, false)
	if err != nil {
		t.Fatal(err)
	}
	dora.until(as[dora], "both sponsors to have it", func() bool {
		all, err := dora.Responses(as[dora])
		return err == nil && len(all) == 1 && all[0].ID == id && len(all[0].Brought) == 2 && all[0].Pieces == 0
	})
	if err := anna.SetGateway(store.Gateway{}); err != nil { // one of two is enough
		t.Fatal(err)
	}
	got := o.fetch(ben, urls[ben])
	if len(got) != 1 || got[0].Words != "I saw it begin." || got[0].Case != "2026-1184" || got[0].Request != asked.ID || len(got[0].Media) != 1 {
		t.Fatalf("the agency gets %d: %+v", len(got), got)
	}
	if again := o.fetch(ben, urls[ben]); len(again) != 0 {
		t.Errorf("what was taken is there again: %d", len(again))
	}

	// A hidden one waits for its turn, and nothing of it is sent before.
	if err := cleo.Respond(as[cleo], wire.Salt{2}, response.Response{Request: asked.ID, Until: as[cleo].Now() + 30*wire.Day, Words: "So did I."}, true); err != nil {
		t.Fatal(err)
	}
	cleo.Slot(as[cleo], 1)
	if all, err := cleo.Responses(as[cleo]); err != nil || len(all) != 1 || len(all[0].Brought) != 1 {
		t.Errorf("after one slot it is with %+v, %v", all, err)
	}
	dora.Slot(as[dora], 1) // which carries nothing
	for n := 0; ; n++ {    // where it goes is chosen before
		all, err := cleo.Responses(as[cleo])
		if err != nil || n > 40 {
			t.Fatalf("after %d slots: %v", n, err)
		}
		if all[0].Pieces == 0 {
			break
		}
		cleo.Slot(as[cleo], 1)
	}
	if got := o.fetch(ben, urls[ben]); len(got) != 1 || got[0].Words != "So did I." {
		t.Errorf("the agency gets %+v", got)
	}

	// Where no home is a sponsor any more, nothing is taken for the agency.
	for _, h := range []*household{anna, ben} {
		if err := h.Unsponsor(as[h], o.public()); err != nil {
			t.Fatal(err)
		}
	}
	dora.until(as[dora], "no sponsor", func() bool { return len(as[dora].Sponsors(o.public())) == 0 })
	if err := dora.Respond(as[dora], wire.Salt{9}, response.Response{Request: asked.ID, Until: as[dora].Now() + wire.Day, Words: "Late."}, false); !errors.Is(err, nvr.ErrInvalid) {
		t.Errorf("without a sponsor it is handed over: %v", err)
	}
}

// TestNeighborAsks: what a neighbor answers to a neighbor comes to that home alone, by
// way of another one, and says nothing of who it was.
func TestNeighborAsks(t *testing.T) {
	anna, ben, cleo := live(t, "Anna"), live(t, "Ben"), live(t, "Cleo")
	for _, h := range []*household{anna, ben, cleo} {
		h.turnOn()
	}
	m, err := anna.All().Found("Elm Street", "Anna", policy)
	if err != nil {
		t.Fatal(err)
	}
	as := map[*household]*membership.Membership{anna: m, ben: ben.join(anna.invite(m)), cleo: cleo.join(anna.invite(m))}
	for h, m := range as {
		h.until(m, "two links", func() bool { direct, _ := h.Links(m); return direct == 2 })
	}
	now := as[anna].Now()
	cell := area.CellOf(wire.Point{Lat: 40_701_000, Lon: -73_989_000})
	id, err := anna.Ask(as[anna], wire.Post{Category: wire.CategoryLostFound, Happened: "Our cat is gone. Did anyone's camera see it?", From: now - 120, To: now - 60, Cells: []wire.Cell{cell, cell}}, 7)
	if err != nil {
		t.Fatal(err)
	}
	ben.until(as[ben], "the question", func() bool { _, err := as[ben].Request(id); return err == nil })
	r := response.Response{Request: id, Until: now + 30*wire.Day, Words: "At three, under the hedge of number 9."}
	if err := ben.Respond(as[ben], wire.Salt{1}, r, true); err != nil {
		t.Fatal(err)
	}
	cleo.until(as[cleo], "the question", func() bool { _, err := as[cleo].Request(id); return err == nil })
	for _, h := range []*household{cleo, ben} { // all send to whoever asked; one of them an answer
		h.Slot(as[h], 1)
	}
	if n := anna.Kept(as[anna].Author()); n != 1 {
		t.Errorf("she got %d answers", n)
	}
	if err := anna.Respond(as[anna], wire.Salt{1}, r, false); err == nil {
		t.Error("she answers herself")
	}
	var got []online.Answer
	for anna.await(t, func() bool { got, err = anna.Answers(as[anna]); return err != nil || len(got) == 1 }); err != nil; {
		t.Fatal(err)
	}
	if got[0].Words != r.Words || got[0].Request != id {
		t.Errorf("she reads %+v", got[0].Response)
	}
	if all, err := cleo.Answers(as[cleo]); err != nil || len(all) != 0 {
		t.Errorf("another neighbor reads %d, %v", len(all), err)
	}
	if err := anna.Forget(as[anna], got[0]); err != nil {
		t.Fatal(err)
	}
	if all, err := anna.Answers(as[anna]); err != nil || len(all) != 0 {
		t.Errorf("what she forgot is there: %d, %v", len(all), err)
	}
}

// await waits for what no page is told of.
func (h *household) await(t *testing.T, is func() bool) {
	t.Helper()
	for end := time.After(2 * time.Minute); !is(); {
		select {
		case <-time.After(50 * time.Millisecond):
		case <-end:
			t.Fatalf("%s waits in vain", h.name)
		}
	}
}

// gate returns an address that nobody listens at.
func gate(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return fmt.Sprint(l.Addr())
}
