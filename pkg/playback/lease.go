package playback

import (
	"io"

	"nvrd/pkg/catalog"
)

// leased is a reader of footage files that stay until it is closed.
type leased struct {
	io.Closer
	lease *catalog.Lease
}

// Close closes the reader and lets the footage go.
func (l leased) Close() error {
	defer l.lease.Release()
	return l.Closer.Close()
}
