// Package playback turns a span of time into what a person can watch: what
// there is, HLS playlists, exported files, single pictures. It never writes a
// file and never decodes; what it makes are headers, byte ranges of footage
// files, and small changes of movie fragments on the way out.
package playback

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/fmp4"
	"nvrd/pkg/footage"
	"nvrd/pkg/media"
	"nvrd/pkg/motion"
	"nvrd/pkg/nvr"
)

// Player reads footage. It is safe for concurrent use, also beside a recorder
// in another process.
type Player struct {
	catalog   *catalog.Catalog
	directory func(nvr.DirectoryID) (*footage.Directory, error)

	mu    sync.Mutex
	inits map[nvr.InitID]Init // never changes once made; a home has few
}

// New returns a player over a catalog whose footage lies in the directories
// that directory returns.
func New(c *catalog.Catalog, directory func(nvr.DirectoryID) (*footage.Directory, error)) *Player {
	return &Player{catalog: c, directory: directory, inits: map[nvr.InitID]Init{}}
}

// Init is an init segment.
type Init struct {
	Data   []byte
	Format media.Format
	MIME   string
}

// Init returns an init segment, or nvr.ErrNotFound. The result is shared and
// must not be changed.
func (p *Player) Init(ctx context.Context, id nvr.InitID) (Init, error) {
	p.mu.Lock()
	init, ok := p.inits[id]
	p.mu.Unlock()
	if ok {
		return init, nil
	}
	data, err := p.catalog.InitData(ctx, id)
	if err != nil {
		return Init{}, err
	}
	format, err := fmp4.ParseInit(data)
	if err != nil {
		return Init{}, err
	}
	init = Init{Data: data, Format: format, MIME: fmp4.MIME(format)}
	p.mu.Lock()
	p.inits[id] = init
	p.mu.Unlock()
	return init, nil
}

// InitWithSum returns the init segment with that SHA-256, or nvr.ErrNotFound.
func (p *Player) InitWithSum(ctx context.Context, sum [sha256.Size]byte) ([]byte, error) {
	return p.catalog.InitWithSum(ctx, sum)
}

// Segment opens the footage file of a stream that begins at a time, or fails
// with nvr.ErrNotFound. The caller closes it. No other file ever has the same
// stream and beginning, whatever becomes of the catalog.
func (p *Player) Segment(ctx context.Context, stream nvr.StreamID, start nvr.Time) (*File, error) {
	s, err := p.catalog.Segment(ctx, stream, start)
	if err != nil {
		return nil, err
	}
	d, err := p.directory(s.Directory)
	if err != nil {
		return nil, err
	}
	f, err := d.OpenFile(s.Stream, s.Span.From)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("footage of %s that begins at %s: %w", stream, start, err), f.Close())
	}
	// A file only grows, and what a playlist points to is in it for good: the
	// same tag for an open and a sealed one keeps a player's cache.
	return &File{
		ReadSeeker: f, Size: info.Size(), Sealed: s.Sealed, Modified: s.Span.From.Std(), closer: f,
		ETag: fmt.Sprintf(`"%s-%d"`, stream.Quality, start),
	}, nil
}

// File is something to send: see http.ServeContent.
type File struct {
	io.ReadSeeker
	Size     int64
	ETag     string // quoted
	Modified time.Time
	Sealed   bool // will never change
	closer   io.Closer
}

// Close releases what the file holds open.
func (f *File) Close() error {
	if f.closer == nil {
		return nil
	}
	return f.closer.Close()
}

// segments returns the segments of a stream that overlap span, with the
// fragments that open ones have by now.
func (p *Player) segments(ctx context.Context, stream nvr.StreamID, span nvr.Span) ([]nvr.Segment, error) {
	segments, err := p.catalog.Segments(ctx, stream, span)
	if err != nil {
		return nil, err
	}
	kept := segments[:0]
	for _, s := range segments {
		if !s.Sealed {
			s, err = p.complete(s)
			if errors.Is(err, nvr.ErrNotFound) || errors.Is(err, nvr.ErrDamaged) { // not written yet
				continue
			}
			if err != nil {
				return nil, err
			}
		}
		if s.Span.Overlaps(span) && len(s.Fragments) > 0 {
			kept = append(kept, s)
		}
	}
	return kept, nil
}

// complete fills in an open segment from its file.
func (p *Player) complete(s nvr.Segment) (nvr.Segment, error) {
	d, err := p.directory(s.Directory)
	if err != nil {
		return s, err
	}
	c, err := d.Read(s.Stream, s.Span.From, motion.Scores())
	if err != nil {
		return s, err
	}
	c.Segment.ID, c.Segment.Init, c.Segment.Directory = s.ID, s.Init, s.Directory
	return c.Segment, nil
}
