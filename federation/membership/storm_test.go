package membership_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/federation/membership"
	"nvrd/federation/wire"
)

// Everything happens at once, at one home: nothing hangs (or the bubble says so),
// and it ends in order.
func TestStorm(t *testing.T) {
	story(t, func(t *testing.T) {
		anna, ben := live(t, "Anna"), live(t, "Ben")
		street := newLine(t)
		a := anna.found("Elm Street")
		b := ben.join(a, nobody)
		atAnna, atBen := street.connect(a), street.connect(b)
		street.meet(atAnna, atBen)
		minutes(3*24*60, atAnna, atBen)
		post, err := a.Post(wire.Post{Category: wire.CategoryHazard, Happened: "ice"}, 0)
		if err != nil {
			t.Fatal(err)
		}
		settle()
		text := invite(t, a)
		cleo := live(t, "Cleo")
		j := cleo.ask(text)
		ticket, said, err := j.Knock()
		if err != nil {
			t.Fatal(err)
		}
		confirmed := make(chan int, 100)
		acts := []func(){
			func() { atAnna.Hang(atBen.own) },
			func() { a.Up(atBen.own) },
			func() { a.Down(atBen.own) },
			func() { a.Minute() },
			func() {
				a.Days()
				a.Room()
				a.State()
				a.Nodes()
				a.Behind()
				a.Left()
			},
			func() { a.Connect(nil); a.Connect(atAnna) },
			func() { _, _ = a.Tickets() },
			func() { _, _ = a.Answer(ticket, said, nil, nobody) },
			func() { _ = a.Rename(fmt.Sprint("Anna ", rand.IntN(9))) },
			func() { _ = a.Hear(atBen.own, wire.Roster{}) },
			func() { _ = a.Hear(atBen.own, wire.Root{}) },
			func() {
				if _, err := a.Comment(post, "and again"); err == nil {
					confirmed <- 1
				}
			},
			func() {
				select {
				case <-a.News():
				case <-time.After(time.Second):
				}
			},
			func() { _, _ = anna.all.Of(a.Name()); anna.all.In(); anna.all.Joining(); anna.all.News() },
			func() { _, _ = anna.all.Offers(a); anna.all.Successor(a); anna.all.Spent(); _, _ = a.Quiet() },
			func() {
				if m, err := anna.all.FoundAnew(a); err != nil {
					t.Error(err)
				} else if err := anna.all.Call(m, invitesAt(m)); err != nil {
					t.Error(err)
				}
			},
			func() { _, _ = a.Invite(invitesAt(a), 1, b.Author()) },
		}
		var doing sync.WaitGroup
		for range 8 {
			doing.Go(func() {
				for range 40 {
					acts[rand.IntN(len(acts))]()
				}
			})
		}
		doing.Go(func() {
			for range 3 {
				m, err := anna.all.Found("Oak Street", "Anna", policy)
				if err != nil {
					t.Error(err)
					continue
				}
				if err := anna.all.Leave(m); err != nil {
					t.Error(err)
				}
				if err := anna.all.Forget(m); err != nil {
					t.Error(err)
				}
			}
		})
		doing.Wait()
		synctest.Wait()
		if a.Behind() != nil {
			t.Errorf("behind: %v", a.Behind())
		}
		a.Connect(atAnna)
		atAnna.Reset()
		street.meet(atAnna, atBen)
		minutes(20, atAnna, atBen)
		comments := func(m *membership.Membership) (n int) {
			for _, day := range m.Days() {
				for _, p := range day.Posts {
					n += len(p.Comments)
				}
			}
			return n
		}
		if x, y := comments(a), comments(b); x != len(confirmed) || y != x {
			t.Errorf("%d comments were confirmed, Anna shows %d, Ben %d", len(confirmed), x, y)
		}
		if n := admissions(a, "Cleo"); n > 1 {
			t.Errorf("Cleo is admitted %d times", n)
		}
		anna.crash()
		if in := anna.all.In(); len(in) != 2 || comments(in[0]) != len(confirmed) || in[1].Genesis().Succeeds != a.Name() {
			t.Errorf("after a crash she is in %d", len(in))
		}
	})
}
