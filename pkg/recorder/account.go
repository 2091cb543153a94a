package recorder

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"math"
	"slices"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/nvr"
)

const (
	// unset is when there was no such program yet: a clock that reads less was
	// not set since the machine got power, and says nothing.
	unset nvr.Time = 1_767_225_600e6 // 2026-01-01T00:00:00Z
	// worthwhile is how long a stretch without footage has to be for a run to
	// begin in it: a segment.
	worthwhile = segmentLength
	// enough is what has to be left of one for a segment to begin in it.
	enough = nvr.Time(segmentLength / 6 / time.Microsecond)
	// forever is later than any footage.
	forever nvr.Time = math.MaxInt64
)

// account is how far segments and gaps account for a stream: it decides when
// footage begins and ends by the wall clock, and calls what is between by its
// reason, so that both tile time. The catalog says the same a commit later.
//
// It lives as long as the recorder, longer than the stream's sink, and belongs
// to whoever calls that. Nothing of it survives a crash: a start makes it from the
// catalog.
type account struct {
	id       nvr.StreamID
	recorder *Recorder
	log      *slog.Logger

	covered nvr.Time   // up to when there is an account, as time passes
	limit   nvr.Time   // where the next footage begins that is there already: forever, unless the clock was set back
	end     nvr.Time   // where the last one ends: covered, or behind the footage that lies ahead
	reason  nvr.Reason // of the gap that is open there; empty while a segment is
	recent  []nvr.Span // footage of this life, in the order in which it was recorded

	media time.Duration // decode time at which the next run begins: where the last ended
}

// maxRecent bounds recent: what does not fit was committed long ago.
const maxRecent = 64

// newAccount returns the account of a stream that has one up to a time.
func (r *Recorder) newAccount(id nvr.StreamID, covered nvr.Time) *account {
	return &account{id: id, recorder: r, log: r.log.With("stream", id.String()), covered: covered, limit: forever, end: covered}
}

// enable begins to account for a stream that is recorded from now on.
func (a *account) enable() {
	a.reason = ""
	a.goOn(a.stretch(a.recorder.now()))
	id, from := a.id, a.covered
	a.recorder.ledger.post(func(tx catalog.Tx) error { return tx.EnableStream(id, from) })
	a.openGap(nvr.Starting, "")
}

// disable ends the account, in a gap.
func (a *account) disable() {
	id, at := a.id, a.end
	a.recorder.ledger.post(func(tx catalog.Tx) error { return tx.DisableStream(id, at) })
}

// openSegment begins footage with a segment that ends at limit at the latest, as
// its row says. The gap that is open ends there.
func (a *account) openSegment(row nvr.Segment, limit nvr.Time, init []byte) {
	start := row.Span.From
	if a.reason == "" && a.covered < start {
		reason := nvr.StreamChanged // pictures of the old format ended before those of the new began
		if start >= a.limit {
			reason = nvr.ClockStepped
		}
		a.openGap(reason, "")
	}
	a.goOn(start, limit)
	a.reason = ""
	id := a.id
	a.recorder.ledger.post(func(tx catalog.Tx) error {
		if err := tx.CutGaps(id, nvr.Span{From: start, To: limit}); err != nil {
			return err
		}
		return put(tx, row, init)
	})
}

// closeSegment ends footage. A gap may be opened there, or another segment.
func (a *account) closeSegment(s nvr.Span) {
	a.covered, a.end = s.To, max(a.end, s.To)
	if n := len(a.recent); n > 0 && a.recent[n-1].To == s.From {
		a.recent[n-1].To = s.To
		return
	}
	if len(a.recent) == maxRecent {
		a.recent = slices.Delete(a.recent, 0, 1)
	}
	a.recent = append(a.recent, s)
}

// openGap begins a gap where what is accounted for ends, or gives the gap that
// is open there another reason from now on. Where footage lies ahead, dated by
// a clock that was set back since, the gap lasts until there, and goes on
// behind all of it.
func (a *account) openGap(reason nvr.Reason, detail string) {
	a.openGapAt(a.recorder.now(), reason, detail)
}

// openGapAt is openGap as if it were now.
func (a *account) openGapAt(now nvr.Time, reason nvr.Reason, detail string) {
	if reason == a.reason {
		return
	}
	if a.reason != "" && now > a.covered {
		if now < a.limit {
			a.goOn(now, a.limit)
		} else {
			a.goOn(a.stretch(now))
		}
	}
	a.reason = reason
	gap := nvr.Gap{Stream: a.id, Span: nvr.Span{From: a.covered, To: a.limit}, Reason: reason, Detail: detail}
	end := a.end
	a.recorder.ledger.post(func(tx catalog.Tx) error {
		return errors.Join(tx.CutGaps(gap.Stream, gap.Span), tx.EndGap(gap.Stream, end), addGap(tx, gap, end))
	})
}

// addGap adds a gap. What goes on goes on at end, behind all that is known.
func addGap(tx catalog.Tx, gap nvr.Gap, end nvr.Time) error {
	if gap.Span.To != forever {
		if err := tx.AddGap(gap); err != nil {
			return err
		}
		gap.Span.From = end
	}
	gap.Span.To = 0
	return tx.AddGap(gap)
}

// goOn goes on in a stretch.
func (a *account) goOn(start, limit nvr.Time) {
	a.covered, a.limit = start, limit
	if limit == forever {
		a.end = start
	}
}

// stretch returns where footage begins that was taken at wall, and where the
// footage begins at which it has to end. That is wall itself if the clock was
// not set back. Else footage may be in the way, dated by the clock that was:
// then it is the first stretch behind wall that is free. See
// docs/design/time.md.
func (a *account) stretch(wall nvr.Time) (start, limit nvr.Time) {
	if next := max(wall, a.covered); wall > a.covered.Add(-saneBehind) && a.limit-next >= enough {
		return next, a.limit
	}
	if wall > a.end.Add(-saneBehind) || wall < unset {
		return max(wall, a.end), forever
	}
	free, err := a.recorder.catalog.Free(context.Background(), a.id, wall)
	if err != nil {
		a.log.Error("footage follows what there is, since it is not known where there is none", "err", err)
	}
	// What is left of the present stretch need not be in the catalog yet.
	free = append(free, nvr.Span{From: max(wall, a.covered), To: a.limit})
	slices.SortStableFunc(free, func(a, b nvr.Span) int { return cmp.Compare(a.From, b.From) })
	for _, f := range free {
		for _, f := range without(f, a.recent) {
			if f.To == forever || f.Duration() >= worthwhile {
				return f.From, f.To
			}
		}
	}
	return a.end, forever
}

// without returns the parts of a span that others leave free, in order.
func without(span nvr.Span, others []nvr.Span) []nvr.Span {
	free := []nvr.Span{span}
	for _, o := range others {
		var rest []nvr.Span
		for _, f := range free {
			for _, part := range []nvr.Span{{From: f.From, To: min(f.To, o.From)}, {From: max(f.From, o.To), To: f.To}} {
				if !part.Empty() && !part.Overlaps(o) {
					rest = append(rest, part)
				}
			}
		}
		free = rest
	}
	return free
}
