package rtsp

import "slices"

// decodeOrder makes decode times. RTP carries only when a picture is shown;
// pictures arrive in the order in which they are decoded. If at most depth
// pictures can come before one that is shown earlier, then the times of
// showing, sorted and delayed by depth pictures, are times to decode at: they
// grow, and none is later than when its picture is shown.
type decodeOrder struct {
	depth int
	fixed bool  // depth comes from the stream's parameters; else it is learned
	step  int64 // a guess of a picture's duration, for the first depth pictures

	started bool
	last    int64   // decode time
	queue   []int64 // times of showing that were not yet used, sorted
	recent  [16]int64
	n       int
}

// begin forgets everything but the last decode time.
func (o *decodeOrder) begin(depth int, fixed bool, step int64) {
	o.depth, o.fixed, o.step = min(depth, len(o.recent)), fixed, step
	o.queue, o.n = o.queue[:0], 0
}

// next returns the decode time of the picture that is shown at pts. Whatever
// the camera does, it is later than the one before.
func (o *decodeOrder) next(pts int64) int64 {
	o.learn(pts)
	at, _ := slices.BinarySearch(o.queue, pts)
	o.queue = slices.Insert(o.queue, at, pts)
	missing := o.depth + 1 - len(o.queue)
	dts := o.queue[0] - int64(max(missing, 0))*o.step
	if missing <= 0 {
		o.queue = slices.Delete(o.queue, 0, len(o.queue)-o.depth)
	}
	if o.started && dts <= o.last {
		dts = o.last + 1
	}
	o.started, o.last = true, dts
	return dts
}

// learn finds how many pictures were sent before pts though they are shown after it.
func (o *decodeOrder) learn(pts int64) {
	if !o.fixed {
		later := 0
		for _, t := range o.recent[:min(o.n, len(o.recent))] {
			if t > pts {
				later++
			}
		}
		o.depth = max(o.depth, later)
	}
	o.recent[o.n%len(o.recent)] = pts
	o.n++
}
