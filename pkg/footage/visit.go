package footage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"nvrd/pkg/nvr"
)

// lookEvery is how often each directory is looked at.
const lookEvery = time.Second

// Run looks after the directories until ctx ends.
func (p *Places) Run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			p.start(func(*place) bool { return true })
		}
	}
}

// look visits places, and waits for it as long as there is patience.
func (p *Places) look(which func(*place) bool) {
	enough := time.NewTimer(patience)
	defer enough.Stop()
	for _, done := range p.start(which) {
		select {
		case <-done:
		case <-enough.C:
			p.start(func(*place) bool { return false }) // notes who does not answer
			return
		}
	}
}

// start begins to visit those places that nobody visits. A disk that does not
// answer holds up its own visitor alone.
func (p *Places) start(which func(*place) bool) (visits []chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, pl := range p.all {
		var waits time.Duration
		if !pl.visited.IsZero() {
			waits = time.Since(pl.visited)
		} else if pl.dir != nil {
			waits = pl.dir.Behind()
		}
		if waits >= patience && pl.ill == nil {
			p.avoid(pl, fmt.Errorf("disk of %s has not answered for %s: %w", pl.path, waits.Round(time.Second), nvr.ErrBusy))
		}
		if pl.visited.IsZero() && which(pl) {
			pl.visited = time.Now()
			done := make(chan struct{})
			visits = append(visits, done)
			go func(v visit) {
				defer close(done)
				p.end(v.make())
			}(visit{Places: p, place: pl, was: *pl, dir: pl.dir, admit: p.admit})
		}
	}
	return visits
}

// visit is a look at one place. All that may wait for its disk is done here,
// without a lock.
type visit struct {
	*Places
	place *place
	was   place // when the visit began
	admit func(*Directory) error

	dir      *Directory // what is there
	admitted bool
	tried    bool // and it took what was written
	err      error
}

// make makes the visit.
func (v visit) make() visit {
	v.admitted = v.was.admitted
	if v.err = v.open(); v.err != nil {
		return v
	}
	// So that its disk can be unmounted; whoever just chose it has a file by then.
	if !v.was.written && time.Since(v.was.left) > patience && v.dir.unsealed.Load() == 0 {
		v.err = v.dir.Close()
	}
	if v.err == nil && !v.admitted && v.admit != nil {
		v.err = v.admit(v.dir)
		v.admitted = v.err == nil
	}
	if v.err == nil && v.was.written && v.was.ill != nil && time.Since(v.was.tried) >= trialEvery && v.dir.Behind() < lookEvery {
		v.err = v.dir.trial()
		v.tried = v.err == nil
	}
	return v
}

// open makes sure that the directory is there, and opens it if it is new.
func (v *visit) open() error {
	if v.dir != nil {
		err := v.dir.stillThere()
		if !errors.Is(err, nvr.ErrNotFound) {
			return err
		}
	}
	found, err := openAs(v.was.path, v.home, v.copy, v.log)
	if err != nil {
		return err
	}
	if v.was.written && v.copy != (UUID{}) {
		if err := claim(v.was.path, v.copy); err != nil { // the disk may be full: footage goes there all the same
			v.log.Warn("footage directory does not say whose it is", "path", v.was.path, "err", err)
		}
	}
	if v.dir != nil && found.id == v.dir.id { // it came back this very moment
		return found.Close()
	}
	v.dir, v.admitted = found, false
	return nil
}

// end notes what was found.
func (p *Places) end(v visit) {
	p.mu.Lock()
	defer p.mu.Unlock()
	pl := v.place
	pl.visited = time.Time{}
	if i := slices.IndexFunc(p.all, func(other *place) bool {
		return other != pl && other.dir != nil && v.dir != nil && other.dir.id == v.dir.id
	}); i >= 0 {
		v.err = fmt.Errorf("footage directory %s is the one at %s: %w", pl.path, p.all[i].path, nvr.ErrExists)
		p.gone = append(p.gone, v.dir)
		v.dir = v.was.dir
	}
	if pl.dir != v.was.dir { // it is used in another way since
		if v.dir != v.was.dir && v.dir != nil {
			p.gone = append(p.gone, v.dir)
		}
		return
	}
	if pl.dir != v.dir && pl.dir != nil {
		p.gone = append(p.gone, pl.dir) // files in it may still be open
	}
	pl.dir, pl.admitted = v.dir, v.admitted
	switch {
	case v.err != nil:
		p.avoid(pl, v.err)
		pl.tried = time.Now()
	case v.tried:
		pl.tried = time.Now()
		p.succeed(pl)
	case !pl.written:
		pl.ill = nil
	}
}

// trialName is the file that is written to see whether a disk takes footage.
const trialName = "stoop-trial"

// trialBytes is what a few cameras write in a second.
const trialBytes = 1 << 20

// trial writes something and makes it durable.
func (d *Directory) trial() error {
	path := filepath.Join(d.path, trialName)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return fmt.Errorf("write to footage directory: %w", err)
	}
	_, err = f.Write(make([]byte, trialBytes))
	if err = errors.Join(err, syncFile(f), f.Close()); err != nil {
		err = fmt.Errorf("write to footage directory: %w", err)
	}
	if e := os.Remove(path); !errors.Is(e, fs.ErrNotExist) {
		err = errors.Join(err, e)
	}
	return err
}
