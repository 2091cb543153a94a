package ui_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"nvrd/federation/choice"
	"nvrd/federation/membership"
	"nvrd/federation/request/area"
	"nvrd/federation/response"
	"nvrd/federation/wire"
	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
	"nvrd/ui/page/street/asked"
)

// desk is what is asked of a home, what it recorded, and what it handed over.
type desk struct {
	choices  *choice.Choices
	asked    []asked.Asked
	told     []asked.Bulletin
	recorded []nvr.Span
	sent     []asked.Response
	refuse   error
	answers  []asked.Answer
	mute     bool                         // nothing can be sent
	has      map[wire.Salt]choice.Sponsor // what was handed over, that is not in the ledger yet
	nowhere  bool                         // no agency was let in, so that nobody said where the neighborhood lies
}

func (d *desk) Requests(*membership.Membership) []asked.Asked     { return d.asked }
func (d *desk) Bulletins(*membership.Membership) []asked.Bulletin { return d.told }

func (d *desk) Cells(*membership.Membership) []wire.Cell {
	if d.nowhere {
		return nil
	}
	return []wire.Cell{at40(0, 0), at40(3, 4)}
}

func (d *desk) Agencies(*membership.Membership) (all []wire.Agency) {
	seen := map[wire.Key]bool{{}: true}
	for _, a := range d.asked {
		if !seen[a.Agency.Key] {
			all = append(all, a.Agency)
		}
		seen[a.Agency.Key] = true
	}
	return all
}

func (d *desk) ids() (all []wire.Hash) {
	for _, a := range d.asked {
		all = append(all, a.ID)
	}
	return all
}

func (n *neighbor) requests() asked.Desk {
	n.desk.choices = choice.New(n.dir)
	n.t.Cleanup(func() { n.desk.choices.Close() })
	d := asked.Desk{Asked: &n.desk, Choices: n.desk.choices, Footage: func(context.Context, nvr.CameraID, nvr.Span) ([]nvr.Span, error) { return n.desk.recorded, nil }}
	d.Answers = func(context.Context, *membership.Membership) ([]asked.Answer, error) {
		return n.desk.answers, n.desk.refuse
	}
	d.Forget = func(_ context.Context, _ *membership.Membership, id wire.Hash) error {
		i := slices.IndexFunc(n.desk.answers, func(a asked.Answer) bool { return a.ID == id })
		if i < 0 {
			return nvr.ErrNotFound
		}
		n.desk.answers = slices.Delete(n.desk.answers, i, i+1)
		return nil
	}
	d.Note = func(ctx context.Context) error {
		for id, who := range n.desk.has {
			if err := n.desk.choices.Brought(ctx, id, who); err != nil {
				return err
			}
		}
		return nil
	}
	if !n.desk.mute {
		d.Send = func(_ context.Context, _ *membership.Membership, _ asked.Asked, r asked.Response) error {
			if n.desk.refuse == nil {
				n.desk.sent = append(n.desk.sent, r)
			}
			return n.desk.refuse
		}
	}
	return d
}

// at40 is a cell so many to the north and east of 40 N, 74 W.
func at40(north, east uint32) wire.Cell {
	c := area.CellOf(wire.Point{Lat: 40e6, Lon: -74e6})
	return wire.Cell{Row: c.Row + north, Col: c.Col + east}
}

var firemen = wire.Agency{Key: wire.Key{7}, Title: "Fire Brigade", Class: wire.ClassFire, Contact: "desk@fire.example"}

// asks has an agency ask a home about the hour before last; it is open for a day.
func (n *neighbor) asks(id byte, change func(*asked.Asked)) asked.Asked {
	now := wire.MinuteOf(n.now)
	p := func(lat, lon int32) wire.Point { return wire.Point{Lat: 40e6 + lat, Lon: -74e6 + lon} }
	a := asked.Asked{Asked: membership.Asked{ID: wire.Hash{id}, Agency: firemen, Cosigners: 4, Request: wire.Request{
		Head: wire.AgencyHead{Agency: firemen.Key, Minute: now - 10}, Case: "F-2026-117", Incident: wire.IncidentFire, From: now - 120, To: now - 60,
		Area: []wire.Point{p(100, 100), p(100, 3900), p(3900, 3900), p(3900, 100)}, Text: "A shed burned. Did your camera see who left it?", Contact: "Desk 4, 555 0100", Expires: now + wire.Day,
	}}}
	if change != nil {
		change(&a)
	}
	n.desk.asked = append(n.desk.asked, a)
	return a
}

func (n *neighbor) request(a asked.Asked, page string) string {
	return "/requests/" + a.ID.String() + page
}

// TestRequests shows what is asked, and what its owner does with it: at home alone.
func TestRequests(t *testing.T) {
	_, anna, _, cora := maple(t)
	anna.shows("/requests", says("Nobody asks for anything now.", "You are free to help or not.", "If you do nothing, nothing happens.", "Nobody is told what you do here", "A court order is a different thing."))
	fire := anna.asks(1, nil)
	anna.asks(2, func(a *asked.Asked) { a.Elsewhere, a.Request.Text = true, "Not here" })
	solved := anna.asks(3, func(a *asked.Asked) {
		a.Closed, a.Request.Incident, a.Cosigners = wire.ClosingResolved, wire.IncidentTheft, 1
	})
	anna.asks(4, func(a *asked.Asked) { a.Request.Expires, a.Request.Incident = a.Request.To, wire.IncidentTraffic })
	anna.asks(5, func(a *asked.Asked) { a.Suspended, a.Request.Incident = true, wire.IncidentDamage })
	cat := anna.asks(6, func(a *asked.Asked) {
		*a = asked.Asked{Asked: membership.Asked{ID: a.ID, Neighbor: cora.in.Author(), Request: a.Request, Cells: []wire.Cell{at40(1, 1)}}, From: "Cora"}
		a.Request.Incident, a.Request.Area, a.Request.Case, a.Request.Contact, a.Request.Text = 0, nil, "", "", "Where is my cat?"
	})
	anna.desk.told = []asked.Bulletin{{Agency: firemen, Bulletin: wire.Bulletin{Head: fire.Request.Head, Title: "Dry week", Text: "No fires in gardens.", Expires: fire.Request.Expires}}}
	anna.shows("/requests", says("A fire, or a danger to many", "Fire Brigade · Fire and rescue", "Cora · A neighbor", "Solved: no more help is needed", "Its time is over", "They may not ask here now", "Dry week", "No fires in gardens."), lacks("put aside or not wanted"))
	if strings.Contains(anna.shows("/requests"), "Not here") {
		t.Error("what is asked elsewhere is shown")
	}
	anna.shows(anna.request(fire, ""), says("Fire Brigade asks", "A shed burned.", "F-2026-117", "Desk 4, 555 0100", "Verified: 4 homes saw the same record", "Open", "4 squares, each 222 by 170 m. North is up.", "You are free to help or not.", "You have not marked yet"), lacks("Your cameras see this"), has("a", "href", anna.at("/coverage")))
	anna.shows(anna.request(solved, ""), says("Seen by 1 home", "Solved: no more help is needed"), lacks("Answer in words"))
	anna.shows(anna.request(cat, ""), says("Cora asks", "A neighbor", "Something else", "Where is my cat?", "1 square of 222 by 170 m."), lacks("Case number"), lacks("Seen by"), lacks("Verified"))
	if w := get(anna.pages(auth.Household()), anna.at("/requests/"+wire.Hash{2}.String())); w.Code != http.StatusNotFound {
		t.Errorf("what is asked elsewhere: %d", w.Code)
	}

	anna.does(anna.request(fire, ""), "do", "aside")
	if page := anna.shows("/requests", says("1 request is put aside"), has("a", "href", anna.at("/requests?all=1"))); strings.Contains(page, fire.ID.String()) {
		t.Error("what was put aside is shown")
	}
	anna.shows("/requests?all=1", says("Fire Brigade · Fire and rescue"))
	anna.shows(anna.request(fire, ""), says("Take it back to the list"))
	anna.does(anna.request(fire, ""), "do", "again")
	anna.shows("/requests", lacks("put aside or not wanted"))

	for _, c := range []struct {
		out    string
		hidden string
	}{{"all", "5 requests are"}, {"neighbors", "1 request is"}, {"of-" + firemen.Key.String(), "4 requests are"}, {"theft", "1 request is"}} {
		anna.does("/requests", "do", "save", "out", c.out)
		anna.shows("/requests", says(c.hidden, "Dry week"))
	}
	if _, ok := isTicked(t, anna.shows("/requests"), "out-theft"); !ok {
		t.Error("what was chosen is not ticked")
	}
	anna.does("/requests", "do", "mute", "out", "news-"+firemen.Key.String())
	anna.shows("/requests", says("1 request is"), lacks("Dry week"))
	anna.does("/requests", "do", "reset")
	anna.shows("/requests", says("Dry week"), lacks("put aside or not wanted"))

	anna.does("/quiet", "do", "mute", "what", key(cora))
	anna.shows("/requests", says("1 request is"), lacks("Cora · A neighbor"))
	anna.does("/quiet", "do", "show", "what", key(cora))

	// Who only reads learns nothing of what the owner has, and decides nothing.
	anna.desk.recorded = []nvr.Span{choice.Window(fire.Request)}
	anna.does("/coverage", "camera", "1", "grid", fieldOf(t, anna.shows("/coverage"), "grid"), "cell", area.CellText(at40(0, 0)))
	read := get(anna.pages(reader), anna.at(anna.request(fire, ""))).Body.String()
	run(t, read, append(everyPage, says("A shed burned."), lacks("Do I have something?"), lacks("Drive"), lacks("Your cameras see"), lacks("Both"))...)
	for _, page := range []string{"/coverage", "/ledger", "/ledger.json", "/ledger.csv", anna.request(fire, "/answer")} {
		if w := get(anna.pages(reader), anna.at(page)); w.Code != http.StatusForbidden {
			t.Errorf("%s: %d to who reads", page, w.Code)
		}
	}
	for _, page := range []string{"/requests", "/coverage", "/ledger", anna.request(fire, ""), anna.request(fire, "/answer")} {
		if w := post(anna.pages(teller), anna.at(page), values("do", "aside")); w.Code != http.StatusForbidden {
			t.Errorf("%s: %d to who writes", page, w.Code)
		}
	}
	if len(anna.out) > 0 || len(anna.desk.sent) > 0 {
		t.Errorf("something was said to neighbors: %v", anna.out)
	}
}

// boxOf is the id of the box of a cell, of the first camera.
func boxOf(c wire.Cell) string {
	return "cell-1-" + strings.ReplaceAll(area.CellText(c), ":", "-")
}

// isTicked finds a box by its id.
func isTicked(t *testing.T, page, id string) (found, ticked bool) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range elements(root, "input") {
		if is, _ := attr(in, "id"); is == id {
			_, ticked = attr(in, "checked")
			return true, ticked
		}
	}
	return false, false
}

// TestCoverage marks what cameras see, on a grid of the neighborhood and around it.
func TestCoverage(t *testing.T) {
	_, anna, _, _ := maple(t)
	page := anna.shows("/coverage", says("Nothing is sent.", "222 m from south to north and 170 m from west to east", "North", "Drive", "0 squares marked"))
	for id, want := range map[string]bool{
		boxOf(at40(0, 0)): true, boxOf(at40(4, 5)): true, boxOf(wire.Cell{Row: at40(0, 0).Row - 1, Col: at40(0, 0).Col - 1}): true, boxOf(at40(5, 0)): false, boxOf(at40(0, 6)): false,
	} {
		if found, ticked := isTicked(t, page, id); found != want || ticked {
			t.Errorf("the square %s is there: %v, ticked: %v", id, found, ticked)
		}
	}
	if strings.Index(page, boxOf(at40(4, 0))) > strings.Index(page, boxOf(at40(0, 0))) || strings.Index(page, boxOf(at40(0, 5))) < strings.Index(page, boxOf(at40(0, 0))) {
		t.Error("north is not up, or west not on the left")
	}
	far := wire.Cell{Row: 5, Col: 5}
	if err := anna.desk.choices.Cover(t.Context(), 1, []wire.Cell{far}); err != nil {
		t.Fatal(err)
	}
	grid := fieldOf(t, page, "grid")
	anna.does("/coverage", "camera", "1", "grid", grid, "cell", area.CellText(at40(0, 0)), "cell", area.CellText(at40(1, 1)), "cell", "1:1", "cell", "x", "cell", "-1:7", "cell", "99999999999:1")
	got, err := anna.desk.choices.Coverage(t.Context())
	if err != nil || len(got) != 1 || len(got[1]) != 3 || got[1][0] != far || got[1][1] != at40(0, 0) || got[1][2] != at40(1, 1) {
		t.Errorf("%v, %v", got, err)
	}
	page = anna.shows("/coverage?saved=1", says("Saved for Drive. Nothing was sent.", "3 squares marked", "1 square outside of this grid stays marked."))
	if _, ticked := isTicked(t, page, boxOf(at40(1, 1))); !ticked {
		t.Error("what was marked is not ticked")
	}
	for _, bad := range []string{"", "1.2.3", "a.b.c.d", "0.0.100000.7", "-1.0.7.7", "0.0.-7.7", "0.9999999999999999999.7.7"} {
		anna.does("/coverage", "camera", "1", "grid", bad)
		if again, err := anna.desk.choices.Coverage(t.Context()); err != nil || len(again[1]) != 3 {
			t.Errorf("a form of the grid %q takes away marks: %v, %v", bad, again, err)
		}
	}
	for _, camera := range []string{"7", "0", "x", ""} {
		if w := post(anna.pages(auth.Household()), anna.at("/coverage"), values("camera", camera)); w.Code < 400 || w.Code >= 500 {
			t.Errorf("camera %q: %d", camera, w.Code)
		}
	}
	for place, want := range map[string]string{"40.0005, -73.9999": "Your home is in square B5.", "40,-74": "Your home is in square B5.", "52.5,13.4": "That place is not on this grid.", "-90,180": "not on this grid"} {
		w := post(anna.pages(auth.Household()), anna.at("/coverage"), values("do", "find", "place", place))
		run(t, w.Body.String(), append(everyPage, says(want), keeps("place", place))...)
	}
	// As long as nobody said where the neighborhood lies, it is around the home.
	anna.desk.nowhere = true
	must(anna.desk.choices.Cover(t.Context(), 1, nil))
	anna.shows("/coverage", says("Say first where your home is"), lacks("Drive"))
	w := post(anna.pages(auth.Household()), anna.at("/coverage"), values("do", "find", "place", "-33.9,179.9999"))
	run(t, w.Body.String(), append(everyPage, says("Your home is in square D4.", "222 m from south to north and 185 m from west to east"))...)
	over := area.CellOf(wire.Point{Lat: -33_900_000, Lon: -179_999_000}) // beyond the antimeridian
	anna.does("/coverage", "camera", "1", "grid", fieldOf(t, w.Body.String(), "grid"), "cell", area.CellText(over))
	if _, ticked := isTicked(t, anna.shows("/coverage", says("1 square marked")), boxOf(over)); !ticked {
		t.Error("a square beyond the antimeridian is not kept")
	}
	for _, place := range []string{"", "here", "91,0", "0,181", "NaN,0", "1e999,0", "1,2,3", hostile["markup"].text} {
		anna.fails("/coverage", http.StatusUnprocessableEntity, []string{"do", "find", "place", place}, blames("place", "Two numbers with a comma between them, north and east, such as 40.7128, -74.0060."))
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// TestHave finds out whether the home has something, and hands it over: the very
// bytes that were looked at, once, written down before.
func TestHave(t *testing.T) {
	_, anna, _, _ := maple(t)
	h := &window{Handler: anna.pages(auth.Household())}
	fire := anna.asks(1, nil)
	asks := choice.Window(fire.Request)
	anna.does("/coverage", "camera", "1", "grid", fieldOf(t, anna.shows("/coverage"), "grid"), "cell", area.CellText(at40(3, 3)))
	anna.desk.recorded = []nvr.Span{asks}
	anna.shows(anna.request(fire, ""), says("No. None of your cameras"), lacks("Drive recorded"))
	anna.does("/coverage", "camera", "1", "grid", fieldOf(t, anna.shows("/coverage"), "grid"), "cell", area.CellText(at40(0, 0)))
	anna.desk.recorded = nil
	anna.shows(anna.request(fire, ""), says("No. None of your cameras", "Both"), lacks("Drive recorded"))
	for minute := range 9 {
		from := asks.From.Add(time.Duration(minute) * time.Minute)
		anna.desk.recorded = append(anna.desk.recorded, nvr.Span{From: from, To: from.Add(30 * time.Second)})
	}
	page := anna.shows(anna.request(fire, ""), says("Drive recorded", "and 3 more times", "Put aside"))
	choose := linkOf(t, page, "Choose a part to hand over")

	// The editor is that of what is shared with neighbors.
	run(t, get(h, choose).Body.String(), append(everyPage, says("Hand something over", "Nothing leaves yet."), keeps("answer", fire.ID.String()), lacks("Share with the street"))...)
	w := post(h, sharing, anna.chosen("region", painted, "answer", fire.ID.String()))
	to := w.Header().Get("Location")
	_, draft, ok := strings.Cut(to, anna.at(anna.request(fire, "/answer?draft=")))
	if w.Code != http.StatusSeeOther || !ok {
		t.Fatalf("%d, to %s", w.Code, to)
	}
	body := get(h, to).Body.String()
	run(t, body, append(everyPage, says("Answer Fire Brigade", "Exactly this would leave", "Blurred in the pixels", "Only Fire Brigade can read this."), sized(1280, 720), keeps("days", "30"))...)
	if again := linkOf(t, body, "Choose again"); !strings.Contains(again, "answer="+fire.ID.String()) {
		t.Errorf("choosing again leads to %s", again)
	}
	looked := get(h, anna.at("/drafts/"+draft)).Body.Bytes()

	id := fieldOf(t, body, "id")
	form := []string{"id", id, "draft", draft, "words", "He ran\r\nto the park.", "days", "7", "sure", "yes", "do", "hand"}
	for name, c := range map[string]struct {
		form []string
		says string
	}{
		"not sure":         {[]string{"sure", ""}, "Tick the box if you want to hand it over."},
		"no days":          {[]string{"days", "0"}, "A whole number of days, 1 to 365."},
		"too many days":    {[]string{"days", "366"}, "A whole number of days, 1 to 365."},
		"long words":       {[]string{"words", strings.Repeat("x", 1001)}, "At most 1000 letters."},
		"no such draft":    {[]string{"draft", "ABC"}, "What you chose was forgotten"},
		"nothing":          {[]string{"draft", "", "words", " "}, "Write some words, or choose a clip or a photo."},
		"id is none":       {[]string{"id", "x"}, "It was not handed over."},
		"words are markup": {[]string{"words", hostile["markup"].text, "sure", ""}, "Tick the box"},
	} {
		t.Run(name, func(t *testing.T) {
			v := values(form...)
			for i := 0; i < len(c.form); i += 2 {
				v.Set(c.form[i], c.form[i+1])
			}
			w := post(h, anna.at(anna.request(fire, "/answer")), v)
			if w.Code != http.StatusUnprocessableEntity {
				t.Errorf("%d", w.Code)
			}
			run(t, w.Body.String(), append(everyPage, says(c.says))...)
		})
	}
	for status, c := range map[int]struct {
		err  error
		says string
	}{
		http.StatusServiceUnavailable: {errors.New("no space"), "Look whether the disk is full"},
		http.StatusBadRequest:         {fmt.Errorf("%w: no home takes in answers", nvr.ErrInvalid), "It was not sent: no home takes in answers."},
	} {
		anna.desk.refuse = c.err
		w := post(h, anna.at(anna.request(fire, "/answer")), values(form...))
		run(t, w.Body.String(), append(everyPage, says(c.says, "Exactly this would leave"))...)
		if w.Code != status {
			t.Errorf("it could not be sent: %d", w.Code)
		}
	}
	if all, err := anna.desk.choices.Ledger(t.Context()); err != nil || len(all) != 0 || len(anna.desk.sent) != 0 {
		t.Errorf("what was not sent stands in the ledger: %v, %v", all, err)
	}
	anna.desk.refuse = nil
	for range 2 { // by a browser that asks twice
		if to := goes(t, h, anna.at(anna.request(fire, "/answer")), form...); !strings.HasPrefix(to, anna.at("/ledger")) {
			t.Errorf("leads to %s", to)
		}
		form[3] = "" // it is forgotten now
	}
	all, err := anna.desk.choices.Ledger(t.Context())
	if err != nil || len(all) != 1 || len(anna.desk.sent) != 1 {
		t.Fatalf("the ledger has %v, %d were sent: %v", all, len(anna.desk.sent), err)
	}
	e, sent := all[0], anna.desk.sent[0]
	if !bytes.Equal(sent.Media[0].Bytes, looked) || sent.Media[0].Type != "video/mp4" || sent.Words != "He ran\nto the park." || sent.Until != e.Until || sent.ID != e.ID || sent.Now {
		t.Errorf("sent %+v", sent)
	}
	f := e.Files[0]
	if e.Request != fire.ID || e.Agency != firemen.Key || e.Case != "F-2026-117" || e.Until != e.At+7*wire.Day || e.Neighborhood != anna.in.Name() ||
		f.SHA256 != sha256.Sum256(looked) || f.Bytes != int64(len(looked)) || f.Camera != 1 || f.CameraName != "Drive" || f.Span != anna.studio.made[0].Span {
		t.Errorf("the ledger has %+v", e)
	}

	// Words alone, until it is closed.
	answer := get(h, anna.at(anna.request(fire, "/answer"))).Body.String()
	goes(t, h, anna.at(anna.request(fire, "/answer")), "id", fieldOf(t, answer, "id"), "words", "We were away.", "days", "1", "way", "now", "sure", "yes", "do", "hand")
	if !anna.desk.sent[1].Now {
		t.Error("it waits though it is to leave at once")
	}
	anna.studio.extra = 4_000_000
	large := post(h, sharing, anna.chosen("answer", fire.ID.String())).Header().Get("Location")
	body = get(h, large).Body.String()
	run(t, body, append(everyPage, says("This clip is too large to be hidden."), lacks("Hidden"))...)
	_, draft, _ = strings.Cut(large, "draft=")
	w = post(h, anna.at(anna.request(fire, "/answer")), values("id", fieldOf(t, body, "id"), "draft", draft, "days", "1", "way", "hidden", "sure", "yes"))
	run(t, w.Body.String(), append(everyPage, says("This clip is too large to be hidden."))...)
	anna.desk.asked[0].Closed = wire.ClosingWithdrawn
	late := post(h, anna.at(anna.request(fire, "/answer")), values("id", strings.Repeat("0", 32), "words", "Late.", "days", "1", "sure", "yes"))
	run(t, late.Body.String(), append(everyPage, says("This request is no longer open. Nothing was sent."))...)
	if len(anna.desk.sent) != 2 || len(anna.desk.sent[1].Media) != 0 || late.Code != http.StatusUnprocessableEntity {
		t.Errorf("%d, sent %+v", late.Code, anna.desk.sent)
	}
}

// TestLedgerPage shows what was handed over, gives it away and deletes it.
func TestLedgerPage(t *testing.T) {
	_, anna, _, _ := maple(t)
	anna.shows("/ledger", says("Nothing so far."), lacks("JSON"))
	h := choice.Handed{ID: wire.Salt{5}, Agency: firemen.Key, Title: "Fire Brigade", Case: "F-1", Incident: wire.IncidentFire, Words: "He ran.", At: wire.MinuteOf(anna.now), Until: wire.MinuteOf(anna.now) + wire.Day,
		Files: []choice.File{{Name: "clip.mp4", Type: "video/mp4", SHA256: wire.Hash{9}, Bytes: 2049, Camera: 1, CameraName: "Drive", Span: nvr.Span{From: 1, To: 2}}}}
	if err := errors.Join(anna.desk.choices.HandOver(t.Context(), h), anna.desk.choices.Brought(t.Context(), h.ID, choice.Sponsor{Key: wire.Key{1}, Name: "Ben"})); err != nil {
		t.Fatal(err)
	}
	anna.desk.has = map[wire.Salt]choice.Sponsor{h.ID: {Key: wire.Key{2}, Name: "Cora", Had: h.At + 3}} // since it was last looked at
	anna.shows("/ledger", says("Fire Brigade", "F-1", "clip.mp4, 3 KiB, from Drive", wire.Hash{9}.String(), "Ben brings it", "Cora has all of it since", "He ran."))
	for address, parse := range map[string]func([]byte) error{
		"/ledger.json": func(b []byte) error { return json.Unmarshal(b, &struct{}{}) },
		"/ledger.csv":  func(b []byte) error { _, err := csv.NewReader(bytes.NewReader(b)).ReadAll(); return err },
	} {
		w := get(anna.pages(auth.Household()), anna.at(address))
		if err := parse(w.Body.Bytes()); err != nil || !strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment") || !strings.Contains(w.Body.String(), "F-1") {
			t.Errorf("%s: %v %v\n%s", address, err, w.Header(), w.Body)
		}
	}
	id := "05" + strings.Repeat("0", 30)
	anna.fails("/ledger", http.StatusUnprocessableEntity, []string{"id", id}, says("Tick the box if you want to delete it.", "F-1"))
	if w := post(anna.pages(auth.Household()), anna.at("/ledger"), values("id", "x", "sure", "yes")); w.Code != http.StatusNotFound {
		t.Errorf("no such entry: %d", w.Code)
	}
	anna.desk.has = nil
	anna.does("/ledger", "id", id, "sure", "yes")
	anna.shows("/ledger?struck=1", says("Deleted.", "Nothing so far."))
}

// linkOf returns where the first link of that name leads.
func linkOf(t *testing.T, page, name string) string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range elements(root, "a") {
		if content(a) == name {
			to, _ := attr(a, "href")
			return to
		}
	}
	t.Fatalf("no link %q", name)
	return ""
}

// fieldOf returns what a field holds.
func fieldOf(t *testing.T, page, name string) string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range elements(root, "input") {
		if n, _ := attr(in, "name"); n == name {
			v, _ := attr(in, "value")
			return v
		}
	}
	t.Fatalf("no field %s", name)
	return ""
}

// asksAll has somebody of that name ask, tell and be given something.
func (n *neighbor) asksAll(id, name, text string) error {
	n.pages(auth.Household()) // its desk is there
	hash := sha256.Sum256([]byte(id))
	mean := wire.Agency{Key: wire.Key(hash), Title: name, Class: wire.ClassTown, Contact: text}
	a := n.asks(hash[0], func(a *asked.Asked) {
		a.ID, a.Agency, a.Request.Case, a.Request.Text, a.Request.Contact = hash, mean, name, text, text
	})
	n.asks(hash[0], func(a *asked.Asked) {
		a.ID = sha256.Sum256(hash[:])
		a.Agency, a.From, a.Cells, a.Request.Text, a.Closed = wire.Agency{}, name, []wire.Cell{at40(0, 0)}, text, wire.ClosingResolved
	})
	n.desk.answers = append(n.desk.answers, asked.Answer{ID: hash, Response: response.Response{Minute: 1, Until: a.Request.Expires, Words: text, Media: []response.Media{{Type: wire.MediaClip, Bytes: []byte(text)}}}})
	n.desk.told = append(n.desk.told, asked.Bulletin{Agency: mean, Bulletin: wire.Bulletin{Head: a.Request.Head, Title: name, Text: text, Expires: a.Request.Expires}})
	h := choice.Handed{ID: wire.Salt(hash[:16]), Title: name, Case: name, Words: text, At: 1, Until: 2,
		Files: []choice.File{{Name: "clip.mp4", Type: "video/mp4", Bytes: 1, Camera: 1, CameraName: name, Span: nvr.Span{From: 1, To: 1}}}}
	return errors.Join(n.desk.choices.HandOver(context.Background(), h), n.desk.choices.Brought(context.Background(), h.ID, choice.Sponsor{Key: wire.Key{1}, Name: name}))
}
