package sponsor

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"nvrd/federation/request"
	"nvrd/federation/request/tlog"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// Poll fetches what an agency published on the web after the first size entries: its
// checkpoint, and the ids of the entries that follow (docs/ref/agency-log.md). The client
// is that of federation/domain, which follows nothing and reaches no private address.
// Errors say what is wrong with the address, or with what is there, and are kinds of
// federation/wire for that.
func Poll(ctx context.Context, client *http.Client, base string, agency wire.Key, size int) (checkpoint []byte, ids []wire.Hash, err error) {
	p := poller{ctx, client, strings.TrimSuffix(base, "/")}
	if checkpoint, err = p.get("checkpoint", tlog.MaxNote); err != nil {
		return nil, nil, err
	}
	c, err := tlog.Open(checkpoint, agency)
	if err != nil {
		return nil, nil, fmt.Errorf("checkpoint of this log: %w", err)
	}
	if c.Size > request.MaxEntries {
		return nil, nil, fmt.Errorf("%w: a log of %d entries", wire.ErrTooLarge, c.Size)
	}
	for bundle := range tlog.Bundles(int64(size), c.Size) {
		all, err := p.bundle(bundle)
		if err != nil {
			return nil, nil, err
		}
		for i, id := range all {
			if at := bundle.First() + int64(i); at >= int64(size) && at < c.Size {
				ids = append(ids, id)
			}
		}
	}
	return checkpoint, ids, nil
}

// Texts fetches texts of entries, the last first, until ctx ends. A text that is not
// there, which an agency may withhold, or is that of something else, is nil; what could
// not be read now is left out.
func Texts(ctx context.Context, client *http.Client, base string, ids []wire.Hash) map[wire.Hash][]byte {
	p := poller{ctx, client, strings.TrimSuffix(base, "/")}
	texts := map[wire.Hash][]byte{}
	for _, id := range slices.Backward(ids) {
		if ctx.Err() != nil {
			break
		}
		text, err := p.get("text/"+hex.EncodeToString(id[:]), wire.MaxObject)
		name, wrong := wire.Name(text)
		switch {
		case err == nil && wrong == nil && name == id:
			texts[id] = text
		case err == nil, errors.Is(err, nvr.ErrNotFound), errors.Is(err, wire.ErrTooLarge):
			texts[id] = nil
		}
	}
	return texts
}

type poller struct {
	ctx    context.Context
	client *http.Client
	base   string
}

// bundle fetches the ids of a bundle. One that was not full may be gone once it is.
func (p poller) bundle(t tlog.Tile) ([]wire.Hash, error) {
	b, err := p.get(t.Path(), 1<<20)
	if err != nil && t.Width != tlog.TileWidth {
		t.Width = tlog.TileWidth
		b, err = p.get(t.Path(), 1<<20)
	}
	if err != nil {
		return nil, err
	}
	return tlog.ParseBundle(b, t)
}

func (p poller) get(path string, most int64) ([]byte, error) {
	q, err := http.NewRequestWithContext(p.ctx, http.MethodGet, p.base+"/"+path, nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	r, err := p.client.Do(q)
	if err != nil {
		return nil, err
	}
	defer r.Body.Close()
	switch r.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound, http.StatusGone:
		return nil, fmt.Errorf("%s/%s: the server answers %d: %w", p.base, path, r.StatusCode, nvr.ErrNotFound)
	default:
		return nil, fmt.Errorf("%s/%s: the server answers %d", p.base, path, r.StatusCode)
	}
	b, err := io.ReadAll(io.LimitReader(r.Body, most+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if int64(len(b)) > most {
		return nil, fmt.Errorf("%s: %w: more than %d bytes", path, wire.ErrTooLarge, most)
	}
	return b, nil
}
