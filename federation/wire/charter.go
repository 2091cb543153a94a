package wire

import (
	"cmp"
	"fmt"
	"slices"
)

// Genesis begins a neighborhood; its ID is the neighborhood's name for ever.
// The founder signs it with the first seat, and then admits itself as anybody.
type Genesis struct {
	_        struct{} `cbor:",toarray"`
	Minute   Minute
	Title    string // what people call the neighborhood
	Policy   Policy
	Founder  Key  // the author key of whoever holds the first seat
	Seat     Key  // the first seat
	Succeeds Hash // the neighborhood that is founded anew here; zero for none
	Head     Hash // the last act of it that the founder knew; zero for none
	Salt     Salt // two neighborhoods of one minute and title are two
}

// Policy is what the stewards settle for all.
type Policy struct {
	_          struct{} `cbor:",toarray"`
	Invites    Invites
	Contact    string   // printed for passers-by who were filmed; may be empty
	Places     []string // what a post may name as its place: coarse, and never coordinates
	ExpireDays uint8    // how long a post stays if its author does not say
	MediaMiB   uint16   // of all homes together a day
}

// Equal tells whether both settle the same.
func (p Policy) Equal(o Policy) bool {
	return p.Invites == o.Invites && p.Contact == o.Contact && slices.Equal(p.Places, o.Places) &&
		p.ExpireDays == o.ExpireDays && p.MediaMiB == o.MediaMiB
}

// Invites says who may ask a steward's home to let somebody in.
type Invites uint8

// Who may invite.
const (
	InvitesByStewards Invites = 1
	InvitesByMembers  Invites = 2
)

// ActHead places an act in the charter (rules R2 to R5 of docs/design/neighborhood.md).
type ActHead struct {
	_            struct{} `cbor:",toarray"`
	Neighborhood Hash
	Height       uint32 // 1 after the genesis
	Prev         Hash   // the act at the height before; the genesis for height 1
	Minute       Minute
	Seat         Key // who proposes, and so votes for it; signs
}

// Act is what the charter is made of.
type Act interface {
	Body
	Act() ActHead
}

// AddSteward gives a member a seat, or renews it if the member has that one.
type AddSteward struct {
	_    struct{} `cbor:",toarray"`
	Head ActHead
	Who  Key // author key of a member
	Seat Key // a key that never had a seat
}

// DropSteward takes a seat away. Of its holder's deeds those in Cut and before
// them stay; no others ever count.
type DropSteward struct {
	_    struct{} `cbor:",toarray"`
	Head ActHead
	Seat Key
	Cut  []Hash // the newest deeds that stay; empty for none
}

// SetPolicy replaces the policy.
type SetPolicy struct {
	_      struct{} `cbor:",toarray"`
	Head   ActHead
	Policy Policy
}

// AdmitAgency lets an agency ask homes here, or says anew what it is and where.
type AdmitAgency struct {
	_         struct{} `cbor:",toarray"`
	Head      ActHead
	Agency    Agency    // who is let in
	Signature Signature // of that, by the agency
	Cells     []Cell    // where the neighborhood lies, as far as this agency is concerned
	Succeeds  Key       // a key of the same agency that is lost or changed; zero for none
}

// SuspendAgency ends that.
type SuspendAgency struct {
	_      struct{} `cbor:",toarray"`
	Head   ActHead
	Agency Key
	Reason string // for all to read
}

// Annul makes a deed as if it never was.
type Annul struct {
	_    struct{} `cbor:",toarray"`
	Head ActHead
	Deed Hash
}

// Vote is a seat's consent to an act of another seat.
type Vote struct {
	_            struct{} `cbor:",toarray"`
	Neighborhood Hash
	Height       uint32
	Act          Hash
	Seat         Key // signs
}

// Act returns the head. So do those below.
func (a AddSteward) Act() ActHead    { return a.Head }
func (a DropSteward) Act() ActHead   { return a.Head }
func (a SetPolicy) Act() ActHead     { return a.Head }
func (a AdmitAgency) Act() ActHead   { return a.Head }
func (a SuspendAgency) Act() ActHead { return a.Head }
func (a Annul) Act() ActHead         { return a.Head }

// Kind returns the kind. So do those below.
func (Genesis) Kind() Kind       { return KindGenesis }
func (AddSteward) Kind() Kind    { return KindAddSteward }
func (DropSteward) Kind() Kind   { return KindDropSteward }
func (SetPolicy) Kind() Kind     { return KindSetPolicy }
func (AdmitAgency) Kind() Kind   { return KindAdmitAgency }
func (SuspendAgency) Kind() Kind { return KindSuspendAgency }
func (Annul) Kind() Kind         { return KindAnnul }
func (Vote) Kind() Kind          { return KindVote }

func (g Genesis) signer() Key       { return g.Seat }
func (a AddSteward) signer() Key    { return a.Head.Seat }
func (a DropSteward) signer() Key   { return a.Head.Seat }
func (a SetPolicy) signer() Key     { return a.Head.Seat }
func (a AdmitAgency) signer() Key   { return a.Head.Seat }
func (a SuspendAgency) signer() Key { return a.Head.Seat }
func (a Annul) signer() Key         { return a.Head.Seat }
func (v Vote) signer() Key          { return v.Seat }

func (g Genesis) check() error {
	return first(
		text("title", g.Title, 1, MaxTitle, false),
		within("succeeds and head", (g.Succeeds == Hash{}) == (g.Head == Hash{})),
		g.Policy.check(),
	)
}

func (p Policy) check() error {
	err := first(
		within("who invites", p.Invites == InvitesByStewards || p.Invites == InvitesByMembers),
		text("contact", p.Contact, 0, MaxContact, true),
		within("places", len(p.Places) <= MaxPlaces),
		within("days until posts expire", 1 <= p.ExpireDays && p.ExpireDays <= MaxExpireDays),
		within("media a day", p.MediaMiB <= MaxMediaMiB),
	)
	for i, place := range p.Places {
		err = first(err, text("place", place, 1, MaxName, false), within("places", !slices.Contains(p.Places[:i], place)))
	}
	return err
}

func (h ActHead) check() error { return within("height", h.Height >= 1) }

func (a AddSteward) check() error { return a.Head.check() }
func (a DropSteward) check() error {
	return first(a.Head.check(), ascending("cut", a.Cut, MaxHeads))
}
func (a SetPolicy) check() error { return first(a.Head.check(), a.Policy.check()) }
func (a AdmitAgency) check() error {
	err := first(
		a.Head.check(),
		a.Agency.check(),
		within("cells", len(a.Cells) <= MaxCells && slices.Equal(a.Cells, SortCells(a.Cells))),
		within("succeeds", a.Succeeds != a.Agency.Key),
	)
	for _, c := range a.Cells {
		err = first(err, c.check())
	}
	if err == nil && !Verify(a.Agency.Key, message(KindAgency, encode(a.Agency)), a.Signature) {
		return fmt.Errorf("%w: of the agency", ErrSignature)
	}
	return err
}
func (a SuspendAgency) check() error {
	return first(a.Head.check(), text("reason", a.Reason, 1, MaxContact, true))
}
func (a Annul) check() error { return a.Head.check() }
func (v Vote) check() error  { return within("height", v.Height >= 1) }

// Card returns what the agency says of itself, as it signed it.
func (a AdmitAgency) Card() (Signed, error) {
	return Open(encode(envelope{Version: Version, Kind: KindAgency, Body: encode(a.Agency), Signature: a.Signature}))
}

// SortCells returns cells as [AdmitAgency] lists them, each once.
func SortCells(cells []Cell) []Cell {
	return slices.Compact(slices.SortedFunc(slices.Values(cells), compareCells))
}

// compareCells orders cells from the south west, row by row.
func compareCells(a, b Cell) int { return cmp.Or(cmp.Compare(a.Row, b.Row), cmp.Compare(a.Col, b.Col)) }
