package main

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"nvrd/federation/blob"
	"nvrd/federation/fedtest/wiretap"
	"nvrd/federation/identity"
	"nvrd/federation/membership"
	"nvrd/federation/online"
	"nvrd/federation/store"
	"nvrd/federation/wire"
	"nvrd/pkg/ffmpeg"
	"nvrd/pkg/fmp4"
	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp/rtspsim"
	"nvrd/pkg/rtsp/rtspsim/porch"
	"nvrd/ui/page/street"
	"nvrd/ui/page/street/share"
)

// What is at Anna's home and nobody's business.
const (
	cameraName = "Nursery 7781"
	cameraUser = "gatekeeper-5512"
	cameraPass = "hunter-3345"
	folder     = "annas-footage-8812" // her data directory
)

// What people say in the week, and are called.
var words = []string{
	"Elm Street", "Oak Lane", "Anna", "Anna, number 4", "Ben", "Olga", "Cleo", "Park", "ask at number 4", "ask Olga",
	"The steps are icy.", "Salt is in the box.", "Whose cat is this?", "Mine, thank you.", "not about our street", "The lamp is out.",
	"A parcel was taken.", "Someone in a red coat.", "A photo of it.", "I was away.", "Is the park open?", "Hello.", "I am back.", "It names my son.",
	"Fire brigade", "Desk", "Deleted.", "26-1184 fire", "26-1184 traffic", "26-1184 animal", "Did a camera see it?", "Did your camera see our cat?", "The hydrant leaks.", "It asked too much.",
}

// TestWeek: Anna's home has a busy week in two neighborhoods, and each neighbor
// writes down every byte that it is told. All of it is a type of the list, in
// fields of the list, and says what she said; nothing that is nobody's business
// is anywhere in it, nor in her pictures, nor in any packet that left by the line.
func TestWeek(t *testing.T) {
	t.Parallel()
	if !alone(t) {
		return
	}
	w := &week{t: t, tape: &wiretap.Tape{}, left: listenWAN(t), dir: filepath.Join(t.TempDir(), folder), said: map[wire.Hash]bool{}}
	jar, err := cookiejar.New(nil)
	w.must(err)
	w.browser = &http.Client{Jar: jar}
	w.camera()
	w.start()
	if err := w.anna.neighbors.TurnOn(); err != nil {
		t.Fatal(err)
	}
	w.elm()
	w.pass(3)
	w.asked()
	w.pass(1)
	w.share()
	w.away()
	w.out()
	w.oak()
	w.restore()
	w.stop()
	w.judge()
}

// week is what happens to Anna's home.
type week struct {
	t       *testing.T
	tape    *wiretap.Tape
	left    *wan
	dir     string
	source  string // of her camera's pictures
	ahead   atomic.Int64
	anna    *server
	browser *http.Client
	stop    func()
	ben     *wiretap.Neighbor
	keys    []wire.Key         // that she signs with
	said    map[wire.Hash]bool // entries that she wrote
	made    [][]byte           // pictures of hers, as neighbors got them
}

func (w *week) now() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }

// pass has days go by. Of the night nothing happens.
func (w *week) pass(days int) { w.ahead.Add(int64(days) * int64(24*time.Hour)) }

func (w *week) camera() {
	sim, err := rtspsim.Listen("127.0.0.1:0", rtspsim.Options{User: cameraUser, Password: cameraPass})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(sim.Close)
	scene := porch.Door()
	for path, file := range map[string][]byte{"door": scene.Main, "door-sub": scene.Sub} {
		clip, err := rtspsim.LoadClip(file)
		if err != nil {
			w.t.Fatal(err)
		}
		if err := sim.Play(path, clip); err != nil {
			w.t.Fatal(err)
		}
	}
	w.source = sim.URL("door")
}

// start starts Anna's home as it ships.
func (w *week) start() {
	w.t.Helper()
	if err := os.MkdirAll(w.dir, 0o700); err != nil {
		w.t.Fatal(err)
	}
	s := settings{data: w.dir, listen: "127.0.0.1:0", neighbors: online.Config{Port: 7667, Now: w.now}}
	ctx, end := context.WithCancel(context.Background())
	var err error
	if w.anna, err = start(ctx, s, slog.New(slog.NewTextHandler(w.t.Output(), nil))); err != nil {
		w.t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- w.anna.serve(ctx) }()
	w.stop = func() {
		end()
		if err := <-served; err != nil {
			w.t.Error(err)
		}
		if err := w.anna.Close(); err != nil {
			w.t.Error(err)
		}
		w.stop = func() {}
	}
	w.t.Cleanup(func() { w.stop() })
}

func (w *week) restart() {
	w.t.Helper()
	w.stop()
	w.start()
}

// in returns Anna's membership of a name, once there is one.
func (w *week) in(title string) (m *membership.Membership) {
	w.t.Helper()
	w.until("Anna is in "+title, func() bool {
		for _, is := range w.anna.neighbors.All().In() {
			if is.Genesis().Title == title && is.State().Member(is.Author()) != nil {
				m = is
			}
		}
		return m != nil
	})
	w.keys = append(w.keys, m.Author(), m.Seat())
	return m
}

func (w *week) until(what string, is func() bool) {
	w.t.Helper()
	eventually(w.t, 40*time.Second, is, func() string { return what })
}

// says notes what Anna said.
func (w *week) says(id wire.Hash, err error) wire.Hash {
	w.t.Helper()
	w.must(err)
	w.said[id] = true
	return id
}

func (w *week) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// move has a neighbor move in who writes down what it is told.
func (w *week) move() *wiretap.Neighbor {
	w.t.Helper()
	n, err := w.tape.Move(w.t.Context(), w.t.TempDir(), net.ParseIP(wanAddress), w.now)
	w.must(err)
	w.t.Cleanup(func() { n.Close() })
	return n
}

// has waits until a neighbor has what was said.
func (w *week) has(n *wiretap.Neighbor, id wire.Hash) {
	w.t.Helper()
	w.until("a neighbor hears it", func() bool { _, ok := n.In().Said(id); return ok })
}

// elm is a day in the street that Anna founded: Ben comes, they talk, she does
// what a steward does, and does not want to see some of it.
func (w *week) elm() {
	policy := wire.Policy{Invites: wire.InvitesByMembers, Contact: "ask at number 4", Places: []string{"Park"}, ExpireDays: 30, MediaMiB: 1024}
	_, err := w.anna.neighbors.All().Found("Elm Street", "Anna", policy)
	w.must(err)
	m := w.in("Elm Street")
	invite, err := w.anna.neighbors.Invite(m, 7, wire.Key{})
	w.must(err)
	text, err := invite.Text()
	w.must(err)
	w.ben = w.move()
	w.must(w.ben.Join(w.t.Context(), text, "Ben"))
	w.linked(w.ben, m)

	ice := w.says(m.Post(wire.Post{Category: wire.CategoryHazard, Happened: "The steps are icy.", Place: "Park", When: wire.MinuteOf(w.now())}, 0))
	w.has(w.ben, ice)
	cat, err := w.ben.Share(wire.Post{Category: wire.CategoryLostFound, Happened: "Whose cat is this?"}, []byte("a cat"))
	w.must(err)
	w.until("Anna has the cat", func() bool {
		_, ok := m.Said(cat)
		r, _, err := w.anna.neighbors.Media(m, cat, 0, false)
		if err == nil {
			r.Close()
		}
		return ok && err == nil
	})
	w.says(m.Comment(cat, "Mine, thank you."))
	w.says(m.React(cat, wire.ReactionThanks))
	label := w.says(m.Label(cat, wire.LabelOffTopic, "not about our street"))
	w.has(w.ben, label)
	w.says(m.Retract(label))

	w.must(m.Hush(cat, store.Hidden))
	w.must(m.Hush(w.ben.In().Author(), store.Muted))
	w.must(m.Hush(w.ben.In().Author(), store.Blocked))
	for _, page := range []string{"", "/mine", "/members", "/stewards"} {
		w.view("/street/" + street.Short(m) + page)
	}
	policy.ExpireDays = 14
	w.must(m.SetPolicy(policy))
	w.must(m.AddSteward(w.ben.In().Author(), w.ben.In().Seat()))
	w.until("Ben holds a seat", w.ben.In().Steward)
	policy.ExpireDays = 21
	w.must(w.ben.In().SetPolicy(policy))
	w.until("Anna can vote", func() bool { return len(m.State().Proposed) > 0 })
	w.must(m.Vote(m.State().Proposed[0].Act))
	w.until("it passed", func() bool { return w.ben.In().State().Policy.ExpireDays == 21 })
	w.must(m.DropSteward(w.ben.In().Seat()))
	w.until("Ben can vote", func() bool { return len(w.ben.In().State().Proposed) > 0 })
	w.must(w.ben.In().Vote(w.ben.In().State().Proposed[0].Act))
	w.until("he holds none", func() bool { return !w.ben.In().Steward() && len(m.State().Seats) == 1 })
	w.must(m.Rename("Anna, number 4"))
}

// linked waits for a link between a neighbor and Anna's home.
func (w *week) linked(n *wiretap.Neighbor, m *membership.Membership) {
	w.t.Helper()
	w.until("they are linked, and know each other", func() bool {
		return n.Linked(wire.PublicKey(m.Node())) && n.In().State().Member(m.Author()) != nil && m.State().Member(n.In().Author()) != nil
	})
}

// view looks at a page, as Anna does.
func (w *week) view(page string) { w.t.Helper(); w.ask(http.MethodGet, page, nil) }

// send sends a form of a page, and follows where that leads.
func (w *week) send(page string, form url.Values) (at *url.URL) {
	w.t.Helper()
	return w.ask(http.MethodPost, page, form)
}

func (w *week) ask(method, page string, form url.Values) *url.URL {
	w.t.Helper()
	home := "http://" + w.anna.listener.Addr().String()
	r, err := http.NewRequestWithContext(w.t.Context(), method, home+page, strings.NewReader(form.Encode()))
	w.must(err)
	r.Header.Set("Origin", home)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := w.browser.Do(r)
	w.must(err)
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	w.must(err)
	if answer.StatusCode != http.StatusOK {
		w.t.Errorf("%s: %s: %.200s", page, answer.Status, b)
	}
	return answer.Request.URL
}

// share has Anna share what her doorbell saw, with ffmpeg and without. Ben opens it.
func (w *week) share() {
	home, m := w.anna.Dir.Home, w.in("Elm Street")
	stream := add(w.t, home, household.CameraInput{Name: cameraName, URL: w.source, SubURL: w.source + "-sub", User: cameraUser, Password: cameraPass})
	var span nvr.Span
	eventually(w.t, time.Minute, func() bool {
		span = nvr.Span{To: nvr.Now()}
		for _, q := range []nvr.Quality{nvr.Main, nvr.Sub} {
			line, err := w.anna.Dir.Player.Timeline(w.t.Context(), nvr.StreamID{Camera: stream.Camera, Quality: q}, nvr.Span{From: nvr.Now().Add(-time.Hour), To: nvr.Now().Add(time.Minute)}, time.Second)
			if err != nil || len(line.Footage) == 0 || line.Footage[0].Duration() < 5*time.Second {
				return false
			}
			span.From = max(span.From, line.Footage[0].From)
		}
		return true
	}, func() string { return "five seconds are recorded" })
	span.From = span.From.Add(500 * time.Millisecond)
	span.To = span.From.Add(3 * time.Second)
	door := share.Place{X: .25, Y: .25, W: .5, H: .5}
	with, without := studio{w.anna.Dir.Player, w.anna.tool}, studio{player: w.anna.Dir.Player}
	var shown []blob.Plain
	for _, make := range []struct {
		by  studio
		cut share.Cut
	}{
		{with, share.Cut{Camera: stream.Camera, Span: span, Regions: []share.Region{{From: door, To: door}}}},
		{with, share.Cut{Camera: stream.Camera, Span: span, Photo: true}},
		{without, share.Cut{Camera: stream.Camera, Span: span, Sound: true}},
	} {
		p, err := make.by.Make(w.t.Context(), make.cut)
		w.must(err)
		shown = append(shown, p)
	}
	id := w.says(w.anna.neighbors.Share(m, wire.Post{Category: wire.CategoryPackage, Happened: "A parcel was taken.", Person: "Someone in a red coat."}, shown, 0))
	w.has(w.ben, id)
	w.opens(m, id)

	at := w.send("/cameras/"+stream.Camera.String()+"/share", url.Values{
		"kind": {"photo"}, "from": {span.From.Std().In(time.Local).Format("2006-01-02T15:04:05.000")}, "street": {street.Short(m)},
	})
	w.send("/street/"+street.Short(m)+"/new", url.Values{
		"draft": {at.Query().Get("draft")}, "happened": {"A photo of it."}, "category": {"package"}, "place": {"Park"}, "when": {w.now().Format("2006-01-02T15:04")},
	})
	for _, p := range m.Days()[0].Posts {
		if p.Item.Says.(wire.Post).Happened == "A photo of it." {
			id = w.says(p.Item.ID, nil)
		}
	}
	w.has(w.ben, id)
	w.opens(m, id)
	if len(w.made) != 8 {
		w.t.Errorf("of four pictures, each with a small one, Ben has %d", len(w.made))
	}
}

// opens has Ben open the pictures of a post.
func (w *week) opens(m *membership.Membership, id wire.Hash) {
	w.t.Helper()
	said, _ := w.ben.In().Said(id)
	if len(said.(wire.Post).Media) == 0 {
		w.t.Errorf("%+v has no picture", said)
	}
	for i, media := range said.(wire.Post).Media {
		for _, b := range []wire.Blob{media.Full, media.Thumbnail} {
			plain, err := w.ben.Fetch(w.t.Context(), wire.PublicKey(m.Node()), b)
			w.must(err)
			check := ffmpeg.CheckJPEG
			if b == media.Full && media.Type == wire.MediaClip {
				check = fmp4.CheckClip
			}
			if err := check(plain); err != nil {
				w.t.Errorf("picture %d: %v", i, err)
			}
			w.made = append(w.made, plain)
		}
	}
}

// away is a day of which Ben's home hears later, as Anna's does of what he said;
// and then a day on which her home starts again meanwhile.
func (w *week) away() {
	for _, restarts := range []bool{false, true} {
		m := w.in("Elm Street")
		w.must(w.ben.Away())
		w.pass(1)
		lamp := w.says(m.Post(wire.Post{Category: wire.CategoryOutage, Happened: "The lamp is out."}, 3))
		w.must(m.Rename("Anna"))
		own, err := w.ben.In().Post(wire.Post{Category: wire.CategoryThanks, Happened: "I was away."}, 0)
		w.must(err)
		w.must(w.ben.In().Rename("Ben"))
		if restarts {
			w.restart()
			m = w.in("Elm Street")
		}
		w.must(w.ben.Back())
		w.linked(w.ben, m)
		w.has(w.ben, lamp)
		w.until("Anna hears it", func() bool { _, ok := m.Said(own); return ok })
	}
}

// out is the end of that: she puts Ben out.
func (w *week) out() {
	m := w.in("Elm Street")
	w.must(m.Revoke(w.ben.In().Author(), wire.MinuteOf(w.now())))
	w.until("Ben has heard that he is out", func() bool { return w.ben.In().State().Member(w.ben.In().Author()) == nil })
}

// oak is two days in a street where Anna holds no seat: she comes, and brings
// somebody whom a steward's home lets in.
func (w *week) oak() {
	olga := w.move()
	w.must(olga.Found("Oak Lane", "Olga", wire.Policy{Invites: wire.InvitesByMembers, Contact: "ask Olga", ExpireDays: 30, MediaMiB: 100}))
	invite, err := olga.Invite()
	w.must(err)
	_, err = w.anna.neighbors.All().Join(invite, "Anna")
	w.must(err)
	m := w.in("Oak Lane")
	w.linked(olga, m)
	w.has(olga, w.says(m.Post(wire.Post{Category: wire.CategoryQuestion, Happened: "Is the park open?"}, 0)))
	let, err := w.anna.neighbors.Invite(m, 2, wire.Key{})
	w.must(err)
	if len(let.Doors) < 2 {
		w.t.Errorf("the invite names %d doors", len(let.Doors))
	}
	text, err := let.Text()
	w.must(err)
	cleo := w.move()
	w.must(cleo.Join(w.t.Context(), text, "Cleo"))
	w.linked(cleo, m)
	hello, err := cleo.In().Post(wire.Post{Category: wire.CategoryThanks, Happened: "Hello."}, 0)
	w.must(err)
	w.until("Anna hears Cleo", func() bool { _, ok := m.Said(hello); return ok })
	w.must(m.Report(hello, wire.LabelUnkind, "It names my son."))
	w.until("Olga has the report", func() bool { letters, err := m.Letters(); return err == nil && len(letters) == 0 })
	w.must(cleo.Away())
	w.anew(olga, m)
	w.pass(1)

	back, err := olga.Invite()
	w.must(err)
	w.lost(back)
}

// anew has both Anna and Olga found the street anew; Anna goes with Olga.
func (w *week) anew(olga *wiretap.Neighbor, m *membership.Membership) {
	_, err := w.anna.neighbors.FoundAnew(m)
	w.must(err)
	w.until("Olga is called", func() bool { return olga.In().State().Anew[m.Author()] != nil })
	w.must(olga.Anew())
	all := w.anna.neighbors.All()
	w.until("Anna is called", func() bool { offers, err := all.Offers(m); return err == nil && len(offers) == 1 })
	_, err = all.Follow(m, olga.In().Author(), olga.Founded().Name())
	w.must(err)
	w.until("Anna has followed", func() bool { return len(olga.Founded().Nodes()) == 2 })
}

// lost has Anna's machine burn, and her come back to Oak Lane with her paper.
func (w *week) lost(invite string) {
	seed, _, err := store.Seed(w.dir)
	w.must(err)
	w.stop()
	w.dir = filepath.Join(w.t.TempDir(), folder)
	w.start()
	seed, err = identity.ParseWords(strings.Join(seed.Words(), " "))
	w.must(err)
	w.must(w.anna.neighbors.Restore(seed))
	_, err = w.anna.neighbors.All().Return(invite, "Anna")
	w.must(err)
	w.in("Oak Lane")
}

// restore is the day after: she says that she is back, and leaves.
func (w *week) restore() {
	m := w.in("Oak Lane")
	w.says(m.Post(wire.Post{Category: wire.CategoryThanks, Happened: "I am back."}, 0))
	w.must(w.anna.neighbors.Leave(m))
}
