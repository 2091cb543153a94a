package feed

import (
	"cmp"
	"fmt"

	"nvrd/federation/wire"
)

// Item is an entry with its payload, as homes hold it. Nothing in it ever
// changes, so that any number of sets share one.
type Item struct {
	ID      wire.Hash
	Entry   wire.Entry
	Raw     []byte       // the object as it was signed
	Payload []byte       // nil for a retraction, and once it was dropped
	Says    wire.Payload // what the payload says, or nil

	bare *Item // the same without the payload
}

// Opener makes an item of what a peer sent. Errors are kinds of federation/wire:
// the peer is at fault.
type Opener func(entry, payload []byte) (*Item, error)

// Open is the Opener that checks everything; it keeps the bytes.
func Open(entry, payload []byte) (*Item, error) {
	s, err := wire.Open(entry)
	if err != nil {
		return nil, err
	}
	return NewItem(s, payload)
}

// NewItem joins an entry that holds and its payload, which may be missing. It
// keeps the bytes. Errors are those of [wire.Unpack], and wire.ErrUnknown for an
// object that is no entry.
func NewItem(s wire.Signed, payload []byte) (*Item, error) {
	e, ok := s.Body.(wire.Entry)
	if !ok {
		return nil, fmt.Errorf("%w: a %v among entries", wire.ErrUnknown, s.Body.Kind())
	}
	bare := &Item{ID: s.ID, Entry: e, Raw: s.Raw}
	bare.bare = bare
	if len(payload) == 0 {
		return bare, nil
	}
	says, err := wire.Unpack(e, payload)
	if err != nil {
		return nil, err
	}
	return &Item{ID: s.ID, Entry: e, Raw: s.Raw, Payload: payload, Says: says, bare: bare}, nil
}

// Bare returns the item without its payload.
func (i *Item) Bare() *Item { return i.bare }

// media returns what the item names, if it is a post with its payload.
func (i *Item) media() []wire.Media {
	post, _ := i.Says.(wire.Post)
	return post.Media
}

// label returns which label the item is; 0 for none.
func (i *Item) label() wire.LabelIs {
	label, _ := i.Says.(wire.Label)
	return label.Is
}

// judges tells whether the item decides over another one.
func (i *Item) judges() bool {
	return i.Entry.Says == wire.SaysRetract || i.Entry.Says == wire.SaysLabel
}

// lacksPayload tells whether there was one.
func (i *Item) lacksPayload() bool { return i.Entry.Length > 0 && i.Payload == nil }

// compare orders items by minute, and by id within one.
func compare(a, b *Item) int {
	return cmp.Or(cmp.Compare(a.Entry.Minute, b.Entry.Minute), wire.Compare(a.ID, b.ID))
}
