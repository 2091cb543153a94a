package fedtest

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"nvrd/federation/request"
	"nvrd/federation/request/area"
	"nvrd/federation/request/tlog"
	"nvrd/federation/wire"
)

// Agency is one that a street let in, which gives what it publishes to sponsors.
type Agency struct {
	street *Street
	key    ed25519.PrivateKey
	all    []request.Entry
	tree   tlog.Tree
	Seen   []string // all that it was answered, with the time
}

// corner is where streets lie, and Place the cell there.
var (
	corner = wire.Point{Lat: 40_700_000, Lon: -73_990_000}
	Place  = area.CellOf(corner)
)

// Around is a square of so many millionths of a degree a side, at whose corner [Place] lies.
func Around(side int32) []wire.Point {
	at := func(north, east int32) wire.Point {
		return wire.Point{Lat: corner.Lat + north, Lon: corner.Lon + east}
	}
	return []wire.Point{at(0, 0), at(0, side), at(side, side), at(side, 0)}
}

func newAgency(s *Street) *Agency {
	b := fmt.Appendf(nil, "agency %d ", s.Number)
	seed := sha256.Sum256(binary.LittleEndian.AppendUint64(b, s.w.Seed))
	return &Agency{street: s, key: ed25519.NewKeyFromSeed(seed[:])}
}

// Key is what the agency signs with.
func (a *Agency) Key() wire.Key { return wire.PublicKey(a.key) }

// admission is the founder's act that lets the agency in.
func (a *Agency) admission(height uint32, prev wire.Hash) wire.Signed {
	s, founder := a.street, a.street.Homes[0]
	at := s.w.Begin - elder
	says := wire.Agency{Key: a.Key(), Minute: at, Title: "Fire brigade", Class: wire.ClassFire, Contact: "Desk", Policy: "Deleted after 30 days.", Jurisdiction: Around(100_000)}
	return s.sign(wire.AdmitAgency{
		Head:   wire.ActHead{Neighborhood: s.genesis.ID, Height: height, Prev: prev, Minute: at, Seat: wire.PublicKey(founder.seat)},
		Agency: says, Signature: s.sign(says, a.key).Signature(), Cells: []wire.Cell{Place},
	}, founder.seat)
}

// sponsored returns which agencies a home is a sponsor of.
func (a *Agency) sponsored(h *Home) []wire.Key {
	if h.Number >= a.street.w.Sponsors {
		return nil
	}
	return []wire.Key{a.Key()}
}

// Cosigner is the key with which the home cosigns what an agency published, as every
// other home does; nil for one that does not.
func (h *Home) Cosigner() ed25519.PrivateKey {
	if h.Street.Agency == nil || h.Number%2 > 0 {
		return nil
	}
	return h.key("cosigner")
}

// Ask has the agency publish a request around [Place], of the hour before last, and
// give it to its sponsors, as all that it published. It returns the request's name.
func (a *Agency) Ask(number string, incident wire.Incident) wire.Hash {
	w := a.street.w
	id, note := a.Publish(number, incident)
	for _, sponsor := range a.street.Homes[:w.Sponsors] {
		all := slices.Clone(a.all)
		w.In(w.between(0, time.Minute), func() { a.give(sponsor, note, all) })
	}
	return id
}

// Publish has the agency publish such a request, and returns its name and the checkpoint.
func (a *Agency) Publish(number string, incident wire.Incident) (id wire.Hash, checkpoint []byte) {
	at := a.street.Homes[0].minute()
	s := a.street.sign(wire.Request{
		Head: wire.AgencyHead{Agency: a.Key(), Minute: at}, Case: number, Incident: incident, From: at - 120, To: at - 60,
		Area: Around(5_000), Text: "Did anybody see smoke?", Contact: "Desk", Expires: at + wire.Day,
	}, a.key)
	a.all, a.tree = append(a.all, request.Entry{ID: s.ID, Text: s}), a.tree.Append(s.ID)
	return s.ID, tlog.Sign(a.tree, a.key)
}

// Entries returns all that was published.
func (a *Agency) Entries() []request.Entry { return slices.Clone(a.all) }

// give is what a sponsor's gateway does.
func (a *Agency) give(to *Home, note []byte, all []request.Entry) {
	is, do, err := to.core.Publish(a.Key(), note, 0, all, to.minute())
	size := 0
	if l := to.core.Logs().Log(a.Key()); l != nil {
		size = l.Size()
	}
	a.Seen = append(a.Seen, fmt.Sprintf("%v: home %d says %v, %d entries, %v", a.street.w.now, to.Number, is, size, err))
	to.do(do)
}

// Logs are the logs of agencies as the home holds them, to be read.
func (h *Home) Logs() *request.Logs { return h.core.Logs() }
