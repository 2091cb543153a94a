package rtsp

import "time"

// alignment knows which places on the clocks of picture and sound are the
// same instant: the zero of the run. It believes, in this order, sender
// reports of both tracks, the RTP-Info of the answer to PLAY, and arrival; and
// the first two only as far as arrival allows.
type alignment struct {
	zero    [2]int64 // on each track's clock
	info    *[2]uint32
	keyLead *int64    // the least of key frames at the run's beginning, where pictures are sent out of order
	aligned bool      // zero[1] is in use
	reports bool      // and comes from sender reports
	doubt   doubt     // that was raised since
	agreed  time.Time // when reports of both tracks were last of one clock

	arrivals arrivals
}

const (
	// tolerance is how wrong sound may be before reports move it. People notice
	// 45 ms of early sound (ITU-R BT.1359).
	tolerance = 20 * time.Millisecond
	// sameClock is how far the skews of two reports may be apart for them to be
	// of one clock that was not set in between: the network, and the pictures
	// before them in the queue, delay them unequally.
	sameClock = 250 * time.Millisecond
	// plausible is how far reports may be from what arrival suggests.
	plausible = 10 * time.Second
	// plausibleInfo is the same for RTP-Info, which many cameras fill in with
	// zeros.
	plausibleInfo = 500 * time.Millisecond
	// maxReorder is how much before its time a picture may be sent: 8 at 16 a
	// second.
	maxReorder = 500 * time.Millisecond
	// reportsFor is for how long the word of reports stands.
	reportsFor = 30 * time.Second
)

// doubt is what a pair of reports said that contradicts an earlier one.
type doubt struct {
	moved int64 // by how much sound would have to be moved; 0 without doubt
	of    [2]time.Time
}

// begin sets the zero of the pictures.
func (a *alignment) begin(zero int64) {
	*a = alignment{zero: [2]int64{zero}, info: a.info, keyLead: a.keyLead}
}

// align sets the zero of the sound by the best that is known.
func (a *alignment) align(video, audio *clock) {
	zero, ok := a.byReports(video, audio)
	if a.reports = ok; ok {
		a.agreed = latest(video, audio)
	}
	a.arrivals = arrivals{}
	if !ok {
		zero, ok = a.byInfo(video, audio)
	}
	if !ok {
		zero = a.byArrival(video, audio)
		a.arrivals.base, a.arrivals.based = audio.leads.least()-video.leads.least(), true
	}
	a.zero[1], a.aligned = zero, true
}

// correct is called after a report. It returns how far sound was moved. A
// report that contradicts an earlier one has to be confirmed by the next.
func (a *alignment) correct(video, audio *clock) time.Duration {
	if !a.aligned {
		return 0
	}
	zero, ok := a.byReports(video, audio)
	if !ok {
		return 0
	}
	a.agreed = latest(video, audio)
	moved := zero - a.zero[1]
	limit := audio.units(int64(tolerance))
	small := within(moved, limit)
	if a.reports && small {
		a.doubt = doubt{}
		return 0
	}
	if a.reports && !a.confirms(moved, video, audio) {
		return 0
	}
	a.zero[1], a.reports, a.doubt = zero, true, doubt{}
	a.arrivals = arrivals{}
	if small {
		return 0 // not worth telling
	}
	return time.Duration(-audio.nanos(moved))
}

// confirms tells whether a contradiction was raised before, by other reports of
// both tracks; else it raises it.
func (a *alignment) confirms(moved int64, video, audio *clock) bool {
	d := a.doubt
	if least := smaller(moved, d.moved); 3*apart(least, 0) < max(apart(moved, 0), apart(d.moved, 0)) {
		a.doubt = doubt{moved, [2]time.Time{video.report.arrived, audio.report.arrived}}
		return false
	}
	return video.report.arrived.After(d.of[0]) && audio.report.arrived.After(d.of[1])
}

// arrived takes note of a picture or a frame of sound and its lead. It returns
// how far sound was moved, since one of the clocks does not go as time does
// and no report says so.
func (a *alignment) arrived(track int, lead int64, now time.Time, audio *clock) time.Duration {
	off := a.arrivals.see(track, lead, now)
	if off == 0 || !a.aligned {
		return 0
	}
	if a.reported(now) {
		a.arrivals.base += off // reports know better
		return 0
	}
	a.move(off, audio)
	return time.Duration(off)
}

// reported tells whether reports count, whatever arrival tells.
func (a *alignment) reported(now time.Time) bool {
	return a.reports && now.Sub(a.agreed) < reportsFor
}

// move has sound lie later by ns.
func (a *alignment) move(off int64, audio *clock) {
	a.arrivals.base += off
	a.arrivals.before = [2]int64{}
	a.zero[1] -= audio.units(off)
	a.doubt = doubt{}
}

// byReports fails if there are no reports of both tracks, if the camera's
// clock was set between them, or if they contradict what arrival tells.
func (a *alignment) byReports(video, audio *clock) (int64, bool) {
	at, ok := video.wall(a.zero[0])
	if !ok || !comparable(video, audio) {
		return 0, false
	}
	return a.check(audio.report.at+audio.units(at-audio.report.ntp), video, audio, plausible)
}

// comparable tells whether there are reports of both tracks by one clock that
// can be relied on.
func comparable(video, audio *clock) bool {
	v, s := &video.report, &audio.report
	return (v.known || v.early) && (s.known || s.early) && !v.strange && !s.strange && time.Duration(video.skew()-audio.skew()).Abs() <= sameClock
}

func latest(video, audio *clock) time.Time {
	if video.report.arrived.After(audio.report.arrived) {
		return video.report.arrived
	}
	return audio.report.arrived
}

func (a *alignment) byInfo(video, audio *clock) (int64, bool) {
	if a.info == nil {
		return 0, false
	}
	elapsed := video.nanos(a.zero[0] - video.near(a.info[0]))
	return a.check(audio.near(a.info[1])+audio.units(elapsed), video, audio, plausibleInfo)
}

// byArrival takes what is sent at the same time to be of the same time. Where
// pictures are sent out of order, who sends by the order of decoding sends some
// before their time, but hardly a key frame.
func (a *alignment) byArrival(video, audio *clock) int64 {
	lead := video.leads.least()
	if a.keyLead != nil {
		lead = min(*a.keyLead, lead+int64(maxReorder))
	}
	return audio.units(video.nanos(a.zero[0]) + lead - audio.leads.least())
}

// check refuses what cannot be.
func (a *alignment) check(zero int64, video, audio *clock, limit time.Duration) (int64, bool) {
	return zero, within(zero-a.byArrival(video, audio), audio.units(int64(limit)))
}

func within(n, limit int64) bool { return -limit <= n && n <= limit }

// arrivals compares how promptly pictures and sound arrive. Both come by the
// same network, so where one falls behind the other its clock is slower than
// time, or was stopped for a while.
type arrivals struct {
	from   time.Time // of the window
	least  [2]int64  // leads in it, in ns
	seen   [2]bool
	base   int64 // by how much sound came later than pictures when its zero was set
	based  bool
	before [2]int64 // by how much more it did in the windows before
}

const (
	arrivalsFor = 2 * time.Second
	// maxApart is how far sound may be off, for three windows, before arrival
	// moves it. What arrives within 40 ms is read at once, and an encoder that
	// is short of breath delays pictures for a while.
	maxApart = 60 * time.Millisecond
)

// see takes note of a lead. At the end of a window it returns by how much more
// than at the beginning sound comes later, if the windows before agree.
func (a *arrivals) see(track int, lead int64, now time.Time) int64 {
	if a.from.IsZero() {
		a.from = now
	}
	if !a.seen[track] || lead < a.least[track] {
		a.least[track], a.seen[track] = lead, true
	}
	if now.Sub(a.from) < arrivalsFor {
		return 0
	}
	later, both := a.least[1]-a.least[0], a.seen[0] && a.seen[1]
	a.from, a.seen = now, [2]bool{}
	if !both {
		return 0
	}
	if !a.based {
		a.base, a.based = later, true
		return 0
	}
	off := later - a.base
	least := smaller(off, smaller(a.before[0], a.before[1]))
	a.before = [2]int64{off, a.before[0]}
	if within(least, int64(maxApart)) {
		return 0
	}
	a.before = [2]int64{}
	return smaller(off, 3*least) // it may grow
}
