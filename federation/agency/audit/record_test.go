package audit_test

import (
	"bytes"
	"maps"
	"testing"

	"nvrd/federation/agency/audit"
	"nvrd/federation/request/tlog"
	"nvrd/federation/wire"
)

// TestRecord: what somebody holds of a log is given away as the agency would, but for
// texts that are not there, with the proof if it showed two.
func TestRecord(t *testing.T) {
	var published []wire.Body
	r := audit.Record{Texts: map[wire.Hash][]byte{}}
	for n := range 260 {
		published = append(published, asks(n*1440, nil))
		s := sign(t, published[n])
		r.IDs, r.Texts[s.ID] = append(r.IDs, s.ID), s.Raw
	}
	want, tree := logOf(t, published...)
	delete(r.Texts, r.IDs[7])
	delete(want, "text/"+r.IDs[7].String())
	r.Checkpoint = want[tlog.CheckpointPath]
	var err error
	if r.Card, err = wire.ParseAgency(string(want[".well-known/stoop-agency"])); err != nil {
		t.Fatal(err)
	}
	other := tlog.Tree{}.Append(r.IDs[1])
	proof, ok := tlog.Split(tlog.Sign(other, private("police")), want[tlog.CheckpointPath], police, tree)
	if !ok {
		t.Fatal("they are of one log")
	}
	for _, fraud := range [][]byte{nil, proof.Bytes()} {
		if r.Fraud = fraud; fraud != nil {
			want[audit.FraudPath] = fraud
		}
		if got := maps.Collect(r.Files()); !maps.EqualFunc(files(got), want, bytes.Equal) {
			t.Errorf("%d files, want %d", len(got), len(want))
		}
		var b bytes.Buffer
		if err := audit.Write(&b, r.Files()); err != nil {
			t.Fatal(err)
		}
		a, err := audit.OpenArchive(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if is, err := audit.Check(a); err != nil || is.Entries != 260 || is.Withheld != 1 || is.Fraud != (fraud != nil) {
			t.Errorf("%+v, %v", is, err)
		}
	}
}
