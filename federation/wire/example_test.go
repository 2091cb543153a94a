package wire

import (
	"crypto/ed25519"
	"crypto/sha256"
	"strings"
	"testing"
	"time"
)

// private returns a key that is made from its name, so that vectors are the same each time.
func private(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

func hashOf(name string) Hash { return sha256.Sum256([]byte(name)) }

func keyOf(name string) Key { return PublicKey(private(name)) }

func sign(t testing.TB, b Body, who string) Signed {
	t.Helper()
	s, err := Sign(b, private(who))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// street is one object of each kind, and one payload of each.
func street(t testing.TB) (objects map[string]Signed, payloads map[string]Payload) {
	const now = Minute(29_700_000)
	genesis := sign(t, Genesis{
		Minute: now, Title: "Elm Street", Founder: keyOf("anna"), Seat: keyOf("anna's seat"), Salt: Salt{1},
		Policy: Policy{Invites: InvitesByMembers, Contact: "Anna, 12 Elm Street", Places: []string{"North end", "Schoolyard"}, ExpireDays: 30, MediaMiB: 1024},
	}, "anna's seat")
	n := genesis.ID
	card := func(who string, minute Minute) Card {
		return Card{Neighborhood: n, Author: keyOf(who), Node: keyOf(who + "'s node"), Seal: Key(hashOf(who + "'s seal")), Name: who, Cosigner: keyOf(who + "'s cosigner"), Sponsors: []Key{keyOf("fire brigade")},
			Proof: ProveNode(private(who+"'s node"), n, keyOf(who)), Minute: minute}
	}
	bob := sign(t, card("bob", now), "bob")
	admit := sign(t, Admit{Head: DeedHead{Neighborhood: n, Minute: now + 1, Seat: keyOf("anna's seat")}, Card: card("bob", now), Signature: Signature(ed25519.Sign(private("bob"), message(KindCard, encode(card("bob", now)))))}, "anna's seat")
	at := func(height uint32, prev Hash) ActHead {
		return ActHead{Neighborhood: n, Height: height, Prev: prev, Minute: now + Minute(height), Seat: keyOf("anna's seat")}
	}
	add := sign(t, AddSteward{Head: at(1, n), Who: keyOf("bob"), Seat: keyOf("bob's seat")}, "anna's seat")
	payloads = map[string]Payload{
		"post": Post{Salt: Salt{2}, Category: CategoryHazard, Happened: "The step in front of number 9 is icy.\nMind it.", Place: "North end", When: now + 3, Opened: []Key{keyOf("fire brigade")}, From: now - 60, To: now, Cells: []Cell{{Row: 65_350, Col: 53_005}}, Recipient: sealedFor, Media: []Media{
			{Type: MediaClip, Full: Blob{Address: hashOf("clip"), Key: hashOf("clip key"), Length: Sealed(5_000_000)}, Thumbnail: Blob{Address: hashOf("thumbnail"), Key: hashOf("thumbnail key"), Length: Sealed(20_000)}, Width: 1280, Height: 720, Seconds: 12},
		}},
		"comment":  Comment{Salt: Salt{3}, Text: "Thank you! 👍 Grüße"},
		"reaction": Reaction{Salt: Salt{4}, Is: ReactionThanks},
		"label":    Label{Salt: Salt{5}, Is: LabelWrong, Reason: "It thawed."},
	}
	entry := func(name string, on Hash) Signed {
		e := Entry{Neighborhood: n, Author: keyOf("bob"), Minute: now + 5, On: on, Says: SaysRetract, Expires: now + 5 + 30*Day}
		if p := payloads[name]; p != nil {
			b, err := Pack(p)
			if err != nil {
				t.Fatal(err)
			}
			e.Says, e.Payload, e.Length = p.Says(), sha256.Sum256(b), uint16(len(b))
		}
		if e.outlives() {
			e.Expires = e.Minute + 90*Day
		}
		return sign(t, e, "bob")
	}
	post := entry("post", Hash{})
	return map[string]Signed{
		"genesis":        genesis,
		"card":           bob,
		"admit":          admit,
		"revoke":         sign(t, Revoke{Head: DeedHead{Neighborhood: n, Minute: now + 9, Seat: keyOf("anna's seat"), Prev: []Hash{admit.ID}}, Who: keyOf("bob"), Cut: now + 8}, "anna's seat"),
		"leave":          sign(t, Leave{Neighborhood: n, Author: keyOf("bob"), Minute: now + 9}, "bob"),
		"add-steward":    add,
		"vote":           sign(t, Vote{Neighborhood: n, Height: 1, Act: add.ID, Seat: keyOf("anna's seat")}, "anna's seat"),
		"drop-steward":   sign(t, DropSteward{Head: at(2, add.ID), Seat: keyOf("bob's seat"), Cut: []Hash{hashOf("a deed")}}, "anna's seat"),
		"set-policy":     sign(t, SetPolicy{Head: at(2, add.ID), Policy: Policy{Invites: InvitesByStewards, Places: []string{}, ExpireDays: 7}}, "anna's seat"),
		"admit-agency":   sign(t, letIn(brigade(), func(a *AdmitAgency) { a.Head = at(2, add.ID) }), "anna's seat"),
		"agency":         sign(t, brigade(), "fire brigade"),
		"suspend-agency": sign(t, SuspendAgency{Head: at(2, add.ID), Agency: keyOf("fire brigade"), Reason: "It asks on behalf of others."}, "anna's seat"),
		"request":        sign(t, Request{Head: AgencyHead{Agency: keyOf("fire brigade"), Minute: now}, Case: "2026-1184", Incident: IncidentFire, From: now - 120, To: now - 60, Area: block(), Text: "Smoke behind the bakery. Did a camera see where it began?", Contact: "Desk, 555 0100", Expires: now + 7*Day}, "fire brigade"),
		"closing":        sign(t, Closing{Head: AgencyHead{Agency: keyOf("fire brigade"), Minute: now + 9}, On: hashOf("a request"), Is: ClosingResolved}, "fire brigade"),
		"bulletin":       sign(t, Bulletin{Head: AgencyHead{Agency: keyOf("fire brigade"), Minute: now}, Title: "Dry week", Text: "No open fires until Sunday.", Expires: now + 7*Day}, "fire brigade"),
		"recipient":      sign(t, Recipient{Head: AgencyHead{Agency: keyOf("fire brigade"), Minute: now}, Recipient: sealedFor}, "fire brigade"),
		"reply":          sign(t, Reply{Head: AgencyHead{Agency: keyOf("fire brigade"), Minute: now + 4}, On: hashOf("post"), Text: "Sand is on its way."}, "fire brigade"),
		"annul":          sign(t, Annul{Head: at(2, add.ID), Deed: hashOf("a deed")}, "anna's seat"),
		"entry":          post,
		"entry-comment":  entry("comment", post.ID),
		"entry-reaction": entry("reaction", post.ID),
		"entry-label":    entry("label", post.ID),
		"entry-retract":  entry("retract", post.ID),
		"anew":           sign(t, Anew{Neighborhood: n, Author: keyOf("bob"), Minute: now + 9, Invite: encode(invitation())}, "bob"),
		"follow":         sign(t, Follow{Neighborhood: n, Author: keyOf("bob"), Anew: hashOf("n"), As: keyOf("bob anew")}, "bob"),
		"report":         sign(t, Report{Neighborhood: n, Reporter: keyOf("bob"), Steward: keyOf("anna"), On: post.ID, Reason: LabelUnkind, Words: "It names my son.", Minute: now + 7}, "bob"),
	}, payloads
}

// sealedFor has the form of a recipient, and is no key.
var sealedFor = "age1pq1" + strings.Repeat("q", MaxRecipient-7)

// brigade is what an agency says of itself.
func brigade() Agency {
	return Agency{Key: keyOf("fire brigade"), Minute: 1000, Title: "Fire brigade", Class: ClassFire, Domain: "fire.example", Contact: "Desk, 555 0100", Policy: "Deleted after 30 days.", Jurisdiction: block()}
}

// letIn is an act that admits an agency, which agrees; but for what change does to it.
func letIn(agency Agency, change func(*AdmitAgency)) AdmitAgency {
	a := AdmitAgency{Agency: agency, Signature: Signature(ed25519.Sign(private("fire brigade"), message(KindAgency, encode(agency)))), Cells: []Cell{{Row: 65_350, Col: 53_005}, {Row: 65_351, Col: 53_004}}}
	a.Head.Height = 1
	if change != nil {
		change(&a)
	}
	return a
}

// block is an area of a few streets.
func block() []Point {
	return []Point{{Lat: 40_700_000, Lon: -73_990_000}, {Lat: 40_700_000, Lon: -73_985_000}, {Lat: 40_704_000, Lon: -73_985_000}, {Lat: 40_704_000, Lon: -73_990_000}}
}

// naming is an entry that names the payload.
func naming(says Says, payload []byte) Entry {
	return Entry{Says: says, Payload: sha256.Sum256(payload), Length: uint16(len(payload))}
}

func instant(seconds int64) time.Time { return time.Unix(seconds, 0) }
