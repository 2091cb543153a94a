package request

import (
	"bytes"
	"fmt"
	"slices"

	"nvrd/federation/wire"
)

// What one link may cost in an hour, whoever is at the other end. An honest peer
// reaches none of them.
const (
	MaxOut   = 16 << 20 // bytes that are sent, and one reply more
	MaxHeard = 2_000    // messages that are read: a log of 50,000 takes 800
	MaxTold  = 60       // of them those with texts that came later; and of all links those for which all is judged

	perPart  = 64       // entries with their texts in one message
	textsLen = 16 << 20 // bytes of texts, of all links, that wait for the rest of a log; others are asked for later
	room     = 200      // of a message: all that is neither a checkpoint, an id nor a text
)

// Link is one conversation with a peer about which entries of the logs each of the
// two lacks. Either side begins with [Link.Start]; both hand what the other says to
// [Link.Step] and send what that returns. Where no agency is followed that is
// nothing, and where logs are equal two messages of 60 bytes for each.
//
// The peer is not trusted: nothing that it says is kept but what an agency signed, and
// while a log is on its way no more ids than the agency says it has.
// A link is for one goroutine at a time.
type Link struct {
	logs *Logs

	queue  []wire.Key // whose entries are to be asked for, one after the other
	gather *gather    // nil while nothing was asked for

	hour             wire.Minute
	out, heard, told int
}

// gather is what came so far of a log that is asked for in parts.
type gather struct {
	agency wire.Key
	bare   bool // all ids, to compare: else those that follow here, with texts
	whole  bool // all of them came
	from   int
	ids    []wire.Hash
	texts  map[wire.Hash][]byte
	bytes  int
}

// NewLink returns a link for the logs of a home.
func NewLink(s *Logs) *Link { return &Link{logs: s} }

// Reset ends the conversation; it may begin anew on another stream. The limits go on.
func (l *Link) Reset() {
	l.queue = nil
	l.end()
}

// end forgets what is on its way.
func (l *Link) end() {
	if l.gather != nil {
		l.logs.gathered -= l.gather.bytes
		l.gather = nil
	}
}

// Start returns what begins a conversation.
func (l *Link) Start(now wire.Minute) []wire.Message {
	l.turn(now)
	var all wire.Logs
	for _, agency := range l.logs.Agencies() {
		if len(all.Logs) < wire.MaxLogs {
			all.Logs = append(all.Logs, l.logs.Log(agency).print(agency))
		}
	}
	if len(all.Logs) == 0 {
		return nil
	}
	return []wire.Message{all}
}

// Push returns messages that pass on what is new here.
func (l *Link) Push(changes []Change, now wire.Minute) (reply []wire.Message) {
	l.turn(now)
	for _, c := range changes {
		log := l.logs.follows(c.Agency)
		switch {
		case log == nil || !c.News:
		case log.fraud != nil:
			reply = append(reply, wire.LogFraud{Proof: log.fraud.Bytes()})
		case log.note != nil:
			reply = append(reply, log.part(c.Agency, c.From, false))
		}
	}
	return l.count(reply)
}

// Step takes what the peer says, as [wire.ReadMessage] read it, and returns what to
// say to it, and what is new here. An error is the peer's fault: one of
// federation/wire.
func (l *Link) Step(m wire.Message, now wire.Minute) (reply []wire.Message, changes []Change, err error) {
	l.turn(now)
	if l.heard++; l.heard > MaxHeard {
		return nil, nil, nil
	}
	switch m := m.(type) {
	case wire.LogPart:
		reply, changes, err = l.part(m, now)
	case wire.LogTexts:
		if l.told++; l.told <= MaxTold && l.logs.judges(now) {
			changes, err = l.logs.Tell(m.Agency, m.Texts, now)
		}
	case wire.LogFraud:
		changes, err = l.logs.Convict(m.Proof)
	}
	if l.out >= MaxOut {
		return nil, changes, err
	}
	switch m := m.(type) {
	case wire.Logs:
		reply = l.compare(m)
	case wire.LogAsk:
		if log := l.logs.follows(m.Agency); log != nil && log.note != nil && int(m.From) < log.Size() {
			reply = []wire.Message{log.part(m.Agency, int(m.From), m.Bare)}
		}
	case wire.LogWant:
		reply = l.texts(m)
	}
	return l.count(reply), changes, err
}

func (l *Link) turn(now wire.Minute) {
	if hour := now / 60; hour != l.hour {
		if l.heard > MaxHeard || l.out >= MaxOut { // of what is on its way something was not heard, or not asked for
			l.Reset()
		}
		l.hour, l.out, l.heard, l.told = hour, 0, 0, 0
	}
}

func (l *Link) count(reply []wire.Message) []wire.Message {
	for _, m := range reply {
		l.out += wire.Size(m)
	}
	return reply
}

// compare asks for what the peer has more of, and says of what there is more here.
func (l *Link) compare(m wire.Logs) (reply []wire.Message) {
	var more wire.Logs
	for _, theirs := range m.Logs {
		log := l.logs.follows(theirs.Agency)
		if log == nil {
			continue
		}
		switch mine := log.print(theirs.Agency); {
		case mine.Fraud && !theirs.Fraud:
			reply = append(reply, wire.LogFraud{Proof: log.fraud.Bytes()})
		case mine.Fraud || theirs.Fraud: // the proof comes
		case theirs.Size > mine.Size:
			l.want(theirs.Agency)
		case theirs.Size < mine.Size:
			more.Logs = append(more.Logs, mine)
		case theirs.Print != mine.Print && log.note != nil:
			reply = append(reply, log.part(theirs.Agency, log.Size(), false)) // its cosignatures, or another log
		default:
			reply = append(reply, log.want(theirs.Agency)...)
		}
	}
	if len(more.Logs) > 0 {
		reply = append(reply, more)
	}
	return append(reply, l.next()...)
}

// want notes that entries are to be asked for.
func (l *Link) want(agency wire.Key) {
	if busy := l.gather != nil && l.gather.agency == agency; !busy && !slices.Contains(l.queue, agency) {
		l.queue = append(l.queue, agency)
	}
}

// next asks for what is wanted, if nothing is on its way.
func (l *Link) next() []wire.Message {
	for l.gather == nil && len(l.queue) > 0 {
		agency := l.queue[0]
		l.queue = l.queue[1:]
		if log := l.logs.follows(agency); log != nil {
			l.gather = &gather{agency: agency, from: log.Size()}
			return []wire.Message{l.gather.ask()}
		}
	}
	return nil
}

func (g *gather) ask() wire.Message {
	return wire.LogAsk{Agency: g.agency, From: uint32(g.from + len(g.ids)), Bare: g.bare}
}

// part takes a part of a log: one that was asked for, or what is new with the peer.
func (l *Link) part(m wire.LogPart, now wire.Minute) (reply []wire.Message, changes []Change, err error) {
	log := l.logs.follows(m.Agency)
	if log == nil {
		return nil, nil, nil
	}
	g := l.gather
	if asked := g != nil && g.agency == m.Agency && int(m.From) == g.from+len(g.ids); !asked {
		if int(m.From) > log.Size() {
			l.want(m.Agency) // something before it is lacking
			return l.next(), nil, nil
		}
		g = &gather{agency: m.Agency, from: int(m.From)}
	}
	g.take(l.logs, m, g == l.gather)
	is, changes, err := g.offer(l.logs, m.Checkpoint, now)
	whole := is == Wanting && g.whole // of a log that goes on from what is here: it was another one that diverged
	done := len(m.IDs) == 0 || is != Wanting || whole
	switch {
	case done && g == l.gather:
		l.end()
	case !done && g == l.gather:
		return []wire.Message{g.ask()}, changes, nil
	case !done:
		l.want(m.Agency)
	}
	if is == Diverged && l.gather == nil {
		l.gather = &gather{agency: m.Agency, bare: true}
		return []wire.Message{l.gather.ask()}, changes, err
	}
	if whole {
		l.want(m.Agency)
	}
	if is == Extended {
		reply = log.want(m.Agency)
	}
	return append(reply, l.next()...), changes, err
}

// take adds what a part brings. More is whether others follow, for which it waits.
func (g *gather) take(s *Logs, m wire.LogPart, more bool) {
	g.ids = append(g.ids, m.IDs...)
	for _, t := range m.Texts {
		id, err := wire.Name(t)
		if err != nil || g.bare || more && s.gathered+len(t) > textsLen {
			continue // it is asked for later
		}
		if g.texts == nil {
			g.texts = map[wire.Hash][]byte{}
		}
		if _, again := g.texts[id]; !again && more {
			g.bytes += len(t)
			s.gathered += len(t)
		}
		g.texts[id] = t
	}
}

// offer offers what came so far.
func (g *gather) offer(s *Logs, note []byte, now wire.Minute) (Outcome, []Change, error) {
	l := s.Log(g.agency)
	c, err := l.open(note)
	switch end := int64(g.from + len(g.ids)); {
	case err != nil:
		return 0, nil, err
	case end > c.Size:
		return 0, nil, fmt.Errorf("%w: %d entries of %d", wire.ErrRange, end, c.Size)
	case end < c.Size && (g.bare || g.from == l.Size()): // before all that came is looked at again
		return Wanting, nil, nil
	case g.bare:
		g.whole = true
		return s.Compare(g.agency, note, g.ids)
	}
	more := make([]Entry, len(g.ids))
	for i, id := range g.ids {
		more[i] = Entry{ID: id, Text: wire.Signed{Raw: g.texts[id]}}
	}
	return s.Offer(g.agency, note, g.from, more, now)
}

// part says what follows in a log from a place on, as much as fits.
func (l *Log) part(agency wire.Key, from int, bare bool) wire.LogPart {
	m := wire.LogPart{Agency: agency, Checkpoint: l.note, From: uint32(min(from, l.Size()))}
	left := wire.MaxMessage - room - len(l.note)
	for _, e := range l.Entries(from) {
		text := e.Text.Raw
		if bare {
			text = nil
		}
		left -= len(e.ID) + 2 + len(text) + 3
		if left < 0 || len(m.IDs) == wire.MaxIDs || !bare && len(m.IDs) == perPart {
			break
		}
		m.IDs = append(m.IDs, e.ID)
		if text != nil {
			m.Texts = append(m.Texts, text)
		}
	}
	return m
}

// want asks for texts that are lacking here.
func (l *Log) want(agency wire.Key) []wire.Message {
	lacking := l.Lacking(wire.MaxIDs)
	if len(lacking) == 0 {
		return nil
	}
	m := wire.LogWant{Agency: agency}
	for _, id := range lacking {
		m.IDs = append(m.IDs, id.Print())
	}
	slices.SortFunc(m.IDs, func(a, b wire.Print) int { return bytes.Compare(a[:], b[:]) })
	m.IDs = slices.Compact(m.IDs)
	return []wire.Message{m}
}

// texts answers with texts that are here.
func (l *Link) texts(m wire.LogWant) (reply []wire.Message) {
	log := l.logs.follows(m.Agency)
	if log == nil {
		return nil
	}
	wanted := make(map[wire.Print]struct{}, len(m.IDs))
	for _, id := range m.IDs {
		wanted[id] = struct{}{}
	}
	batch, left := wire.LogTexts{Agency: m.Agency}, wire.MaxMessage-room
	for _, e := range log.entries {
		if _, ok := wanted[e.ID.Print()]; !ok || e.Text.Raw == nil {
			continue
		}
		if n := len(e.Text.Raw) + 3; n > left || len(batch.Texts) == wire.MaxTexts {
			reply, batch, left = append(reply, batch), wire.LogTexts{Agency: m.Agency}, wire.MaxMessage-room
		}
		batch.Texts = append(batch.Texts, e.Text.Raw)
		left -= len(e.Text.Raw) + 3
	}
	if len(batch.Texts) > 0 {
		reply = append(reply, batch)
	}
	return reply
}
