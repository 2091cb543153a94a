package wire

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var update = flag.Bool("update", false, "write testdata/vectors.json anew")

// Vectors is the form of testdata/vectors.json, for other implementations.
type Vectors struct {
	About    string
	Objects  []ObjectVector
	Payloads []PayloadVector
	Refused  []RefusedVector
	Messages []MessageVector
	// Names that must be accepted; others are in the cards among Refused.
	Names []string
	// Those that must be refused as messages.
	RefusedMessages []RefusedVector
	// What is said at a door, as it is sealed.
	Sealed        []SealedVector
	RefusedSealed []SealedVector
	// What a steward is told, as it is sealed.
	Reports        []ReportVector
	RefusedReports []ReportVector
}

type ObjectVector struct{ Name, Kind, Signer, ID, Raw string }

type PayloadVector struct{ Name, Entry, Raw string }

type MessageVector struct{ Name, Raw string }

type RefusedVector struct{ Name, Error, Raw string }

// an is what an agency says of itself, but for what change does to it.
func an(change func(*Agency)) Agency {
	a := brigade()
	change(&a)
	return a
}

// asked is a request that is refused for nothing but what change does to it.
func asked(change func(*Request)) Request {
	r := Request{Head: AgencyHead{Agency: keyOf("fire brigade"), Minute: 200}, Case: "2026-1184", Incident: IncidentFire, From: 80, To: 140, Area: block(), Text: "Smoke?", Contact: "Desk", Expires: 300}
	if change != nil {
		change(&r)
	}
	return r
}

// TestVectors holds the file of vectors to what this code writes, and what it
// writes to what it reads.
func TestVectors(t *testing.T) {
	objects, payloads := street(t)
	v := Vectors{About: "Objects of one neighborhood, in hexadecimal; docs/ref/wire.md says what they mean. " +
		"Private keys are SHA-256 of a name (\"anna's seat\", \"bob\"). Refused objects must be refused, with this error."}
	for _, name := range slices.Sorted(maps.Keys(objects)) {
		o := objects[name]
		again, err := Open(o.Raw)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(o, again, cmpopts.IgnoreUnexported(Genesis{}, Policy{}, ActHead{}, AddSteward{}, DropSteward{}, SetPolicy{}, AdmitAgency{}, SuspendAgency{}, Annul{}, Vote{},
			DeedHead{}, Admit{}, Revoke{}, Card{}, Leave{}, Entry{}, Report{}, Anew{}, Follow{}, Agency{}, Cell{}, AgencyHead{}, Request{}, Point{}, Closing{}, Bulletin{}, Recipient{}, Reply{})); diff != "" {
			t.Errorf("%s is read as another (-signed +read):\n%s", name, diff)
		}
		v.Objects = append(v.Objects, ObjectVector{name, o.Body.Kind().String(), o.Body.signer().String(), o.ID.String(), hex.EncodeToString(o.Raw)})
	}
	for _, name := range slices.Sorted(maps.Keys(payloads)) {
		b, err := Pack(payloads[name])
		if err != nil {
			t.Fatal(err)
		}
		entry := "entry-" + name
		if name == "post" {
			entry = "entry"
		}
		again, err := Unpack(objects[entry].Body.(Entry), b)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(payloads[name], again, cmpopts.IgnoreUnexported(Post{}, Cell{}, Media{}, Blob{}, Comment{}, Reaction{}, Label{}), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s is read as another (-packed +read):\n%s", name, diff)
		}
		v.Payloads = append(v.Payloads, PayloadVector{name, entry, hex.EncodeToString(b)})
	}
	for _, c := range refused(t) {
		v.Refused = append(v.Refused, RefusedVector{c.name, strings.TrimPrefix(c.kind.Error(), "wire: "), hex.EncodeToString(c.raw[:min(len(c.raw), 2*MaxObject)])})
	}
	for _, n := range goodNames {
		v.Names = append(v.Names, n.name)
	}
	v.Messages, v.RefusedMessages = messageVectors(t)
	v.Sealed, v.RefusedSealed = sealedVectors(t)
	const file = "testdata/vectors.json"
	v.Reports, v.RefusedReports = reportVectors(t, storedVectors(t, file))
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, '\n')
	if *update {
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	stored, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(stored, text) {
		t.Errorf("%s differs from what this code writes: what homes have signed would no longer be read; if that is meant, it is another version, and -update", file)
	}
	if kinds := len(kinds); len(objects)-4 != kinds {
		t.Errorf("%d objects for %d kinds", len(objects)-4, kinds)
	}
}

func storedVectors(t *testing.T, file string) (v Vectors) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(b, &v)
	}
	if err != nil {
		t.Fatal(err)
	}
	return v
}

type refusal struct {
	name string
	raw  []byte
	kind error
}

// refused is what strangers may send, and why none of it is read.
func refused(t testing.TB) []refusal {
	objects, _ := street(t)
	entry := objects["entry"].Body.(Entry)
	raw := objects["entry"].Raw
	// sealed signs a body as it is written, so that the signature is no reason.
	sealed := func(kind Kind, body []byte, who string) []byte {
		return encode(envelope{Version: Version, Kind: kind, Body: body, Signature: Signature(ed25519.Sign(private(who), message(kind, body)))})
	}
	body := func(b Body) []byte { return sealed(b.Kind(), encode(b), "bob") }
	as := func(change func(*Entry)) []byte {
		e := entry
		change(&e)
		return body(e)
	}
	raws := encode(entry)
	card := objects["card"].Body.(Card)
	named := func(name string) []byte {
		c := card
		c.Name = name
		return body(c)
	}
	admit := objects["admit"].Body.(Admit)
	admitted := func(change func(*Admit)) []byte {
		a := admit
		change(&a)
		return sealed(KindAdmit, encode(a), "anna's seat")
	}
	patched := func(at int, b ...byte) []byte {
		c := slices.Clone(raws)
		copy(c[at:], b)
		return c
	}
	genesis := objects["genesis"].Body.(Genesis)
	ruled := func(change func(*Genesis)) []byte {
		g := genesis
		g.Policy.Places = slices.Clone(g.Policy.Places)
		change(&g)
		return sealed(KindGenesis, encode(g), "anna's seat")
	}
	drop := objects["drop-steward"].Body.(DropSteward)
	cut := func(hashes ...Hash) []byte {
		d := drop
		d.Cut = hashes
		return sealed(KindDropSteward, encode(d), "anna's seat")
	}
	flipped := slices.Clone(raw)
	flipped[len(flipped)-1] ^= 1
	other := slices.Clone(raw)
	other[2] = byte(KindCard)
	return slices.Concat([]refusal{
		{"nothing", nil, ErrMalformed},
		{"a number", []byte{0x01}, ErrMalformed},
		{"cut short", raw[:len(raw)-1], ErrMalformed},
		{"one byte more", append(slices.Clone(raw), 0), ErrMalformed},
		{"too large", make([]byte, MaxObject+1), ErrTooLarge},
		{"far too large", make([]byte, 1<<20), ErrTooLarge},
		{"too large for its kind", sealed(KindLeave, make([]byte, 600), "bob"), ErrTooLarge},
		{"a list said to be of 2^32 elements", []byte{0x9a, 0xff, 0xff, 0xff, 0xff}, ErrMalformed},
		{"a text said to be of 2^63 bytes", []byte{0x84, 0x01, 0x01, 0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, ErrMalformed},
		{"nested without end", bytes.Repeat([]byte{0x81}, MaxObject), ErrMalformed},
		{"a list of open length", append(append([]byte{0x9f}, raw[1:]...), 0xff), ErrMalformed},
		{"a map", []byte{0xa1, 0x01, 0x02}, ErrMalformed},
		{"a key twice", []byte{0xa2, 0x01, 0x02, 0x01, 0x02}, ErrMalformed},
		{"a field that nobody knows", append([]byte{raw[0] + 1}, append(slices.Clone(raw[1:]), 0)...), ErrMalformed},
		{"a field missing", append([]byte{raw[0] - 1}, raw[1:len(raw)-66]...), ErrMalformed},
		{"a tag", append([]byte{0xc1}, raw...), ErrMalformed},
		{"a version in two bytes", append([]byte{raw[0], 0x18, 0x01}, raw[2:]...), ErrMalformed},
		{"a version as a float", append([]byte{raw[0], 0xf9, 0x3c, 0x00}, raw[2:]...), ErrMalformed},
		{"a later version", append([]byte{raw[0], 0x02}, raw[2:]...), ErrUnknown},
		{"no kind", append([]byte{raw[0], 0x01, 0x00}, raw[3:]...), ErrUnknown},
		{"a kind that nobody knows", append([]byte{raw[0], 0x01, 0x17}, raw[3:]...), ErrUnknown},
		{"a kind beyond a byte", append([]byte{raw[0], 0x01, 0x19, 0x01, 0x0d}, raw[3:]...), ErrMalformed},
		{"an entry said to be a card", other, ErrMalformed},
		{"one bit of the signature", flipped, ErrSignature},
		{"signed by another", sealed(KindEntry, raws, "eve"), ErrSignature},
		{"signed as another kind", encode(envelope{Version: Version, Kind: KindEntry, Body: raws, Signature: Signature(ed25519.Sign(private("bob"), message(KindCard, raws)))}), ErrSignature},
		{"signed without a domain", encode(envelope{Version: Version, Kind: KindEntry, Body: raws, Signature: Signature(ed25519.Sign(private("bob"), raws))}), ErrSignature},
		{"a hash of 31 bytes", sealed(KindEntry, slices.Concat([]byte{raws[0], 0x58, 31}, raws[4:]), "bob"), ErrMalformed},
		{"a hash of 33 bytes", sealed(KindEntry, slices.Concat([]byte{raws[0], 0x58, 33, 7}, raws[3:]), "bob"), ErrMalformed},
		{"a hash as text", sealed(KindEntry, patched(1, 0x78), "bob"), ErrMalformed},
		{"a hash as a list", sealed(KindEntry, slices.Concat([]byte{raws[0], 0x98, 32}, bytes.Repeat([]byte{1}, 32), raws[35:]), "bob"), ErrMalformed},
		{"null for a hash", sealed(KindEntry, slices.Concat([]byte{raws[0], 0xf6}, raws[35:]), "bob"), ErrMalformed},
		{"null for a list", sealed(KindDropSteward, bytes.Replace(encode(drop), append([]byte{0x81, 0x58, 0x20}, drop.Cut[0][:]...), []byte{0xf6}, 1), "anna's seat"), ErrMalformed},
		{"a body that goes on", sealed(KindEntry, append(slices.Clone(raws), 0), "bob"), ErrMalformed},
		{"an empty body", sealed(KindEntry, nil, "bob"), ErrMalformed},

		{"founded anew, with nothing to go to", sealed(KindAnew, encode(Anew{Author: keyOf("bob")}), "bob"), ErrMalformed},
		{"founded anew, with half an invite", sealed(KindAnew, encode(Anew{Author: keyOf("bob"), Invite: encode(invitation())[:90]}), "bob"), ErrMalformed},
		{"founded anew, with an invite of another version", sealed(KindAnew, encode(Anew{Author: keyOf("bob"), Invite: encode(Invite{Version: 2})}), "bob"), ErrUnknown},
		{"founded anew, in its own place", sealed(KindAnew, encode(Anew{Neighborhood: hashOf("n"), Author: keyOf("bob"), Invite: encode(invitation())}), "bob"), ErrRange},
		{"founded anew by another", sealed(KindAnew, encode(Anew{Author: keyOf("bob"), Invite: encode(invitation())}), "eve"), ErrSignature},
		{"an agency without a class", sealed(KindAgency, encode(an(func(a *Agency) { a.Class = 0 })), "fire brigade"), ErrUnknown},
		{"an agency of a class to come", sealed(KindAgency, encode(an(func(a *Agency) { a.Class = ClassTown + 1 })), "fire brigade"), ErrUnknown},
		{"an agency without a title", sealed(KindAgency, encode(an(func(a *Agency) { a.Title = "" })), "fire brigade"), ErrRange},
		{"an agency without a contact", sealed(KindAgency, encode(an(func(a *Agency) { a.Contact = "" })), "fire brigade"), ErrRange},
		{"an agency without a policy", sealed(KindAgency, encode(an(func(a *Agency) { a.Policy = "" })), "fire brigade"), ErrRange},
		{"an agency whose domain is an address", sealed(KindAgency, encode(an(func(a *Agency) { a.Domain = "10.0.0.1" })), "fire brigade"), ErrRange},
		{"an agency whose domain is a name of the network", sealed(KindAgency, encode(an(func(a *Agency) { a.Domain = "localhost" })), "fire brigade"), ErrRange},
		{"an agency whose domain has a port", sealed(KindAgency, encode(an(func(a *Agency) { a.Domain = "fire.example:80" })), "fire brigade"), ErrRange},
		{"an agency whose domain is in capitals", sealed(KindAgency, encode(an(func(a *Agency) { a.Domain = "Fire.example" })), "fire brigade"), ErrRange},
		{"an agency whose domain is too long", sealed(KindAgency, encode(an(func(a *Agency) { a.Domain = strings.Repeat("a.", 127) + "a" })), "fire brigade"), ErrRange},
		{"an agency for a line", sealed(KindAgency, encode(an(func(a *Agency) { a.Jurisdiction = a.Jurisdiction[:2] })), "fire brigade"), ErrRange},
		{"an agency beyond the pole", sealed(KindAgency, encode(an(func(a *Agency) { a.Jurisdiction[0].Lat = 90_000_001 })), "fire brigade"), ErrRange},
		{"an agency in another's name", sealed(KindAgency, encode(brigade()), "eve"), ErrSignature},
		{"an agency suspended without a reason", sealed(KindSuspendAgency, encode(SuspendAgency{Head: ActHead{Height: 1, Seat: keyOf("bob")}}), "bob"), ErrRange},
		{"an agency admitted as something else", sealed(KindAdmitAgency, encode(letIn(brigade(), func(a *AdmitAgency) { a.Head.Seat, a.Agency.Title = keyOf("bob"), "Police" })), "bob"), ErrSignature},
		{"an agency admitted in its own place", sealed(KindAdmitAgency, encode(letIn(brigade(), func(a *AdmitAgency) { a.Head.Seat, a.Succeeds = keyOf("bob"), a.Agency.Key })), "bob"), ErrRange},
		{"an agency admitted with a cell twice", sealed(KindAdmitAgency, encode(letIn(brigade(), func(a *AdmitAgency) { a.Head.Seat, a.Cells = keyOf("bob"), []Cell{{Row: 1, Col: 1}, {Row: 1, Col: 1}} })), "bob"), ErrRange},
		{"an agency admitted with cells out of order", sealed(KindAdmitAgency, encode(letIn(brigade(), func(a *AdmitAgency) { a.Head.Seat, a.Cells = keyOf("bob"), []Cell{{Row: 1, Col: 2}, {Row: 1, Col: 1}} })), "bob"), ErrRange},
		{"an agency admitted with a cell that is nowhere", sealed(KindAdmitAgency, encode(letIn(brigade(), func(a *AdmitAgency) { a.Head.Seat, a.Cells = keyOf("bob"), []Cell{{Row: 90_000, Col: 1}} })), "bob"), ErrRange},
		{"an agency admitted with too many cells", sealed(KindAdmitAgency, encode(letIn(brigade(), func(a *AdmitAgency) {
			a.Head.Seat, a.Cells = keyOf("bob"), nil
			for n := range uint32(MaxCells + 1) {
				a.Cells = append(a.Cells, Cell{Row: 1, Col: n})
			}
		})), "bob"), ErrRange},
		{"a request by another", sealed(KindRequest, encode(asked(nil)), "eve"), ErrSignature},
		{"a request without a case", sealed(KindRequest, encode(asked(func(r *Request) { r.Case = "" })), "fire brigade"), ErrRange},
		{"a request for what is lawful", sealed(KindRequest, encode(asked(func(r *Request) { r.Incident = 0 })), "fire brigade"), ErrUnknown},
		{"a request for an incident to come", sealed(KindRequest, encode(asked(func(r *Request) { r.Incident = IncidentHarassing + 1 })), "fire brigade"), ErrUnknown},
		{"a request for no time", sealed(KindRequest, encode(asked(func(r *Request) { r.To = r.From })), "fire brigade"), ErrRange},
		{"a request for a line", sealed(KindRequest, encode(asked(func(r *Request) { r.Area = r.Area[:2] })), "fire brigade"), ErrRange},
		{"a request for too many corners", sealed(KindRequest, encode(asked(func(r *Request) { r.Area = slices.Repeat(r.Area[:1], MaxCorners+1) })), "fire brigade"), ErrRange},
		{"a request beyond the pole", sealed(KindRequest, encode(asked(func(r *Request) { r.Area[0].Lat = 90_000_001 })), "fire brigade"), ErrRange},
		{"a request at 180 degrees, which are -180", sealed(KindRequest, encode(asked(func(r *Request) { r.Area[0].Lon = 180_000_000 })), "fire brigade"), ErrRange},
		{"a request that asks nothing", sealed(KindRequest, encode(asked(func(r *Request) { r.Text = "" })), "fire brigade"), ErrRange},
		{"a request with what can't be seen", sealed(KindRequest, encode(asked(func(r *Request) { r.Text = "smoke\u202eekoms" })), "fire brigade"), ErrRange},
		{"a request with a control character", sealed(KindRequest, encode(asked(func(r *Request) { r.Contact = "desk\x07" })), "fire brigade"), ErrRange},
		{"a request whose text is too long", sealed(KindRequest, encode(asked(func(r *Request) { r.Text = strings.Repeat("x", MaxPublication+1) })), "fire brigade"), ErrRange},
		{"a request without a contact", sealed(KindRequest, encode(asked(func(r *Request) { r.Contact = "" })), "fire brigade"), ErrRange},
		{"a request that is over", sealed(KindRequest, encode(asked(func(r *Request) { r.Expires = r.Head.Minute })), "fire brigade"), ErrRange},
		{"a request that ends for no reason", sealed(KindClosing, encode(Closing{Head: AgencyHead{Agency: keyOf("bob")}}), "bob"), ErrUnknown},
		{"a request that ends in another's name", sealed(KindClosing, encode(Closing{Head: AgencyHead{Agency: keyOf("bob")}, Is: ClosingResolved}), "eve"), ErrSignature},
		{"a bulletin without a title", sealed(KindBulletin, encode(Bulletin{Head: AgencyHead{Agency: keyOf("bob")}, Text: "x", Expires: 1}), "bob"), ErrRange},
		{"a bulletin that says nothing", sealed(KindBulletin, encode(Bulletin{Head: AgencyHead{Agency: keyOf("bob")}, Title: "x", Expires: 1}), "bob"), ErrRange},
		{"a bulletin that is over", sealed(KindBulletin, encode(Bulletin{Head: AgencyHead{Agency: keyOf("bob"), Minute: 1}, Title: "x", Text: "x", Expires: 1}), "bob"), ErrRange},
		{"a recipient by another", sealed(KindRecipient, encode(Recipient{Head: AgencyHead{Agency: keyOf("bob")}, Recipient: sealedFor}), "eve"), ErrSignature},
		{"no recipient", sealed(KindRecipient, encode(Recipient{Head: AgencyHead{Agency: keyOf("bob")}}), "bob"), ErrRange},
		{"a recipient of another kind", sealed(KindRecipient, encode(Recipient{Head: AgencyHead{Agency: keyOf("bob")}, Recipient: "age1" + sealedFor[7:] + "qqq"}), "bob"), ErrRange},
		{"a recipient in capitals", sealed(KindRecipient, encode(Recipient{Head: AgencyHead{Agency: keyOf("bob")}, Recipient: strings.ToUpper(sealedFor)}), "bob"), ErrRange},
		{"a recipient with a letter that age has not", sealed(KindRecipient, encode(Recipient{Head: AgencyHead{Agency: keyOf("bob")}, Recipient: sealedFor[1:] + "b"}), "bob"), ErrRange},
		{"a recipient cut short", sealed(KindRecipient, encode(Recipient{Head: AgencyHead{Agency: keyOf("bob")}, Recipient: sealedFor[:1958]}), "bob"), ErrRange},
		{"a recipient with a line more", sealed(KindRecipient, encode(Recipient{Head: AgencyHead{Agency: keyOf("bob")}, Recipient: sealedFor + "\n"}), "bob"), ErrRange},
		{"follows with the key it had", sealed(KindFollow, encode(Follow{Author: keyOf("bob"), Anew: hashOf("n"), As: keyOf("bob")}), "bob"), ErrRange},
		{"follows to where it is", sealed(KindFollow, encode(Follow{Author: keyOf("bob"), As: keyOf("eve")}), "bob"), ErrRange},
		{"follows in another's name", sealed(KindFollow, encode(Follow{Author: keyOf("bob"), Anew: hashOf("n"), As: keyOf("eve")}), "eve"), ErrSignature},
		{"an entry that does what nobody knows", as(func(e *Entry) { e.Says = 99 }), ErrUnknown},
		{"a post about an entry", as(func(e *Entry) { e.On = hashOf("x") }), ErrRange},
		{"a comment about nothing", as(func(e *Entry) { e.Says = SaysComment }), ErrRange},
		{"a post without a payload", as(func(e *Entry) { e.Payload, e.Length = Hash{}, 0 }), ErrRange},
		{"a retraction that says more", as(func(e *Entry) { e.Says, e.On = SaysRetract, hashOf("x") }), ErrRange},
		{"a payload beyond 8 KiB", as(func(e *Entry) { e.Length = MaxPayload + 1 }), ErrRange},
		{"expired before it was written", as(func(e *Entry) { e.Expires = e.Minute }), ErrRange},
		{"for longer than 90 days", as(func(e *Entry) { e.Expires = e.Minute + 90*Day + 1 }), ErrRange},
		{"a retraction that ends before what it takes back", as(func(e *Entry) {
			e.Says, e.On, e.Payload, e.Length, e.Expires = SaysRetract, hashOf("x"), Hash{}, 0, e.Minute+90*Day-1
		}), ErrRange},
		{"a label that ends before what it judges", as(func(e *Entry) { e.Says, e.On, e.Expires = SaysLabel, hashOf("x"), e.Minute+30*Day }), ErrRange},
		{"until the end of time", as(func(e *Entry) { e.Expires = 1<<32 - 1 }), ErrRange},

		{"no name", named(""), ErrRange},
		{"a name of 25 characters", named(strings.Repeat("é", 25)), ErrRange},
		{"a name that is a space", named(" "), ErrRange},
		{"a name with a space before it", named(" Bob"), ErrRange},
		{"a name with a joiner behind it", named("Bob\u200d"), ErrRange},
		{"a name with a space without width", named("B\u200bob"), ErrRange},
		{"a name on two lines", named("Bob\nAnna"), ErrRange},
		{"a name written backwards", named("\u202eboB"), ErrRange},
		{"a name in parts", named("Jose\u0301"), ErrRange},
		{"a name with an escape", named("\x1b[31mBob"), ErrRange},
		{"a name with a filler", named("Bo\u3164b"), ErrRange},
		{"a name that is no text", body(Card{Neighborhood: card.Neighborhood, Author: card.Author, Node: card.Node, Proof: card.Proof, Seal: card.Seal, Name: "Bob\xff", Minute: 1}), ErrMalformed},
		{"a sponsor of five agencies", body(Card{Neighborhood: card.Neighborhood, Author: card.Author, Node: card.Node, Proof: card.Proof, Name: "Bob", Sponsors: []Key{{1}, {2}, {3}, {4}, {5}}}), ErrRange},
		{"a sponsor of one agency twice", body(Card{Neighborhood: card.Neighborhood, Author: card.Author, Node: card.Node, Proof: card.Proof, Name: "Bob", Sponsors: []Key{{1}, {1}}}), ErrRange},
		{"somebody else's node", body(Card{Neighborhood: card.Neighborhood, Author: card.Author, Node: keyOf("anna's node"), Proof: card.Proof, Seal: card.Seal, Name: "Bob"}), ErrSignature},
		{"a node of another neighborhood", body(Card{Neighborhood: hashOf("x"), Author: card.Author, Node: card.Node, Proof: card.Proof, Seal: card.Seal, Name: "Bob"}), ErrSignature},

		{"admitted against their will", admitted(func(a *Admit) { a.Card.Name = "Robert" }), ErrSignature},
		{"admitted to another neighborhood", admitted(func(a *Admit) { a.Head.Neighborhood = hashOf("x") }), ErrRange},
		{"succeeds itself", admitted(func(a *Admit) { a.Succeeds = a.Card.Author }), ErrRange},

		{"a title too long", ruled(func(g *Genesis) { g.Title = strings.Repeat("m", MaxTitle+1) }), ErrRange},
		{"succeeds without a head", ruled(func(g *Genesis) { g.Succeeds = hashOf("x") }), ErrRange},
		{"nobody may invite", ruled(func(g *Genesis) { g.Policy.Invites = 0 }), ErrRange},
		{"posts that never stay", ruled(func(g *Genesis) { g.Policy.ExpireDays = 0 }), ErrRange},
		{"posts that stay 91 days", ruled(func(g *Genesis) { g.Policy.ExpireDays = 91 }), ErrRange},
		{"too much media", ruled(func(g *Genesis) { g.Policy.MediaMiB = MaxMediaMiB + 1 }), ErrRange},
		{"a place twice", ruled(func(g *Genesis) { g.Policy.Places[1] = g.Policy.Places[0] }), ErrRange},
		{"a place without a name", ruled(func(g *Genesis) { g.Policy.Places[1] = "" }), ErrRange},
		{"too many places", ruled(func(g *Genesis) {
			for r := 'A'; len(g.Policy.Places) <= MaxPlaces; r++ {
				g.Policy.Places = append(g.Policy.Places, string(r))
			}
		}), ErrRange},

		{"an act of height 0", sealed(KindAnnul, encode(Annul{Head: ActHead{Seat: keyOf("bob")}}), "bob"), ErrRange},
		{"a vote on height 0", body(Vote{Seat: keyOf("bob")}), ErrRange},
		{"a cut out of order", cut(Hash{2}, Hash{1}), ErrRange},
		{"a cut with one twice", cut(Hash{1}, Hash{1}), ErrRange},
		{"a cut of nine", cut(Hash{1}, Hash{2}, Hash{3}, Hash{4}, Hash{5}, Hash{6}, Hash{7}, Hash{8}, Hash{9}), ErrRange},
		{"deeds out of order", sealed(KindRevoke, encode(Revoke{Head: DeedHead{Seat: keyOf("bob"), Prev: []Hash{{2}, {1}}}}), "bob"), ErrRange},
	}, refusedKeys(t), refusedNames(named))
}

func refusedNames(named func(string) []byte) (refusals []refusal) {
	for _, n := range badNames {
		refusals = append(refusals, refusal{"a name with " + n.what, named(n.name), ErrRange})
	}
	return refusals
}

// refusedKeys is what anybody can make in the name of a key that has no owner.
func refusedKeys(t testing.TB) (refusals []refusal) {
	keys := nobodys(t)
	for _, name := range slices.Sorted(maps.Keys(keys)) {
		key := keys[name]
		minute := func(i int) Leave { return Leave{Neighborhood: hashOf("n"), Author: key, Minute: Minute(i)} }
		m, s := forged(t, key, func(i int) []byte { return message(KindLeave, encode(minute(i))) })
		body := m[len(message(KindLeave, nil)):]
		refusals = append(refusals, refusal{"signed by nobody, with the key y = " + name, encode(envelope{Version: Version, Kind: KindLeave, Body: body, Signature: s}), ErrSignature})
	}
	node, proven := Key{1}, Signature{1}
	card := Card{Neighborhood: hashOf("n"), Author: keyOf("bob"), Node: node, Proof: proven, Name: "Bob", Minute: 1}
	bobs := encode(card)
	card.Author, card.Node, card.Proof = Key{1}, keyOf("bob's node"), ProveNode(private("bob's node"), hashOf("n"), Key{1})
	admit := encode(Admit{Head: DeedHead{Neighborhood: hashOf("n"), Seat: keyOf("bob")}, Card: card, Signature: Signature{1}})
	by := func(kind Kind, body []byte) []byte {
		return encode(envelope{Version: Version, Kind: kind, Body: body, Signature: Signature(ed25519.Sign(private("bob"), message(kind, body)))})
	}
	return append(refusals,
		refusal{"a node that is nobody's", by(KindCard, bobs), ErrSignature},
		refusal{"nobody is admitted", by(KindAdmit, admit), ErrSignature},
	)
}

func TestRefused(t *testing.T) {
	for _, c := range refused(t) {
		t.Run(c.name, func(t *testing.T) {
			o, err := Open(c.raw)
			if !errors.Is(err, c.kind) {
				t.Errorf("error %v, want kind %v", err, c.kind)
			}
			if o.Body != nil || o.Raw != nil {
				t.Errorf("it was read as a %T", o.Body)
			}
			for _, kind := range []error{ErrTooLarge, ErrMalformed, ErrUnknown, ErrRange, ErrSignature} {
				if kind != c.kind && errors.Is(err, kind) {
					t.Errorf("%v is of two kinds", err)
				}
			}
		})
	}
}

// refusedPayloads is what an author may have named in an entry.
func refusedPayloads(t testing.TB) []refusal {
	_, payloads := street(t)
	post := payloads["post"].(Post)
	as := func(change func(*Post)) []byte {
		p := post
		p.Media = slices.Clone(p.Media)
		change(&p)
		return encode(p)
	}
	media := func(change func(*Media)) []byte { return as(func(p *Post) { change(&p.Media[0]) }) }
	return []refusal{
		{"nothing", nil, ErrMalformed},
		{"a comment", encode(payloads["comment"]), ErrMalformed},
		{"no category", as(func(p *Post) { p.Category = 0 }), ErrUnknown},
		{"suspicious person", as(func(p *Post) { p.Category = 11 }), ErrUnknown},
		{"nothing happened", as(func(p *Post) { p.Happened = "" }), ErrRange},
		{"only looks", as(func(p *Post) { p.Happened, p.Person = "", "tall, dark coat" }), ErrRange},
		{"too long", as(func(p *Post) { p.Happened = strings.Repeat("x", MaxText+1) }), ErrRange},
		{"a place on two lines", as(func(p *Post) { p.Place = "a\nb" }), ErrRange},
		{"five pictures", as(func(p *Post) { p.Media = slices.Repeat(p.Media, MaxMedia+1) }), ErrRange},
		{"media of another type", media(func(m *Media) { m.Type = 3 }), ErrUnknown},
		{"a clip of 31 seconds", media(func(m *Media) { m.Seconds = MaxClipSeconds + 1 }), ErrRange},
		{"a clip of no seconds", media(func(m *Media) { m.Seconds = 0 }), ErrRange},
		{"a clip beyond 8 MiB", media(func(m *Media) { m.Full.Length = Sealed(MaxClip) + 1 }), ErrRange},
		{"a photo of a second", media(func(m *Media) { m.Type, m.Full.Length = MediaPhoto, 1000 }), ErrRange},
		{"a photo beyond 512 KiB", media(func(m *Media) { m.Type, m.Seconds, m.Full.Length = MediaPhoto, 0, Sealed(MaxPhoto)+1 }), ErrRange},
		{"a thumbnail beyond 48 KiB", media(func(m *Media) { m.Thumbnail.Length = Sealed(MaxThumbnail) + 1 }), ErrRange},
		{"a clip of a chunk and an empty one", media(func(m *Media) { m.Full.Length = SealedChunk + tagLen }), ErrRange},
		{"no thumbnail", media(func(m *Media) { m.Thumbnail.Length = 0 }), ErrRange},
		{"a picture without a height", media(func(m *Media) { m.Height = 0 }), ErrRange},
		{"a picture too wide", media(func(m *Media) { m.Width = MaxPixels + 1 }), ErrRange},
		{"beyond 8 KiB", make([]byte, MaxPayload+1), ErrTooLarge},
	}
}

func TestRefusedPayloads(t *testing.T) {
	for _, c := range refusedPayloads(t) {
		t.Run(c.name, func(t *testing.T) {
			p, err := Unpack(naming(SaysPost, c.raw), c.raw)
			if !errors.Is(err, c.kind) {
				t.Errorf("error %v, want kind %v", err, c.kind)
			}
			if p != nil {
				t.Errorf("it was read as a %T", p)
			}
		})
	}
	b := encode(Comment{Text: "x"})
	for name, e := range map[string]Entry{"another's": naming(SaysComment, []byte("other")), "shorter": naming(SaysComment, b[:len(b)-1])} {
		if _, err := Unpack(e, b); !errors.Is(err, ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Unpack(naming(SaysRetract, b), b); !errors.Is(err, ErrUnknown) {
		t.Errorf("a retraction has no payload: %v", err)
	}
	if _, err := Pack(Comment{}); !errors.Is(err, ErrRange) {
		t.Errorf("an empty comment is packed: %v", err)
	}
}

// TestSignRefuses what Open would refuse, so that nobody sends what all refuse.
func TestSignRefuses(t *testing.T) {
	if _, err := Sign(Leave{Author: keyOf("bob")}, private("eve")); !errors.Is(err, ErrSignature) {
		t.Errorf("with another's key: %v", err)
	}
	if _, err := Sign(Vote{Seat: keyOf("bob")}, private("bob")); !errors.Is(err, ErrRange) {
		t.Errorf("out of bounds: %v", err)
	}
}

// TestLimits holds every kind to its limit: the largest that its bounds allow fits.
func TestLimits(t *testing.T) {
	wide := func(n int) string { return strings.Repeat("🏠", n) }
	heads := make([]Hash, MaxHeads)
	for i := range heads {
		heads[i] = Hash{byte(i)}
	}
	places := make([]string, MaxPlaces)
	for i := range places {
		places[i] = wide(MaxName-1) + string(rune('A'+i))
	}
	const last = 1<<32 - 1
	policy := Policy{Invites: InvitesByMembers, Contact: wide(MaxContact), Places: places, ExpireDays: MaxExpireDays, MediaMiB: MaxMediaMiB}
	head := ActHead{Neighborhood: hashOf("n"), Height: last, Prev: hashOf("p"), Minute: last, Seat: keyOf("bob")}
	n := hashOf("n")
	card := Card{Neighborhood: n, Author: keyOf("bob"), Node: keyOf("node"), Proof: ProveNode(private("node"), n, keyOf("bob")), Seal: keyOf("s"), Name: wide(MaxName), Minute: last, Sponsors: []Key{{1}, {2}, {3}, {4}}}
	deed := DeedHead{Neighborhood: n, Minute: last, Seat: keyOf("bob"), Prev: heads}
	largest := Agency{Key: keyOf("fire brigade"), Minute: last, Title: wide(MaxTitle), Class: ClassTown, Domain: strings.Repeat("a.", 126) + "a", Contact: wide(MaxContact), Policy: wide(MaxContact), Jurisdiction: slices.Repeat([]Point{{Lat: -90_000_000, Lon: -180_000_000}}, MaxCorners)}
	for _, b := range []Body{
		Genesis{Minute: last, Title: wide(MaxTitle), Policy: policy, Seat: keyOf("bob"), Succeeds: n, Head: n},
		AddSteward{Head: head}, DropSteward{Head: head, Cut: heads}, SetPolicy{Head: head, Policy: policy},
		letIn(largest, func(a *AdmitAgency) {
			a.Head, a.Succeeds, a.Cells = head, keyOf("bob"), nil
			for n := range uint32(MaxCells) {
				a.Cells = append(a.Cells, Cell{Row: 89_999, Col: 100_000 + n})
			}
		}), largest, SuspendAgency{Head: head, Reason: wide(MaxContact)}, Annul{Head: head}, Vote{Height: last, Seat: keyOf("bob")},
		Admit{Head: deed, Card: card, Signature: Signature(ed25519.Sign(private("bob"), message(KindCard, encode(card))))},
		Revoke{Head: deed, Cut: last}, card, Leave{Author: keyOf("bob"), Minute: last},
		Entry{Author: keyOf("bob"), Minute: last - 90*Day, Says: SaysComment, On: n, Payload: n, Length: MaxPayload, Expires: last},
		Report{Neighborhood: n, Reporter: keyOf("bob"), On: n, Reason: LabelUnlawful, Words: wide(MaxReportWords), Minute: last},
		Anew{Neighborhood: hashOf("m"), Author: keyOf("bob"), Minute: last, Invite: encode(invitation())}, Follow{Neighborhood: hashOf("m"), Author: keyOf("bob"), Anew: n, As: keyOf("bob anew")},
		Request{Head: AgencyHead{Agency: keyOf("bob"), Minute: last - 1}, Case: wide(MaxName), Incident: IncidentHarassing, From: last - 2, To: last, Area: slices.Repeat([]Point{{Lat: -90_000_000, Lon: -180_000_000}}, MaxCorners), Text: wide(MaxPublication), Contact: wide(MaxContact), Expires: last},
		Closing{Head: AgencyHead{Agency: keyOf("bob"), Minute: last}, Is: ClosingWithdrawn}, Reply{Head: AgencyHead{Agency: keyOf("bob"), Minute: last}, Text: wide(MaxPublication)},
		Bulletin{Head: AgencyHead{Agency: keyOf("bob"), Minute: last - 1}, Title: wide(MaxTitle), Text: wide(MaxPublication), Expires: last},
		Recipient{Head: AgencyHead{Agency: keyOf("bob"), Minute: last}, Recipient: sealedFor},
	} {
		if _, err := Sign(b, private(map[bool]string{true: "fire brigade", false: "bob"}[b.Kind() == KindAgency])); err != nil {
			t.Errorf("%v: %v", b.Kind(), err)
		}
	}
	full := Media{Type: MediaClip, Full: Blob{Length: Sealed(MaxClip)}, Thumbnail: Blob{Length: Sealed(MaxThumbnail)}, Width: MaxPixels, Height: MaxPixels, Seconds: MaxClipSeconds}
	post := Post{Category: CategoryEvent, Happened: wide(MaxText), Person: wide(MaxText / 2), Place: wide(MaxName), When: last, Media: slices.Repeat([]Media{full}, MaxMedia)}
	if b, err := Pack(post); err != nil {
		t.Errorf("a long post with four clips: %v", err)
	} else if _, err := Unpack(naming(SaysPost, b), b); err != nil {
		t.Errorf("a long post with four clips: %v", err)
	}
	post.Person = wide(MaxText)
	if _, err := Pack(post); !errors.Is(err, ErrTooLarge) {
		t.Errorf("two texts of 1,000 characters of four bytes fit: %v", err)
	}
}

// TestMemory: whatever a stranger sends, reading it takes no more memory than a
// small multiple of the largest object.
func TestMemory(t *testing.T) {
	for _, c := range refused(t) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _ = Open(c.raw)
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
			t.Errorf("%s: %d bytes were allocated", c.name, n)
		}
	}
}

func TestMinute(t *testing.T) {
	for _, c := range []struct {
		seconds int64
		want    Minute
	}{{-1, 0}, {0, 0}, {59, 0}, {60, 1}, {1_800_000_000, 30_000_000}} {
		if got := MinuteOf(instant(c.seconds)); got != c.want {
			t.Errorf("second %d lies in minute %d, want %d", c.seconds, got, c.want)
		}
	}
	if got := Minute(30_000_000).Time().Unix(); got != 1_800_000_000 {
		t.Errorf("it begins at %d", got)
	}
}

func FuzzOpen(f *testing.F) {
	objects, _ := street(f)
	for _, o := range objects {
		f.Add(o.Raw)
	}
	for _, c := range refused(f) {
		f.Add(c.raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		o, err := Open(raw)
		if err != nil {
			return
		}
		if name, err := Name(raw); err != nil || name != o.ID {
			t.Errorf("%x is named %v, %v, and opened as %v", raw, name, err, o.ID)
		}
		if again := encode(o.Body); !bytes.Contains(raw, again) {
			t.Errorf("%x is another way to write %x", raw, again)
		}
	})
}

// FuzzBody reads bodies without a signature in the way.
func FuzzBody(f *testing.F) {
	objects, _ := street(f)
	for _, o := range objects {
		f.Add(uint8(o.Body.Kind()), encode(o.Body))
	}
	f.Fuzz(func(t *testing.T, kind uint8, raw []byte) {
		k, ok := kinds[Kind(kind)]
		if !ok {
			return
		}
		b, err := k.read(raw, k.limit)
		if err != nil {
			return
		}
		if !bytes.Equal(encode(b), raw) {
			t.Errorf("%x is another way to write %x", raw, encode(b))
		}
		_ = b.check() // must not panic
	})
}

func FuzzPayload(f *testing.F) {
	_, payloads := street(f)
	for _, p := range payloads {
		f.Add(uint8(p.Says()), encode(p))
	}
	for _, c := range refusedPayloads(f) {
		f.Add(uint8(SaysPost), c.raw)
	}
	f.Fuzz(func(t *testing.T, says uint8, b []byte) {
		p, err := Unpack(naming(Says(says), b), b)
		if err != nil {
			return
		}
		again, err := Pack(p)
		if err != nil || !bytes.Equal(again, b) {
			t.Errorf("%x is packed again as %x, %v", b, again, err)
		}
	})
}

func BenchmarkOpen(b *testing.B) {
	objects, _ := street(b)
	raw := objects["entry"].Raw
	for b.Loop() {
		if _, err := Open(raw); err != nil {
			b.Fatal(err)
		}
	}
}
