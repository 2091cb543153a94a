package footage

import (
	"sync/atomic"
	"time"

	"nvrd/pkg/histogram"
	"nvrd/pkg/nvr"
)

// counters tell what the disk was asked for; see [Directory.Stats].
type counters struct {
	writes, bytes, barriers atomic.Int64
	took                    histogram.Histogram // by barriers
}

// Stats are totals since the directory was opened.
type Stats struct {
	Writes   int64 // write calls
	Bytes    int64 // bytes written
	Barriers int64 // sync calls
}

// Stats returns the directory's totals.
func (d *Directory) Stats() Stats {
	return Stats{Writes: d.counts.writes.Load(), Bytes: d.counts.bytes.Load(), Barriers: d.counts.barriers.Load()}
}

// Barriers tells how long the directory's barriers took of late, also those that
// failed. It does not wait for the disk.
func (d *Directory) Barriers() nvr.Timings { return d.counts.took.Timings() }

// barrier counts a call that makes something durable, and how long it takes.
func (d *Directory) barrier(sync func() error) error {
	d.counts.barriers.Add(1)
	began := time.Now()
	err := sync()
	d.counts.took.Add(time.Since(began))
	return err
}

// Barriers tells how long barriers took of late, of each directory that is there and
// that somebody wants to be written to, in order of preference.
func (p *Places) Barriers() (all []nvr.DiskTimings) {
	for _, s := range p.States() {
		if s.Directory != nil && s.Written {
			all = append(all, nvr.DiskTimings{Path: s.Path, Barriers: s.Directory.Barriers()})
		}
	}
	return all
}
