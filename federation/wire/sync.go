package wire

import (
	"crypto/sha256"
	"fmt"
	"slices"
)

// A message is what two homes say on their link to find out which entries the
// other lacks, and to hand them over (see federation/feed), or on a stream of its
// own about a file (see [Fetch]). Messages are not
// signed: nothing in them is believed but the entries that they carry.
//
// Entries lie in buckets: an hour holds those that claim a minute of it, a day
// its hours. Of each bucket a fingerprint is told, and only where two differ
// what is inside.

// Print is the beginning of a SHA-256: the fingerprint of a bucket, or an id cut
// short. Whoever could make two of a kind could hide an entry of their own.
type Print [16]byte

// Print returns the beginning of the hash.
func (h Hash) Print() Print { return Print(h[:16]) }

// PrintOf returns the fingerprint of bytes.
func PrintOf(b []byte) Print {
	h := sha256.Sum256(b)
	return Print(h[:16])
}

// MessageKind says what a message is. Numbers are never used anew.
type MessageKind uint8

// The kinds of messages.
const (
	MessageRoot     MessageKind = 1
	MessageDays     MessageKind = 2
	MessageHours    MessageKind = 3
	MessageIDs      MessageKind = 4
	MessageWant     MessageKind = 5
	MessageEntries  MessageKind = 6
	MessageRoster   MessageKind = 7
	MessageBuckets  MessageKind = 8
	MessageBucket   MessageKind = 9
	MessageAsk      MessageKind = 10
	MessageObjects  MessageKind = 11
	MessageFetch    MessageKind = 12
	MessageChunks   MessageKind = 13
	MessageLogs     MessageKind = 14
	MessageLogAsk   MessageKind = 15
	MessageLogPart  MessageKind = 16
	MessageLogWant  MessageKind = 17
	MessageLogTexts MessageKind = 18
	MessageLogFraud MessageKind = 19
)

// Message is one of the types here that have a MessageKind.
type Message interface {
	MessageKind() MessageKind
	check() error
}

// Root is the fingerprint of all that a home holds.
type Root struct {
	_     struct{} `cbor:",toarray"`
	First uint32   // the oldest day of which the home keeps anything: days since 1970-01-01
	Print Print
}

// Days answers a root that differs: all days that are not empty.
type Days struct {
	_     struct{} `cbor:",toarray"`
	First uint32
	Days  []DayPrint // ascending
}

// DayPrint is the fingerprint of one day.
type DayPrint struct {
	_     struct{} `cbor:",toarray"`
	Day   uint32
	Print Print
}

// Hours answers a day that differs: all its hours that are not empty.
type Hours struct {
	_     struct{} `cbor:",toarray"`
	Day   uint32
	Hours []HourPrint // ascending
}

// HourPrint is the fingerprint of one hour of a day.
type HourPrint struct {
	_     struct{} `cbor:",toarray"`
	Hour  uint8    // 0 to 23, in UTC
	Print Print
}

// IDs answers an hour that differs: all entries in it whose id lies after After,
// up to and with Upto. An hour with many entries takes several.
type IDs struct {
	_     struct{} `cbor:",toarray"`
	Hour  uint32   // hours since 1970-01-01T00:00Z
	After Print
	Upto  Print
	IDs   []Print // ascending
}

// Want asks for entries of an hour.
type Want struct {
	_    struct{} `cbor:",toarray"`
	Hour uint32
	IDs  []Print // ascending
}

// Entries carries entries, asked for or not.
type Entries struct {
	_       struct{} `cbor:",toarray"`
	Entries []Carried
}

// Carried is an entry with its payload; without one if that was dropped, or never was.
type Carried struct {
	_       struct{} `cbor:",toarray"`
	Entry   []byte   // the object as it was signed
	Payload []byte
}

// Bounds of messages.
const (
	MaxDays     = 92       // those of entries that are kept, 91, and tomorrow's first minutes
	MaxIDs      = 256      // of one message: 4 KiB
	MaxCarried  = 256      // of one message; its size mostly allows fewer
	MaxMessage  = 64 << 10 // seven of the largest entries with their payloads, a hundred usual ones
	hoursPerDay = 24
)

// Messages are written as [version, kind, body].
type frame struct {
	_       struct{} `cbor:",toarray"`
	Version uint8
	Kind    MessageKind
	Body    []byte
}

// messages says of each kind how its body is read, and how large the whole
// message may be: what its fields can take, rounded up.
var messages = map[MessageKind]struct {
	name  string
	limit int
	read  func([]byte, int) (Message, error)
}{
	MessageRoot:     {"root", 64, said[Root]},
	MessageDays:     {"days", 2304, said[Days]},
	MessageHours:    {"hours", 512, said[Hours]},
	MessageIDs:      {"ids", 4608, said[IDs]},
	MessageWant:     {"want", 4608, said[Want]},
	MessageEntries:  {"entries", MaxMessage, said[Entries]},
	MessageRoster:   {"roster", 64, said[Roster]},
	MessageBuckets:  {"buckets", 5632, said[Buckets]},
	MessageBucket:   {"bucket", 4608, said[Bucket]},
	MessageAsk:      {"ask", 4608, said[Ask]},
	MessageObjects:  {"objects", MaxMessage, said[Objects]},
	MessageFetch:    {"fetch", 64, said[Fetch]},
	MessageChunks:   {"chunks", 4608, said[Chunks]},
	MessageLogs:     {"logs", 2304, said[Logs]},
	MessageLogAsk:   {"log-ask", 64, said[LogAsk]},
	MessageLogPart:  {"log-part", MaxMessage, said[LogPart]},
	MessageLogWant:  {"log-want", 4608, said[LogWant]},
	MessageLogTexts: {"log-texts", MaxMessage, said[LogTexts]},
	MessageLogFraud: {"log-fraud", 4160, said[LogFraud]},
}

func (k MessageKind) String() string {
	if known, ok := messages[k]; ok {
		return known.name
	}
	return fmt.Sprintf("message %d", uint8(k))
}

// WriteMessage returns the one encoding of m, or what [ReadMessage] would refuse
// it for.
func WriteMessage(m Message) ([]byte, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	b := encode(frame{Version: Version, Kind: m.MessageKind(), Body: encode(m)})
	if limit := messages[m.MessageKind()].limit; len(b) > limit {
		return nil, fmt.Errorf("%w: %v of %d bytes, of at most %d", ErrTooLarge, m.MessageKind(), len(b), limit)
	}
	return b, nil
}

// ReadMessage reads what a stranger says. Errors are the kinds of this package.
// What it returns is of the right form, and no more than that; the entries in it
// are bytes that [Open] has to read.
func ReadMessage(b []byte) (Message, error) {
	f, err := decode[frame](b, MaxMessage)
	if err != nil {
		return nil, err
	}
	kind, ok := messages[f.Kind]
	switch {
	case !ok || f.Version != Version:
		return nil, fmt.Errorf("%w: version %d, %v", ErrUnknown, f.Version, f.Kind)
	case len(b) > kind.limit:
		return nil, fmt.Errorf("%w: %v of %d bytes, of at most %d", ErrTooLarge, f.Kind, len(b), kind.limit)
	}
	m, err := kind.read(f.Body, kind.limit)
	if err != nil {
		return nil, err
	}
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("%v: %w", f.Kind, err)
	}
	return m, nil
}

// said reads a message of type T.
func said[T Message](b []byte, limit int) (Message, error) {
	v, err := decode[T](b, limit)
	if err != nil {
		return nil, err
	}
	return v, nil
}

// MessageKind returns the kind. So do those below.
func (Root) MessageKind() MessageKind    { return MessageRoot }
func (Days) MessageKind() MessageKind    { return MessageDays }
func (Hours) MessageKind() MessageKind   { return MessageHours }
func (IDs) MessageKind() MessageKind     { return MessageIDs }
func (Want) MessageKind() MessageKind    { return MessageWant }
func (Entries) MessageKind() MessageKind { return MessageEntries }

func (Root) check() error { return nil }

func (m Days) check() error {
	ok := len(m.Days) <= MaxDays && rising(m.Days, func(a, b DayPrint) bool { return a.Day < b.Day })
	return within("days", ok && (len(m.Days) == 0 || m.Days[0].Day >= m.First))
}

func (m Hours) check() error {
	ok := rising(m.Hours, func(a, b HourPrint) bool { return a.Hour < b.Hour })
	return within("hours", ok && (len(m.Hours) == 0 || m.Hours[len(m.Hours)-1].Hour < hoursPerDay))
}

func (m IDs) check() error {
	ok := len(m.IDs) <= MaxIDs && rising(m.IDs, before) && before(m.After, m.Upto)
	if n := len(m.IDs); ok && n > 0 {
		ok = before(m.After, m.IDs[0]) && !before(m.Upto, m.IDs[n-1])
	}
	return within("ids", ok)
}

func (m Want) check() error {
	return within("ids", len(m.IDs) > 0 && len(m.IDs) <= MaxIDs && rising(m.IDs, before))
}

func (m Entries) check() error {
	err := within("entries", len(m.Entries) > 0 && len(m.Entries) <= MaxCarried)
	for _, c := range m.Entries {
		err = first(err,
			within("length of an entry", len(c.Entry) > 0 && len(c.Entry) <= MaxEntry),
			within("length of a payload", len(c.Payload) <= MaxPayload))
	}
	return err
}

// rising tells whether each is less than the one behind it: a set, written in one way.
func rising[T any](list []T, less func(a, b T) bool) bool {
	for i := 1; i < len(list); i++ {
		if !less(list[i-1], list[i]) {
			return false
		}
	}
	return true
}

func before(a, b Print) bool { return slices.Compare(a[:], b[:]) < 0 }

// Page is a part of some ids in ascending order, and the range in which they are
// all there are: after After, up to and with Upto.
type Page struct {
	After, Upto Print
	IDs         []Print
}

// Pages returns ids, which are ascending, as pages that a message can hold. They
// leave no range out, also without any id.
func Pages(ids []Print) (pages []Page) {
	var p Page
	for len(ids) > MaxIDs {
		p.IDs, ids = ids[:MaxIDs], ids[MaxIDs:]
		p.Upto = p.IDs[MaxIDs-1]
		pages = append(pages, p)
		p = Page{After: p.Upto}
	}
	p.IDs = ids
	for i := range p.Upto {
		p.Upto[i] = 0xff
	}
	return append(pages, p)
}

// Compare holds a page of a peer against what is held here, which is ascending.
// It returns the places of what the peer lacks, and what is lacking here.
func (p Page) Compare(held []Print) (theirs []int, ours []Print) {
	listed := p.IDs
	for i, id := range held {
		if !before(p.After, id) || before(p.Upto, id) {
			continue
		}
		for len(listed) > 0 && before(listed[0], id) {
			ours, listed = append(ours, listed[0]), listed[1:]
		}
		if len(listed) > 0 && listed[0] == id {
			listed = listed[1:]
			continue
		}
		theirs = append(theirs, i)
	}
	return theirs, append(ours, listed...)
}
