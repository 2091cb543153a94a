package alert

import (
	"slices"
	"strconv"
	"time"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
)

// Reason is why something is told, or is not; [Words] has a sentence for each.
type Reason string

// Why something is told.
const (
	Rings Reason = "ring"
	Asked Reason = "asked" // {kind} {mode}
	Daily Reason = "digest"
)

// Why something is held.
const (
	NotAsked  Reason = "not_asked" // {kind}
	OtherMode Reason = "mode"      // {kind} {mode}
	Quiet     Reason = "quiet"
	Cooling   Reason = "cooldown" // {kind} {minutes}
	Spent     Reason = "budget"   // {n}
	Old       Reason = "old"
)

// Decision is whether something is told, and why.
type Decision struct {
	Tell bool
	// Again tells that it was decided about before: it goes on, and is neither told
	// nor counted once more.
	Again  bool
	Reason Reason
	// Values fill the sentence of the reason.
	Values map[string]string
}

const (
	// newsFor is how old something may be and still be told: devices and programs
	// tell late, and what went on before this program started was told then.
	newsFor = 10 * time.Minute
	hour    = time.Hour
	// remembered is how many events that may go on are known: more than can go on at
	// once at 20 cameras, and few enough to hold whoever floods this.
	remembered = 1024
)

// Decide says whether an event is told under rules, in a mode of the house, when the
// home's clock shows now, after what was told lately. It changes nothing, and says
// the same of the same. A ring is told in every mode, and is never weighed against
// anything but quiet hours that name rings.
func Decide(rules household.AlertRules, mode nvr.HouseMode, now time.Time, lately *Lately, e nvr.Event) Decision {
	of := household.Alerted{Camera: e.Stream.Camera, Kind: e.Kind}
	asked, at := rules.Asked[of], nvr.TimeOf(now)
	quiet := within(now, rules.QuietFrom, rules.QuietTo)
	held := func(why Reason, values ...string) Decision { return decision(false, why, values) }
	switch {
	case lately.knows(e):
		return Decision{Again: true}
	case e.Kind == nvr.RingEvent && !(quiet && rules.QuietRings):
		return decision(true, Rings, nil)
	case e.Kind == nvr.RingEvent:
		return held(Quiet)
	case len(asked) == 0:
		return held(NotAsked, "kind", e.Kind)
	case !slices.Contains(asked, mode):
		return held(OtherMode, "kind", e.Kind, "mode", string(mode))
	case quiet:
		return held(Quiet)
	case at.Sub(e.Span.From) > newsFor:
		return held(Old)
	case lately.within(of, at, rules.Cooldown):
		return held(Cooling, "kind", e.Kind, "minutes", strconv.Itoa(int((rules.Cooldown+time.Minute-1)/time.Minute)))
	case lately.told(of.Camera, at) >= rules.PerHour:
		return held(Spent, "n", strconv.Itoa(rules.PerHour))
	}
	return decision(true, Asked, []string{"kind", e.Kind, "mode", string(mode)})
}

func decision(tell bool, why Reason, pairs []string) Decision {
	d := Decision{Tell: tell, Reason: why, Values: map[string]string{}}
	for i := 0; i < len(pairs); i += 2 {
		d.Values[pairs[i]] = pairs[i+1]
	}
	return d
}

// within tells whether a wall clock that shows now is between two readings, over
// midnight if the second is earlier. So hours that a change of the clock leaves out
// do not come, and those that come twice count twice.
func within(now time.Time, from, to nvr.Clock) bool {
	at := nvr.Clock(now.Hour()*60 + now.Minute())
	if from <= to {
		return from <= at && at < to
	}
	return at >= from || at < to
}

// name is what an event is known by while it goes on.
type name struct {
	of    household.Alerted
	start nvr.Time
}

// Lately is what was told lately, and what was decided about. The zero Lately is
// empty. It is not safe for concurrent use.
type Lately struct {
	known  map[name]bool
	order  []name // of known, the oldest first
	last   map[household.Alerted]nvr.Time
	budget map[nvr.CameraID][]nvr.Time // when something but a ring was told, within an hour
}

// Note remembers what was decided of an event at a time.
func (l *Lately) Note(e nvr.Event, d Decision, now nvr.Time) {
	if d.Again {
		return
	}
	if l.known == nil {
		l.known, l.last, l.budget = map[name]bool{}, map[household.Alerted]nvr.Time{}, map[nvr.CameraID][]nvr.Time{}
	}
	of := household.Alerted{Camera: e.Stream.Camera, Kind: e.Kind}
	n := name{of, e.Span.From}
	l.known[n] = true
	l.order = append(l.order, n)
	if len(l.order) > remembered {
		delete(l.known, l.order[0])
		l.order = slices.Delete(l.order, 0, 1)
	}
	if !d.Tell || e.Kind == nvr.RingEvent {
		return
	}
	l.last[of] = now
	l.budget[of.Camera] = append(slices.DeleteFunc(l.budget[of.Camera], func(at nvr.Time) bool { return !near(at, now, hour) }), now)
}

func (l *Lately) knows(e nvr.Event) bool {
	return l.known[name{household.Alerted{Camera: e.Stream.Camera, Kind: e.Kind}, e.Span.From}]
}

// near tells whether something is less than so long ago, or ahead: clocks are set.
func near(at, now nvr.Time, d time.Duration) bool {
	ago := now.Sub(at)
	return -d < ago && ago < d
}

// within tells whether something of a kind was told within a time.
func (l *Lately) within(of household.Alerted, now nvr.Time, d time.Duration) bool {
	at, ok := l.last[of]
	return ok && near(at, now, d)
}

// told is how much was told of a camera within an hour.
func (l *Lately) told(camera nvr.CameraID, now nvr.Time) (n int) {
	for _, at := range l.budget[camera] {
		if near(at, now, hour) {
			n++
		}
	}
	return n
}
