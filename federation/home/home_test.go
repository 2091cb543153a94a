package home_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nvrd/federation/feed"
	"nvrd/federation/home"
	"nvrd/federation/roster"
	"nvrd/federation/store"
	"nvrd/federation/wire"
)

// noon is when the stories happen.
const noon = wire.Minute(29_000_160)

// street writes what anna, who founded it, and others sign.
type street struct {
	t       *testing.T
	genesis wire.Signed
	heads   []wire.Hash
}

func key(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

func author(name string) wire.Key { return wire.PublicKey(key(name)) }
func node(name string) wire.Key   { return wire.PublicKey(key(name + "'s node")) }

func (s *street) sign(b wire.Body, by string) wire.Signed {
	s.t.Helper()
	o, err := wire.Sign(b, key(by))
	if err != nil {
		s.t.Fatal(err)
	}
	return o
}

func found(t *testing.T) *street {
	s := &street{t: t}
	s.genesis = s.sign(wire.Genesis{
		Minute: noon - 9*wire.Day, Title: "Elm Street", Policy: wire.Policy{Invites: wire.InvitesByMembers, ExpireDays: 30},
		Founder: author("anna"), Seat: author("anna's seat"),
	}, "anna's seat")
	return s
}

func (s *street) head(at wire.Minute) wire.DeedHead {
	return wire.DeedHead{Neighborhood: s.genesis.ID, Minute: at, Seat: author("anna's seat"), Prev: s.heads}
}

func (s *street) card(who string, at wire.Minute) wire.Signed {
	c := wire.Card{Neighborhood: s.genesis.ID, Author: author(who), Node: node(who), Name: who, Minute: at}
	c.Proof = wire.ProveNode(key(who+"'s node"), s.genesis.ID, c.Author)
	return s.sign(c, who)
}

func (s *street) admit(who string) wire.Signed {
	c := s.card(who, noon-8*wire.Day)
	o := s.sign(wire.Admit{Head: s.head(noon - 8*wire.Day), Card: c.Body.(wire.Card), Signature: wire.Signature(c.Raw[len(c.Raw)-64:])}, "anna's seat")
	s.heads = []wire.Hash{o.ID}
	return o
}

func (s *street) revoke(who string, cut wire.Minute) wire.Signed {
	o := s.sign(wire.Revoke{Head: s.head(noon), Who: author(who), Cut: cut}, "anna's seat")
	s.heads = []wire.Hash{o.ID}
	return o
}

// say writes an entry; nil takes back what it is on.
func (s *street) say(by string, says wire.Payload, on wire.Hash, at wire.Minute) *feed.Item {
	s.t.Helper()
	e := wire.Entry{Neighborhood: s.genesis.ID, Author: author(by), Minute: at, Says: wire.SaysRetract, On: on, Expires: at + 90*wire.Day}
	var payload []byte
	if says != nil {
		var err error
		if payload, err = wire.Pack(says); err != nil {
			s.t.Fatal(err)
		}
		e.Says, e.Payload, e.Length, e.Expires = says.Says(), sha256.Sum256(payload), uint16(len(payload)), at+30*wire.Day
	}
	i, err := feed.NewItem(s.sign(e, by), payload)
	if err != nil {
		s.t.Fatal(err)
	}
	return i
}

func post(text string) wire.Payload {
	return wire.Post{Category: wire.CategoryHazard, Happened: text}
}

// houses are homes whose streams carry bytes, each with its disk.
type houses struct {
	*street
	now   wire.Minute
	cores map[wire.Key]*home.Home
	disks map[wire.Key]*store.DB
	dirs  map[wire.Key]string // where they lie
}

// move gives homes with a disk to each name; all know the roster.
func (s *street) move(names ...string) *houses {
	h := &houses{street: s, now: noon, cores: map[wire.Key]*home.Home{}, disks: map[wire.Key]*store.DB{}, dirs: map[wire.Key]string{}}
	var roster []wire.Signed
	for _, name := range names {
		roster = append(roster, s.admit(name))
	}
	for _, name := range names {
		h.dirs[node(name)] = s.t.TempDir()
		db, err := store.Open(s.t.Context(), h.dirs[node(name)])
		if err != nil {
			s.t.Fatal(err)
		}
		s.t.Cleanup(func() { _ = db.Close() })
		if err := db.Found(s.t.Context(), store.Neighborhood{Name: s.genesis.ID, Settled: s.genesis.ID}, nil, store.Object{ID: s.genesis.ID, Raw: s.genesis.Raw}); err != nil {
			s.t.Fatal(err)
		}
		core := home.New(s.genesis, home.Opening, nil)
		h.cores[node(name)], h.disks[node(name)] = core, db
		for _, o := range roster {
			a, err := core.Declare(h.now, o)
			if err != nil {
				s.t.Fatal(err)
			}
			h.save(node(name), a)
		}
	}
	return h
}

func (h *houses) save(at wire.Key, a home.Actions) {
	h.t.Helper()
	if err := h.disks[at].Save(h.t.Context(), h.genesis.ID, a.Save); err != nil {
		h.t.Fatal(err)
	}
}

// wants is what the core of a home wants done.
type wants struct {
	at wire.Key
	home.Actions
}

// do does what cores want, and what others then want, each message after those
// that were sent before it; it returns which streams were to be ended.
func (h *houses) do(at wire.Key, a home.Actions, more ...wants) (closed []wire.Key) {
	h.t.Helper()
	for queue := append([]wants{{at, a}}, more...); len(queue) > 0; queue = queue[1:] {
		next := queue[0]
		h.save(next.at, next.Actions)
		closed = append(closed, next.Close...)
		for _, s := range next.Send {
			if h.cores[s.To] == nil {
				continue
			}
			b, err := wire.WriteMessage(s.Message)
			if err != nil {
				h.t.Fatal(err)
			}
			m, err := wire.ReadMessage(b)
			if err != nil {
				h.t.Fatal(err)
			}
			answer, err := h.cores[s.To].Hear(next.at, m, h.now)
			if err != nil {
				h.t.Fatal(err)
			}
			queue = append(queue, wants{s.To, answer})
		}
	}
	return closed
}

func (h *houses) meet(a, b string) {
	h.t.Helper()
	one, other := h.cores[node(a)].Up(node(b), h.now), h.cores[node(b)].Up(node(a), h.now)
	h.do(node(a), one, wants{node(b), other})
}

func (h *houses) said(by string, i *feed.Item) {
	h.t.Helper()
	outcome, a := h.cores[node(by)].Say(i, h.now)
	if outcome != feed.Added {
		h.t.Fatalf("%s says something: %v", by, outcome)
	}
	h.do(node(by), a)
}

// view is what a home holds.
type view struct {
	Objects []wire.Hash
	Settled wire.Hash
	Entries map[wire.Hash]string
	In      []string
}

func viewOf(h *home.Home) view {
	v := view{Entries: map[wire.Hash]string{}}
	for _, o := range h.Roster().Objects() {
		v.Objects = append(v.Objects, o.ID)
	}
	v.Settled, _ = h.Roster().Settled()
	for i, dead := range h.Feed().Items {
		v.Entries[i.ID] = fmt.Sprint(dead, len(i.Payload))
	}
	for _, m := range h.State().Members {
		if !m.Out {
			v.In = append(v.In, m.Card.Name)
		}
	}
	slices.Sort(v.In)
	return v
}

// restart is a home made of what lies on a disk.
func (h *houses) restart(name string) *home.Home {
	h.t.Helper()
	kept, err := h.disks[node(name)].Load(h.t.Context(), h.genesis.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	core := h.cores[node(name)]
	if n, m := core.Roster().Len(), core.Feed().Len(); len(kept.Objects) != n || len(kept.Entries) != m {
		h.t.Errorf("%s holds %d objects and %d entries, and %d and %d on disk", name, n, m, len(kept.Objects), len(kept.Entries))
	}
	if _, since := core.Roster().Settled(); !maps.Equal(kept.Passed, since) {
		h.t.Errorf("%s knows %d acts that count, and %d on disk", name, len(since), len(kept.Passed))
	}
	var objects []wire.Signed
	for _, o := range kept.Objects {
		opened, err := wire.Open(o.Raw)
		if err != nil {
			h.t.Fatal(err)
		}
		objects = append(objects, opened)
	}
	var items []*feed.Item
	for _, e := range kept.Entries {
		i, err := feed.Open(e.Raw, e.Payload)
		if err != nil {
			h.t.Fatal(err)
		}
		items = append(items, i)
	}
	// Read as they lie there, each rests on those before it.
	inOrder := roster.New(h.genesis)
	for _, o := range objects {
		if _, err := inOrder.Add(o); err != nil {
			h.t.Errorf("on disk: %v", err)
		}
	}
	again := home.New(h.genesis, home.Opening, nil)
	a := again.Load(objects, kept.Settled, kept.Passed, items, h.now)
	if diff := cmp.Diff(store.Change{}, a.Save); diff != "" {
		h.t.Errorf("to start %s anew has something written down:\n%s", name, diff)
	}
	h.save(node(name), a)
	return again
}

// What counts on disk is what counts: an act that lost to another one, and comes
// to count again, has its week before it.
func TestActThatCountsNoMore(t *testing.T) {
	h := found(t).move("anna", "ben")
	declare := func(o wire.Signed) wire.Signed {
		t.Helper()
		a, err := h.cores[node("anna")].Declare(h.now, o)
		if err != nil {
			t.Fatal(err)
		}
		h.save(node("anna"), a)
		return o
	}
	at := func(height uint32, prev wire.Hash) wire.ActHead {
		return wire.ActHead{Neighborhood: h.genesis.ID, Height: height, Prev: prev, Minute: noon - 7*wire.Day, Seat: author("anna's seat")}
	}
	add := declare(h.sign(wire.AddSteward{Head: at(1, h.genesis.ID), Who: author("ben"), Seat: author("ben's seat")}, "anna's seat"))
	policy := func(days uint8) wire.Signed {
		return h.sign(wire.SetPolicy{Head: at(2, add.ID), Policy: wire.Policy{Invites: wire.InvitesByMembers, ExpireDays: days}}, "anna's seat")
	}
	first, other := policy(7), policy(8)
	if wire.Compare(first.ID, other.ID) < 0 { // of as many votes the smaller id counts
		first, other = other, first
	}
	for _, o := range []wire.Signed{first, other} {
		declare(o)
		declare(h.sign(wire.Vote{Neighborhood: h.genesis.ID, Height: 2, Act: o.ID, Seat: author("ben's seat")}, "ben's seat"))
		if head := h.cores[node("anna")].State().Head; head != o.ID {
			t.Fatalf("the head is %v", head)
		}
		h.restart("anna")
		h.now++
	}
}

// lies counts the files of a home in which some text is.
func (h *houses) lies(name, text string) (n int) {
	h.t.Helper()
	files, err := filepath.Glob(filepath.Join(h.dirs[node(name)], "*"))
	if err != nil {
		h.t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			h.t.Fatal(err)
		}
		if bytes.Contains(b, []byte(text)) {
			n++
		}
	}
	return n
}

// TestStory: what one home says all know at once; what is written down on the
// way is all that a home needs to be what it was.
func TestStory(t *testing.T) {
	s := found(t)
	h := s.move("anna", "ben", "cleo", "dora")
	same := func(when string) {
		t.Helper()
		want := viewOf(h.cores[node("anna")])
		for _, name := range []string{"anna", "ben", "cleo", "dora"} {
			if diff := cmp.Diff(want, viewOf(h.cores[node(name)])); diff != "" && name != "dora" {
				t.Errorf("%s, %s (-anna):\n%s", when, name, diff)
			}
			if diff := cmp.Diff(viewOf(h.cores[node(name)]), viewOf(h.restart(name))); diff != "" {
				t.Errorf("%s, %s after a restart (-before):\n%s", when, name, diff)
			}
		}
	}
	h.meet("anna", "ben")
	h.meet("ben", "cleo")
	h.meet("cleo", "dora")
	one, two := s.say("anna", post("black ice"), wire.Hash{}, noon-5), s.say("dora", post("a cat"), wire.Hash{}, noon-4)
	h.said("anna", one)
	h.said("dora", two)
	h.said("ben", s.say("ben", wire.Comment{Text: "where?"}, one.ID, noon-3))
	same("all talk")

	h.said("anna", s.say("anna", nil, one.ID, noon-2))
	same("something was taken back")
	for _, name := range []string{"anna", "ben", "cleo", "dora"} {
		if h.lies(name, "a cat") == 0 || h.lies(name, "black ice") > 0 {
			t.Errorf("%s still has what was taken back on disk, or nothing", name)
		}
	}

	declare := func(by string, o wire.Signed) []wire.Key {
		t.Helper()
		a, err := h.cores[node(by)].Declare(h.now, o)
		if err != nil {
			t.Fatal(err)
		}
		return h.do(node(by), a)
	}
	declare("ben", s.card("ben", noon))
	declare("ben", s.card("ben", noon+1))
	same("a newer card")

	act := s.sign(wire.SetPolicy{Head: wire.ActHead{Neighborhood: s.genesis.ID, Height: 1, Prev: s.genesis.ID, Minute: noon, Seat: author("anna's seat")}, Policy: wire.Policy{Invites: wire.InvitesByStewards, ExpireDays: 9}}, "anna's seat")
	declare("anna", act)
	same("another policy")

	closed := declare("anna", s.revoke("dora", noon-5))
	if !slices.Equal(closed, []wire.Key{node("dora")}) {
		t.Errorf("%d streams were ended, want that of cleo to dora", len(closed))
	}
	if _, _, ok := h.cores[node("ben")].Feed().Get(two.ID); ok {
		t.Error("what dora said after the cut is still there")
	}
	same("dora is out")

	h.said("cleo", s.say("cleo", post("bye"), wire.Hash{}, noon))
	declare("cleo", s.sign(wire.Leave{Neighborhood: s.genesis.ID, Author: author("cleo"), Minute: noon}, "cleo"))
	for i := range h.cores[node("anna")].Feed().Items {
		if i.Entry.Author == author("cleo") {
			t.Error("something of cleo, who left, is still there")
		}
	}

	h.now += 8 * wire.Day
	for _, name := range []string{"anna", "ben"} {
		h.do(node(name), h.cores[node(name)].Minute(h.now))
	}
	if v, again := viewOf(h.cores[node("ben")]), viewOf(h.restart("ben")); v.Settled != act.ID || again.Settled != act.ID {
		t.Error("an act that passed a week ago is not settled, or not after a restart")
	}
}

// TestLost: a stream that breaks may lose what was sent last; it comes with the
// next one.
func TestLost(t *testing.T) {
	s := found(t)
	h := s.move("anna", "ben")
	h.meet("anna", "ben")
	for n := range wire.Minute(4) {
		i := s.say("anna", post("ice"), wire.Hash{}, noon-n)
		if outcome, a := h.cores[node("anna")].Say(i, h.now); outcome != feed.Added || len(a.Send) == 0 {
			t.Fatal("nothing was sent")
		}
		h.cores[node("anna")].Down(node("ben"))
		h.cores[node("ben")].Down(node("anna"))
		h.meet("anna", "ben")
		if _, _, ok := h.cores[node("ben")].Feed().Get(i.ID); !ok {
			t.Errorf("post %d did not come", n)
		}
	}
}

// TestFollowed: what comes is followed by a fingerprint, so what was ignored
// because a clock was a little behind comes a minute later.
func TestFollowed(t *testing.T) {
	s := found(t)
	h := s.move("anna", "ben")
	h.now = noon - feed.Ahead - 1
	h.meet("anna", "ben")
	i := s.say("anna", post("ice"), wire.Hash{}, noon)
	outcome, a := h.cores[node("anna")].Say(i, noon)
	if outcome != feed.Added {
		t.Fatal(outcome)
	}
	h.do(node("anna"), a)
	if _, _, ok := h.cores[node("ben")].Feed().Get(i.ID); ok {
		t.Fatal("it is from the future")
	}
	h.now++
	h.do(node("ben"), h.cores[node("ben")].Minute(h.now))
	if _, _, ok := h.cores[node("ben")].Feed().Get(i.ID); !ok {
		t.Error("it did not come")
	}
}

// TestPushedWhileCatchingUp: whoever has to wait for an answer hears what is new
// at once, and is heard; what it knows of old comes when its turn does.
func TestPushedWhileCatchingUp(t *testing.T) {
	for n := range wire.Minute(8) { // fingerprints cross, and the smaller one is answered
		s := found(t)
		h := s.move("anna", "ben", "cleo")
		anna, cleo := h.cores[node("anna")], h.cores[node("cleo")]
		old := s.say("cleo", post("old"), wire.Hash{}, noon-9-n)
		h.said("cleo", old)
		if _, err := cleo.Declare(h.now, s.admit(fmt.Sprint("dora ", n))); err != nil {
			t.Fatal(err)
		}
		anna.Up(node("ben"), h.now) // and says nothing more
		h.meet("anna", "cleo")
		if anna.Feed().Len() > 0 || anna.Roster().Len() == cleo.Roster().Len() {
			t.Fatal("cleo did not have to wait")
		}
		mine, hers := s.say("anna", post("mine"), wire.Hash{}, noon), s.say("cleo", post("hers"), wire.Hash{}, noon)
		h.said("anna", mine)
		h.said("cleo", hers)
		for _, id := range []wire.Hash{mine.ID, hers.ID} {
			if _, _, ok := anna.Feed().Get(id); !ok {
				t.Error("anna does not have what is new")
			}
			if _, _, ok := cleo.Feed().Get(id); !ok {
				t.Error("cleo does not have what is new")
			}
		}
		h.now++
		h.do(node("anna"), anna.Minute(h.now))
		if _, _, ok := anna.Feed().Get(old.ID); !ok || anna.Roster().Len() != cleo.Roster().Len() {
			t.Error("after a minute anna does not have what was said while she was away")
		}
	}
}

// TestGoneWhileCatchingUp: nobody has to wait for a neighbor that is gone, nor
// for those that went while they waited themselves.
func TestGoneWhileCatchingUp(t *testing.T) {
	s := found(t)
	h := s.move("anna", "ben", "cleo", "dora", "emil", "frida")
	anna := h.cores[node("anna")]
	h.said("dora", s.say("dora", post("old"), wire.Hash{}, noon-9))
	anna.Up(node("ben"), h.now)
	h.meet("anna", "dora")
	for _, name := range []string{"cleo", "emil", "frida"} {
		h.meet("anna", name)
		anna.Down(node(name))
	}
	anna.Down(node("ben"))
	h.said("dora", s.say("dora", post("news"), wire.Hash{}, noon-8))
	if anna.Feed().Len() != 2 {
		t.Errorf("anna has %d entries of dora", anna.Feed().Len())
	}

	anna.Down(node("dora"))
	anna.Up(node("ben"), h.now) // and so anew
	h.said("dora", s.say("dora", post("more"), wire.Hash{}, noon-7))
	if h.meet("anna", "dora"); anna.Feed().Len() != 2 {
		t.Error("dora did not have to wait")
	}
	// On another stream ben waits as well, and dora's key is the smaller one.
	if h.do(node("anna"), anna.Up(node("ben"), h.now)); anna.Feed().Len() != 3 {
		t.Error("dora still has to wait")
	}
}

// TestSlowWhileCatchingUp: who brings something has another minute, and no more.
func TestSlowWhileCatchingUp(t *testing.T) {
	s := found(t)
	h := s.move("anna", "ben", "cleo")
	anna := h.cores[node("anna")]
	for n := range wire.Minute(3) {
		i := s.say("cleo", post("ice"), wire.Hash{}, noon-n)
		h.said("cleo", i)
		h.said("ben", i)
	}
	bring := func(i *feed.Item) {
		t.Helper()
		a, err := anna.Hear(node("ben"), wire.Entries{Entries: []wire.Carried{{Entry: i.Raw, Payload: i.Payload}}}, h.now)
		if err != nil || len(a.Feed) != 1 {
			t.Fatal(err, len(a.Feed))
		}
		h.save(node("anna"), a)
	}
	anna.Up(node("ben"), h.now)
	h.meet("anna", "cleo")
	for minute := 1; minute <= 2; minute++ {
		for i := range h.cores[node("ben")].Feed().Items {
			if _, _, ok := anna.Feed().Get(i.ID); !ok {
				bring(i)
				break
			}
		}
		a := anna.Minute(h.now) // the clock stands still, or was set back
		asked := slices.ContainsFunc(a.Send, func(m home.Send) bool { return m.To == node("cleo") })
		if asked != (minute == 2) {
			t.Errorf("in minute %d cleo has her turn: %v", minute, asked)
		}
		if !slices.ContainsFunc(a.Send, func(m home.Send) bool { return m.To == node("ben") }) && minute == 1 {
			t.Error("ben is not asked whether that is all")
		}
		if minute == 2 {
			h.do(node("anna"), a)
		}
	}
	if anna.Feed().Len() != 3 {
		t.Errorf("anna has %d entries", anna.Feed().Len())
	}
}

// TestLateRoster: what comes before its author is known as a neighbor is
// ignored, and there two minutes later: another roster is followed by a
// fingerprint.
func TestLateRoster(t *testing.T) {
	s := found(t)
	h := s.move("anna", "ben")
	h.meet("anna", "ben")
	if a, err := h.cores[node("anna")].Declare(h.now, s.admit("cleo")); err != nil || len(a.Send) == 0 {
		t.Fatal("nothing was sent")
	} // and it is lost
	i := s.say("cleo", post("hello"), wire.Hash{}, noon)
	h.said("anna", i)
	if _, _, ok := h.cores[node("ben")].Feed().Get(i.ID); ok {
		t.Fatal("a stranger is heard")
	}
	for range 2 {
		h.now++
		for _, name := range []string{"anna", "ben"} {
			h.do(node(name), h.cores[node(name)].Minute(h.now))
		}
	}
	if _, _, ok := h.cores[node("ben")].Feed().Get(i.ID); !ok {
		t.Error("it did not come")
	}
}

// TestIdle: homes that hold the same say so four times an hour.
func TestIdle(t *testing.T) {
	s := found(t)
	h := s.move("anna", "ben")
	h.meet("anna", "ben")
	messages := 0
	for range 60 {
		h.now++
		for _, name := range []string{"anna", "ben"} {
			a := h.cores[node(name)].Minute(h.now)
			messages += len(a.Send)
			h.do(node(name), a)
		}
	}
	if messages != 8 {
		t.Errorf("%d fingerprints in an hour, want 8", messages)
	}
}

// TestRosterChanged: whatever of the roster a page can show, a change of it is
// told, and nothing else.
func TestRosterChanged(t *testing.T) {
	s := found(t)
	h := s.move("anna", "ben", "cleo")
	changed := func(want bool, why string, o wire.Signed) wire.Signed {
		t.Helper()
		a, err := h.cores[node("anna")].Declare(h.now, o)
		if err != nil || a.Roster != want {
			t.Errorf("%s: changed is %v, %v", why, a.Roster, err)
		}
		return o
	}
	act := func(prev wire.Signed, height uint32) wire.ActHead {
		return wire.ActHead{Neighborhood: s.genesis.ID, Height: height, Prev: prev.ID, Minute: noon, Seat: author("anna's seat")}
	}
	vote := func(act wire.Signed, height uint32, by string) wire.Signed {
		return s.sign(wire.Vote{Neighborhood: s.genesis.ID, Height: height, Act: act.ID, Seat: author(by + "'s seat")}, by+"'s seat")
	}
	policy := func(days uint8) wire.Policy { return wire.Policy{Invites: wire.InvitesByMembers, ExpireDays: days} }
	c := s.card("ben", noon).Body.(wire.Card)
	c.Name = "Benjamin"
	changed(true, "a name", s.sign(c, "ben"))
	head := changed(true, "the policy", s.sign(wire.SetPolicy{Head: act(s.genesis, 1), Policy: policy(9)}, "anna's seat"))
	head = changed(true, "a seat", s.sign(wire.AddSteward{Head: act(head, 2), Who: author("ben"), Seat: author("ben's seat")}, "anna's seat"))
	next := changed(true, "a proposal", s.sign(wire.SetPolicy{Head: act(head, 3), Policy: policy(8)}, "anna's seat"))
	changed(false, "a vote of nobody", vote(head, 2, "ben"))
	changed(true, "a vote that makes it count", vote(next, 3, "ben"))
	fire := wire.Agency{Key: author("fire"), Title: "Fire", Class: wire.ClassFire, Contact: "Desk", Policy: "Deleted after 30 days.", Jurisdiction: make([]wire.Point, 3)}
	changed(true, "an agency that is proposed", s.sign(wire.AdmitAgency{Head: act(next, 4), Agency: fire, Signature: s.sign(fire, "fire").Signature()}, "anna's seat"))
	changed(true, "a seat that votes for two", s.sign(wire.SetPolicy{Head: act(next, 4), Policy: policy(7)}, "anna's seat"))
	changed(true, "a neighbor", s.admit("dora"))
	changed(false, "the same once more", s.admit("dora"))
	changed(true, "a revocation", s.revoke("dora", noon))
	if a := h.cores[node("anna")].Minute(h.now + 60); a.Roster {
		t.Error("an hour changes nothing")
	}
}

// TestStranger: a node that no stream stands to is not listened to.
func TestStranger(t *testing.T) {
	s := found(t)
	core := s.move("anna").cores[node("anna")]
	if a, err := core.Hear(node("eve"), wire.Roster{}, noon); err != nil || len(a.Send) > 0 {
		t.Errorf("it is answered: %v, %v", a, err)
	}
	o := s.sign(wire.Vote{Neighborhood: wire.Hash{9}, Height: 1, Seat: author("eve")}, "eve")
	core.Up(node("eve"), noon)
	if _, err := core.Hear(node("eve"), wire.Objects{Objects: [][]byte{o.Raw}}, noon); err == nil {
		t.Errorf("nobody is at fault, want %v", roster.ErrForeign)
	}
}
