package recorder

import (
	"nvrd/pkg/catalog"
	"nvrd/pkg/footage"
	"nvrd/pkg/motion"
	"nvrd/pkg/nvr"
)

// put writes a segment's row.
func put(tx catalog.Tx, row nvr.Segment, init []byte) (err error) {
	if row.Init, err = tx.Init(init, row.Timescale); err != nil {
		return err
	}
	return tx.PutSegment(row)
}

// putSealed writes the row of a segment of which the disk has kept what result
// says, and a gap over the rest.
func putSealed(tx catalog.Tx, dir *footage.Directory, row nvr.Segment, init []byte, result footage.Result) error {
	intended := row.Span
	if result.Durable < row.Bytes {
		row = durable(dir, row, result.Durable)
	}
	if row.Span.To < intended.To {
		gap := nvr.Gap{
			Stream: row.Stream, Span: nvr.Span{From: row.Span.To, To: intended.To},
			Reason: footage.ReasonOf(result.Err), Detail: result.Err.Error(),
		}
		if err := tx.AddGap(gap); err != nil {
			return err
		}
	}
	if len(row.Fragments) == 0 {
		return tx.DropSegment(row.Stream, row.Span.From)
	}
	return put(tx, row, init)
}

// durable returns the segment as what is durable of it. The file knows where
// movie fragments end, the row only where entries of the index do.
func durable(dir *footage.Directory, row nvr.Segment, bytes int64) nvr.Segment {
	c, err := dir.ReadFront(bytes, row.Stream, row.Span.From, motion.Scores())
	if err != nil || c.Segment.Bytes != bytes || c.Segment.Timescale != row.Timescale {
		return truncate(row, bytes)
	}
	whole := row
	row.Fragments, row.Bytes, row.MediaDuration = c.Segment.Fragments, bytes, c.Segment.MediaDuration
	row.Span.To = whole.TimeAt(row.MediaStart + row.MediaDuration)
	return row
}

// truncate returns the segment as if it held no more than the given bytes.
func truncate(row nvr.Segment, bytes int64) nvr.Segment {
	if bytes >= row.Bytes {
		return row
	}
	n := 0
	for n < len(row.Fragments) && row.Fragments[n].Offset+row.Fragments[n].Bytes <= bytes {
		n++
	}
	whole := row
	row.Fragments = row.Fragments[:n]
	row.Bytes, row.MediaDuration = row.HeaderBytes, 0
	if n > 0 {
		last := row.Fragments[n-1]
		row.Bytes = last.Offset + last.Bytes
		row.MediaDuration = last.MediaStart + last.MediaDuration - row.MediaStart
	}
	row.Span.To = whole.TimeAt(row.MediaStart + row.MediaDuration)
	return row
}
