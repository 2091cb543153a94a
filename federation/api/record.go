package api

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"

	"nvrd/federation/agency/audit"
	"nvrd/federation/membership"
	"nvrd/federation/request/tlog"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// record answers with one file of what an agency published, as this home has it, which
// anybody verifies with `nvrd agency verify`. Which homes cosigned is left out.
func (a *api) record(w http.ResponseWriter, r *http.Request) error {
	m, err := a.of(r)
	if err != nil {
		return err
	}
	agency, err := agencyOf(m, r.PathValue("agency"))
	if err != nil {
		return err
	}
	is, err := recordOf(m, agency)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := audit.Write(&b, is.Files()); err != nil {
		return fmt.Errorf("record of an agency: %w", err)
	}
	w.Header().Set("Content-Type", "application/x-tar")
	w.Header().Set("Content-Disposition", `attachment; filename="record-`+hexed(agency.Key)[:16]+`.tar"`)
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(b.Bytes()) // the caller left
	return nil
}

func recordOf(m *membership.Membership, agency membership.Agency) (r audit.Record, err error) {
	logs := m.Logs()
	at := slices.IndexFunc(logs, func(l membership.Log) bool { return l.Key == agency.Key })
	if at < 0 || logs[at].Note == nil {
		return r, fmt.Errorf("this agency has published nothing: %w", nvr.ErrNotFound)
	}
	log := logs[at]
	for _, act := range agency.Acts {
		if admit, ok := act.Says.(wire.AdmitAgency); ok && admit.Agency.Key == agency.Key {
			if r.Card, err = admit.Card(); err != nil { // the last one counts
				return r, err
			}
		}
	}
	r.Texts, r.Fraud = map[wire.Hash][]byte{}, log.Proof
	for _, e := range log.Entries {
		r.IDs = append(r.IDs, e.ID)
		if e.Text.Raw != nil {
			r.Texts[e.ID] = e.Text.Raw
		}
	}
	r.Checkpoint, err = tlog.Merge(log.Note, log.Note, agency.Key, func(wire.Key) bool { return false })
	return r, err
}
