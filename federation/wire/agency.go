package wire

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Agency is what an agency says of itself, to be let into neighborhoods: nobody is
// admitted against their will, and as nothing else.
type Agency struct {
	_            struct{} `cbor:",toarray"`
	Key          Key      // signs, and signs what it publishes
	Minute       Minute
	Title        string
	Class        AgencyClass
	Domain       string // that it proves to be its own, in lower case; may be empty
	Contact      string // who answers questions
	Policy       string // what it does with what it is given, in plain words
	Jurisdiction []Point
}

// AgencyClass is what kind of agency it is.
type AgencyClass uint8

// The classes.
const (
	ClassPolice AgencyClass = 1
	ClassFire   AgencyClass = 2 // and rescue
	ClassTown   AgencyClass = 3
)

var classes = [...]string{"police", "fire", "town"}

func (c AgencyClass) String() string {
	if c < ClassPolice || c > ClassTown {
		return fmt.Sprintf("class %d", uint8(c))
	}
	return classes[c-1]
}

// ParseAgencyClass is the other way: ErrUnknown for another word.
func ParseAgencyClass(word string) (AgencyClass, error) {
	if i := slices.Index(classes[:], word); i >= 0 {
		return AgencyClass(i + 1), nil
	}
	return 0, fmt.Errorf("%w: class %q, of %s", ErrUnknown, word, strings.Join(classes[:], ", "))
}

// agencyPrefix begins what an agency says of itself as text.
const agencyPrefix = "STOOP-AGENCY:"

// AgencyText returns what an agency says of itself as text, to be sent to stewards:
// STOOP-AGENCY:, and the object in base32 (RFC 4648).
func AgencyText(card Signed) string { return agencyPrefix + inviteText.EncodeToString(card.Raw) }

// ParseAgency reads what [AgencyText] wrote, from what a person pasted: broken into
// lines, in small letters, with words before it. Errors are the kinds of this package.
func ParseAgency(text string) (Signed, error) {
	if len(text) > 16*MaxObject {
		return Signed{}, fmt.Errorf("%w: text of %d bytes", ErrTooLarge, len(text))
	}
	_, letters, found := strings.Cut(strings.ToUpper(text), agencyPrefix)
	if !found {
		return Signed{}, fmt.Errorf("%w: what an agency says of itself begins with %s", ErrMalformed, agencyPrefix)
	}
	raw, err := inviteText.DecodeString(strings.Join(strings.Fields(letters), ""))
	if err != nil {
		return Signed{}, fmt.Errorf("%w: it is not whole; copy it again from its first to its last letter", ErrMalformed)
	}
	card, err := Open(raw)
	if err != nil {
		return Signed{}, err
	}
	if _, ok := card.Body.(Agency); !ok {
		return Signed{}, fmt.Errorf("%w: a %v is no agency", ErrUnknown, card.Body.Kind())
	}
	return card, nil
}

// AgencyHead places what an agency publishes. Its log holds the ids of all, in
// their order.
type AgencyHead struct {
	_      struct{} `cbor:",toarray"`
	Agency Key      // signs
	Minute Minute   // never before that of what stands before it in the log
}

// Publication is what an agency publishes: one of the types here that have an
// AgencyHead.
type Publication interface {
	Body
	Agency() AgencyHead
}

// Request asks the homes of an area whether their cameras saw something. What it
// may ask for is ruled by federation/request; here stands what can be written.
type Request struct {
	_        struct{} `cbor:",toarray"`
	Head     AgencyHead
	Case     string // the agency's own number of what it looks into
	Incident Incident
	From     Minute // of the window that is asked for
	To       Minute // its end, after From
	Area     []Point
	Text     string // what is asked, in plain words
	Contact  string // who answers questions about it
	Expires  Minute // from then on nobody is asked
}

// Point is a place on the globe, in millionths of a degree.
type Point struct {
	_   struct{} `cbor:",toarray"`
	Lat int32    // north of the equator
	Lon int32    // east of Greenwich
}

// Cell is a square of the globe's grid, two thousandths of a degree a side.
type Cell struct {
	_   struct{} `cbor:",toarray"`
	Row uint32   // from the south pole, 0 to 89 999
	Col uint32   // from 180 degrees west to the east, 0 to 179 999
}

// Incident is what an agency looks into.
type Incident uint8

// The incidents. What is lawful, as a protest is, can't be named.
const (
	IncidentMissing   Incident = 1 // a person, or somebody in danger
	IncidentTraffic   Incident = 2 // a crash, also with flight
	IncidentFire      Incident = 3 // or a hazard
	IncidentBurglary  Incident = 4
	IncidentTheft     Incident = 5 // of packages, vehicles and what else
	IncidentDamage    Incident = 6
	IncidentAssault   Incident = 7
	IncidentRobbery   Incident = 8
	IncidentShooting  Incident = 9
	IncidentDeath     Incident = 10
	IncidentAnimal    Incident = 11 // hurt, or dangerous
	IncidentHarassing Incident = 12 // or a threat
)

// incidents are the words for them, from 1 on.
var incidents = [...]string{"missing", "traffic", "fire", "burglary", "theft", "damage", "assault", "robbery", "shooting", "death", "animal", "harassing"}

func (i Incident) String() string {
	if i < IncidentMissing || i > IncidentHarassing {
		return fmt.Sprintf("incident %d", uint8(i))
	}
	return incidents[i-1]
}

// ParseIncident is the other way: ErrUnknown for another word.
func ParseIncident(word string) (Incident, error) {
	if i := slices.Index(incidents[:], word); i >= 0 {
		return Incident(i + 1), nil
	}
	return 0, fmt.Errorf("%w: incident %q, of %s", ErrUnknown, word, strings.Join(incidents[:], ", "))
}

// Reply answers a post that was opened to the agency, for all to read.
type Reply struct {
	_    struct{} `cbor:",toarray"`
	Head AgencyHead
	On   Hash // id of the post
	Text string
}

// Closing ends a request before it expires. Nothing else can be done to one.
type Closing struct {
	_    struct{} `cbor:",toarray"`
	Head AgencyHead
	On   Hash // id of the request
	Is   ClosingIs
}

// ClosingIs is why a request ends.
type ClosingIs uint8

// Why.
const (
	ClosingResolved  ClosingIs = 1
	ClosingWithdrawn ClosingIs = 2
)

// Bulletin tells homes something that keeps them safe.
type Bulletin struct {
	_       struct{} `cbor:",toarray"`
	Head    AgencyHead
	Title   string
	Text    string
	Expires Minute
}

// Recipient says to which key homes seal what they hand to the agency: that of the
// newest one in the log.
type Recipient struct {
	_         struct{} `cbor:",toarray"`
	Head      AgencyHead
	Recipient string // as age writes it (C2SP age, recipient type mlkem768x25519)
}

// Agency returns the head. So do those below.
func (r Request) Agency() AgencyHead   { return r.Head }
func (c Closing) Agency() AgencyHead   { return c.Head }
func (b Bulletin) Agency() AgencyHead  { return b.Head }
func (r Recipient) Agency() AgencyHead { return r.Head }
func (r Reply) Agency() AgencyHead     { return r.Head }

// Kind returns the kind. So do those below.
func (Agency) Kind() Kind    { return KindAgency }
func (Request) Kind() Kind   { return KindRequest }
func (Closing) Kind() Kind   { return KindClosing }
func (Bulletin) Kind() Kind  { return KindBulletin }
func (Recipient) Kind() Kind { return KindRecipient }
func (Reply) Kind() Kind     { return KindReply }

func (a Agency) signer() Key    { return a.Key }
func (r Request) signer() Key   { return r.Head.Agency }
func (c Closing) signer() Key   { return c.Head.Agency }
func (b Bulletin) signer() Key  { return b.Head.Agency }
func (r Recipient) signer() Key { return r.Head.Agency }
func (r Reply) signer() Key     { return r.Head.Agency }

func (r Request) check() error {
	return first(
		text("case", r.Case, 1, MaxName, false),
		known("incident", r.Incident >= IncidentMissing && r.Incident <= IncidentHarassing),
		within("window", r.From < r.To),
		outline("area", r.Area),
		text("what is asked", r.Text, 1, MaxPublication, true),
		text("contact", r.Contact, 1, MaxContact, true),
		within("expiry", r.Head.Minute < r.Expires),
	)
}

func (a Agency) check() error {
	return first(
		text("title", a.Title, 1, MaxTitle, false),
		known("class", a.Class >= ClassPolice && a.Class <= ClassTown),
		within("domain", a.Domain == "" || domain.MatchString(a.Domain) && len(a.Domain) <= MaxDomain),
		text("contact", a.Contact, 1, MaxContact, true),
		text("policy", a.Policy, 1, MaxContact, true),
		outline("jurisdiction", a.Jurisdiction),
	)
}

// domain is a name of two labels or more (RFC 1123, section 2.1).
var domain = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)

func outline(what string, corners []Point) error {
	err := within("corners of the "+what, 3 <= len(corners) && len(corners) <= MaxCorners)
	for _, p := range corners {
		err = first(err, p.check())
	}
	return err
}

func (c Cell) check() error { return within("cell", c.Row < 90_000 && c.Col < 180_000) }

func (p Point) check() error {
	const degree = 1_000_000
	return first(
		within("latitude", -90*degree <= p.Lat && p.Lat <= 90*degree),
		within("longitude", -180*degree <= p.Lon && p.Lon < 180*degree), // 180 degrees are -180
	)
}

func (c Closing) check() error {
	return known("why it ends", c.Is == ClosingResolved || c.Is == ClosingWithdrawn)
}

func (b Bulletin) check() error {
	return first(
		text("title", b.Title, 1, MaxTitle, false),
		text("bulletin", b.Text, 1, MaxPublication, true),
		within("expiry", b.Head.Minute < b.Expires),
	)
}

func (r Reply) check() error { return text("reply", r.Text, 1, MaxPublication, true) }

func (r Recipient) check() error {
	return within("recipient", len(r.Recipient) == MaxRecipient && recipient.MatchString(r.Recipient))
}

// recipient is the form of one; whether it is a key is judged by whoever seals to it.
var recipient = regexp.MustCompile(`^age1pq1[ac-hj-np-z02-9]+$`)
