package catalog

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/nvr"
)

// The queries answer as a list of everything would.
func TestAgainstModel(t *testing.T) {
	c := newCatalog(t)
	c.prepare(t)
	r := rand.New(rand.NewPCG(9, 10))
	segments := map[nvr.StreamID][]nvr.Segment{}
	gaps := map[nvr.StreamID][]nvr.Gap{}
	c.must(t, func(tx Tx) error {
		for _, id := range []nvr.StreamID{porch, gate} {
			now := at(0)
			for range 150 {
				next := now.Add(time.Duration(1+r.Int64N(int64(maxSegment/time.Microsecond))) * time.Microsecond)
				if r.IntN(3) > 0 {
					next = now.Add(time.Duration(1+r.IntN(70)) * time.Second)
				}
				if r.IntN(4) == 0 {
					g := nvr.Gap{Stream: id, Span: nvr.Span{From: now, To: next}, Reason: nvr.Unreachable, Detail: now.String()}
					gaps[id] = append(gaps[id], g)
					if err := tx.AddGap(g); err != nil {
						return err
					}
				} else {
					s := segment(r, id, now, next.Sub(now))
					segments[id] = append(segments[id], s)
					if err := tx.PutSegment(s); err != nil {
						return err
					}
				}
				now = next
			}
			open := segment(r, id, now, time.Minute)
			open.Sealed, open.Fragments, open.Span.To = false, nil, now
			segments[id] = append(segments[id], open)
			if err := tx.PutSegment(open); err != nil {
				return err
			}
		}
		return nil
	})
	for range 50 {
		id := []nvr.StreamID{porch, gate}[r.IntN(2)]
		all := segments[id]
		from := all[0].Span.From + nvr.Time(r.Int64N(int64(all[len(all)-1].Span.From-all[0].Span.From))) - 1e9
		if r.IntN(3) == 0 { // on the border of one
			from = all[r.IntN(len(all))].Span.From
		}
		asked := nvr.Span{From: from, To: from + nvr.Time(r.Int64N(1<<r.IntN(36)))}
		var wantSegments []nvr.Segment
		var wantPieces, gotPieces []Piece
		for _, s := range all {
			if s.Span.Overlaps(asked) || !s.Sealed && asked.From.Add(-maxSegment) <= s.Span.From && s.Span.From < asked.To {
				wantSegments = append(wantSegments, s)
				p := Piece{Span: s.Span, Open: !s.Sealed, Directory: s.Directory}
				for _, f := range s.Fragments {
					p.Score = max(p.Score, f.Score)
				}
				wantPieces = append(wantPieces, p)
			}
		}
		got, err := c.Segments(t.Context(), id, asked)
		if err != nil {
			t.Fatal(err)
		}
		for i := range got {
			got[i].ID = 0
		}
		if diff := cmp.Diff(wantSegments, got); diff != "" {
			t.Fatalf("segments of %s in %s (-want +got):\n%s", id, asked, diff)
		}
		if err := c.Coverage(t.Context(), id, asked, func(p Piece) { gotPieces = append(gotPieces, p) }); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(wantPieces, gotPieces); diff != "" {
			t.Fatalf("coverage of %s in %s (-want +got):\n%s", id, asked, diff)
		}
		var wantGaps []nvr.Gap
		for _, g := range gaps[id] {
			if g.Span.Overlaps(asked) {
				wantGaps = append(wantGaps, g)
			}
		}
		gotGaps, err := c.Gaps(t.Context(), id, asked)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(wantGaps, gotGaps); diff != "" {
			t.Fatalf("gaps of %s in %s (-want +got):\n%s", id, asked, diff)
		}
		var newest nvr.Segment
		for _, s := range all {
			if s.Span.From < asked.To {
				newest = s
			}
		}
		last, err := c.LastSegment(t.Context(), id, asked.To)
		last.ID = 0
		if diff := cmp.Diff(newest, last); diff != "" || newest.Bytes == 0 != errors.Is(err, nvr.ErrNotFound) {
			t.Fatalf("last segment of %s before %s: %v (-want +got):\n%s", id, asked.To, err, diff)
		}
	}
}

// No query reads more than it answers with, however old the home is.
func TestQueryPlans(t *testing.T) {
	c := newCatalog(t)
	for name, q := range map[string]struct {
		query string
		args  []any
		want  string
	}{
		"coverage":      {coverageQuery, []any{1, 0, 1, 2}, "USING COVERING INDEX segment_by_time (stream_id=? AND start_us>? AND start_us<?)"},
		"segments":      {selectSegments + inSpan, []any{1, 0, 1, 2, 1}, "USING INDEX segment_by_time (stream_id=? AND start_us>? AND start_us<?)"},
		"last segment":  {selectSegments + newestBefore, []any{1, 0, 1}, "USING INDEX segment_by_time (stream_id=? AND start_us<?)"},
		"one segment":   {selectSegments + startsAt, []any{1, 0, 1}, "USING INDEX segment_by_time (stream_id=? AND start_us=?)"},
		"open segments": {selectSegments + stillOpen, nil, "USING INDEX segment_unsettled (state=?)"},
		"gaps":          {gapsQuery, []any{1, 0, 1, 2}, "SEARCH gap USING PRIMARY KEY (stream_id=? AND start_us>? AND start_us<?)"},
		"recorded":      {recordedQuery, []any{1, 1, 2, 3}, "SEARCH g USING PRIMARY KEY (stream_id=? AND start_us>? AND start_us<?)"},
		"events":        {selectEvents + eventsOf + "= ? ORDER BY start_us, id", []any{1, 2, 1, 1}, "SEARCH event USING INDEX event_by_time (camera_id=? AND start_us>? AND start_us<?)"},
		"latest events": {selectEvents + latestEvents, []any{1, 2, 1}, "SEARCH event USING INDEX event_by_time (camera_id=? AND start_us>? AND start_us<?)"},
		"streams":       {streamsQuery, nil, "SEARCH segment USING COVERING INDEX segment_by_time (stream_id=?)"},
	} {
		rows, err := c.db.Reader().QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+q.query, q.args...)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		var plan []string
		for rows.Next() {
			var id, parent, unused int
			var step string
			if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
				t.Fatal(err)
			}
			plan = append(plan, step)
			few := strings.HasPrefix(step, "SCAN stream") // as many as there are cameras
			if strings.Contains(step, "SCAN") && !few || strings.Contains(step, "TEMP B-TREE") && name != "open segments" && name != "events" && name != "latest events" {
				t.Errorf("%s: %s", name, step)
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(strings.Join(plan, "\n"), q.want) {
			t.Errorf("%s: the plan is %q, want %s", name, plan, q.want)
		}
	}
}
