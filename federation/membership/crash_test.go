package membership_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"nvrd/federation/membership"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// found tells in which files of the directory the bytes stand.
func found(t *testing.T, dir string, what []byte) (in []string) {
	t.Helper()
	files, err := filepath.Glob(dir + "/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, what) {
			in = append(in, filepath.Base(file))
		}
	}
	return in
}

func say(t *testing.T, m *membership.Membership, what string) {
	t.Helper()
	if _, err := m.Post(wire.Post{Category: wire.CategoryHazard, Happened: what}, 0); err != nil {
		t.Fatal(err)
	}
}

func TestFoundRefused(t *testing.T) {
	story(t, func(t *testing.T) {
		anna := live(t, "Anna")
		for _, c := range []struct {
			what, title, name string
			policy            wire.Policy
		}{
			{"no title", "", "Anna", policy},
			{"a title of 49", strings.Repeat("m", 49), "Anna", policy},
			{"no name", "Elm Street", "", policy},
			{"a name of 25", "Elm Street", strings.Repeat("a", 25), policy},
			{"a name that is turned", "Elm Street", "\u202eAnna", policy},
			{"no policy", "Elm Street", "Anna", wire.Policy{}},
			{"posts for ever", "Elm Street", "Anna", wire.Policy{Invites: wire.InvitesByMembers, ExpireDays: 200}},
		} {
			if m, err := anna.all.Found(c.title, c.name, c.policy); !errors.Is(err, nvr.ErrInvalid) || m != nil {
				t.Errorf("%s: %v", c.what, err)
			}
			if kept, err := anna.db.Neighborhoods(t.Context()); err != nil || len(kept) != 0 || len(anna.all.In()) != 0 {
				t.Fatalf("%s: %d neighborhoods are written down, %v", c.what, len(kept), err)
			}
		}
		a := anna.found("Elm Street")
		anna.crash()
		again := anna.all.In()[0]
		if a.Place() != 0 || again.State().Member(again.Author()) == nil || !again.Steward() || again.Author() != a.Author() {
			t.Error("the founder is no steward of it after a restart")
		}
	})
}

// Of a neighborhood that a home left nothing stands in its files, whenever it
// leaves, and what neighbors say then is not written.
func TestLeft(t *testing.T) {
	for _, early := range []bool{true, false} {
		t.Run(map[bool]string{true: "before the roster came", false: "after a talk"}[early], func(t *testing.T) {
			story(t, func(t *testing.T) {
				anna, ben := live(t, "Anna Annasdottir"), live(t, "Benjamin Benson")
				street := newLine(t)
				a := anna.found("Elm Street West")
				text := invite(t, a)
				j := ben.ask(text)
				_, b := knocks(t, j, a, nobody)
				atAnna, atBen := street.connect(a), street.connect(b)
				record := []byte("where Anna's home is reached")
				if err := ben.db.Keep(t.Context(), b.Name(), atAnna.own, record); err != nil {
					t.Fatal(err)
				}
				annas, bens := a.Author(), b.Author()
				marks := map[string][]byte{
					"the title": []byte("Elm Street West"), "the invite": []byte(text[:60]), "an address": record,
					"Anna's key": annas[:], "Anna's node": atAnna.own[:], "Ben's name": []byte("Benjamin Benson"),
				}
				if !early {
					street.meet(atAnna, atBen)
					settle()
					say(t, a, "The steps of number 4 are icy.")
					say(t, b, "I have salt for all.")
					settle()
					if got := posts(b); len(got) != 2 {
						t.Fatalf("Ben shows %q", got)
					}
					marks["Anna's name"], marks["a post"], marks["his own"], marks["Ben's key"] = []byte("Anna Annasdottir"), []byte("number 4"), []byte("salt for all"), bens[:]
				}
				for what, mark := range marks {
					if len(found(t, ben.dir, mark)) == 0 && (early || what != "the invite") && what != "Ben's name" && what != "Anna's node" {
						t.Fatalf("%s stands nowhere before", what)
					}
				}
				if err := ben.all.Leave(b); err != nil {
					t.Fatal(err)
				}
				if !early && !b.Left() {
					t.Error("it does not know that it has left")
				}
				settle()
				if err := ben.all.Forget(b); err != nil {
					t.Fatal(err)
				}
				if !errors.Is(b.Behind(), nvr.ErrNotFound) {
					t.Errorf("once it forgot: %v", b.Behind())
				}
				atBen.Up(atAnna.own)
				for _, o := range a.Objects() {
					_ = b.Hear(atAnna.own, wire.Objects{Objects: [][]byte{o.Raw}}) // whoever hangs up may be late
				}
				b.Minute()
				if _, err := b.Post(wire.Post{Category: wire.CategoryHazard, Happened: "Still here?"}, 0); err == nil {
					t.Error("it says more")
				}
				for what, mark := range marks {
					if in := found(t, ben.dir, mark); len(in) > 0 {
						t.Errorf("%s still stands in %v", what, in)
					}
				}
				ben.crash()
				if len(ben.all.In())+len(ben.all.Joining()) != 0 {
					t.Error("after a restart it is in again")
				}
			})
		})
	}
}

// Power fails between leaving and forgetting: the home still knows that it left.
func TestLeftCrash(t *testing.T) {
	story(t, func(t *testing.T) {
		anna, ben := live(t, "Anna"), live(t, "Ben")
		street := newLine(t)
		a := anna.found("Elm Street")
		b := ben.join(a, nobody)
		atAnna := street.connect(a)
		street.meet(atAnna, street.connect(b))
		settle()
		if b.Left() {
			t.Error("it has left already")
		}
		b.Connect(nil) // the line is down
		if err := ben.all.Leave(b); err != nil {
			t.Fatal(err)
		}
		ben.crash()
		if len(ben.all.In()) != 1 || !ben.all.In()[0].Left() {
			t.Fatal("it forgot that it left")
		}
		b = ben.all.In()[0]
		atBen := street.connect(b)
		if a.State().Member(b.Author()) == nil {
			t.Fatal("Anna knows already")
		}
		street.meet(atAnna, atBen)
		minutes(3, atAnna, atBen)
		if a.State().Member(b.Author()) != nil {
			t.Error("Anna was not told")
		}
		if err := errors.Join(ben.all.Leave(b), ben.all.Forget(b)); err != nil {
			t.Error(err)
		}
		ben.crash()
		if len(ben.all.In()) != 0 {
			t.Error("it is in again")
		}
	})
}

// A home in two neighborhoods is two homes to them: no key, name of an object or
// word of the one is known in the other.
func TestSideBySide(t *testing.T) {
	story(t, func(t *testing.T) {
		anna, ben, cleo := live(t, "Anna"), live(t, "Ben"), live(t, "Cleo")
		elm, oak := newLine(t), newLine(t)
		a, c := anna.found("Elm Street"), cleo.found("Oak Street")
		atElm, atOak := ben.join(a, nobody), ben.join(c, nobody)
		e, o := elm.connect(atElm), oak.connect(atOak)
		elm.meet(elm.connect(a), e)
		oak.meet(oak.connect(c), o)
		settle()
		say(t, atElm, "Elm has a wasps' nest.")
		say(t, atOak, "Oak has a party.")
		minutes(3, e, o)
		shows(t, a, "Elm has a wasps' nest.")
		shows(t, atElm, "Elm has a wasps' nest.")
		shows(t, c, "Oak has a party.")
		shows(t, atOak, "Oak has a party.")
		known := map[string]string{}
		for street, m := range map[string]*membership.Membership{"Elm": atElm, "Oak": atOak} {
			s := m.State()
			card := s.Member(m.Author()).Card
			for _, key := range []wire.Key{card.Author, card.Node, card.Seal, m.Seat(), wire.PublicKey(m.Node())} {
				if before, ok := known[key.String()]; ok && before != street {
					t.Errorf("a key of %s is known in %s", before, street)
				}
				known[key.String()] = street
			}
			for _, object := range m.Objects() {
				if before, ok := known[object.ID.String()]; ok && before != street {
					t.Errorf("an object of %s is known in %s", before, street)
				}
				known[object.ID.String()] = street
			}
		}
		// What is carried from one to the other is not held there.
		objects := len(atOak.Objects())
		oaks := wire.PublicKey(c.Node())
		for _, object := range atElm.Objects() {
			_ = atOak.Hear(oaks, wire.Objects{Objects: [][]byte{object.Raw}})
		}
		kept, err := ben.db.Load(t.Context(), atElm.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range kept.Entries {
			_ = atOak.Hear(oaks, wire.Entries{Entries: []wire.Carried{{Entry: entry.Raw, Payload: entry.Payload}}})
		}
		minutes(3, e, o)
		shows(t, atOak, "Oak has a party.")
		if n := len(atOak.Objects()); n != objects {
			t.Errorf("Oak holds %d objects, not %d", n, objects)
		}
		if atOak.Member(wire.PublicKey(a.Node())) || atElm.Member(oaks) || slices.Contains(atOak.Nodes(), wire.PublicKey(a.Node())) {
			t.Error("a node of one is let in by the other")
		}
		if err := errors.Join(ben.all.Leave(atElm), ben.all.Forget(atElm)); err != nil {
			t.Fatal(err)
		}
		ben.crash()
		shows(t, ben.all.In()[0], "Oak has a party.")
	})
}

// Ben's clock jumps, and is set right: he and Anna show the same again.
func TestClockJumps(t *testing.T) {
	const year = 365 * 24 * time.Hour
	for _, by := range []time.Duration{time.Hour, -time.Hour, year, -year} {
		for _, restart := range []bool{false, true} {
			t.Run(fmt.Sprint(by, restart), func(t *testing.T) {
				story(t, func(t *testing.T) {
					anna, ben := live(t, "Anna"), live(t, "Ben")
					street := newLine(t)
					a := anna.found("Elm Street")
					b := ben.join(a, nobody)
					atAnna, atBen := street.connect(a), street.connect(b)
					street.meet(atAnna, atBen)
					minutes(3*24*60, atAnna, atBen) // he is no newcomer
					ice, err := a.Post(wire.Post{Category: wire.CategoryHazard, Happened: "ice"}, 0)
					if err != nil {
						t.Fatal(err)
					}
					say(t, b, "salt")
					minutes(2, atAnna, atBen)
					both := func() {
						t.Helper()
						x, y := posts(a), posts(b)
						slices.Sort(x)
						slices.Sort(y)
						if len(x) < 2 || !slices.Equal(x, y) {
							t.Errorf("Anna shows %q, Ben %q", x, y)
						}
					}
					both()

					ben.ahead.Store(int64(by))
					minutes(2, atAnna, atBen)
					if restart {
						atBen.Reset()
						ben.crash()
						b = ben.all.In()[0]
						atBen = street.connect(b)
						street.link(atAnna, atBen) // not if he takes nobody for a neighbor
					}
					say(t, a, "meanwhile")
					_, _ = b.Comment(ice, "now?") // he may be told that his clock is wrong
					minutes(20, atAnna, atBen)
					if b.Behind() != nil || a.Behind() != nil {
						t.Errorf("Ben: %v, Anna: %v", b.Behind(), a.Behind())
					}

					ben.ahead.Store(0)
					for range 10 {
						minutes(10, atAnna, atBen)
						street.meet(atAnna, atBen) // a node does by itself
					}
					minutes(10, atAnna, atBen)
					both()
					say(t, b, "right again")
					minutes(20, atAnna, atBen)
					both()
					if x := posts(a); !slices.Contains(x, "right again") || !slices.Contains(x, "meanwhile") || !slices.ContainsFunc(x, func(s string) bool { return strings.HasPrefix(s, "ice") }) {
						t.Errorf("they show %q", x)
					}
					if a.State().Member(b.Author()) == nil || b.State().Member(a.Author()) == nil {
						t.Error("they are no neighbors any more")
					}
				})
			})
		}
	}
}

// After a power cut a machine without a battery for its clock begins some time
// ago, or in 1970, until it is told the time. A home that nobody can give back
// what it forgets has lost nothing then.
func TestClockBehindAlone(t *testing.T) {
	for _, by := range []time.Duration{-11 * time.Minute, -time.Hour, -26 * 365 * 24 * time.Hour} {
		for _, restart := range []bool{false, true} {
			t.Run(fmt.Sprint(by, restart), func(t *testing.T) {
				story(t, func(t *testing.T) {
					anna := live(t, "Anna")
					a := anna.found("Elm Street")
					street := newLine(t)
					atAnna := street.connect(a)
					say(t, a, "ice")
					set := func(by time.Duration) {
						anna.ahead.Store(int64(by))
						if restart {
							anna.crash()
							a = anna.all.In()[0]
							atAnna = street.connect(a)
						}
						minutes(3, atAnna)
					}
					set(by)
					restart = false // it is told the time while it runs
					set(0)
					shows(t, a, "ice")
					if a.State().Member(a.Author()) == nil || !a.Steward() {
						t.Error("she is no steward any more")
					}
					anna.crash()
					shows(t, anna.all.In()[0], "ice")
				})
			})
		}
	}
}

// Anna's disk is put back as it was before she let Cleo in; she lets Dora in
// then. Both are in, nobody is out, and the fork is seen.
func TestStewardRestored(t *testing.T) {
	story(t, func(t *testing.T) {
		anna, ben, cleo, dora := live(t, "Anna"), live(t, "Ben"), live(t, "Cleo"), live(t, "Dora")
		street := newLine(t)
		a := anna.found("Elm Street")
		b := ben.join(a, nobody)
		atAnna, atBen := street.connect(a), street.connect(b)
		street.meet(atAnna, atBen)
		settle()
		backup := t.TempDir()
		if err := os.CopyFS(backup, os.DirFS(anna.dir)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		c := cleo.join(a, nobody)
		say(t, a, "Cleo is here.")
		atCleo := street.connect(c)
		street.meet(atAnna, atCleo)
		minutes(3, atAnna, atBen, atCleo)

		atAnna.Reset()
		anna.stop()
		anna.dir = backup
		anna.start()
		a = anna.all.In()[0]
		atAnna = street.connect(a)
		if a.State().Member(c.Author()) != nil {
			t.Fatal("the backup knows of Cleo")
		}
		d := dora.join(a, nobody)
		atDora := street.connect(d)
		street.meet(atAnna, atDora)
		minutes(3, atAnna, atDora)
		street.meet(atAnna, atBen)
		minutes(20, atAnna, atBen, atDora)
		street.meet(atBen, atCleo)
		minutes(20, atAnna, atBen, atCleo, atDora)
		for _, at := range []*membership.Membership{a, b, c, d} {
			s := at.State()
			for name, who := range map[string]wire.Key{"Anna": a.Author(), "Ben": b.Author(), "Cleo": c.Author(), "Dora": d.Author()} {
				if s.Member(who) == nil {
					t.Errorf("%s is out", name)
				}
			}
			if len(s.Forked) != 1 || len(s.Doubles) != 0 || len(s.Splits) != 0 {
				t.Errorf("seen are %d forks, %d doubles, %d splits", len(s.Forked), len(s.Doubles), len(s.Splits))
			}
			shows(t, at, "Cleo is here.")
		}
		eve, _ := card(t, a, "Eve")
		if _, err := a.Vouch(atBen.own, eve); err != nil {
			t.Errorf("she lets nobody in any more: %v", err)
		}
		if n := len(a.State().Forked); n != 0 {
			t.Errorf("her next deed does not join %d branches", n)
		}
	})
}

// quiet counts what a home says.
type quiet struct {
	membership.Network
	mu   sync.Mutex
	said int
}

func (q *quiet) Send(to wire.Key, m wire.Message) {
	q.mu.Lock()
	q.said++
	q.mu.Unlock()
	q.Network.Send(to, m)
}

// The disk fills while neighbors talk.
func TestDiskFull(t *testing.T) {
	const inside = "STOOP_TEST_SMALL_DISK"
	mount := os.Getenv(inside)
	if mount == "" {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestDiskFull$", "-test.v")
		cmd.Env = append(os.Environ(), inside+"="+t.TempDir())
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
			UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	if err := unix.Mount("tmpfs", mount, "tmpfs", 0, "size=4m"); err != nil {
		t.Fatal(err)
	}
	filler := filepath.Join(mount, "filler")
	fill := func() {
		f, err := os.OpenFile(filler, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		for err == nil {
			_, err = f.Write(make([]byte, 4096))
		}
		if !errors.Is(err, unix.ENOSPC) {
			t.Fatal(err)
		}
		f.Close()
	}
	story(t, func(t *testing.T) {
		ben := live(t, "Ben")
		anna := &household{t: t, name: "Anna", dir: mount, seed: ben.seed}
		anna.seed[0] ^= 1
		anna.start()
		t.Cleanup(func() { anna.stop() })
		street := newLine(t)
		a := anna.found("Elm Street")
		b := ben.join(a, nobody)
		atAnna, atBen := street.connect(a), street.connect(b)
		street.meet(atAnna, atBen)
		minutes(3*24*60, atAnna, atBen)
		say(t, b, "before")
		ice, err := a.Post(wire.Post{Category: wire.CategoryHazard, Happened: "ice"}, 0)
		if err != nil {
			t.Fatal(err)
		}
		settle()
		open := invite(t, a)
		confirmed := 0
		for ; confirmed < 3; confirmed++ {
			if _, err := a.Comment(ice, fmt.Sprint(confirmed)); err != nil {
				t.Fatal(err)
			}
		}

		full := &quiet{Network: atAnna}
		a.Connect(full)
		fill()
		for ; err == nil; confirmed++ { // what room there is in the log is used up
			_, err = a.Comment(ice, fmt.Sprint(confirmed, strings.Repeat("x", 900)))
		}
		confirmed-- // the last one was not
		if !strings.Contains(err.Error(), "full") || a.Behind() == nil || !strings.Contains(a.Behind().Error(), "full") {
			t.Errorf("after %d comments: %v; behind: %v", confirmed, err, a.Behind())
		}
		said := full.said
		comments := func(m *membership.Membership) (n int) {
			for _, day := range m.Days() {
				for _, p := range day.Posts {
					n += len(p.Comments)
				}
			}
			return n
		}
		if n := comments(a); n != confirmed {
			t.Errorf("%d comments are shown, of %d that were confirmed", n, confirmed)
		}

		// Whatever happens then, nothing is said that is not on disk, nor confirmed.
		say(t, b, "meanwhile")
		settle()
		a.Down(atBen.own)
		a.Up(atBen.own)
		cleo := live(t, "Cleo")
		j := cleo.ask(open)
		ticket, knock, err := j.Knock()
		if err != nil {
			t.Fatal(err)
		}
		for range 3 { // also who knocks again learns nothing
			if raw, err := a.Answer(ticket, knock, nil, nobody); err == nil {
				t.Errorf("Cleo is answered %d bytes", len(raw))
			}
		}
		newcomer, _ := card(t, a, "Dora")
		for range 2 {
			if _, err := a.Vouch(atBen.own, newcomer); err == nil {
				t.Error("Dora is let in")
			}
		}
		p := policy
		p.ExpireDays = 5
		if err := a.SetPolicy(p); err == nil {
			t.Error("a policy is set")
		}
		if err := anna.all.Leave(a); err == nil || len(anna.all.In()) != 1 {
			t.Error("she has left")
		}
		for i := range 5 {
			if _, err := anna.all.Found(fmt.Sprint("Oak Street ", i), "Anna", policy); err == nil {
				t.Error("another neighborhood is founded")
			}
		}
		for range 10 {
			a.Minute()
			if a.Behind() == nil {
				t.Error("there is room")
			}
		}
		settle()
		if full.said != said {
			t.Errorf("%d messages are said", full.said-said)
		}
		shows(t, a, posts(a)...)
		if n := comments(a); n != confirmed {
			t.Errorf("%d comments are shown, of %d that were confirmed", n, confirmed)
		}

		news := a.News()
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		a.Minute()
		select {
		case <-news:
		default:
			t.Error("nobody is told that there is room again")
		}
		if a.Behind() != nil {
			t.Errorf("with room again: %v", a.Behind())
		}
		street.meet(atAnna, atBen) // the links were ended
		minutes(20, atAnna, atBen)
		same := func() {
			t.Helper()
			x, y := posts(a), posts(b)
			slices.Sort(x)
			slices.Sort(y)
			if len(x) != 3 || !slices.Equal(x, y) || comments(a) != confirmed || comments(b) != confirmed {
				t.Errorf("Anna shows %.99q with %d comments, Ben %.99q with %d, of %d", x, comments(a), y, comments(b), confirmed)
			}
		}
		same()
		if answer, c := knocks(t, j, a, nobody); answer != wire.AnswerYes || c == nil {
			t.Errorf("Cleo is answered %d", answer)
		}
		anna.stop()
		anna.start()
		if in := anna.all.In(); len(in) != 1 {
			t.Fatalf("after a restart she is in %d", len(in))
		}
		a = anna.all.In()[0]
		same()
	})
}
