package mail

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"

	"nvrd/federation/wire"
)

// PerDay is how often a day each home sends parcels, whatever its owner decided.
const PerDay = 4

// Slot is when a home sends parcels, and how many: a response takes the place of
// parcels that carry nothing.
type Slot struct {
	At    time.Time
	Count int // of parcels
}

// Slots returns those of a day (UTC, counted from 1970-01-01), in their order: at
// times, and as many parcels, as only this home can foretell. They are the same after
// a restart, so that nothing is sent twice.
func (d *DB) Slots(neighborhood wire.Hash, day uint32) []Slot {
	slots := make([]Slot, PerDay)
	for i := range slots {
		m := hmac.New(sha256.New, d.seed[:])
		m.Write(neighborhood[:])
		m.Write(binary.BigEndian.AppendUint32(nil, day))
		m.Write([]byte{byte(i)})
		sum := m.Sum(nil)
		second := binary.BigEndian.Uint64(sum) % (24 * 60 * 60)
		slots[i] = Slot{At: time.Unix(int64(day)*24*60*60+int64(second), 0), Count: counts[int(sum[8])*len(counts)>>8]}
	}
	slices.SortFunc(slots, func(a, b Slot) int { return a.At.Compare(b.At) })
	return slots
}

// counts is how many parcels go at a time, each as often as it stands here: as many
// as responses have pieces. 3.4 MiB a day.
var counts = [10]int{1, 1, 1, 1, 1, 1, 4, 4, 4, MaxHidden}

// MaxHidden is how many pieces a response has at most that takes the place of parcels
// that carry nothing: 4 MiB. So many as a larger one has are never sent at a time.
const MaxHidden = 16

// Choose returns which response takes the place of so many parcels to a node: the
// oldest that fits, waits for its turn, and is to be brought there. Nodes returns the
// homes that keep for its asker, of which two are to have it. Where parcels go, and how
// many, was chosen before: nothing that others see depends on what is found.
func Choose(all []Response, count int, to wire.Key, nodes func(asker wire.Key) []wire.Key) (r Response, ok bool) {
	for _, r := range all {
		if r.Hidden && r.Pieces > 0 && r.Pieces <= count && slices.Contains(r.Next(nodes(r.Asker)), to) {
			return r, true
		}
	}
	return r, false
}

// Copies is how many homes keep a response: one that is lost loses nothing.
const Copies = 2

// Next returns the nodes of homes that a response may be brought to, of those that keep
// for its asker: none once enough have it.
func (r Response) Next(nodes []wire.Key) (to []wire.Key) {
	if len(r.Brought) >= Copies {
		return nil
	}
	for _, n := range nodes {
		if !slices.ContainsFunc(r.Brought, func(b Brought) bool { return b.Node == n }) {
			to = append(to, n)
		}
	}
	return to
}

// Enough tells whether enough homes have a response, of those that keep for its asker.
func (r Response) Enough(nodes []wire.Key) bool {
	return len(r.Next(nodes)) == 0 && len(r.Brought) > 0
}
