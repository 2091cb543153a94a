package request

import (
	"crypto/ed25519"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"nvrd/federation/request/area"
	"nvrd/federation/request/tlog"
	"nvrd/federation/wire"
)

// worlds is how many streets of homes follow an agency. `make sim` tries 3,000.
var worlds = flag.Uint64("worlds", 30, "how many random streets follow an agency")

// agency writes a log, and is honest unless a test has it show another one.
type agency struct {
	t     testing.TB
	all   []Entry
	trees []tlog.Tree // by size
}

func newAgency(t testing.TB) *agency { return &agency{t: t, trees: []tlog.Tree{{}}} }

// publishes adds texts.
func (a *agency) publishes(texts ...wire.Body) {
	a.t.Helper()
	for _, n := range texts {
		s := sign(a.t, n)
		a.all = append(a.all, Entry{ID: s.ID, Text: s})
		a.trees = append(a.trees, a.trees[len(a.trees)-1].Append(s.ID))
	}
}

// branch returns an agency that shows another log from an entry on.
func (a *agency) branch(at int) *agency {
	return &agency{t: a.t, all: slices.Clone(a.all[:at]), trees: slices.Clone(a.trees[:at+1])}
}

// note is the checkpoint of so many entries.
func (a *agency) note(size int) []byte { return tlog.Sign(a.trees[size], private("police")) }

// from returns what was published after so many.
func (a *agency) from(size, upto int) []Entry { return slices.Clone(a.all[min(size, upto):upto]) }

func neighbor(n int) ed25519.PrivateKey { return private(fmt.Sprint("neighbor ", n)) }

// ofStreet tells of the cosigning keys of ten homes.
func ofStreet(k wire.Key) bool {
	for n := range 10 {
		if wire.PublicKey(neighbor(n)) == k {
			return true
		}
	}
	return false
}

func newHome(t testing.TB) *Log { return NewLog(terms(t), ofStreet) }

func offer(t *testing.T, l *Log, note []byte, more []Entry, want Outcome) {
	t.Helper()
	if got, err := l.Offer(note, more, today+100); got != want || err != nil {
		t.Fatalf("it is %v (%v), not %v", got, err, want)
	}
}

// A home follows a log, cosigns it, and hears who else has.
func TestFollow(t *testing.T) {
	a, home, other := newAgency(t), newHome(t), newHome(t)
	offer(t, home, a.note(0), nil, Known)
	a.publishes(asks(0, nil), asks(1, nil), asks(2, func(r *wire.Request) { r.To = r.From + 5 }), asks(3, nil))
	offer(t, home, a.note(4), nil, Wanting)
	offer(t, home, a.note(4), a.from(0, 3), Wanting)
	offer(t, home, a.note(3), a.from(0, 4), Wanting) // the fourth may be anything
	offer(t, home, a.note(2), a.from(0, 2), Extended)
	offer(t, home, a.note(4), a.from(2, 4), Extended)
	offer(t, home, a.note(4), nil, Known)
	offer(t, home, a.note(1), nil, Known)
	var verdicts []Verdict
	for _, e := range home.Entries(0) {
		verdicts = append(verdicts, e.Verdict)
	}
	if want := []Verdict{Accepted, Accepted, ShortWindow, Accepted}; !slices.Equal(verdicts, want) {
		t.Errorf("verdicts %v, not %v", verdicts, want)
	}

	// What breaks a rule is passed on without its text.
	passed := home.Entries(0)
	if passed[2].Text.Raw != nil || passed[2].ID != a.all[2].ID {
		t.Error("the text of what breaks a rule is passed on")
	}
	offer(t, other, home.Note(), slices.Clone(passed), Extended)
	if other.Entries(0)[2].Verdict != 0 || other.Entries(3)[0].Verdict != Accepted {
		t.Errorf("the other home finds %v and %v", other.Entries(0)[2].Verdict, other.Entries(3)[0].Verdict)
	}

	for n := range 3 {
		if changed, err := home.Cosign(neighbor(n), today+wire.Minute(n)); err != nil || !changed {
			t.Fatal(changed, err)
		}
	}
	if changed, err := home.Cosign(neighbor(2), today+9); err != nil || changed {
		t.Errorf("cosigned once more: %v, %v", changed, err)
	}
	if _, err := other.Cosign(private("a stranger"), today); err != nil || len(other.Cosigners()) > 0 {
		t.Errorf("a stranger counts: %v, %v", other.Cosigners(), err)
	}
	offer(t, other, home.Note(), nil, Cosigned)
	offer(t, other, home.Note(), nil, Known)
	if n := len(other.Cosigners()); n != 3 {
		t.Errorf("%d homes have seen it", n)
	}
}

// The newest recipient that keeps the rules is the one to seal to.
func TestRecipient(t *testing.T) {
	a, home := newAgency(t), newHome(t)
	if _, ok := home.Recipient(); ok {
		t.Error("there is one before anything was published")
	}
	a.publishes(sealsTo(today, 'q'), asks(1, nil), sealsTo(today+2, 'p'), asks(3, nil), sealsTo(today+4, 'z'))
	offer(t, home, a.note(2), a.from(0, 2), Extended)
	if got, ok := home.Recipient(); !ok || got.Head.Minute != today {
		t.Errorf("the first: %v, %v", got.Head, ok)
	}
	offer(t, home, a.note(5), a.from(2, 5), Extended)
	if got, ok := home.Recipient(); !ok || got.Head.Minute != today+2 {
		t.Errorf("the third is one too many: %v, %v", got.Head, ok)
	}
}

// What is refused is the fault of who offers it, and changes nothing.
func TestOfferRefuses(t *testing.T) {
	a, home := newAgency(t), newHome(t)
	a.publishes(asks(0, nil), asks(1, nil))
	offer(t, home, a.note(1), a.from(0, 1), Extended)
	swapped := a.from(1, 2)
	swapped[0].Text.Raw = a.all[0].Text.Raw
	broken := a.from(1, 2)
	broken[0].Text.Raw = broken[0].Text.Raw[:90]
	for _, c := range []struct {
		what string
		note []byte
		more []Entry
		want error
	}{
		{"nothing", nil, nil, wire.ErrMalformed},
		{"of another agency", tlog.Sign(a.trees[2], private("eve")), a.from(1, 2), wire.ErrMalformed},
		{"with the text of another entry", a.note(2), swapped, wire.ErrRange},
		{"with half a text", a.note(2), broken, wire.ErrMalformed},
	} {
		if got, err := home.Offer(c.note, c.more, today); got != 0 || !errors.Is(err, c.want) {
			t.Errorf("%s: %v, %v", c.what, got, err)
		}
	}
	if home.Size() != 1 {
		t.Errorf("%d entries", home.Size())
	}
}

// A log that never ends is not followed for ever.
func TestLongLog(t *testing.T) {
	all := make([]wire.Hash, MaxEntries+1)
	for i := range all {
		all[i] = wire.Hash{byte(i), byte(i >> 8), 1}
	}
	home, tree := newHome(t), tlog.Tree{}.Append(all...)
	entries := make([]Entry, len(all))
	for i := range entries {
		entries[i].ID = all[i]
	}
	longest := tlog.Sign(tree.At(MaxEntries), private("police"))
	if got, err := home.Offer(longest, entries[:MaxEntries], today); got != Extended || err != nil {
		t.Errorf("the longest is %v (%v)", got, err)
	}
	longer := tlog.Sign(tree, private("police"))
	if got, err := home.Offer(longer, entries[MaxEntries:], today); got != 0 || !errors.Is(err, wire.ErrTooLarge) {
		t.Errorf("one more is %v (%v)", got, err)
	}
	if got, err := home.Compare(longer, all); got != 0 || !errors.Is(err, wire.ErrTooLarge) {
		t.Errorf("compared, it is %v (%v)", got, err)
	}
}

// An entry of a minute to come waits until it has; clocks may be 10 minutes off.
func TestOfferWaits(t *testing.T) {
	a, home := newAgency(t), newHome(t)
	a.publishes(asks(11, nil))
	if got, err := home.Offer(a.note(1), a.from(0, 1), today); got != Waiting || err != nil || home.Size() != 0 {
		t.Errorf("it is %v (%v), %d entries", got, err, home.Size())
	}
	if got, err := home.Offer(a.note(1), a.from(0, 1), today+1); got != Extended || err != nil {
		t.Errorf("later it is %v (%v)", got, err)
	}
}

// Of a log of which nothing is known there is nothing to tell.
func TestNothingKnown(t *testing.T) {
	home := newHome(t)
	if changed, err := home.Cosign(neighbor(0), today); changed || err != nil {
		t.Errorf("it is cosigned: %v, %v", changed, err)
	}
	if _, convicted := home.Fraud(); home.Note() != nil || home.Cosigners() != nil || convicted {
		t.Error("something is known")
	}
	a := newAgency(t)
	a.publishes(asks(0, nil))
	if got, err := home.Compare(a.note(1), ids(a.all)); got != Wanting || err != nil {
		t.Errorf("a whole log is %v (%v)", got, err)
	}
	offer(t, home, a.note(1), a.from(0, 1), Extended)
	for from, want := range map[int]int{-1: 1, 0: 1, 1: 0, 2: 0} {
		if got := home.Entries(from); len(got) != want {
			t.Errorf("from %d on there are %d entries, want %d", from, len(got), want)
		}
	}
}

// A log that is too long is followed by nobody, from the first entry beyond on.
func TestTooLong(t *testing.T) {
	all := make([]wire.Hash, MaxEntries+1)
	for i := range all {
		all[i] = wire.Hash{byte(i), byte(i >> 8), byte(i >> 16)}
	}
	longest := tlog.Tree{}.Append(all[:MaxEntries]...)
	for size, want := range map[int]error{MaxEntries: nil, MaxEntries + 1: wire.ErrTooLarge} {
		note := tlog.Sign(longest.Append(all[MaxEntries:]...).At(int64(size)), private("police"))
		if _, err := newHome(t).Offer(note, nil, today); !errors.Is(err, want) {
			t.Errorf("%d entries that are offered: %v, want %v", size, err, want)
		}
		if _, err := newHome(t).Compare(note, all[:size]); !errors.Is(err, want) {
			t.Errorf("%d entries that are compared: %v, want %v", size, err, want)
		}
	}
}

// A text that was withheld may come later, and then counts.
func TestTell(t *testing.T) {
	a, home := newAgency(t), newHome(t)
	a.publishes(asks(0, nil), asks(1, nil), asks(2, nil), asks(3, nil))
	more := a.from(0, 4)
	more[1].Text = wire.Signed{}
	offer(t, home, a.note(4), more, Extended)
	if v := home.Entries(3)[0].Verdict; v != Accepted {
		t.Errorf("the fourth, of which three are known, is %v", v)
	}
	if n, err := home.Tell([][]byte{a.all[1].Text.Raw, a.all[2].Text.Raw}, today+100); n != 1 || err != nil {
		t.Errorf("%d texts are new (%v)", n, err)
	}
	if v := home.Entries(3)[0].Verdict; v != OpenSpent {
		t.Errorf("the fourth is %v", v)
	}
	if _, err := home.Tell([][]byte{{1}}, today); err == nil {
		t.Error("anything is a text")
	}
}

// A text that is told has the same rules as one that is offered: what is of a minute
// to come waits, or an agency could ask for what has not happened by telling it late.
func TestTellWaits(t *testing.T) {
	a, home := newAgency(t), newHome(t)
	a.publishes(asks(11, nil))
	offer(t, home, a.note(1), []Entry{{ID: a.all[0].ID}}, Extended)
	text := [][]byte{a.all[0].Text.Raw}
	if n, err := home.Tell(text, today); n != 0 || err != nil || home.Entries(0)[0].Text.Body != nil {
		t.Errorf("%d texts of a minute to come are new (%v)", n, err)
	}
	if n, err := home.Tell(text, today+1); n != 1 || err != nil || home.Entries(0)[0].Verdict != Accepted {
		t.Errorf("later %d are (%v), it is %v", n, err, home.Entries(0)[0].Verdict)
	}
}

// What broke a rule is judged again when something changed, and else not: each time
// all of the log is.
func TestTellAgain(t *testing.T) {
	a, home := newAgency(t), newHome(t)
	first := asks(0, nil)
	a.publishes(first, asks(1, nil), asks(2, nil), wire.Closing{Head: wire.AgencyHead{Agency: police, Minute: today + 3}, On: sign(t, first).ID, Is: wire.ClosingResolved}, asks(4, nil))
	more := a.from(0, 5)
	more[3].Text = wire.Signed{} // without which the fourth request is one too many
	offer(t, home, a.note(5), more, Extended)
	tell := func(i, want int, verdict Verdict) {
		t.Helper()
		if n, err := home.Tell([][]byte{a.all[i].Text.Raw}, today+100); n != want || err != nil || home.Entries(4)[0].Verdict != verdict {
			t.Fatalf("%d texts are new (%v), the fourth request is %v", n, err, home.Entries(4)[0].Verdict)
		}
	}
	tell(4, 0, OpenSpent)
	tell(0, 0, OpenSpent) // which is here
	tell(4, 0, OpenSpent)
	tell(3, 1, OpenSpent)
	tell(4, 1, Accepted)

	home = newHome(t)
	a = newAgency(t)
	a.publishes(asks(0, func(r *wire.Request) { r.Area = square(200_000, 0, 5_000) }), first)
	offer(t, home, a.note(2), a.from(0, 2), Extended)
	out := [][]byte{a.all[0].Text.Raw}
	if n, _ := home.Tell(out, today+100); n != 0 || home.Entries(0)[0].Verdict != OutOfBounds {
		t.Errorf("out of the town %d are new, it is %v", n, home.Entries(0)[0].Verdict)
	}
	wider := terms(t)
	var err error
	if wider.Jurisdiction, err = area.NewJurisdiction(square(-50_000, -50_000, 400_000)); err != nil {
		t.Fatal(err)
	}
	inTown := terms(t)
	inTown.Cells = nil
	if home.Rule(inTown); home.Entries(1)[0].Verdict != Elsewhere {
		t.Errorf("what asks nobody here any more is %v", home.Entries(1)[0].Verdict)
	}
	home.Rule(wider)
	if n, _ := home.Tell(out, today+100); n != 1 || home.Entries(0)[0].Verdict != Elsewhere {
		t.Errorf("in a larger town %d are new, it is %v", n, home.Entries(0)[0].Verdict)
	}
}

// What strangers write on a checkpoint is passed on by nobody, also not by a home
// that hears of it first.
func TestStrangersLines(t *testing.T) {
	a, home := newAgency(t), newHome(t)
	a.publishes(asks(0, nil))
	marked, err := tlog.Cosign(a.note(1), police, private("a stranger"), today)
	if err != nil {
		t.Fatal(err)
	}
	offer(t, home, marked, a.from(0, 1), Extended)
	if got := home.Note(); string(got) != string(a.note(1)) {
		t.Errorf("it passes on\n%s", got)
	}
}

// An agency that shows two logs is convicted by whoever hears of both, also if one
// branch has more than the other, and for good.
func TestSplitView(t *testing.T) {
	for _, c := range []struct {
		what                string
		shared, ours, other int // entries
	}{
		{"edited, of one size", 3, 2, 2},
		{"the first entry", 0, 1, 1},
		{"one dropped", 3, 3, 2},
		{"a longer branch", 3, 1, 4},
		{"a shorter branch", 3, 4, 1},
		{"a branch of one entry beside many", 1, 30, 1},
	} {
		t.Run(c.what, func(t *testing.T) {
			a := newAgency(t)
			publish := func(a *agency, n int, text string) {
				for range n {
					a.publishes(asks(len(a.all), func(r *wire.Request) { r.Text = text }))
				}
			}
			publish(a, c.shared, "Both saw this.")
			b := a.branch(c.shared)
			publish(a, c.ours, "One street saw this.")
			publish(b, c.other, "Another saw this.")
			ours, theirs := newHome(t), newHome(t)
			offer(t, ours, a.note(len(a.all)), a.from(0, len(a.all)), Extended)
			offer(t, theirs, b.note(len(b.all)), b.from(0, len(b.all)), Extended)

			got, err := ours.Offer(theirs.Note(), nil, today+100)
			if got == Wanting { // it has more, and gives what follows
				got, err = ours.Offer(theirs.Note(), theirs.Entries(ours.Size()), today+100)
			}
			if got == Diverged {
				got, err = ours.Compare(theirs.Note(), ids(theirs.Entries(0)))
			}
			if got != Convicted || err != nil {
				t.Fatalf("it is %v (%v)", got, err)
			}
			f, ok := ours.Fraud()
			if !ok {
				t.Fatal("there is no proof")
			}
			if got, err := theirs.Convict(f); got != Convicted || err != nil {
				t.Errorf("the other home finds it %v (%v)", got, err)
			}
			a.publishes(asks(90, nil))
			for _, home := range []*Log{ours, theirs} {
				offer(t, home, a.note(len(a.all)), a.from(home.Size(), len(a.all)), Suspended)
				if got, err := home.Compare(a.note(len(a.all)), ids(a.all)); got != Suspended || err != nil {
					t.Errorf("compared after that it is %v (%v)", got, err)
				}
				if got, err := home.Convict(f); got != Suspended || err != nil {
					t.Errorf("convicted again it is %v (%v)", got, err)
				}
				if changed, err := home.Cosign(neighbor(0), today); changed || err != nil {
					t.Errorf("it is cosigned after that: %v, %v", changed, err)
				}
			}
		})
	}
}

// Whoever says that an honest agency showed two logs is the one at fault.
func TestCompareAccuses(t *testing.T) {
	a, home := newAgency(t), newHome(t)
	for n := range 4 {
		a.publishes(asks(n, nil))
	}
	offer(t, home, a.note(2), a.from(0, 2), Extended)
	twisted := a.from(2, 4)
	twisted[0].ID[0] ^= 1
	offer(t, home, a.note(4), twisted, Diverged)
	all := ids(a.from(0, 4))
	for what, bad := range map[string][]wire.Hash{
		"another entry": append(slices.Clone(all[:3]), wire.Hash{1}), "fewer": all[:3], "more": append(slices.Clone(all), wire.Hash{}), "none": nil,
		"changed before": append([]wire.Hash{{1}}, all[1:]...),
	} {
		if got, err := home.Compare(a.note(4), bad); err == nil {
			t.Errorf("%s: it is %v", what, got)
		}
	}
	if got, err := home.Compare(a.note(4), all); got != Wanting || err != nil {
		t.Errorf("the truth is %v (%v)", got, err)
	}
	offer(t, home, a.note(4), a.from(2, 4), Extended)
	if got, err := home.Compare(a.note(1), all[:1]); got != Known || err != nil {
		t.Errorf("what it was before is %v (%v)", got, err)
	}
	one, two := tlog.Sign(a.trees[1], private("eve")), tlog.Sign(tlog.Tree{}.Append(wire.Hash{1}), private("eve"))
	other, ok := tlog.Split(one, two, wire.PublicKey(private("eve")), tlog.Tree{})
	if !ok {
		t.Fatal("another agency that showed two logs is not convicted")
	}
	if got, err := home.Convict(other); got != 0 || !errors.Is(err, wire.ErrRange) {
		t.Errorf("a proof about another agency is %v (%v)", got, err)
	}
	if got, err := home.Convict(tlog.Fraud{Agency: police}); got != 0 || err == nil {
		t.Errorf("a proof of nothing is %v (%v)", got, err)
	}
	if _, ok := home.Fraud(); ok {
		t.Error("an honest agency is convicted")
	}
}

// Homes that hear of parts, in any order, late and twice, from each other or the
// agency, end with the same log and the same verdicts, and convict nobody honest. An
// agency that shows two logs is convicted by all once the two have met.
func TestLogsConverge(t *testing.T) {
	for seed := range *worlds {
		r := rand.New(rand.NewPCG(seed, 9))
		a := newAgency(t)
		splits := seed%3 == 0
		b := a
		homes := make([]*Log, 2+r.IntN(4))
		for i := range homes {
			homes[i] = newHome(t)
		}
		at := 0
		for range 10 + r.IntN(20) {
			at += r.IntN(2_000)
			change := func(q *wire.Request) {
				q.From -= wire.Minute(r.IntN(700))
				q.Case = fmt.Sprint(r.IntN(4))
				q.Area = square(0, 0, 1_000+r.Int32N(10_000))
			}
			a.publishes(asks(at, change))
			if splits && b == a && r.IntN(8) == 0 {
				b = a.branch(len(a.all) - 1)
			}
			if b != a {
				b.publishes(asks(at, change))
			}
			for i, h := range homes {
				of := a
				if i%2 == 1 {
					of = b
				}
				if r.IntN(2) == 0 {
					hears(t, h, of, r.IntN(len(of.all)+1))
				}
			}
			meets(t, homes[r.IntN(len(homes))], homes[r.IntN(len(homes))])
		}
		for i, h := range homes {
			hears(t, h, []*agency{a, b}[i%2], len(a.all))
		}
		for range homes {
			for i := range homes[1:] {
				meets(t, homes[i], homes[i+1])
				meets(t, homes[i+1], homes[i])
			}
		}
		for i, h := range homes {
			if _, ok := h.Fraud(); ok != (b != a) {
				t.Fatalf("seed %d: home %d has a proof of fraud: %v", seed, i, ok)
			}
			if b == a && !slices.EqualFunc(h.Entries(0), homes[0].Entries(0), func(x, y Entry) bool {
				return x.ID == y.ID && x.Verdict.OK() == y.Verdict.OK() && string(x.Text.Raw) == string(y.Text.Raw)
			}) {
				t.Fatalf("seed %d: homes 0 and %d differ", seed, i)
			}
		}
	}
}

// hears has a home hear from an agency.
func hears(t *testing.T, h *Log, a *agency, size int) {
	t.Helper()
	more := []Entry(nil)
	if size > h.Size() {
		more = a.from(h.Size(), size)
	}
	got, err := h.Offer(a.note(size), more, today+100_000)
	if got == Diverged {
		_, err = h.Compare(a.note(size), ids(a.all[:size]))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// meets has a home hear from another one.
func meets(t *testing.T, h, other *Log) {
	t.Helper()
	if f, ok := other.Fraud(); ok {
		_, _ = h.Convict(f)
		return
	}
	if other.Note() == nil {
		return
	}
	got, err := h.Offer(other.Note(), nil, today+100_000)
	if got == Wanting {
		got, err = h.Offer(other.Note(), slices.Clone(other.Entries(h.Size())), today+100_000)
	}
	if got == Diverged {
		_, err = h.Compare(other.Note(), ids(other.Entries(0)))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// BenchmarkOffer3000 takes a log of 3,000 requests, as a home does that joins.
func BenchmarkOffer3000(b *testing.B) {
	a := newAgency(b)
	for n := range 3_000 {
		a.publishes(asks(n*5_000, func(r *wire.Request) { r.To, r.From = r.Head.Minute, r.Head.Minute-60 }))
	}
	note := a.note(3_000)
	for b.Loop() {
		if got, err := newHome(b).Offer(note, a.from(0, 3_000), today+1<<30); got != Extended || err != nil {
			b.Fatal(got, err)
		}
	}
}
