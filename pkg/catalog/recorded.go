package catalog

import (
	"context"
	"fmt"
	"math"
	"slices"

	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

// Segments and gaps tile time, and gaps are few: what lies between them, up to
// where they account for the stream, is recorded.
const recordedQuery = `SELECT s.quality, max(s.enabled_us, ?2), min(coalesce(s.disabled_us, ?3), ?3,
		max(coalesce((SELECT start_us + duration_us FROM segment WHERE stream_id = s.id AND state <> 0 ORDER BY start_us DESC LIMIT 1), 0),
			coalesce((SELECT coalesce(end_us, start_us) FROM gap WHERE stream_id = s.id ORDER BY start_us DESC LIMIT 1), 0))),
		coalesce(g.start_us, ?4), coalesce(g.end_us, ?4)
	FROM stream s LEFT JOIN gap g ON g.stream_id = s.id AND g.start_us < ?3 AND (g.end_us IS NULL OR g.end_us > ?2)
		AND g.start_us >= coalesce((SELECT max(start_us) FROM gap WHERE stream_id = s.id AND start_us <= ?2), 0)
	WHERE s.camera_id = ?1 ORDER BY s.quality, g.start_us`

// Recorded returns when within span a camera recorded, on either of its streams,
// oldest first, adjoining stretches as one; also what lies on a disk that is not
// there now, and not what is being written and has no end yet. It reads gaps, and no
// segments but the newest: however long the span, it takes as long as there are gaps
// in it.
func (c *Catalog) Recorded(ctx context.Context, camera nvr.CameraID, span nvr.Span) ([]nvr.Span, error) {
	var all []nvr.Span
	add := func(s nvr.Span) {
		if !s.Empty() {
			all = append(all, s)
		}
	}
	stream := int64(-1)
	var rest nvr.Span // of the stream, behind the gaps that were read
	_, err := sqlite.All(ctx, c.db.Reader(), func(row sqlite.Row) (gap nvr.Span, err error) {
		var quality int64
		var whole nvr.Span
		if err := row.Scan(&quality, &whole.From, &whole.To, &gap.From, &gap.To); err != nil {
			return gap, err
		}
		if quality != stream {
			add(rest)
			stream, rest = quality, whole
		}
		add(nvr.Span{From: rest.From, To: min(gap.From, rest.To)})
		rest.From = max(rest.From, gap.To)
		return gap, nil
	}, recordedQuery, camera, span.From, span.To, nvr.Time(math.MaxInt64))
	if err != nil {
		return nil, fmt.Errorf("what camera %v recorded: %w", camera, err)
	}
	add(rest)
	return joined(all), nil
}

// joined returns the union of spans, oldest first.
func joined(all []nvr.Span) (union []nvr.Span) {
	slices.SortFunc(all, func(a, b nvr.Span) int { return int(min(max(a.From-b.From, -1), 1)) })
	for _, s := range all {
		if n := len(union); n > 0 && union[n-1].To >= s.From {
			union[n-1].To = max(union[n-1].To, s.To)
			continue
		}
		union = append(union, s)
	}
	return union
}
