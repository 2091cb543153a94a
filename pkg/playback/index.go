package playback

import "nvrd/pkg/fmp4"

// index gathers the references of a segment index, one for each entry of a
// footage index. There is room for 65,535; when they are full each two become
// one, so a very long export has points to seek to that lie farther apart, and
// needs no more memory than a day.
type index struct {
	refs    []fmp4.Reference
	entries int
	fold    int // a reference covers up to 1<<fold entries
}

func (x *index) add(r fmp4.Reference) {
	if x.entries>>x.fold == fmp4.MaxReferences {
		x.halve()
	}
	i := x.entries >> x.fold
	x.entries++
	if i == len(x.refs) {
		x.refs = append(x.refs, r)
		return
	}
	x.refs[i].Bytes += r.Bytes
	x.refs[i].Duration += r.Duration
}

func (x *index) halve() {
	half := x.refs[:0]
	for i := 0; i < len(x.refs); i += 2 {
		r := x.refs[i]
		if i+1 < len(x.refs) {
			r.Bytes += x.refs[i+1].Bytes
			r.Duration += x.refs[i+1].Duration
		}
		half = append(half, r)
	}
	x.refs = half
	x.fold++
}

// grow makes an entry larger that was added before.
func (x *index) grow(entry int, bytes, duration int64) {
	r := &x.refs[entry>>x.fold]
	r.Bytes += bytes
	r.Duration += duration
}
