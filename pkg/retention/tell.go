package retention

import (
	"maps"
	"slices"

	"nvrd/pkg/nvr"
)

// report logs what went wrong when that changes.
func (k *Keeper) report(err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	if text != "" && text != k.failed {
		k.Log.Error("no room can be made", "err", err)
	}
	k.failed = text
}

// Notices returns what the owner should know. It is safe for concurrent use.
func (k *Keeper) Notices() []nvr.Notice {
	k.mu.Lock()
	defer k.mu.Unlock()
	var notices []nvr.Notice
	if k.doubted {
		notices = append(notices, nvr.Notice{Kind: nvr.ClockDoubted})
	}
	for _, c := range slices.Sorted(maps.Keys(k.floods)) {
		notices = append(notices, nvr.Notice{Kind: nvr.CameraFloods, Camera: c})
	}
	return notices
}

// warn says when footage does not go by age because of the clock, and when it
// does again.
func (k *Keeper) warn(refused bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case refused && !k.doubted:
		k.Log.Warn("the clock jumped, no footage goes because of its age until it is right again or has run steadily for a day",
			"trusted", k.guard.trusted.Wall.String())
	case !refused && k.doubted:
		k.Log.Info("the clock is believed again")
	}
	k.doubted = refused
}

// tell logs what went, a line for each cause and stream.
func (k *Keeper) tell(gone []Removal) {
	type group struct {
		cause  nvr.Cause
		stream nvr.StreamID
		class  nvr.Class
	}
	type sum struct {
		segments int
		bytes    int64
		span     nvr.Span
	}
	sums := map[group]*sum{}
	var order []group
	for _, r := range gone {
		g := group{r.Cause, r.Stream, r.Class}
		s := sums[g]
		if s == nil {
			s = &sum{span: r.Span}
			sums[g] = s
			order = append(order, g)
		}
		s.segments++
		s.bytes += r.Bytes
		s.span = nvr.Span{From: min(s.span.From, r.Span.From), To: max(s.span.To, r.Span.To)}
	}
	for _, g := range order {
		s := sums[g]
		k.Log.Info("removed footage", "cause", string(g.cause), "stream", g.stream.String(), "class", g.class.String(),
			"segments", s.segments, "bytes", s.bytes, "from", s.span.From.String(), "to", s.span.To.String())
	}
}
