package nvr

import (
	"slices"
	"time"
)

// Cause says why footage goes. The values are stored and appear in the API.
type Cause string

// The causes, in the order in which they count.
const (
	TooOld    Cause = "too_old"
	Flood     Cause = "flood" // its camera sent more than [MaxRate]
	OverShare Cause = "over_share"
	NoRoom    Cause = "no_room"
	NoChoice  Cause = "no_choice" // no room, though it was younger than its minimum age
	ByHand    Cause = "by_hand"   // somebody deleted it
)

// Removal is footage of a camera, of one class, that went within an hour because of one
// cause; of what somebody deleted, within an hour of one stretch.
type Removal struct {
	Camera   CameraID
	Class    Class
	Cause    Cause
	Who      string // deleted it; empty unless the cause is ByHand
	Part     Time   // where the stretch began that was deleted; zero likewise
	At       Time   // of the last of it
	Span     Span   // from the oldest to the newest of it; other footage may lie between
	Segments int64
	Bytes    int64
}

// RemovalsTold is for how long it is told what was removed.
const RemovalsTold = 30 * 24 * time.Hour

// Explain says of each gap that was [Removed] when it was, and why, as far as removals
// of its camera tell: it becomes several where that differs. The gaps come in order and
// have ends; those of other reasons stay as they are. Where footage of several classes
// went, what is known of the shortest span counts.
func Explain(gaps []Gap, removals []Removal) (all []Gap) {
	for _, g := range gaps {
		if g.Reason != Removed {
			all = append(all, g)
			continue
		}
		cuts := []Time{g.Span.From, g.Span.To}
		for _, r := range removals {
			for _, at := range []Time{r.Span.From, r.Span.To} {
				if g.Span.From < at && at < g.Span.To {
					cuts = append(cuts, at)
				}
			}
		}
		slices.Sort(cuts)
		cuts = slices.Compact(cuts)
		first := len(all)
		for i := range len(cuts) - 1 {
			piece := g
			piece.Span = Span{From: cuts[i], To: cuts[i+1]}
			if r, ok := narrowest(removals, g.Stream.Camera, piece.Span); ok {
				piece.RemovedAt, piece.Cause, piece.RemovedBy = r.At, r.Cause, r.Who
			}
			if n := len(all); n > first && alike(all[n-1], piece) {
				all[n-1].Span.To = piece.Span.To
				continue
			}
			all = append(all, piece)
		}
	}
	return all
}

// alike says that two pieces of a gap went on the same day for the same cause, and by
// the same hand: the day is what people are told.
func alike(a, b Gap) bool {
	const day = Time(24 * time.Hour / time.Microsecond)
	return a.Cause == b.Cause && a.RemovedBy == b.RemovedBy && a.RemovedAt/day == b.RemovedAt/day
}

func narrowest(removals []Removal, camera CameraID, span Span) (best Removal, ok bool) {
	for _, r := range removals {
		if r.Camera == camera && r.Span.Intersect(span) == span && (!ok || r.Span.Duration() < best.Span.Duration()) {
			best, ok = r, true
		}
	}
	return best, ok
}
