package node

import (
	"bytes"
	"context"
	"fmt"

	"nvrd/federation/wire"
)

// report is how a sealed report comes to a steward's home: on a stream with that
// home alone, also where others pass the stream on. All are of one length, as
// are all answers.
var report = exchange{"/stoop/report/1", wire.SealedReport, len(taken)}

// taken answers what was written down.
var taken = []byte{1}

// TakeReports has take judge what members report to this home, and write it
// down: what it returns no error for is not brought again. It is called from many
// goroutines at once.
func (n *Node) TakeReports(take func(from wire.Key, sealed []byte) error) {
	n.serve(report, func(from wire.Key, sealed []byte) ([]byte, error) {
		if err := take(from, sealed); err != nil {
			return nil, err // it is told nothing
		}
		return taken, nil
	})
}

// Report brings a report to a steward's home. It returns nil once that home has
// it, for good; after any error it may have it, and is to be told again.
func (n *Node) Report(ctx context.Context, steward wire.Key, sealed []byte) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	answer, err := n.consult(ctx, report, steward, sealed)
	if err == nil && !bytes.Equal(answer, taken) {
		err = wire.ErrUnknown
	}
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}
