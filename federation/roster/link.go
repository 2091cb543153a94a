package roster

import (
	"bytes"
	"cmp"
	"errors"
	"slices"

	"nvrd/federation/wire"
)

// What one link may cost in an hour, whoever is at the other end. An honest peer
// reaches none of them: a whole roster is 10 MB.
const (
	MaxOut     = 16 << 20 // bytes that are sent, and one reply more
	MaxOpened  = 40_000   // objects that came: twice a whole roster
	maxPending = 1_024    // objects that rest on others which have not come yet
)

// Link is one conversation with a peer about which objects of the roster each of
// the two lacks. Either side begins with [Link.Start]; both hand what the other
// says to [Link.Step] and send what that returns. Where rosters are equal that is
// two messages of 22 bytes.
//
// It goes down from one fingerprint to buckets and ids wherever they differ, and
// then hands over the objects: three round trips. To a peer that has nothing yet
// all is sent at once, what others rest on first.
//
// The peer is not trusted: nothing that it says is kept but objects that hold.
// A link is for one goroutine at a time.
type Link struct {
	roster *Roster
	open   Opener

	asked wire.Print // the fingerprint that was said and not answered yet
	waits bool
	told  bool // the peer knows the buckets here, of this conversation
	equal bool
	said  agreement // what was said last of rosters that are equal

	hour        wire.Minute
	out, opened int
	pending     []wire.Signed
}

// agreement is that both held the same, and when that was said. It is said once a
// minute: an answer looks like a question, and would be answered for ever.
type agreement struct {
	print wire.Print
	at    wire.Minute
}

// Opener reads an object that a stranger sent: [wire.Open], or one that remembers.
type Opener func(raw []byte) (wire.Signed, error)

// NewLink returns a link for a roster.
func NewLink(r *Roster, open Opener) *Link { return &Link{roster: r, open: open} }

// Reset begins anew on another stream: nothing that was asked on the one before
// is answered any more. The limits go on.
func (l *Link) Reset() { l.waits, l.told, l.equal, l.said = false, false, false, agreement{} }

// Equal tells whether both sides held the same when the peer last said so.
func (l *Link) Equal() bool { return l.equal }

// Start returns what begins a conversation.
func (l *Link) Start(now wire.Minute) []wire.Message {
	l.turn(now)
	l.asked, l.waits, l.told = l.roster.print(), true, false
	return []wire.Message{wire.Roster{Print: l.asked}}
}

// Push returns messages that pass on objects which are new here.
func (l *Link) Push(objects []wire.Signed, now wire.Minute) []wire.Message {
	l.turn(now)
	reply := l.carry(objects)
	for _, m := range reply {
		l.out += wire.Size(m)
	}
	return reply
}

// Step takes what the peer says, as [wire.ReadMessage] read it, and returns what
// to say to it, and which objects are new here. An error is the peer's fault: one
// of federation/wire, or [ErrForeign]; what it returns beside it holds all the
// same.
func (l *Link) Step(m wire.Message, now wire.Minute) ([]wire.Message, []wire.Signed, error) {
	l.turn(now)
	if objects, ok := m.(wire.Objects); ok {
		added, err := l.take(objects)
		return nil, added, err
	}
	if l.out >= MaxOut {
		return nil, nil, nil
	}
	var reply []wire.Message
	switch m := m.(type) {
	case wire.Roster:
		reply = l.root(m, now)
	case wire.Buckets:
		reply = l.buckets(m)
	case wire.Bucket:
		reply = l.bucket(m)
	case wire.Ask:
		reply = l.ask(m)
	}
	for _, m := range reply {
		l.out += wire.Size(m)
	}
	return reply, nil, nil
}

func (l *Link) turn(now wire.Minute) {
	if hour := now / 60; hour != l.hour {
		l.hour, l.out, l.opened, l.waits, l.pending = hour, 0, 0, false, nil
	}
}

// root answers with the same if it is equal, and else with buckets. Of two that
// cross the one with the greater print goes unanswered.
func (l *Link) root(m wire.Roster, now wire.Minute) []wire.Message {
	mine := wire.Roster{Print: l.roster.print()}
	waited := l.waits
	if l.equal = m == mine; l.equal {
		l.waits = false
		is := agreement{mine.Print, now}
		if waited || l.said == is {
			return nil
		}
		l.said = is
		return []wire.Message{mine}
	}
	if waited && bytes.Compare(l.asked[:], m.Print[:]) < 0 {
		return nil
	}
	l.waits = false
	return []wire.Message{l.tell()}
}

// tell says the buckets here.
func (l *Link) tell() wire.Buckets {
	l.told = true
	var all wire.Buckets
	for i := range l.roster.buckets {
		if b := &l.roster.buckets[i]; len(b.ids) > 0 {
			all.Buckets = append(all.Buckets, wire.BucketPrint{Bucket: uint8(i), Print: b.root()})
		}
	}
	return all
}

// buckets answers each bucket that differs with its ids; of those of which the
// peer has nothing, all objects are sent. To a peer that lacks more than half of
// the buckets all is sent, since what it lacks of the others is what the rest
// rests on; whoever lacks more than half says so, to be sent all in order.
func (l *Link) buckets(m wire.Buckets) (reply []wire.Message) {
	l.waits = false
	var theirs [256]*wire.Print
	for i, b := range m.Buckets {
		theirs[b.Bucket] = &m.Buckets[i].Print
	}
	mine, missing, both := 0, 0, 0
	for i := range l.roster.buckets {
		if len(l.roster.buckets[i].ids) > 0 {
			mine++
			if theirs[i] == nil {
				missing++
			} else {
				both++
			}
		}
	}
	if !l.told && 2*both < len(m.Buckets) {
		return []wire.Message{l.tell()}
	}
	var lacking []wire.Signed
	for i := range l.roster.buckets {
		b := &l.roster.buckets[i]
		differs := theirs[i] != nil && (len(b.ids) == 0 || *theirs[i] != b.root())
		if differs {
			reply = append(reply, list(uint8(i), b.ids)...)
		}
		if theirs[i] == nil || differs && 2*missing > mine {
			for _, id := range b.ids {
				lacking = append(lacking, l.roster.objects[id])
			}
		}
	}
	return append(l.carry(lacking), reply...)
}

// list says the ids of a bucket, in as many messages as that takes.
func list(number uint8, ids []wire.Hash) (reply []wire.Message) {
	for _, p := range wire.Pages(prints(ids)) {
		reply = append(reply, wire.Bucket{Bucket: number, After: p.After, Upto: p.Upto, IDs: p.IDs})
	}
	return reply
}

func prints(ids []wire.Hash) []wire.Print {
	short := make([]wire.Print, len(ids))
	for i, id := range ids {
		short[i] = id.Print()
	}
	return short
}

// bucket sends what the peer lacks of a bucket, and asks for what is lacking here.
func (l *Link) bucket(m wire.Bucket) (reply []wire.Message) {
	held := l.roster.buckets[m.Bucket].ids
	theirs, ours := wire.Page{After: m.After, Upto: m.Upto, IDs: m.IDs}.Compare(prints(held))
	if len(ours) > 0 {
		reply = append(reply, wire.Ask{Bucket: m.Bucket, IDs: ours})
	}
	lacking := make([]wire.Signed, len(theirs))
	for i, at := range theirs {
		lacking[i] = l.roster.objects[held[at]]
	}
	return append(reply, l.carry(lacking)...)
}

func (l *Link) ask(m wire.Ask) []wire.Message {
	var asked []wire.Signed
	for _, id := range l.roster.buckets[m.Bucket].ids {
		if _, ok := slices.BinarySearchFunc(m.IDs, id.Print(), comparePrints); ok {
			asked = append(asked, l.roster.objects[id])
		}
	}
	return l.carry(asked)
}

// carry makes messages of objects, what others rest on first.
func (l *Link) carry(objects []wire.Signed) (reply []wire.Message) {
	objects = slices.SortedFunc(slices.Values(objects), l.roster.resting)
	var m wire.Objects
	filled := 0
	for _, o := range objects {
		n := len(o.Raw) + 3
		if filled+n > wire.MaxMessage-64 || len(m.Objects) == wire.MaxCarried {
			reply, m, filled = append(reply, m), wire.Objects{}, 0
		}
		m.Objects = append(m.Objects, o.Raw)
		filled += n
	}
	if len(m.Objects) > 0 {
		reply = append(reply, m)
	}
	return reply
}

// resting orders objects that are held so that those on which others rest come
// first.
func (r *Roster) resting(a, b wire.Signed) int {
	rank := func(o wire.Signed) (kind, at int) {
		switch b := o.Body.(type) {
		case wire.Act:
			return 1, int(b.Act().Height)
		case wire.Vote:
			return 2, 0
		case wire.Deed:
			return 3, r.logs[b.Deed().Seat].byID[o.ID].depth
		case wire.Card, wire.Leave, wire.Anew:
			return 4, 0
		}
		return 0, 0
	}
	kindA, atA := rank(a)
	kindB, atB := rank(b)
	return cmp.Or(cmp.Compare(kindA, kindB), cmp.Compare(atA, atB), wire.Compare(a.ID, b.ID))
}

// take adds what the peer brings. What rests on something that has not come yet
// is kept until that comes, or the hour is over.
func (l *Link) take(m wire.Objects) (added []wire.Signed, err error) {
	for _, raw := range m.Objects {
		if l.opened++; l.opened > MaxOpened {
			return added, nil
		}
		if id, err := wire.Name(raw); err == nil && bytes.Equal(l.roster.objects[id].Raw, raw) {
			continue // several neighbors bring it
		}
		o, err := l.open(raw)
		if err != nil {
			return added, err
		}
		news, err := l.roster.Add(o)
		switch {
		case errors.Is(err, ErrForeign):
			return added, err
		case errors.Is(err, ErrEarly) && len(l.pending) < maxPending:
			l.pending = append(l.pending, o)
		case news:
			added = append(added, o)
		}
	}
	for again := len(added) > 0; again; {
		again = false
		l.pending = slices.DeleteFunc(l.pending, func(o wire.Signed) bool {
			news, err := l.roster.Add(o)
			if news {
				added, again = append(added, o), true
			}
			return !errors.Is(err, ErrEarly)
		})
	}
	return added, nil
}

func comparePrints(a, b wire.Print) int { return bytes.Compare(a[:], b[:]) }

// bucket is the ids of objects that begin with one byte.
type bucket struct {
	ids   []wire.Hash // ascending
	print wire.Print
	fresh bool
}

func (b *bucket) root() wire.Print {
	if !b.fresh {
		var all []byte
		for _, id := range b.ids {
			all = append(all, id[:]...)
		}
		b.print, b.fresh = wire.PrintOf(all), true
	}
	return b.print
}

func (b *bucket) put(id wire.Hash) {
	at, _ := slices.BinarySearchFunc(b.ids, id, wire.Compare)
	b.ids, b.fresh = slices.Insert(b.ids, at, id), false
}

func (b *bucket) drop(id wire.Hash) {
	if at, ok := slices.BinarySearchFunc(b.ids, id, wire.Compare); ok {
		b.ids, b.fresh = slices.Delete(b.ids, at, at+1), false
	}
}

// print returns the fingerprint of all that is held.
func (r *Roster) print() wire.Print {
	var all []byte
	for i := range r.buckets {
		if b := &r.buckets[i]; len(b.ids) > 0 {
			p := b.root()
			all = append(append(all, byte(i)), p[:]...)
		}
	}
	return wire.PrintOf(all)
}
