package rtsp

import "time"

// alignment knows which places on the clocks of picture and sound are the
// same instant: the zero of the run. It believes, in this order, sender
// reports of both tracks, the RTP-Info of the answer to PLAY, and arrival.
type alignment struct {
	zero    [2]int64 // on each track's clock
	info    *[2]uint32
	settled bool  // zero[1] is in use
	reports bool  // and comes from sender reports
	doubt   int64 // what the last report said, when it contradicted
}

const (
	// tolerance is how wrong sound may be before it is moved. People notice
	// 45 ms of early sound (ITU-R BT.1359).
	tolerance = 20 * time.Millisecond
	// plausible is how far a camera's word may be from what arrival suggests.
	// Beyond, it is a camera whose tracks have different wall clocks.
	plausible = 10 * time.Second
)

// begin sets the zero of the pictures.
func (a *alignment) begin(zero int64) { a.zero[0], a.settled = zero, false }

// sure settles the zero of the sound if the camera said what is needed.
func (a *alignment) sure(video, audio *clock) bool {
	if !audio.started {
		return false
	}
	zero, ok := a.byReports(video, audio)
	if ok {
		a.reports = true
	} else if zero, ok = a.byInfo(video, audio); !ok {
		return false
	}
	a.zero[1], a.settled = zero, true
	return true
}

// settle sets the zero of the sound by the best that is known.
func (a *alignment) settle(video, audio *clock) {
	if !a.sure(video, audio) {
		a.zero[1], a.settled = a.byArrival(video, audio), true
	}
}

// correct is called after a report. It returns how far sound was moved. A
// report that contradicts an earlier one has to be confirmed by the next.
func (a *alignment) correct(video, audio *clock) time.Duration {
	zero, ok := a.byReports(video, audio)
	if !a.settled || !ok {
		return 0
	}
	moved := zero - a.zero[1]
	limit := audio.units(int64(tolerance))
	small := within(moved, limit)
	if a.reports && small {
		a.doubt = 0
		return 0
	}
	if a.reports && (a.doubt == 0 || !within(zero-a.doubt, limit)) {
		a.doubt = zero
		return 0
	}
	a.zero[1], a.reports, a.doubt = zero, true, 0
	if small {
		return 0 // not worth telling
	}
	return time.Duration(-audio.nanos(moved))
}

func (a *alignment) byReports(video, audio *clock) (int64, bool) {
	at, ok := video.wall(a.zero[0])
	if !ok || !audio.report {
		return 0, false
	}
	zero := audio.reportAt + audio.units(at-audio.reportNTP)
	if a.reports {
		return zero, true // arrival is no measure once the clocks had days to drift
	}
	return a.check(zero, video, audio)
}

func (a *alignment) byInfo(video, audio *clock) (int64, bool) {
	if a.info == nil {
		return 0, false
	}
	elapsed := video.nanos(a.zero[0] - video.near(a.info[0]))
	return a.check(audio.near(a.info[1])+audio.units(elapsed), video, audio)
}

func (a *alignment) byArrival(video, audio *clock) int64 {
	return audio.units(video.nanos(a.zero[0]) + video.lead - audio.lead)
}

// check refuses what cannot be.
func (a *alignment) check(zero int64, video, audio *clock) (int64, bool) {
	return zero, within(zero-a.byArrival(video, audio), audio.units(int64(plausible)))
}

func within(n, limit int64) bool { return -limit <= n && n <= limit }
