package footage

import "nvrd/pkg/nvr"

// Directory returns the directory with a number, or nil if it was never there.
func (p *Places) Directory(id UUID) *Directory {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, pl := range p.all {
		if pl.dir != nil && pl.dir.id == id {
			return pl.dir
		}
	}
	return nil
}

// There returns the directories that are there and answer.
func (p *Places) There() (dirs []*Directory) {
	for _, s := range p.States() {
		if s.Directory != nil && s.Ill != nvr.DiskMissing && s.Ill != nvr.DiskForeign && s.Ill != nvr.DiskSlow {
			dirs = append(dirs, s.Directory)
		}
	}
	return dirs
}

// State is how it stands with a place.
type State struct {
	Path      string
	Directory *Directory // nil if it was never there
	Written   bool       // footage may go there
	Ill       nvr.Reason // why it does not; empty if it is well
	Err       error      // likewise
}

// States returns how it stands with each place: first those that are written
// to, in order of preference.
func (p *Places) States() []State {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make([]State, len(p.all))
	for i, pl := range p.all {
		all[i] = State{Path: pl.path, Directory: pl.dir, Written: pl.written, Err: pl.ill}
		if pl.ill != nil {
			all[i].Ill = ReasonOf(pl.ill)
		}
	}
	return all
}

// Notices returns what the owner should know: which directories cannot be
// used, and where footage goes meanwhile.
func (p *Places) Notices() (notices []nvr.Notice) {
	p.mu.Lock()
	defer p.mu.Unlock()
	instead := ""
	if best := p.best(); best != nil {
		instead = best.path
	}
	for _, pl := range p.all {
		if pl.written && pl.ill != nil {
			notices = append(notices, nvr.Notice{Kind: nvr.PlaceFailed, Reason: ReasonOf(pl.ill), Path: pl.path, Instead: instead})
		}
	}
	return notices
}

// Stats returns the totals of all directories.
func (p *Places) Stats() (sum Stats) {
	for _, s := range p.States() {
		if s.Directory != nil {
			stats := s.Directory.Stats()
			sum.Writes += stats.Writes
			sum.Bytes += stats.Bytes
			sum.Barriers += stats.Barriers
		}
	}
	return sum
}
