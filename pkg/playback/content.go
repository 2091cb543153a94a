package playback

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"sort"

	"nvrd/pkg/fmp4"
	"nvrd/pkg/nvr"
)

// content is a file that exists only as a list of slices: bytes in memory and
// ranges of footage files. It is an io.ReadSeeker for one reader, until ctx ends.
type content struct {
	ctx       context.Context
	player    *Player
	selection *selection
	slices    []slice
	// A fragmented export has too many slices to hold: they are those of one
	// piece, or those of front, and turned to what is read next.
	head  []byte  // the headers at the beginning
	front []slice // what stands before the pieces: head, and the media of the opening
	tail  []byte  // the fragment that the export ends in, at the end of the last piece
	size  int64

	pos       int64
	file      *os.File // the footage file of piece fileOf
	fileOf    int
	rewritten []byte // slice at, with its movie fragments rewritten
	at        int    // -1 if rewritten holds nothing
}

// slice is some bytes of a content.
type slice struct {
	start    int64 // in the content
	bytes    int64
	data     []byte // if they are in memory
	piece    int    // else: whose file they are in
	offset   int64  // and where
	sequence uint32 // sequence number, if the movie fragments in them have to be rewritten; else 0
	sets     []byte // parameter sets to put before the first picture
}

func (p *Player) content(ctx context.Context, of *selection) *content {
	return &content{ctx: ctx, player: p, selection: of, fileOf: -1, at: -1}
}

// add appends a slice.
func (c *content) add(s slice) {
	if s.data != nil {
		s.bytes = int64(len(s.data))
	}
	s.start = c.size
	c.size += s.bytes
	c.slices = append(c.slices, s)
}

// Read implements io.Reader.
func (c *content) Read(b []byte) (int, error) {
	if c.pos >= c.size {
		return 0, io.EOF
	}
	i := c.find()
	if i < 0 {
		if err := c.turn(); err != nil {
			return 0, err
		}
		i = c.find()
	}
	s := &c.slices[i]
	within := c.pos - s.start
	b = b[:min(int64(len(b)), s.bytes-within)]
	var n int
	var err error
	switch {
	case s.data != nil:
		n = copy(b, s.data[within:])
	case s.sequence == 0:
		n, err = c.readAt(b, s.piece, s.offset+within)
	default:
		if err = c.load(i); err == nil {
			n = copy(b, c.rewritten[within:])
		}
	}
	c.pos += int64(n)
	return n, err
}

// find returns the slice that is read next; -1 if it is not at hand.
func (c *content) find() int {
	i := sort.Search(len(c.slices), func(i int) bool { return c.slices[i].start+c.slices[i].bytes > c.pos })
	if i == len(c.slices) || c.slices[i].start > c.pos {
		return -1
	}
	return i
}

// turn takes the slices at hand that are read next.
func (c *content) turn() error {
	c.slices, c.at = nil, -1
	if last := c.front[len(c.front)-1]; c.pos < last.start+last.bytes {
		c.slices = c.front
		return nil
	}
	pieces := c.selection.pieces
	n := sort.Search(len(pieces), func(i int) bool { return pieces[i].at+pieces[i].bytes > c.pos })
	piece := &pieces[n]
	entries, err := c.player.entriesOf(c.ctx, c.selection.stream, piece)
	if err != nil {
		return err
	}
	var slices []slice
	at, sets := piece.at, c.selection.sets(piece)
	if piece.opening > 0 {
		sets = nil // the opening has them
	}
	for j, f := range entries[piece.opening:max(piece.opening, piece.entries)] {
		bytes := f.Bytes + int64(len(sets))
		slices = append(slices, slice{start: at, bytes: bytes, piece: n, offset: f.Offset, sequence: sequence(piece.ordinal + j), sets: sets})
		at, sets = at+bytes, nil
	}
	if n == len(pieces)-1 && c.tail != nil {
		slices = append(slices, slice{start: at, bytes: int64(len(c.tail)), data: c.tail})
		at += int64(len(c.tail))
	}
	if at != piece.at+piece.bytes {
		return reindexed(c.selection.stream, piece)
	}
	c.slices = slices
	return nil
}

// Seek implements io.Seeker.
func (c *content) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += c.pos
	case io.SeekEnd:
		offset += c.size
	}
	if offset < 0 {
		return 0, fmt.Errorf("seek to %d: %w", offset, nvr.ErrInvalid)
	}
	c.pos = offset
	return offset, nil
}

// Close closes the footage file that was read last.
func (c *content) Close() error {
	if c.file == nil {
		return nil
	}
	return c.file.Close()
}

// readAt reads from the file of a piece; the file ending early is damage, not
// the end of the content.
func (c *content) readAt(b []byte, piece int, offset int64) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	if c.fileOf != piece {
		p := &c.selection.pieces[piece]
		d, err := c.player.directory(p.directory)
		if err != nil {
			return 0, err
		}
		f, err := d.OpenFile(c.selection.stream, p.start)
		if err != nil {
			return 0, err
		}
		if err := c.Close(); err != nil {
			return 0, errors.Join(err, f.Close())
		}
		c.file, c.fileOf = f, piece
	}
	n, err := c.file.ReadAt(b, offset)
	if err != nil && n < len(b) {
		return n, fmt.Errorf("footage file %s ends at %d: %w", c.file.Name(), offset+int64(n), nvr.ErrDamaged)
	}
	return n, nil
}

// load reads slice i and rewrites its movie fragments.
func (c *content) load(i int) error {
	if c.at == i {
		return nil
	}
	s := &c.slices[i]
	if s.sets != nil {
		return c.rebuild(i)
	}
	if int64(cap(c.rewritten)) < s.bytes {
		c.rewritten = make([]byte, s.bytes)
	}
	c.rewritten, c.at = c.rewritten[:s.bytes], -1
	if _, err := c.readAt(c.rewritten, s.piece, s.offset); err != nil {
		return err
	}
	p := &c.selection.pieces[s.piece]
	if _, err := fmp4.Rewrite(c.rewritten, fmp4.Change{Sequence: s.sequence, Shift: p.shift, Entry: p.entry}); err != nil {
		return fmt.Errorf("segment of %s: %w", p.start, err)
	}
	c.at = i
	return nil
}

// rebuild makes slice i, which begins with a picture that gets parameter sets.
func (c *content) rebuild(i int) error {
	s := &c.slices[i]
	entry := nvr.Fragment{Offset: s.offset, Bytes: s.bytes - int64(len(s.sets))}
	b, err := c.cut(s.piece, entry, s.sequence, s.sets, [2]int64{math.MaxInt64, math.MaxInt64})
	if err != nil {
		return err
	}
	if int64(len(b)) != s.bytes {
		return fmt.Errorf("segment of %s: the fragment at %d is not as it was written: %w", c.selection.pieces[s.piece].start, s.offset, nvr.ErrDamaged)
	}
	c.rewritten, c.at = b, i
	return nil
}
