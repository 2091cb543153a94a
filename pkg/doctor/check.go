package doctor

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/fmp4"
	"nvrd/pkg/footage"
	"nvrd/pkg/nvr"
)

// young is for how long a file or row may be without the other beside a
// recorder: entries of the catalog are committed about once a second.
const young = 10 * time.Second

// Check compares disk and catalog. It changes nothing, and may run beside a
// recorder. An error means that it could not look, not that something is wrong.
func (d *Doctor) Check(ctx context.Context, o Options) (Report, error) {
	c := checker{Doctor: d, Options: o, report: Report{Level: o.Level}, inits: map[nvr.InitID][]byte{}}
	err := d.Catalog.Check(ctx)
	if errors.Is(err, nvr.ErrDamaged) {
		c.find(Finding{Kind: DamagedCatalog, Found: err.Error()})
		return c.report, nil
	}
	if err == nil {
		err = c.checkInits(ctx)
	}
	if err != nil {
		return c.report, err
	}
	ids, err := d.streams(ctx)
	if err != nil {
		return c.report, err
	}
	c.report.Streams = len(ids)
	for _, id := range ids {
		if err := c.checkStream(ctx, id); err != nil {
			return c.report, err
		}
	}
	for _, m := range d.Missing {
		c.find(Finding{Kind: MissingDirectory, Path: m.Path, Found: "the footage directory is not there; nothing in it was looked at"})
	}
	slices.SortStableFunc(c.report.Findings, func(a, b Finding) int {
		return cmp.Or(compareStreams(a.Stream, b.Stream), cmp.Compare(a.Span.From, b.Span.From), cmp.Compare(a.Path, b.Path))
	})
	return c.report, nil
}

// checker is a check under way.
type checker struct {
	*Doctor
	Options
	inits map[nvr.InitID][]byte // content of those that are in order

	mu     sync.Mutex
	report Report
	done   int
	todo   int
}

func (c *checker) find(f Finding) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.report.Findings = append(c.report.Findings, f)
}

func (c *checker) findFile(kind Kind, stream nvr.StreamID, span nvr.Span, found string) {
	c.find(Finding{Kind: kind, Stream: stream, Path: footage.Path(stream, span.From), Span: span, Found: found})
}

func (c *checker) checkInits(ctx context.Context) error {
	inits, err := c.Catalog.Inits(ctx)
	if err != nil {
		return err
	}
	for _, i := range inits {
		format, err := fmp4.ParseInit(i.Data)
		sum := sha256.Sum256(i.Data)
		switch {
		case err != nil:
		case !bytes.Equal(sum[:], i.SHA256):
			err = errors.New("its content is not what was stored")
		case format.Video().Timescale != i.Timescale:
			err = fmt.Errorf("it counts %d units a second, the catalog says %d", format.Video().Timescale, i.Timescale)
		default:
			c.inits[i.ID] = i.Data
			continue
		}
		c.find(Finding{Kind: WrongInit, Found: fmt.Sprintf("init segment %d: %v", i.ID, err), init: i.ID})
	}
	return nil
}

func (c *checker) checkStream(ctx context.Context, id nvr.StreamID) error {
	// Rows first: what was recorded since is young, what was removed since is
	// seen when a finding is confirmed.
	account, err := c.Catalog.Account(ctx, id)
	if err != nil && !gone(err) {
		return err
	}
	files, foreign, err := c.files(id)
	if err != nil {
		return err
	}
	c.report.Segments += len(account.Segments)
	c.report.Files += len(files)
	for _, path := range foreign {
		c.find(Finding{Kind: ForeignFile, Stream: id, Path: path, Found: "it is not named like footage"})
	}
	pairs := match(account.Segments, files)
	c.done, c.todo = 0, len(pairs)
	err = each(ctx, pairs, func(ctx context.Context, p pair) error {
		err := c.checkPair(ctx, id, p)
		c.progress()
		return err
	})
	if err != nil {
		return err
	}
	for _, issue := range catalog.Tile(account, account.Gaps, nvr.Gap{}, false).Issues {
		kind := Hole
		if issue.Overlap {
			kind = Overlap
		}
		c.find(Finding{Kind: kind, Stream: id, Span: issue.Span, Found: issue.Found})
	}
	return nil
}

func (c *checker) progress() {
	if c.Progress == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done++
	c.Progress(c.done, c.todo)
}

// pair is a row and a file of the same start, or one of them.
type pair struct {
	row  catalog.Listed // zero without one
	file file           // zero without one
}

func match(rows []catalog.Listed, files []file) []pair {
	pairs := make([]pair, 0, max(len(rows), len(files)))
	for len(rows)+len(files) > 0 {
		row, start := nvr.Time(math.MaxInt64), nvr.Time(math.MaxInt64)
		if len(rows) > 0 {
			row = rows[0].Span.From
		}
		if len(files) > 0 {
			start = files[0].start
		}
		var p pair
		if row <= start {
			p.row, rows = rows[0], rows[1:]
		}
		if start <= row {
			p.file, files = files[0], files[1:]
		}
		pairs = append(pairs, p)
	}
	return pairs
}

func (c *checker) checkPair(ctx context.Context, id nvr.StreamID, p pair) error {
	switch {
	case p.row.Span.From == 0:
		return c.checkUnlisted(ctx, id, p.file)
	case p.file.dir == nil && c.elsewhere(ctx, id, p.row):
		return nil
	case p.row.State == catalog.StateOpen:
		if !c.Recording {
			c.findFile(Unsettled, id, nvr.Span{From: p.row.Span.From}, "the recorder ended while it was being written")
		}
		return nil
	case p.row.State == catalog.StateGarbage:
		if !c.Recording {
			c.findFile(Garbage, id, p.row.Span, "its removal was begun and not completed")
		}
		return nil
	case p.file.dir == nil:
		return c.checkMissing(ctx, id, p.row)
	case c.Level == Presence:
		return nil
	}
	return c.checkFile(ctx, id, p.file)
}

// elsewhere tells whether a segment lies in a directory that is not there.
func (c *checker) elsewhere(ctx context.Context, id nvr.StreamID, row catalog.Listed) bool {
	if len(c.Missing) == 0 {
		return false
	}
	s, _, _ := c.Catalog.Row(ctx, id, row.Span.From) // of one that is damaged that much is known
	return slices.ContainsFunc(c.Missing, func(m catalog.Directory) bool { return m.ID == s.Directory })
}

// checkMissing confirms that a sealed segment has no file.
func (c *checker) checkMissing(ctx context.Context, id nvr.StreamID, row catalog.Listed) error {
	_, state, err := c.Catalog.Row(ctx, id, row.Span.From)
	if gone(err) || state == catalog.StateGarbage { // it was removed meanwhile
		return nil
	}
	if err != nil && !errors.Is(err, nvr.ErrDamaged) {
		return err
	}
	c.findFile(MissingFile, id, row.Span, "the catalog has it, the disk does not")
	return nil
}

// checkUnlisted confirms that a file has no row.
func (c *checker) checkUnlisted(ctx context.Context, id nvr.StreamID, f file) error {
	info, err := f.dir.Stat(footage.Path(id, f.start))
	if gone(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if c.Recording && time.Since(info.ModTime()) < young {
		return nil
	}
	if lost, err := c.declaredLost(ctx, id, f.start); lost || err != nil {
		return err
	}
	_, _, err = c.Catalog.Row(ctx, id, f.start)
	if err != nil && gone(err) {
		c.findFile(UnlistedFile, id, nvr.Span{From: f.start}, fmt.Sprintf("the disk has it (%d bytes), the catalog does not", info.Size()))
		return nil
	}
	return err
}

// checkFile compares a sealed segment's row with its file.
func (c *checker) checkFile(ctx context.Context, id nvr.StreamID, f file) error {
	row, state, rowErr := c.Catalog.Row(ctx, id, f.start)
	if gone(rowErr) || state != catalog.StateSealed {
		return nil
	}
	if rowErr != nil && !errors.Is(rowErr, nvr.ErrDamaged) {
		return rowErr
	}
	content, err := f.dir.Read(id, f.start, nil)
	switch {
	case gone(err):
		return nil
	case errors.Is(err, nvr.ErrDamaged):
		c.findFile(UnreadableFile, id, row.Span, err.Error())
		return nil
	case err != nil:
		c.findFile(UnreadableDisk, id, row.Span, err.Error())
		return nil
	case content.Origin.Home != c.Home:
		c.findFile(UnreadableFile, id, row.Span, "it was recorded by another home")
		return nil
	case len(content.Segment.Fragments) == 0:
		c.findFile(UnreadableFile, id, row.Span, "it holds no picture")
		return nil
	case rowErr != nil:
		c.findFile(WrongIndex, id, row.Span, rowErr.Error())
		return nil
	}
	kind, found := c.compare(row, content)
	if kind == WrongIndex && found == longer {
		lost, err := c.declaredLost(ctx, id, row.Span.To)
		if err != nil {
			return err
		}
		if lost {
			kind = ""
		}
	}
	if kind != "" {
		c.findFile(kind, id, row.Span, found)
		return nil
	}
	c.mu.Lock()
	c.report.Bytes += row.Bytes
	c.mu.Unlock()
	if c.Level < Hash {
		return nil
	}
	err = f.dir.Verify(id, f.start, row.HeaderBytes, row.Bytes)
	switch {
	case err == nil, gone(err):
	case errors.Is(err, nvr.ErrDamaged):
		c.findFile(DamagedMedia, id, row.Span, err.Error())
	default:
		c.findFile(UnreadableDisk, id, row.Span, err.Error())
	}
	return nil
}

// longer is found where a file goes on behind what its row says.
const longer = "the file holds more than its row says"

// compare compares a row with its file. Scores are left out: they depend on
// what was recorded before. Entries have to begin where movie fragments do, not
// where they would begin today: what makes a new one was another rule once.
func (c *checker) compare(row nvr.Segment, content footage.Content) (Kind, string) {
	file := content.Segment
	last := len(row.Fragments) - 1
	init, known := c.inits[row.Init]
	switch {
	case file.Bytes < row.Bytes:
		found := fmt.Sprintf("%d of %d bytes can be read", file.Bytes, row.Bytes)
		if content.Damage != nil {
			found += ": " + content.Damage.Error()
		}
		return ShortFile, found
	case row.Run != file.Run:
		return WrongIndex, fmt.Sprintf("run %d in the catalog, %d in the file", row.Run, file.Run)
	case row.HeaderBytes != file.HeaderBytes || row.MediaStart != file.MediaStart || row.Timescale != file.Timescale:
		return WrongIndex, "where the pictures begin"
	case known && !bytes.Equal(init, content.Init):
		return WrongIndex, "another init segment than in the file"
	case last < 0 || row.Fragments[last].Offset+row.Fragments[last].Bytes != row.Bytes ||
		row.Fragments[last].MediaStart+row.Fragments[last].MediaDuration != row.MediaStart+row.MediaDuration:
		return WrongIndex, "its entries do not add up"
	case row.Span.To > file.Span.To+catalog.Joint:
		return WrongIndex, fmt.Sprintf("the segment ends %s after its last picture", row.Span.To.Sub(file.Span.To))
	}
	rest := content.MovieFragments
	for i, entry := range row.Fragments {
		begins := slices.IndexFunc(rest, func(f nvr.Fragment) bool { return f.Offset >= entry.Offset })
		if begins < 0 {
			return WrongIndex, fmt.Sprintf("entry %d lies behind the last movie fragment", i)
		}
		if f := rest[begins]; f.Offset != entry.Offset || f.MediaStart != entry.MediaStart || f.Key != entry.Key {
			return WrongIndex, fmt.Sprintf("entry %d", i)
		}
		rest = rest[begins+1:]
	}
	if file.Bytes > row.Bytes {
		return WrongIndex, longer
	}
	return "", ""
}

// declaredLost tells whether an instant was counted as lost because the disk
// failed: what a file holds of it is not known to be durable, and a gap says so.
func (d *Doctor) declaredLost(ctx context.Context, id nvr.StreamID, at nvr.Time) (bool, error) {
	gaps, err := d.Catalog.Gaps(ctx, id, nvr.Span{From: at, To: at + 1})
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(gaps, func(g nvr.Gap) bool { return g.Reason.OfDisk() }), nil
}
