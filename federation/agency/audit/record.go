package audit

import (
	"iter"
	"strings"

	"nvrd/federation/domain"
	"nvrd/federation/request/tlog"
	"nvrd/federation/wire"
)

// Record is what somebody has of an agency's log, to be checked by others.
type Record struct {
	Card       wire.Signed // what the agency says of itself
	IDs        []wire.Hash
	Texts      map[wire.Hash][]byte // of those that are here
	Checkpoint []byte
	Fraud      []byte // the proof that it showed two logs; nil if there is none
}

// Files returns the files of a record, as [Check] reads them.
func (r Record) Files() iter.Seq2[string, []byte] {
	tree := tlog.Tree{}.Append(r.IDs...)
	return func(yield func(string, []byte) bool) {
		if !yield(strings.TrimPrefix(domain.Path, "/"), []byte(wire.AgencyText(r.Card)+"\n")) {
			return
		}
		for _, id := range r.IDs {
			if text, ok := r.Texts[id]; ok && !yield("text/"+id.String(), text) {
				return
			}
		}
		for t := range tlog.Published(0, tree.Size()) {
			var b []byte
			if t.Level == tlog.Entries {
				b = tlog.Bundle(r.IDs[t.First() : t.First()+int64(t.Width)])
			} else {
				b, _ = tree.Tile(t) // which it has
			}
			if !yield(t.Path(), b) {
				return
			}
		}
		if r.Fraud != nil && !yield(FraudPath, r.Fraud) {
			return
		}
		yield(tlog.CheckpointPath, r.Checkpoint)
	}
}
