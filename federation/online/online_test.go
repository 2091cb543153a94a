package online_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"nvrd/federation/blob"
	"nvrd/federation/blob/exchange"
	"nvrd/federation/feed"
	"nvrd/federation/identity"
	"nvrd/federation/membership"
	"nvrd/federation/online"
	"nvrd/federation/store"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// household is a home with its data directory.
type household struct {
	t    *testing.T
	name string
	dir  string
	port uint16
	late time.Duration // by which its clock is ahead
	*online.Online
}

func live(t *testing.T, name string) *household {
	t.Helper()
	h := &household{t: t, name: name, dir: t.TempDir()}
	h.start()
	t.Cleanup(h.stop)
	return h
}

func (h *household) start() {
	h.t.Helper()
	var err error
	if h.Online, err = online.Open(online.Config{Dir: h.dir, Local: true, Port: h.port, Now: func() time.Time { return time.Now().Add(h.late) }, Log: slog.New(slog.NewTextHandler(h.t.Output(), nil)).With("home", h.name)}); err != nil {
		h.t.Fatal(err)
	}
}

func (h *household) stop() {
	if err := h.Close(); err != nil {
		h.t.Error(err)
	}
}

// in returns the membership, once there is one.
func (h *household) in() *membership.Membership {
	h.t.Helper()
	all := h.All()
	for {
		news := all.News()
		if in := all.In(); len(in) > 0 {
			return in[0]
		}
		h.wait(news, "to be let in")
	}
}

func (h *household) wait(news <-chan struct{}, what string) {
	h.t.Helper()
	select {
	case <-news:
	case <-time.After(2 * time.Minute):
		h.t.Fatalf("%s waits in vain %s", h.name, what)
	}
}

// until waits for something that pages would show.
func (h *household) until(m *membership.Membership, what string, is func() bool) {
	h.t.Helper()
	for {
		news := m.News()
		if is() {
			return
		}
		h.wait(news, what)
	}
}

func (h *household) turnOn() {
	h.t.Helper()
	if err := h.TurnOn(); err != nil {
		h.t.Fatal(err)
	}
}

// invite returns an invite as text.
func (h *household) invite(m *membership.Membership) string {
	h.t.Helper()
	v, err := h.Online.Invite(m, 7, wire.Key{})
	if err != nil {
		h.t.Fatal(err)
	}
	text, err := v.Text()
	if err != nil {
		h.t.Fatal(err)
	}
	return text
}

func (h *household) join(invite string) *membership.Membership {
	h.t.Helper()
	if _, err := h.All().Join(invite, h.name); err != nil {
		h.t.Fatal(err)
	}
	m := h.in()
	h.until(m, "to see itself in the roster", func() bool { return m.State().Member(m.Author()) != nil })
	return m
}

func told(m *membership.Membership) string {
	var all []string
	for _, d := range m.Days() {
		for _, p := range d.Posts {
			s := "(taken back)"
			if p.Dead == feed.Alive {
				s = p.Item.Says.(wire.Post).Happened
			}
			for _, c := range p.Comments {
				if c.Dead == feed.Alive {
					s += " / " + c.Item.Says.(wire.Comment).Text
				}
			}
			all = append(all, s)
		}
	}
	return strings.Join(all, "; ")
}

var policy = wire.Policy{Invites: wire.InvitesByMembers, ExpireDays: 30, MediaMiB: 1024}

// Anna founds a street, lets Ben in, Ben lets Cleo in although he holds no seat,
// and what each says is at all others. Ben's home starts again and has what it
// missed; Cleo leaves.
func TestThreeHomes(t *testing.T) {
	anna, ben, cleo := live(t, "Anna"), live(t, "Ben"), live(t, "Cleo")
	for _, h := range []*household{anna, ben, cleo} {
		h.turnOn()
	}
	a, err := anna.All().Found("Elm Street", "Anna", policy)
	if err != nil {
		t.Fatal(err)
	}
	b := ben.join(anna.invite(a))
	c := cleo.join(ben.invite(b))
	ice, err := a.Post(wire.Post{Category: wire.CategoryHazard, Happened: "The steps are icy."}, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		h *household
		m *membership.Membership
	}{{ben, b}, {cleo, c}} {
		x.h.until(x.m, "for Anna's post", func() bool { return told(x.m) == "The steps are icy." })
	}
	if _, err := c.Comment(ice, "Salt is in the box at 7."); err != nil {
		t.Fatal(err)
	}
	anna.until(a, "for Cleo's comment", func() bool { return strings.HasSuffix(told(a), "/ Salt is in the box at 7.") })

	ben.stop()
	if _, err := a.Retract(ice); err != nil {
		t.Fatal(err)
	}
	ben.start()
	b = ben.in()
	if got := told(b); !strings.Contains(got, "icy") {
		t.Errorf("after a restart Ben's home shows %q", got)
	}
	ben.until(b, "for what it missed", func() bool { return strings.HasPrefix(told(b), "(taken back)") })

	if err := cleo.Leave(c); err != nil {
		t.Fatal(err)
	}
	anna.until(a, "for Cleo to be out", func() bool { return a.State().Member(c.Author()) == nil })
	anna.until(a, "for what she said to be gone", func() bool { return !strings.Contains(told(a), "Salt") })
	if len(cleo.All().In()) != 0 {
		t.Error("Cleo's home is still in")
	}
	if direct, relayed := anna.Links(a); direct+relayed > 1 {
		t.Errorf("Anna is linked to %d homes", direct+relayed)
	}
}

// Anna's machine burns. With the words on paper and an invite of Ben's she is
// back as who she was: steward, with what she said; her old machine is not let in.
func TestRestore(t *testing.T) {
	anna, ben := live(t, "Anna"), live(t, "Ben")
	ben.turnOn()
	if err := anna.TurnOn(); err != nil {
		t.Fatal(err)
	}
	words := anna.All().Words()
	anna.stop() // the power is cut before she has written them down
	anna.start()
	if again := anna.All().Words(); !slices.Equal(again, words) || len(words) != identity.WordCount {
		t.Errorf("after a restart the words are %v, and were %v", again, words)
	}
	if err := anna.All().OnPaper(); err != nil {
		t.Fatal(err)
	}
	anna.stop()
	anna.start()
	if anna.All().Words() != nil {
		t.Error("words that are on paper are told again")
	}
	if _, err := anna.All().Found("Oak Street", "Anna", policy); err != nil { // her first, so Elm Street has other keys
		t.Fatal(err)
	}
	a, err := anna.All().Found("Elm Street", "Anna", policy)
	if err != nil {
		t.Fatal(err)
	}
	b := ben.join(anna.invite(a))
	ice, err := a.Post(wire.Post{Category: wire.CategoryHazard, Happened: "Ice."}, 0)
	if err != nil {
		t.Fatal(err)
	}
	ben.until(b, "for the post", func() bool { return told(b) == "Ice." })
	invite := ben.invite(b)
	anna.stop()

	again := live(t, "Anna at home again")
	seed, err := identity.ParseWords(strings.Join(words, " "))
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Restore(seed); err != nil {
		t.Fatal(err)
	}
	if again.All().Words() != nil {
		t.Error("words that came from paper are to be written on paper")
	}
	if _, err := again.All().Return(invite, "Anna again"); err != nil {
		t.Fatal(err)
	}
	back := again.in()
	again.until(back, "to see itself", func() bool { return back.State().Member(back.Author()) != nil })
	if back.Author() != a.Author() || !back.Steward() {
		t.Error("she is somebody else, or lost her seat")
	}
	again.until(back, "for what she said", func() bool { return told(back) == "Ice." })
	if _, err := back.Retract(ice); err != nil {
		t.Fatal(err)
	}
	ben.until(b, "for what she takes back", func() bool { return strings.HasPrefix(told(b), "(taken back)") })
	ben.until(b, "for her new name", func() bool { return b.State().Member(a.Author()).Card.Name == "Anna again" })
	if members := len(b.Nodes()); members != 2 {
		t.Errorf("there are %d homes", members)
	}
	fresh, err := again.All().Found("Beech Street", "Anna", policy)
	if err != nil {
		t.Fatal(err)
	}
	if fresh.Place() < 1000 {
		t.Errorf("what she founds now has keys of place %d, which the lost machine may have used", fresh.Place())
	}

	anna.start()
	for _, m := range anna.All().In() {
		if m.Name() == a.Name() && b.Member(wire.PublicKey(m.Node())) {
			t.Error("the old machine is let in beside the new one")
		}
	}
}

// Who says to return and never was a member is not let in.
func TestReturnOfNobody(t *testing.T) {
	anna, ben := live(t, "Anna"), live(t, "Ben")
	anna.turnOn()
	ben.turnOn()
	a, err := anna.All().Found("Elm Street", "Anna", policy)
	if err != nil {
		t.Fatal(err)
	}
	all := ben.All()
	j, err := all.Return(anna.invite(a), "Ben")
	if err != nil {
		t.Fatal(err)
	}
	for j.Answered() == 0 {
		news := all.News()
		if j.Answered() == 0 {
			ben.wait(news, "for an answer")
		}
	}
	if j.Answered() != wire.AnswerNo || len(all.In()) != 0 || len(a.Nodes()) != 1 {
		t.Errorf("he is answered %d", j.Answered())
	}
}

// kept returns how many bytes of media are on the home's disk.
func (h *household) kept() (size int64) {
	shelves, err := filepath.Glob(filepath.Join(h.dir, "neighborhood-media", "*", "*"))
	if err != nil {
		h.t.Fatal(err)
	}
	for _, path := range shelves {
		raw, err := os.ReadFile(path)
		if err == nil && bytes.Contains(raw, []byte("photo of ice")) {
			h.t.Errorf("%s is not sealed", path)
		}
		size += int64(len(raw)) // none of what went meanwhile
	}
	return size
}

// Photos and clips come to all, and go everywhere when who posted them takes them back.
func TestShare(t *testing.T) {
	anna, ben := live(t, "Anna"), live(t, "Ben")
	anna.stop()
	anna.port = free(t) // Ben's home finds it after both were away
	anna.start()
	anna.turnOn()
	ben.turnOn()
	a, err := anna.All().Found("Elm Street", "Anna", policy)
	if err != nil {
		t.Fatal(err)
	}
	b := ben.join(anna.invite(a))
	if err := ben.Runs(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	small := exchange.Caps{Down: 1 << 20, Up: 7, ThumbnailsOnly: true}
	if err := ben.Limit(b, small); err != nil {
		t.Fatal(err)
	}
	ben.stop()
	ben.start()
	b = ben.in()
	if err := ben.Runs(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if caps, err := ben.Caps(b); err != nil || caps != small {
		t.Errorf("after a restart the caps are %v (%v)", caps, err)
	}
	photo, thumbnail := bytes.Repeat([]byte("a photo of ice "), 20_000), []byte("a small one")
	ice, err := anna.Share(a, wire.Post{Category: wire.CategoryHazard, Happened: "Ice."},
		[]blob.Plain{{Type: wire.MediaPhoto, Full: photo, Thumbnail: thumbnail, Width: 640, Height: 480}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	shown := func(h *household, m *membership.Membership, small bool) []byte {
		r, _, err := h.Media(m, ice, 0, small)
		if errors.Is(err, nvr.ErrNotFound) {
			return nil
		}
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	ben.until(b, "for the thumbnail", func() bool { return bytes.Equal(shown(ben, b, true), thumbnail) })
	if today, _, err := ben.Traffic(b); err != nil || today.Down >= int64(len(photo)) || shown(ben, b, false) != nil {
		t.Errorf("the photo came to who wants thumbnails only: %v (%v)", today, err)
	}
	if err := ben.Limit(b, exchange.Caps{Down: 1 << 20, Up: 7}); err != nil {
		t.Fatal(err)
	}
	ben.until(b, "for the photo", func() bool {
		return bytes.Equal(shown(ben, b, false), photo) && bytes.Equal(shown(ben, b, true), thumbnail)
	})
	if anna.kept() < int64(len(photo)) || ben.kept() < int64(len(photo)) {
		t.Error("the photo is not on disk")
	}
	ben.writesDown(b, int64(len(photo)))
	for again := range 2 { // what went is of the day, not of the program
		if _, given, err := anna.Traffic(a); err != nil || given.Up < int64(len(photo)) || given.Down != 0 {
			t.Errorf("Anna's home gave %v this month (%v)", given, err)
		}
		if got, _, err := ben.Traffic(b); err != nil || got.Down < int64(len(photo)) || got.Up != 0 {
			t.Errorf("Ben's home fetched %v today (%v)", got, err)
		}
		if again == 0 {
			for _, h := range []*household{anna, ben} {
				h.stop()
				h.start()
			}
			a, b = anna.in(), ben.in()
			if err := errors.Join(anna.Runs(t.Context(), a), ben.Runs(t.Context(), b)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := a.Retract(ice); err != nil {
		t.Fatal(err)
	}
	anna.soon("the photo goes", func() bool { return anna.kept() < int64(len(photo)) })
	ben.soon("the photo goes", func() bool { return ben.kept() < int64(len(photo)) })
}

// soon waits for something on disk, of which there is no news.
func (h *household) soon(what string, is func() bool) {
	h.t.Helper()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	late := time.After(time.Minute)
	for !is() {
		select {
		case <-look.C:
		case <-late:
			h.t.Fatalf("at %s's it is not so that %s", h.name, what)
		}
	}
}

// writesDown waits until it stands on disk that a home fetched so many bytes
// today: after a crash they count, too.
func (h *household) writesDown(m *membership.Membership, bytes int64) {
	h.t.Helper()
	db := h.db()
	defer db.Close()
	h.soon("what it fetched is written down", func() bool {
		today := wire.MinuteOf(time.Now()).Day()
		went, err := db.Traffic(h.t.Context(), m.Name(), today, today)
		if err != nil {
			h.t.Fatal(err)
		}
		return went.Down >= bytes
	})
}

func (h *household) db() *store.DB {
	h.t.Helper()
	db, err := store.Open(h.t.Context(), h.dir)
	if err != nil {
		h.t.Fatal(err)
	}
	return db
}

// A month begins on its first day, and counts today.
func TestTraffic(t *testing.T) {
	h := live(t, "Anna")
	h.turnOn()
	m, err := h.All().Found("Elm Street", "Anna", policy)
	if err != nil {
		t.Fatal(err)
	}
	h.stop()
	now := time.Now().UTC()
	first := wire.MinuteOf(time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)).Day()
	today := wire.MinuteOf(now).Day()
	db, want := h.db(), map[uint32]store.Traffic{}
	for _, went := range []store.Traffic{{Day: first - 1, Down: 1000, Up: 2000}, {Day: first, Down: 10, Up: 20}, {Day: today - 1, Down: 100, Up: 200}, {Day: today, Down: 3, Up: 4}} {
		want[went.Day] = went // on the first and second, days are the same
		if err := db.KeepTraffic(t.Context(), m.Name(), went); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	h.start()
	m = h.in()
	if err := h.Runs(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	sum := exchange.Meter{Day: today}
	for day, went := range want {
		if day >= first {
			sum.Down, sum.Up = sum.Down+went.Down, sum.Up+went.Up
		}
	}
	got, month, err := h.Traffic(m)
	if err != nil || got != exchange.Meter(want[today]) || month != sum {
		t.Errorf("today %v, this month %v, want %v and %v (%v)", got, month, want[today], sum, err)
	}
}

// A home that ends while it leaves, leaves when it starts again.
func TestLeaveIsResumed(t *testing.T) {
	anna, ben := live(t, "Anna"), live(t, "Ben")
	anna.turnOn()
	ben.turnOn()
	a, err := anna.All().Found("Elm Street", "Anna", policy)
	if err != nil {
		t.Fatal(err)
	}
	b := ben.join(anna.invite(a))
	if _, err := b.Post(wire.Post{Category: wire.CategoryThanks, Happened: "Thank you all."}, 0); err != nil {
		t.Fatal(err)
	}
	anna.until(a, "for the post", func() bool { return told(a) == "Thank you all." })
	b.Connect(nil) // the line is down
	if err := ben.All().Leave(b); err != nil {
		t.Fatal(err)
	}
	ben.stop()
	ben.start()
	all := ben.All()
	for len(all.In()) > 0 {
		news := all.News()
		if len(all.In()) > 0 {
			ben.wait(news, "to be out")
		}
	}
	anna.until(a, "to hear of it", func() bool { return a.State().Member(b.Author()) == nil && told(a) == "" })
}

// A home that leaves while no neighbor is there is out at once, and tells the first
// who comes; then nothing of the neighborhood is here any more.
func TestLeaveAlone(t *testing.T) {
	anna, ben := live(t, "Anna"), live(t, "Ben")
	anna.turnOn()
	ben.turnOn()
	a, err := anna.All().Found("Elm Street", "Anna", policy)
	if err != nil {
		t.Fatal(err)
	}
	b := ben.join(anna.invite(a))
	ben.until(b, "to be linked", func() bool { direct, _ := ben.Links(b); return direct > 0 })
	anna.stop()
	ben.until(b, "to be alone", func() bool { direct, _ := ben.Links(b); return direct == 0 })
	if err := ben.Leave(b); err != nil {
		t.Fatal(err)
	}
	if len(ben.All().In()) != 0 {
		t.Error("Ben is not out")
	}
	if err := ben.Leave(b); err != nil {
		t.Errorf("once more: %v", err)
	}
	anna.start()
	again := anna.in()
	anna.until(again, "to hear of it", func() bool { return again.State().Member(b.Author()) == nil })
}

// A home with two neighborhoods leaves the first and founds a third, which has
// the ports of the first, and not those of the second.
func TestPortsAreNotTakenTwice(t *testing.T) {
	h := live(t, "Anna")
	h.stop()
	h.port = free(t)
	h.start()
	h.turnOn()
	reached := func(m *membership.Membership) string {
		v, err := h.Online.Invite(m, 1, wire.Key{})
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(v.Doors[0].Addresses)
	}
	found := func(title string) *membership.Membership {
		m, err := h.All().Found(title, "Anna", policy)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	elm, oak := found("Elm Street"), found("Oak Street")
	first, second := reached(elm), reached(oak)
	if err := h.Leave(elm); err != nil {
		t.Fatal(err)
	}
	if third := reached(found("Ash Street")); third != first || first == second {
		t.Errorf("the doors are at %s, %s and %s", first, second, third)
	}
}

// What expired while a home was off is gone from its disk when it starts.
func TestStartSweeps(t *testing.T) {
	anna := live(t, "Anna")
	anna.turnOn()
	a, err := anna.All().Found("Elm Street", "Anna", policy)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := anna.Online.Invite(a, 1, wire.Key{}); err != nil { // so it runs
		t.Fatal(err)
	}
	if _, err := anna.Share(a, wire.Post{Category: wire.CategoryHazard, Happened: "Ice."},
		[]blob.Plain{{Type: wire.MediaPhoto, Full: make([]byte, 100_000), Thumbnail: []byte("small"), Width: 640, Height: 480}}, 1); err != nil {
		t.Fatal(err)
	}
	if anna.kept() < 100_000 {
		t.Fatal("the photo is not on disk")
	}
	anna.stop()
	anna.late = 48 * time.Hour
	anna.start()
	if _, err := anna.Online.Invite(anna.in(), 1, wire.Key{}); err != nil {
		t.Fatal(err)
	}
	if left := anna.kept(); left > 0 {
		t.Errorf("%d bytes are left of what expired", left)
	}
}

// A home that was never asked has no file, and one that was has its seed once.
func TestOff(t *testing.T) {
	h := live(t, "Anna")
	if files, err := os.ReadDir(h.dir); err != nil || len(files) != 0 || h.All() != nil {
		t.Errorf("a home that is off keeps %v, %v", files, err)
	}
	h.turnOn()
	if err := h.TurnOn(); !errors.Is(err, nvr.ErrExists) {
		t.Errorf("turned on twice: %v", err)
	}
}

// An invite that nobody answers yet is knocked with until somebody does, also
// after a restart.
func TestJoinIsResumed(t *testing.T) {
	anna, ben := live(t, "Anna"), live(t, "Ben")
	anna.stop()
	anna.port = free(t)
	anna.start()
	anna.turnOn()
	ben.turnOn()
	a, err := anna.All().Found("Elm Street", "Anna", policy)
	if err != nil {
		t.Fatal(err)
	}
	text := anna.invite(a)
	anna.stop()
	if _, err := ben.All().Join(text, "Ben"); err != nil {
		t.Fatal(err)
	}
	ben.stop()
	ben.start()
	if got := ben.All().Joining(); len(got) != 1 || got[0].Invite.Title != "Elm Street" {
		t.Fatalf("Ben's home asks for %v", fmt.Sprint(got))
	}
	anna.start()
	b := ben.in()
	ben.until(b, "to see itself in the roster", func() bool { return b.State().Member(b.Author()) != nil })
	if got := ben.All().Joining(); len(got) != 0 {
		t.Errorf("Ben's home asks still for %v", fmt.Sprint(got))
	}
}

// free returns a port that is free, as are the three after it: for UDP and TCP.
func free(t *testing.T) uint16 {
	t.Helper()
	for range 100 {
		port := uint16(20_000 + rand.IntN(10_000))
		if takes(port) && takes(port+1) && takes(port+2) && takes(port+3) {
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

func takes(port uint16) bool {
	at := fmt.Sprint("127.0.0.1:", port)
	tcp, err := net.Listen("tcp", at)
	if err != nil {
		return false
	}
	udp, err := net.ListenPacket("udp", at)
	return err == nil && tcp.Close() == nil && udp.Close() == nil
}
