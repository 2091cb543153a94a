package rtsp

import "time"

// content holds the timestamps of sound against the sound itself: a frame
// lasts as long as it lasts, whatever a camera stamps it with. Cameras are
// known that stamp G.711 in units of 1/90000 s, or all frames alike.
type content struct {
	length   int64 // of the newest frame, in units; 0 for pictures
	byLength bool  // timestamps are no times at present, frames are counted by their length

	from            time.Time // of the window
	stamped, filled int64     // units in it, by timestamps and by lengths
	late            bool      // what it began with had been held back by the network
	suspect         bool      // they did not agree in the window before
}

// contentWindow is for how long sound is watched before its timestamps are
// judged.
const contentWindow = 2 * time.Second

// begin begins a run, in which timestamps are believed as in the one before.
func (k *content) begin() { *k = content{length: k.length, byLength: k.byLength} }

// see takes note of a frame that the camera stamped so many units after the
// one before it.
func (k *content) see(said int64, arrived time.Time, c *clock) {
	if k.from.IsZero() {
		k.from = c.arrived
	}
	if said < -c.rate || said > 10*c.rate {
		said = k.length // it strays or jumps, which is not a pace
	}
	k.stamped += said
	k.filled += k.length
	if passed := arrived.Sub(k.from); passed >= contentWindow {
		k.judge(c.units(int64(passed)))
		k.from, k.stamped, k.filled = arrived, 0, 0
		k.late = c.late(c.count+said, arrived) > contentWindow/4
	}
}

// judge draws conclusions from a time. Sound that pauses fills less of it than
// its timestamps say; that is no reason not to believe them. Nor is it when a
// network catches up with such sound.
func (k *content) judge(passed int64) {
	off := apart(k.stamped, passed)
	wrong := off > passed/4 && 2*apart(k.filled, passed) < off &&
		apart(k.stamped, k.filled) > k.filled/4 && !(k.late && k.stamped > passed)
	switch {
	case wrong && k.suspect:
		k.byLength = true
	case !wrong && !k.suspect && off < passed/16:
		k.byLength = false // they are right, if only again
	}
	k.suspect = wrong
}

func apart(a, b int64) int64 { return max(a, b) - min(a, b) }
