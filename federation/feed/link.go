package feed

import (
	"bytes"
	"slices"

	"nvrd/federation/wire"
)

// What one link may cost in an hour of this home's clock, whoever is at the
// other end; see [Link]. An honest peer reaches none of them but, when it was
// away for long, the first; the rest then waits for the next hour.
const (
	MaxOut      = 16 << 20 // bytes; 6,000 entries with usual payloads are 4 MB
	MaxIn       = 32 << 20 // bytes; two hours of the peer's may fall into one of ours
	MaxMessages = 8192     // each hour of 91 days differs: 92 + 2,184 of them, and as many that want
	MaxWasted   = 8192     // entries that were of no use; a month that two peers bring at once has 6,000
)

// Link is one conversation with a peer about what each of the two lacks. Either
// side begins with [Link.Start], at times that the caller chooses; both hand
// what the other says to [Link.Step] and send what that returns.
//
// It goes down from the root to days, hours and ids, wherever fingerprints
// differ, and then hands over the entries: three round trips, after which both
// hold the same. (Where a label was taken back and its entry was dead for another
// reason too, it may take a second conversation.) What a peer seems
// to lack is sent once an hour unasked, so that a peer that ignores it costs no
// more than its fingerprints.
//
// The peer is not trusted. Nothing that it says is kept but entries that hold,
// and which of them it was sent. Beyond the limits above a link is deaf and
// silent until the hour ends. A link may be used for all streams to one peer,
// one after the other, and should be: a new one has new limits.
type Link struct {
	set  *Set
	open Opener

	asked wire.Print // the root that was said and not answered yet
	waits bool
	equal bool
	said  agreement // what was said last of sets that are equal

	hour   wire.Minute
	spent  spending
	passed map[wire.Print]struct{} // the peer has these: it sent them, or was sent them
}

// agreement is that both held the same, and when that was said. It is said once a
// minute: an answer looks like a question, and would be answered for ever.
type agreement struct {
	print wire.Print
	at    wire.Minute
}

// spending is what a link has cost within the hour.
type spending struct{ out, in, messages, wasted int }

// NewLink returns a link for a set. The opener is [Open], or one that remembers.
func NewLink(set *Set, open Opener) *Link {
	return &Link{set: set, open: open, passed: map[wire.Print]struct{}{}}
}

// Reset begins anew on another stream: nothing that was sent is taken for
// received. The limits go on.
func (l *Link) Reset() {
	l.waits, l.equal, l.said = false, false, agreement{}
	clear(l.passed)
}

// Equal tells whether both sides held the same when the peer last said so.
func (l *Link) Equal() bool { return l.equal }

// Deaf tells whether the peer is not listened to until the hour ends.
func (l *Link) Deaf() bool { return l.spent.in > MaxIn || l.spent.messages > MaxMessages }

// Start returns what begins a conversation.
func (l *Link) Start(now wire.Minute) ([]wire.Message, []Change) {
	changes := l.turn(now)
	var r reply
	l.asked, l.waits = l.set.tree.root(), true
	l.say(&r, wire.Root{First: l.set.first(), Print: l.asked})
	return r.messages, changes
}

// Push returns messages that pass on what was added, apart from what the peer is
// known to have.
func (l *Link) Push(changes []Change, now wire.Minute) []wire.Message {
	_ = l.turn(now)
	var r reply
	for _, c := range changes {
		if c.Is == IsAdded && c.New {
			if held := l.set.held[c.Item.ID]; held != nil {
				l.offer(&r, held)
			}
		}
	}
	l.flush(&r)
	return r.messages
}

// Step takes what the peer says, as [wire.ReadMessage] read it, and returns what to say to it, and what changed
// here. An error is one of federation/wire and the peer's fault; what it returns
// beside it holds all the same.
func (l *Link) Step(m wire.Message, now wire.Minute) ([]wire.Message, []Change, error) {
	changes := l.turn(now)
	l.spent.messages++
	l.spent.in += wire.Size(m)
	if l.Deaf() {
		return nil, changes, nil
	}
	var r reply
	var err error
	switch m := m.(type) {
	case wire.Root:
		l.root(&r, m)
	case wire.Days:
		l.days(&r, m)
	case wire.Hours:
		l.hours(&r, m)
	case wire.IDs:
		l.ids(&r, m)
	case wire.Want:
		l.want(&r, m)
	case wire.Entries:
		err = l.take(m, &changes)
	}
	l.flush(&r)
	return r.messages, changes, err
}

// turn lets time pass in the set, and begins another hour of the link.
func (l *Link) turn(now wire.Minute) []Change {
	if hour := now / 60; hour != l.hour {
		l.hour, l.spent, l.waits = hour, spending{}, false
		clear(l.passed)
	}
	return l.set.Advance(now)
}

// root answers with the same root if it is equal, and else with days. Of two
// roots that cross the one with the greater print goes unanswered.
func (l *Link) root(r *reply, m wire.Root) {
	mine := wire.Root{First: l.set.first(), Print: l.set.tree.root()}
	if l.equal = m == mine; l.equal {
		if is := (agreement{mine.Print, l.set.now}); !l.waits && l.said != is {
			l.said = is
			l.say(r, mine)
		}
		l.waits = false
		return
	}
	if l.waits && bytes.Compare(l.asked[:], m.Print[:]) < 0 {
		return
	}
	l.waits = false
	days := wire.Days{First: mine.First}
	for _, d := range l.set.tree.days {
		days.Days = append(days.Days, wire.DayPrint{Day: d.number, Print: d.root()})
	}
	l.say(r, days)
}

// days answers each day that differs with its hours, the newest first; a day of
// which the peer has nothing, with all that is in it.
func (l *Link) days(r *reply, m wire.Days) {
	l.waits = false
	theirs := map[uint32]wire.Print{}
	for _, d := range m.Days {
		theirs[d.Day] = d.Print
	}
	first := max(m.First, l.set.first()) // of days before, one of the two keeps nothing
	for n := int64(l.set.last()); n >= int64(first) && !l.full(r); n-- {
		mine := l.set.tree.day(uint32(n))
		print, ok := theirs[uint32(n)]
		switch {
		case !ok && l.unsent(mine):
			for _, h := range slices.Backward(mine.hours) {
				l.offerAll(r, h.held)
			}
		case ok && (len(mine.hours) == 0 || print != mine.root()), !ok && len(mine.hours) > 0:
			l.say(r, hoursOf(mine))
		}
	}
}

// unsent tells whether there is something in a day, and none of it was sent.
func (l *Link) unsent(d *day) bool {
	for _, h := range d.hours {
		if slices.ContainsFunc(h.held, l.has) {
			return false
		}
	}
	return len(d.hours) > 0
}

func hoursOf(d *day) wire.Hours {
	m := wire.Hours{Day: d.number}
	for _, h := range d.hours {
		m.Hours = append(m.Hours, wire.HourPrint{Hour: h.number, Print: h.root()})
	}
	return m
}

// hours answers each hour that differs with its ids; one of which the peer has
// nothing, with all that is in it.
func (l *Link) hours(r *reply, m wire.Hours) {
	if m.Day < l.set.first() || m.Day > l.set.last() {
		return
	}
	var theirs, mine [24]*wire.Print
	for i, h := range m.Hours {
		theirs[h.Hour] = &m.Hours[i].Print
	}
	for _, h := range l.set.tree.day(m.Day).hours {
		p := h.root()
		mine[h.number] = &p
	}
	for n := 23; n >= 0 && !l.full(r); n-- {
		number := m.Day*24 + uint32(n)
		held := l.set.tree.hour(number)
		switch {
		case theirs[n] == nil && mine[n] == nil, theirs[n] != nil && mine[n] != nil && *theirs[n] == *mine[n]:
		case theirs[n] == nil && !slices.ContainsFunc(held, l.has):
			l.offerAll(r, held)
		default:
			l.list(r, number, held)
		}
	}
}

// list says the ids of an hour, in as many messages as that takes.
func (l *Link) list(r *reply, hour uint32, held []*record) {
	for _, p := range wire.Pages(prints(held)) {
		l.say(r, wire.IDs{Hour: hour, After: p.After, Upto: p.Upto, IDs: p.IDs})
	}
}

// ids sends what the peer lacks of an hour, and asks for what is lacking here.
func (l *Link) ids(r *reply, m wire.IDs) {
	if day := m.Hour / 24; day < l.set.first() || day > l.set.last() {
		return
	}
	held := l.set.tree.hour(m.Hour)
	theirs, ours := wire.Page{After: m.After, Upto: m.Upto, IDs: m.IDs}.Compare(prints(held))
	if len(ours) > 0 {
		l.say(r, wire.Want{Hour: m.Hour, IDs: ours})
	}
	lacking := make([]*record, len(theirs))
	for i, at := range theirs {
		lacking[i] = held[at]
	}
	l.offerAll(r, lacking)
}

// want sends what the peer asks for, also if it was sent before.
func (l *Link) want(r *reply, m wire.Want) {
	held := l.set.tree.hour(m.Hour)
	for _, id := range m.IDs {
		if l.full(r) {
			return
		}
		if h := named(held, id); h != nil {
			for _, before := range l.set.before(h) {
				l.carry(r, before)
			}
			l.carry(r, h)
		}
	}
}

// copyOf returns what is held already, to the byte: each entry comes from most
// neighbors, and its signature is checked once.
func (s *Set) copyOf(c wire.Carried) *Item {
	id, err := wire.Name(c.Entry)
	if r := s.held[id]; err == nil && r != nil && bytes.Equal(r.Raw, c.Entry) && bytes.Equal(r.Payload, c.Payload) {
		return r.Item
	}
	return nil
}

// take adds what the peer brings.
func (l *Link) take(m wire.Entries, changes *[]Change) error {
	for _, c := range m.Entries {
		if l.spent.wasted >= MaxWasted {
			return nil
		}
		item := l.set.copyOf(c)
		if item == nil {
			var err error
			if item, err = l.open(c.Entry, c.Payload); err != nil {
				return err
			}
		}
		l.passed[item.ID.Print()] = struct{}{}
		before := len(*changes)
		outcome := l.set.add(item, changes)
		if outcome != Added || !(*changes)[before].New {
			l.spent.wasted++
		}
	}
	return nil
}
