package footage

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"nvrd/pkg/nvr"
)

const (
	// patience is how long a disk may take for an answer before footage goes
	// to another one: longer than a disk needs to wake up under load.
	patience = 5 * time.Second
	// trialEvery is how often something is written to a directory that failed.
	trialEvery = 5 * time.Second
	// maxHold bounds for how long trials have to succeed before a directory
	// that fails again and again is used again.
	maxHold = 10 * time.Minute
)

// Places are the footage directories of a home in order of preference, there
// or not. They keep each open that is there, and know which ones take footage:
// one that fails, is full, does not answer, or is not there is left alone and
// tried again. Nothing is written to a directory that is not there.
//
// Their methods are safe for concurrent use, and none but Use and Admit waits
// for a disk.
type Places struct {
	home UUID
	copy UUID // of the home; zero if there is one only
	log  *slog.Logger

	mu    sync.Mutex
	all   []*place // those that are written to first, in order of preference
	admit func(*Directory) error
	gone  []*Directory // another directory came to lie in their place
}

// place is one of the directories.
type place struct {
	path     string
	written  bool       // else it is only read
	left     time.Time  // since when, if it was written to before
	dir      *Directory // nil until it was there
	admitted bool       // footage can be written there

	ill     error     // why it is left alone; nil while it is well
	told    bool      // the log says so
	failed  time.Time // when it last did
	strikes int       // how often it fell ill, short times after it was well again
	healed  time.Time // when it last became well
	proven  time.Time // since when trials succeed; zero if the last one did not
	tried   time.Time
	visited time.Time // since when somebody looks at it; zero if nobody does
}

// NewPlaces returns places that are open already, in order of preference.
func NewPlaces(home UUID, log *slog.Logger, open ...*Directory) *Places {
	return NewPlacesOf(home, UUID{}, log, open...)
}

// NewPlacesOf is NewPlaces for one of several copies of a home: it leaves alone
// what belongs to another one, and makes its own what it writes to.
func NewPlacesOf(home, copy UUID, log *slog.Logger, open ...*Directory) *Places {
	p := &Places{home: home, copy: copy, log: log}
	for _, d := range open {
		p.all = append(p.all, &place{path: d.path, written: true, dir: d})
	}
	return p
}

// Use says at which paths there are directories to write to, in order of
// preference, and where others may be that are only read. What was used before
// and is not named any more is only read from now on. It waits until those
// that are new are open, or for some seconds.
func (p *Places) Use(written, read []string) {
	p.mu.Lock()
	old := p.all
	p.all = nil
	for i, path := range slices.Concat(written, read) {
		if slices.ContainsFunc(p.all, func(pl *place) bool { return pl.path == path }) {
			continue
		}
		pl := &place{path: path}
		if n := slices.IndexFunc(old, func(pl *place) bool { return pl.path == path }); n >= 0 {
			pl = old[n]
		}
		p.put(pl, i < len(written))
	}
	for _, pl := range old {
		if !slices.Contains(p.all, pl) {
			p.put(pl, false)
		}
	}
	p.mu.Unlock()
	p.look(func(pl *place) bool { return pl.dir == nil })
}

// put adds a place, which is written to or not.
func (p *Places) put(pl *place, written bool) {
	if written && !pl.written && pl.dir != nil {
		// Its writer has ended, or is about to.
		p.gone = append(p.gone, pl.dir)
		pl.dir, pl.admitted = nil, false
	}
	if pl.written && !written {
		pl.left = time.Now()
	}
	pl.written = written
	p.all = append(p.all, pl)
}

// Admit calls f for each directory that is there, and for each that comes
// later, before anything is written to it. If f fails the directory is left
// alone and f called again some time.
func (p *Places) Admit(f func(*Directory) error) error {
	p.mu.Lock()
	all := slices.Clone(p.all)
	p.mu.Unlock()
	var errs []error
	for _, pl := range all {
		p.mu.Lock()
		dir, ill := pl.dir, pl.ill
		p.mu.Unlock()
		if dir == nil || ill != nil {
			continue
		}
		err := f(dir)
		p.mu.Lock()
		if pl.admitted = err == nil; err != nil {
			p.avoid(pl, err)
			errs = append(errs, err)
		}
		p.mu.Unlock()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.admit = f
	p.tell()
	return errors.Join(errs...)
}

// Choose returns the directory that footage should go to. If none is well it
// returns one that may have recovered, and well is false; without any it
// returns nil and why.
func (p *Places) Choose() (d *Directory, well bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if pl := p.best(); pl != nil {
		return pl.dir, true, nil
	}
	err = fmt.Errorf("there is no footage directory: %w", nvr.ErrNotFound)
	var rested *place
	for _, pl := range p.all {
		switch {
		case !pl.written:
		case pl.dir == nil || !pl.admitted:
			if pl.ill != nil {
				err = pl.ill
			}
		case rested == nil || pl.failed.Before(rested.failed):
			rested = pl
		}
	}
	if rested == nil {
		return nil, false, err
	}
	return rested.dir, false, nil
}

// Better tells whether footage that goes to d should go to another directory
// as soon as it can without a loss.
func (p *Places) Better(d *Directory) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	best := p.best()
	if best == nil || best.dir == d {
		return false
	}
	i := slices.IndexFunc(p.all, func(pl *place) bool { return pl.dir == d })
	return i < 0 || !p.all[i].written || p.all[i].ill != nil
}

// Fail says that d did not take footage.
func (p *Places) Fail(d *Directory, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, pl := range p.all {
		if pl.dir == d {
			p.avoid(pl, err)
		}
	}
}

// best returns the first place that is well, or nil.
func (p *Places) best() *place {
	for _, pl := range p.all {
		if pl.written && pl.admitted && pl.ill == nil {
			return pl
		}
	}
	return nil
}

// avoid leaves a place alone.
func (p *Places) avoid(pl *place, err error) {
	was := pl.ill
	pl.ill, pl.failed, pl.proven = err, time.Now(), time.Time{}
	if was != nil {
		return
	}
	if pl.strikes++; pl.failed.Sub(pl.healed) > maxHold {
		pl.strikes = 1
	}
	p.tell()
}

// tell logs which places fell ill or became well, once somebody records.
func (p *Places) tell() {
	if p.admit == nil {
		return
	}
	instead := "nowhere"
	if best := p.best(); best != nil {
		instead = best.path
	}
	for _, pl := range p.all {
		switch ill := pl.written && pl.ill != nil; {
		case ill && !pl.told:
			p.log.Error("footage directory cannot be used", "path", pl.path, "reason", string(ReasonOf(pl.ill)), "err", pl.ill, "instead", instead)
		case !ill && pl.told:
			p.log.Info("footage directory is used again", "path", pl.path)
		default:
			continue
		}
		pl.told = !pl.told
	}
}

// succeed notes that a trial succeeded. A place is well once they have done so
// for a while, which is longer the more often it failed.
func (p *Places) succeed(pl *place) {
	now := time.Now()
	if pl.proven.IsZero() {
		pl.proven = now
	}
	if now.Sub(pl.proven) < min(trialEvery<<min(pl.strikes-1, 10), maxHold) {
		return
	}
	pl.ill, pl.healed, pl.proven = nil, now, time.Time{}
	p.tell()
}

// Close closes the directories. One whose disk does not answer is left behind.
func (p *Places) Close() error {
	p.mu.Lock()
	dirs := slices.Clone(p.gone)
	for _, pl := range p.all {
		if pl.dir != nil {
			dirs = append(dirs, pl.dir)
		}
	}
	p.mu.Unlock()
	closed := make(chan error, len(dirs))
	for _, d := range dirs {
		go func() { closed <- d.Close() }()
	}
	enough := time.NewTimer(2 * patience)
	defer enough.Stop()
	var errs []error
	for range dirs {
		select {
		case err := <-closed:
			errs = append(errs, err)
		case <-enough.C:
			return errors.Join(append(errs, fmt.Errorf("a footage disk does not answer: %w", nvr.ErrBusy))...)
		}
	}
	return errors.Join(errs...)
}
