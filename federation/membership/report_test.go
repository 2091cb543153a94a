package membership_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"
	"time"

	"nvrd/federation/identity"
	"nvrd/federation/membership"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// judged is a street of Anna, its steward, Ben, and Cleo, who know each other for
// three days.
type judged struct {
	t                   *testing.T
	anna, ben, cleo     *household
	a, b, c             *membership.Membership
	street              *line
	atAnna, atBen, atC  *end
	annaNode, cleosNode wire.Key
}

func newJudged(t *testing.T) *judged {
	j := &judged{t: t, anna: live(t, "Anna"), ben: live(t, "Ben"), cleo: live(t, "Cleo"), street: newLine(t)}
	j.a = j.anna.found("Elm Street")
	j.b, j.c = j.ben.join(j.a, nobody), j.cleo.join(j.a, nobody)
	j.atAnna, j.atBen, j.atC = j.street.connect(j.a), j.street.connect(j.b), j.street.connect(j.c)
	j.street.meet(j.atAnna, j.atBen)
	j.street.meet(j.atAnna, j.atC)
	minutes(3*24*60, j.atAnna, j.atBen, j.atC)
	j.annaNode, j.cleosNode = wire.PublicKey(j.a.Node()), wire.PublicKey(j.c.Node())
	return j
}

// says has a home post something, which all hear.
func (j *judged) says(m *membership.Membership, what string) wire.Hash {
	j.t.Helper()
	id, err := m.Post(wire.Post{Category: wire.CategoryHazard, Happened: what}, 0)
	if err != nil {
		j.t.Fatal(err)
	}
	settle()
	return id
}

func (j *judged) done(err error) {
	j.t.Helper()
	if err != nil {
		j.t.Fatal(err)
	}
}

// letters returns what a home has to bring, of which there are so many.
func (j *judged) letters(m *membership.Membership, n int) []membership.Letter {
	j.t.Helper()
	all, err := m.Letters()
	if err != nil || len(all) != n {
		j.t.Fatalf("%d letters are on their way, want %d, %v", len(all), n, err)
	}
	return all
}

// holds says whose reports of what a steward has to look at.
func (j *judged) holds(m *membership.Membership, want ...string) {
	j.t.Helper()
	all, err := m.Reports()
	var got []string
	for _, r := range all {
		got = append(got, r.Words)
	}
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		j.t.Errorf("reports are %q, want %q, %v", got, want, err)
	}
}

// stands says how it stands with a report: for how many stewards it is, and at
// how many it is.
func (j *judged) stands(m *membership.Membership, on wire.Hash, stewards, taken int) {
	j.t.Helper()
	all, err := m.Reported()
	if got := all[on]; err != nil || got.Stewards != stewards || got.Taken != taken {
		j.t.Errorf("it is for %d stewards and at %d, want %d and %d, %v", got.Stewards, got.Taken, stewards, taken, err)
	}
}

// A report waits at home until the steward's home has it, whenever power fails,
// and is nowhere else; when it is closed it is nowhere.
func TestReport(t *testing.T) {
	story(t, func(t *testing.T) {
		j := newJudged(t)
		rude := j.says(j.b, "Your son is a thief.")
		const words = "It names my son, who did nothing."
		j.done(j.c.Report(rude, wire.LabelUnkind, words))
		if err := j.c.Report(rude, 0, "Once more."); !errors.Is(err, nvr.ErrExists) {
			t.Errorf("reported twice: %v", err)
		}
		settle()
		j.letters(j.c, 1)
		j.stands(j.c, rude, 1, 0)

		j.cleo.crash()
		j.c = j.cleo.all.In()[0]
		letter := j.letters(j.c, 1)[0]
		if letter.Node != j.annaNode || letter.Steward != j.a.Author() || len(letter.Sealed) != wire.SealedReport {
			t.Errorf("the letter goes to %v, with %d bytes", letter.Node, len(letter.Sealed))
		}
		j.holds(j.a)
		j.done(j.a.TakeReport(j.cleosNode, letter.Sealed))
		j.cleo.crash() // before the answer came
		j.c = j.cleo.all.In()[0]
		letter = j.letters(j.c, 1)[0]
		j.done(j.a.TakeReport(j.cleosNode, letter.Sealed))
		j.holds(j.a, words)
		j.done(j.c.Delivered(letter))
		j.letters(j.c, 0)
		j.stands(j.c, rude, 1, 1)
		j.anna.crash()
		j.cleo.crash()
		j.a, j.c = j.anna.all.In()[0], j.cleo.all.In()[0]
		j.holds(j.a, words)
		j.letters(j.c, 0)
		j.stands(j.c, rude, 1, 1)

		for name, dir := range map[string]string{"Ben": j.ben.dir, "Cleo": j.cleo.dir} {
			for what, mark := range map[string][]byte{"the words": []byte(words), "what was sealed": letter.Sealed[40:80]} {
				if in := found(t, dir, mark); len(in) > 0 {
					t.Errorf("%s of the report stand in %s's %v", what, name, in)
				}
			}
		}
		cleos := j.c.Author()
		if len(found(t, j.anna.dir, []byte(words))) == 0 {
			t.Fatal("they are not in Anna's either")
		}
		j.done(j.a.CloseReports(rude))
		j.holds(j.a)
		if in := found(t, j.anna.dir, []byte(words)); len(in) > 0 {
			t.Errorf("once it is closed the words stand in %v", in)
		}
		j.anna.crash()
		j.holds(j.anna.all.In()[0])
		for _, o := range j.anna.all.In()[0].Objects() {
			if r, ok := o.Body.(wire.Report); ok {
				t.Errorf("a report of %v is in the roster", r.Reporter == cleos)
			}
		}
	})
}

// Whoever wrote it is not told, also if they hold a seat.
func TestReportOfASteward(t *testing.T) {
	story(t, func(t *testing.T) {
		j := newJudged(t)
		mean := j.says(j.a, "Cleo can't cook.")
		if got := j.c.Judges(j.a.Author()); len(got) != 0 {
			t.Errorf("%d stewards judge the only one", len(got))
		}
		if err := j.c.Report(mean, wire.LabelUnkind, ""); !errors.Is(err, nvr.ErrInvalid) {
			t.Errorf("with nobody to tell: %v", err)
		}
		j.letters(j.c, 0)
		j.done(j.a.AddSteward(j.b.Author(), j.b.Seat()))
		settle()
		j.done(j.c.Report(mean, wire.LabelUnkind, ""))
		if l := j.letters(j.c, 1)[0]; l.Steward != j.b.Author() {
			t.Error("it goes to who wrote it")
		}
		other := j.says(j.b, "Neither can Dora.")
		if got := j.c.Judges(j.b.Author()); len(got) != 1 || got[0] != j.a.Author() {
			t.Errorf("judges are %v", got)
		}
		if got := j.c.Judges(wire.Key{}); len(got) != 2 {
			t.Errorf("%d stewards judge what others say", len(got))
		}
		if got := j.a.Judges(wire.Key{}); len(got) != 1 {
			t.Errorf("%d other stewards judge what Anna reports", len(got))
		}
		comment, err := j.c.Comment(other, "How do you know?")
		j.done(err)
		settle()
		j.done(j.a.Report(comment, 0, "She asks too much."))
		l := j.letters(j.a, 1)[0]
		if l.Steward != j.b.Author() || l.On != comment {
			t.Error("a steward's report goes elsewhere")
		}

		// Who loses the seat reads no report any more.
		j.done(j.b.TakeReport(j.annaNode, l.Sealed))
		j.holds(j.b, "She asks too much.")
		j.done(j.a.DropSteward(j.b.Seat()))
		settle()
		j.done(j.b.Vote(j.b.State().Proposed[0].Act))
		settle()
		if j.b.Steward() {
			t.Fatal("Ben keeps the seat")
		}
		j.holds(j.b)
	})
}

// Who lost machine and paper wrote what the old keys wrote: they are not told of
// a report of it, and don't report it.
func TestReportOfLostKeys(t *testing.T) {
	story(t, func(t *testing.T) {
		j := newJudged(t)
		rude := j.says(j.b, "Your son is a thief.")
		again := live(t, "Ben")
		_, ben := knocks(t, again.ask(inviteAs(t, j.a, j.b.Author())), j.a, nobody)
		at := j.street.connect(ben)
		j.street.meet(j.atAnna, at)
		minutes(2, j.atAnna, at, j.atC)
		j.done(j.a.AddSteward(ben.Author(), ben.Seat()))
		settle()
		if !ben.Steward() {
			t.Fatal("Ben has no seat")
		}
		j.done(j.c.Report(rude, wire.LabelUnkind, ""))
		if l := j.letters(j.c, 1)[0]; l.Steward != j.a.Author() {
			t.Error("it goes to who wrote it")
		}
		if got := j.c.Judges(j.b.Author()); len(got) != 1 || got[0] != j.a.Author() {
			t.Errorf("%d stewards judge what the old keys wrote", len(got))
		}
		if err := ben.Report(rude, wire.LabelUnkind, ""); !errors.Is(err, nvr.ErrInvalid) {
			t.Errorf("he reports himself: %v", err)
		}
		sealed := seals(t, j.cleo, j.c.Place(), wire.Report{
			Neighborhood: j.a.Name(), Reporter: j.c.Author(), Steward: ben.Author(), On: rude, Reason: wire.LabelUnkind, Minute: wire.MinuteOf(time.Now()),
		}, ben.State().Member(ben.Author()).Card.Seal)
		if err := ben.TakeReport(j.cleosNode, sealed); !errors.Is(err, nvr.ErrForbidden) {
			t.Errorf("he is told: %v", err)
		}
	})
}

// seals makes a report by whatever keys, for whatever steward.
func seals(t *testing.T, by *household, place uint32, r wire.Report, seal wire.Key) []byte {
	t.Helper()
	signed, err := wire.Sign(r, by.seed.Keys(identity.Place{Neighborhood: place}).Author)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := wire.SealReport(signed, seal)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestReportRefused(t *testing.T) {
	story(t, func(t *testing.T) {
		j := newJudged(t)
		rude, mine, annas := j.says(j.b, "Your son is a thief."), j.says(j.c, "Is he?"), j.says(j.a, "Calm down.")
		label, err := j.a.Label(rude, wire.LabelUnkind, "It is.")
		j.done(err)
		gone := j.says(j.b, "And a liar.")
		_, err = j.b.Retract(gone)
		j.done(err)
		settle()
		for what, c := range map[string]struct {
			on     wire.Hash
			reason wire.LabelIs
			words  string
			kind   error
		}{
			"what is not there": {sha256.Sum256(nil), wire.LabelUnkind, "", nvr.ErrNotFound}, "what was taken back": {gone, wire.LabelUnkind, "", nvr.ErrNotFound},
			"one's own": {mine, wire.LabelUnkind, "", nvr.ErrInvalid}, "a label": {label, wire.LabelUnkind, "", nvr.ErrInvalid},
			"without a word": {rude, 0, "", nvr.ErrInvalid}, "for a reason that nobody knows": {rude, 9, "x", nvr.ErrInvalid}, "hidden words": {rude, 0, "x\u200b", nvr.ErrInvalid},
		} {
			if err := j.c.Report(c.on, c.reason, c.words); !errors.Is(err, c.kind) {
				t.Errorf("%s is reported: %v", what, err)
			}
		}
		j.letters(j.c, 0)

		now := wire.MinuteOf(time.Now())
		good := wire.Report{Neighborhood: j.a.Name(), Reporter: j.c.Author(), Steward: j.a.Author(), On: rude, Reason: wire.LabelUnkind, Minute: now}
		seal := func(m *membership.Membership) wire.Key { return m.State().Member(m.Author()).Card.Seal }
		as := func(change func(*wire.Report)) []byte {
			r := good
			change(&r)
			return seals(t, j.cleo, j.c.Place(), r, seal(j.a))
		}
		whole := as(func(*wire.Report) {})
		dora := live(t, "Dora") // no member
		for what, c := range map[string]struct {
			at     *membership.Membership
			node   wire.Key
			sealed []byte
			kind   error
		}{
			"a stranger brings it":        {j.a, wire.Key{7}, whole, nvr.ErrForbidden},
			"another member brings it":    {j.a, wire.PublicKey(j.b.Node()), whole, nvr.ErrForbidden},
			"to a home without a seat":    {j.b, j.cleosNode, seals(t, j.cleo, j.c.Place(), good, seal(j.b)), nvr.ErrForbidden},
			"sealed for somebody else":    {j.a, j.cleosNode, seals(t, j.cleo, j.c.Place(), good, seal(j.b)), wire.ErrSignature},
			"told to another steward":     {j.a, j.cleosNode, as(func(r *wire.Report) { r.Steward = j.b.Author() }), nvr.ErrForbidden},
			"of another neighborhood":     {j.a, j.cleosNode, as(func(r *wire.Report) { r.Neighborhood[0] ^= 1 }), nvr.ErrForbidden},
			"of an entry that is nowhere": {j.a, j.cleosNode, as(func(r *wire.Report) { r.On = sha256.Sum256(nil) }), nvr.ErrNotFound},
			"of what was taken back":      {j.a, j.cleosNode, as(func(r *wire.Report) { r.On = gone }), nvr.ErrNotFound},
			"of a label":                  {j.a, j.cleosNode, as(func(r *wire.Report) { r.On = label }), nvr.ErrInvalid},
			"of one's own":                {j.a, j.cleosNode, as(func(r *wire.Report) { r.On = mine }), nvr.ErrInvalid},
			"of the steward":              {j.a, j.cleosNode, as(func(r *wire.Report) { r.On = annas }), nvr.ErrForbidden},
			"of tomorrow":                 {j.a, j.cleosNode, as(func(r *wire.Report) { r.Minute = now + wire.Day }), nvr.ErrInvalid},
			"of last month":               {j.a, j.cleosNode, as(func(r *wire.Report) { r.Minute = now - 30*wire.Day }), nvr.ErrInvalid},
			"of the end of time":          {j.a, j.cleosNode, as(func(r *wire.Report) { r.Minute = 1<<32 - 1 }), nvr.ErrInvalid},
			"by another's key": {j.a, j.cleosNode, seals(t, dora, 0, func() wire.Report {
				r := good
				r.Reporter = wire.PublicKey(dora.seed.Keys(identity.Place{}).Author)
				return r
			}(), seal(j.a)), nvr.ErrForbidden},
			"nothing":       {j.a, j.cleosNode, nil, wire.ErrMalformed},
			"half of one":   {j.a, j.cleosNode, whole[:len(whole)/2], wire.ErrMalformed},
			"one and a bit": {j.a, j.cleosNode, append(append([]byte{}, whole...), 0), wire.ErrTooLarge},
		} {
			if err := c.at.TakeReport(c.node, c.sealed); !errors.Is(err, c.kind) {
				t.Errorf("%s: %v, want %v", what, err, c.kind)
			}
			j.holds(c.at)
		}
		j.done(j.a.TakeReport(j.cleosNode, whole))
		j.holds(j.a, "")
		j.done(j.a.CloseReports(rude))
		j.done(j.a.Revoke(j.c.Author(), now))
		settle()
		if err := j.a.TakeReport(j.cleosNode, whole); !errors.Is(err, nvr.ErrForbidden) {
			t.Errorf("who was put out reports: %v", err)
		}
		if err := j.c.Report(annas, wire.LabelUnkind, ""); !errors.Is(err, nvr.ErrForbidden) {
			t.Errorf("who was put out writes a report: %v", err)
		}
		j.holds(j.a)
	})
}

// Who reports all that there is fills no steward's room, and takes nobody else's share.
func TestReportFlood(t *testing.T) {
	story(t, func(t *testing.T) {
		j := newJudged(t)
		post := j.says(j.b, "What do you think?")
		var all []wire.Hash
		for i := range 25 {
			id, err := j.b.Comment(post, fmt.Sprint("Nobody answers me ", i))
			j.done(err)
			all = append(all, id)
		}
		settle()
		seal := j.a.State().Member(j.a.Author()).Card.Seal
		report := func(by *household, m *membership.Membership, on wire.Hash, words string) error {
			return j.a.TakeReport(wire.PublicKey(m.Node()), seals(t, by, m.Place(), wire.Report{
				Neighborhood: j.a.Name(), Reporter: m.Author(), Steward: j.a.Author(), On: on, Words: words, Minute: wire.MinuteOf(time.Now()),
			}, seal))
		}
		held := func() int {
			reports, err := j.a.Reports()
			j.done(err)
			return len(reports)
		}
		for i, on := range all {
			switch err := report(j.cleo, j.c, on, "Noise."); {
			case i < 20 && err != nil:
				t.Fatalf("the %dth of a day: %v", i+1, err)
			case i >= 20 && !errors.Is(err, nvr.ErrTooMany):
				t.Errorf("the %dth of a day: %v", i+1, err)
			}
		}
		j.done(report(j.cleo, j.c, all[0], "Noise.")) // the same once more
		if err := report(j.cleo, j.c, all[0], "Other words."); !errors.Is(err, nvr.ErrTooMany) || held() != 20 {
			t.Errorf("other words: %v, %d are held", err, held())
		}
		own, err := j.c.Comment(post, "Ben, calm down.")
		j.done(err)
		settle()
		j.done(report(j.ben, j.b, own, "It names me."))

		for range 500 {
			_ = j.a.TakeReport(j.cleosNode, nil)
		}
		if err := report(j.cleo, j.c, all[0], "Noise."); !errors.Is(err, nvr.ErrTooMany) {
			t.Errorf("after 500 that are none: %v", err)
		}
		time.Sleep(24 * time.Hour)
		j.done(report(j.cleo, j.c, all[24], "Noise."))
		if held() != 22 {
			t.Errorf("%d reports are held", held())
		}

		for i, on := range all {
			switch err := j.c.Report(on, 0, "Noise."); {
			case i < 20 && err != nil:
				t.Fatalf("the %dth that is written: %v", i+1, err)
			case i >= 20 && !errors.Is(err, nvr.ErrTooMany):
				t.Errorf("the %dth that is written: %v", i+1, err)
			}
		}
	})
}

// A report that no steward takes is not brought after 14 days, and may be made
// again; one about what was taken back is forgotten at once, and nothing of any is left after 30 days.
func TestReportEnds(t *testing.T) {
	story(t, func(t *testing.T) {
		j := newJudged(t)
		rude, other := j.says(j.b, "Your son is a thief."), j.says(j.b, "And a liar.")
		j.done(j.c.Report(rude, 0, "He is not."))
		j.done(j.c.Report(other, 0, "He is not either."))
		j.letters(j.c, 2)
		_, err := j.b.Retract(other)
		j.done(err)
		settle()
		left := j.letters(j.c, 1)[0]
		j.stands(j.c, other, 0, 0)
		j.done(j.a.TakeReport(j.cleosNode, left.Sealed))
		j.done(j.c.Delivered(left))
		sick := j.says(j.b, "He is sick, too.")
		j.done(j.c.Report(sick, 0, "He is well."))
		time.Sleep(14*24*time.Hour - time.Minute)
		j.letters(j.c, 1)
		j.stands(j.c, sick, 1, 0)
		time.Sleep(time.Minute)
		j.letters(j.c, 0)
		j.stands(j.c, sick, 1, 0)
		j.stands(j.c, rude, 1, 1)
		if err := j.c.Report(rude, 0, "Once more."); !errors.Is(err, nvr.ErrExists) {
			t.Errorf("what was taken is reported again: %v", err)
		}
		j.done(j.c.Report(sick, 0, "He is well, still."))
		j.letters(j.c, 1)
		j.stands(j.c, sick, 1, 0)
		j.letters(j.a, 0)
		j.holds(j.a, "He is not.")
		time.Sleep(16 * 24 * time.Hour)
		j.letters(j.c, 0)
		j.stands(j.c, sick, 1, 0)
		j.letters(j.a, 0)
		j.stands(j.c, rude, 0, 0)
		j.holds(j.a)
		if in := found(t, j.anna.dir, []byte("He is not.")); len(in) > 0 {
			t.Errorf("after 30 days it stands in %v", in)
		}
	})
}

// After a power cut a clock is behind until it is set: nothing that waits is
// given up for that.
func TestReportClockBehind(t *testing.T) {
	story(t, func(t *testing.T) {
		j := newJudged(t)
		rude := j.says(j.b, "Your son is a thief.")
		j.done(j.c.Report(rude, 0, "He is not."))
		for _, ahead := range []time.Duration{-365 * 24 * time.Hour, time.Until(time.Unix(0, 0))} {
			j.cleo.ahead.Store(int64(ahead))
			j.cleo.crash()
			_, err := j.cleo.all.In()[0].Letters()
			j.done(err)
			j.cleo.ahead.Store(0)
			j.cleo.crash()
			j.letters(j.cleo.all.In()[0], 1)
		}
	})
}
