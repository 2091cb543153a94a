package wire

import (
	"crypto/sha256"
	"fmt"
)

// Entry is one thing that a home tells all others. What it says stands in its
// payload, which travels beside it and may be dropped; the entry stays until its
// day is over for all (see federation/feed).
type Entry struct {
	_            struct{} `cbor:",toarray"`
	Neighborhood Hash
	Author       Key // signs
	Minute       Minute
	Says         Says
	On           Hash   // the entry that it is about; zero for a post
	Payload      Hash   // SHA-256 of the payload; zero if it has none
	Length       uint16 // of the payload in bytes
	Expires      Minute // from then on its payload is gone; of what must outlive others, 90 days after Minute
}

// Says is what an entry does.
type Says uint8

// What entries do.
const (
	SaysPost     Says = 1
	SaysComment  Says = 2
	SaysReaction Says = 3
	SaysRetract  Says = 4 // has no payload: the author takes back the entry that it is about
	SaysLabel    Says = 5 // a steward's
)

// Payload is what an entry says: one of the types here that are told so.
type Payload interface {
	// Says is the kind of entry that carries such a payload.
	Says() Says
	check() error
}

// Post is something that the street should know.
type Post struct {
	_        struct{} `cbor:",toarray"`
	Salt     Salt
	Category Category
	Happened string // what happened: behaviour, not looks
	Person   string // what a person concerned looks like; only beside what happened, and mostly empty
	Place    string // a place of the policy, or empty
	When     Minute // when it happened; 0 for no time
	Media    []Media

	// Opened are agencies that may read it and answer in their log, ascending; mostly none.
	Opened []Key

	// A post may ask whose cameras saw something: when, where, and to which key homes
	// seal what they answer, as agencies say it. Without, all four are empty.
	From      Minute
	To        Minute
	Cells     []Cell // as of SortCells
	Recipient string
}

// Asks tells whether a post asks whose cameras saw something.
func (p Post) Asks() bool { return p.Recipient != "" }

// Category is what a post is about.
type Category uint8

// The categories. None of them is a person.
const (
	CategoryLostFound Category = 1
	CategoryHazard    Category = 2
	CategoryRoad      Category = 3
	CategoryPackage   Category = 4
	CategoryVehicle   Category = 5
	CategoryFire      Category = 6 // or weather
	CategoryOutage    Category = 7
	CategoryThanks    Category = 8
	CategoryQuestion  Category = 9
	CategoryEvent     Category = 10
)

// Media is a photo or a clip of a post: where it lies, sealed, and what opens it.
type Media struct {
	_         struct{} `cbor:",toarray"`
	Type      MediaType
	Full      Blob
	Thumbnail Blob
	Width     uint16 // pixels
	Height    uint16
	Seconds   uint8 // of a clip, rounded up; 0 for a photo
}

// MediaType is what media is.
type MediaType uint8

// The types.
const (
	MediaPhoto MediaType = 1 // JPEG; so are thumbnails
	MediaClip  MediaType = 2 // MP4
)

// Blob is one sealed file.
type Blob struct {
	_       struct{} `cbor:",toarray"`
	Address Hash     // of the sealed bytes, see [Address] and federation/blob
	Key     Hash     // what opens it; random, used once
	Length  uint32   // of the sealed bytes
}

// Comment answers a post, or appeals against a label.
type Comment struct {
	_    struct{} `cbor:",toarray"`
	Salt Salt
	Text string
}

// Reaction is a word of thanks that needs no words.
type Reaction struct {
	_    struct{} `cbor:",toarray"`
	Salt Salt
	Is   ReactionIs
}

// ReactionIs is which reaction it is.
type ReactionIs uint8

// The reactions.
const (
	ReactionThanks  ReactionIs = 1
	ReactionSeen    ReactionIs = 2
	ReactionHelpful ReactionIs = 3
)

// Label is a steward's judgement of an entry, for all to see.
type Label struct {
	_      struct{} `cbor:",toarray"`
	Salt   Salt
	Is     LabelIs
	Reason string
}

// LabelIs is what the steward finds.
type LabelIs uint8

// The labels.
const (
	LabelOffTopic  LabelIs = 1
	LabelProfiling LabelIs = 2 // describes a person, and nothing that a person did
	LabelUnkind    LabelIs = 3
	LabelWrong     LabelIs = 4 // untrue, or over
	LabelUnlawful  LabelIs = 5 // by two stewards it destroys what it is on
)

// Kind returns the kind.
func (Entry) Kind() Kind { return KindEntry }

func (e Entry) signer() Key { return e.Author }

func (e Entry) check() error {
	bare := e.Says == SaysRetract
	return first(
		known("what the entry does", e.Says >= SaysPost && e.Says <= SaysLabel),
		within("what it is about", (e.On == Hash{}) == (e.Says == SaysPost)),
		within("payload", (e.Payload == Hash{}) == bare && (e.Length == 0) == bare && e.Length <= MaxPayload),
		within("expiry", e.Minute < e.Expires && e.Expires-e.Minute <= MaxExpireDays*Day),
		within("expiry before that of what it is about", !e.outlives() || e.Expires-e.Minute == MaxExpireDays*Day),
	)
}

// outlives tells whether the entry changes how it stands with the one that it
// is about: it must not be gone while that is still there.
func (e Entry) outlives() bool { return e.Says == SaysRetract || e.Says == SaysLabel }

// Says returns what carries such a payload. So do those below.
func (Post) Says() Says     { return SaysPost }
func (Comment) Says() Says  { return SaysComment }
func (Reaction) Says() Says { return SaysReaction }
func (Label) Says() Says    { return SaysLabel }

// Pack writes a payload, to be named by an entry. It returns ErrRange for what
// [Unpack] would refuse.
func Pack(p Payload) ([]byte, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	b := encode(p)
	if len(b) > MaxPayload {
		return nil, fmt.Errorf("%w: payload of %d bytes, of at most %d", ErrTooLarge, len(b), MaxPayload)
	}
	return b, nil
}

// Unpack reads the payload of e. Bytes that are not those which e names are
// ErrSignature; what its author should not have written has the other kinds.
func Unpack(e Entry, b []byte) (Payload, error) {
	if len(b) != int(e.Length) || sha256.Sum256(b) != e.Payload {
		return nil, fmt.Errorf("%w: not the payload of this entry", ErrSignature)
	}
	var p Payload
	var err error
	switch e.Says {
	case SaysPost:
		p, err = decode[Post](b, MaxPayload)
	case SaysComment:
		p, err = decode[Comment](b, MaxPayload)
	case SaysReaction:
		p, err = decode[Reaction](b, MaxPayload)
	case SaysLabel:
		p, err = decode[Label](b, MaxPayload)
	default:
		return nil, fmt.Errorf("%w: an entry without a payload", ErrUnknown)
	}
	if err == nil {
		err = p.check()
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

func (p Post) check() error {
	err := first(
		known("category", p.Category >= CategoryLostFound && p.Category <= CategoryEvent),
		text("what happened", p.Happened, 1, MaxText, true),
		text("person", p.Person, 0, MaxText, true),
		text("place", p.Place, 0, MaxName, false),
		within("media", len(p.Media) <= MaxMedia),
		within("agencies that it is opened to", len(p.Opened) <= MaxSponsored && rising(p.Opened, func(a, b Key) bool { return Compare(Hash(a), Hash(b)) < 0 })),
		p.asking(),
	)
	for _, m := range p.Media {
		err = first(err, m.check())
	}
	return err
}

func (p Post) asking() error {
	if !p.Asks() {
		return within("what is asked", p.From == 0 && p.To == 0 && len(p.Cells) == 0)
	}
	err := first(
		within("window that is asked for: 15 minutes to 12 hours", p.From < p.To && p.To-p.From >= 15 && p.To-p.From <= 12*60),
		within("cells that are asked for", 1 <= len(p.Cells) && len(p.Cells) <= MaxAskedCells && rising(p.Cells, func(a, b Cell) bool { return compareCells(a, b) < 0 })),
		Recipient{Recipient: p.Recipient}.check(),
	)
	for _, c := range p.Cells {
		err = first(err, c.check())
	}
	return err
}

func (m Media) check() error {
	limit, seconds := uint32(MaxPhoto), uint8(0)
	if m.Type == MediaClip {
		limit, seconds = MaxClip, MaxClipSeconds
	}
	return first(
		known("media", m.Type == MediaPhoto || m.Type == MediaClip),
		within("length of media", ChunksOf(m.Full.Length) > 0 && m.Full.Length <= Sealed(limit)),
		within("length of the thumbnail", ChunksOf(m.Thumbnail.Length) > 0 && m.Thumbnail.Length <= Sealed(MaxThumbnail)),
		within("size of the picture", m.Width > 0 && m.Height > 0 && m.Width <= MaxPixels && m.Height <= MaxPixels),
		within("seconds", m.Seconds <= seconds && (m.Seconds > 0) == (m.Type == MediaClip)),
	)
}

func (c Comment) check() error { return text("comment", c.Text, 1, MaxText, true) }

func (r Reaction) check() error {
	return known("reaction", r.Is >= ReactionThanks && r.Is <= ReactionHelpful)
}

func (l Label) check() error {
	return first(
		known("label", l.Is >= LabelOffTopic && l.Is <= LabelUnlawful),
		text("reason", l.Reason, 1, MaxText, true),
	)
}
