package rtsp

import (
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// stream joins the tracks of one connection into one run after another and
// gives their samples to the sink. Its methods may be called from any
// goroutine; the sink is only ever called by one of them at a time.
//
// A run begins with a key frame. What comes first is held, see [hold]; after
// that, a picture or a frame of sound goes the same way at once: its timestamp
// is read ([clock]), and it is handed to the sink.
type stream struct {
	sink     media.Sink
	log      *slog.Logger
	patience time.Duration

	mu       sync.Mutex
	format   media.Format // as of the key frame that was handed on last
	video    *video
	audio    *audio // nil without sound
	clocks   [2]clock
	fraction fraction
	order    decodeOrder
	sync     alignment
	state    state
	hold     hold
	step     int64 // of the pictures of the present format

	said      int64 // rate of the sound, as described
	moved     int   // how often sound was moved, by arrival alone, since it has another
	sounds    bool  // a frame of sound came
	announced bool  // and the sink knows of it
	lastSound int64 // decode time; -1 before the first of a run
	soundEnd  int64 // when that was over
	quiet     silence
	pictured  int64 // when, in ns since the run's zero, the last picture is decoded

	playing     time.Time
	lastPicture time.Time
	lastKey     time.Time
	interval    time.Duration // the longest between two pictures
	unreadable  error         // why parameter sets were not understood
	losses      tally
	oddities    tally
	told        told
}

type state uint8

const (
	waiting state = iota // for a key frame
	holding
	running
)

func newStream(sink media.Sink, c Config) *stream {
	return &stream{sink: sink, log: c.Log, patience: c.Patience, lastSound: -1, told: told{packets: c.Packets},
		losses: tally{log: c.Log, text: "pictures lost"}, oddities: tally{log: c.Log, text: "packets not understood"}}
}

// expect prepares for what was chosen; no packet may have come yet.
func (s *stream) expect(o *offer) {
	s.format = o.format
	now := time.Now()
	s.clocks[0] = clock{rate: int64(o.format.Video().Timescale), epoch: now}
	s.video = newVideo(o.format.Video().Codec, o.known, s.picture)
	if t, ok := o.format.Audio(); ok {
		s.clocks[1] = clock{rate: int64(t.Timescale), epoch: now}
		s.said = int64(t.Timescale)
		s.audio = newAudio(o.sound, s.frame)
		s.quiet = newSilence(t)
	}
}

// packet takes an RTP packet of a track.
func (s *stream) packet(track int, p *rtp.Packet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if track == 0 {
		s.video.push(p, now)
		return
	}
	if err := s.audio.push(p, now); err != nil {
		s.oddities.add(1, now, "err", err)
	}
}

// report takes an RTCP packet of a track.
func (s *stream) report(track int, p rtcp.Packet) {
	sr, ok := p.(*rtcp.SenderReport)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.clocks[track].hear(s.fraction.read(sr.NTPTime, now), sr.RTPTime, now)
	if s.state == running {
		if moved := s.sync.correct(&s.clocks[0], &s.clocks[1]); moved != 0 {
			s.log.Info("sound realigned", "by", moved)
		}
	}
}

// picture takes what video puts together.
func (s *stream) picture(p picture) {
	if p.dropped > 0 {
		s.losses.add(p.dropped, p.arrived)
	}
	if s.state == waiting && !p.key {
		s.video.discontinue()
		return
	}
	if !s.lastPicture.IsZero() {
		s.interval = max(s.interval, p.arrived.Sub(s.lastPicture))
	}
	s.lastPicture = p.arrived
	if p.key {
		s.lastKey = p.arrived
	}
	u := accessUnit{ts: p.ts, key: p.key, data: p.data, arrived: p.arrived, resume: p.dropped > 0}
	if p.sets != nil && !s.describe(&u, *p.sets) {
		return
	}
	s.pass(u)
}

// describe tells what is new from a key frame on, or refuses it.
func (s *stream) describe(u *accessUnit, sets sets) bool {
	track, order, err := describe(s.format.Video(), sets)
	if s.unreadable = err; err != nil {
		s.oddities.add(1, u.arrived, "err", err)
		s.video.refuse()
		return false
	}
	u.keyed = &keyed{track, order}
	return true
}

// frame takes what audio unpacks. Sound that comes before pictures is left out.
func (s *stream) frame(f frame) {
	s.sounds = true
	if s.state != waiting {
		s.pass(accessUnit{track: 1, key: true, ts: f.ts, length: f.length, data: f.data, arrived: f.arrived})
	}
}

// pass holds a unit, or lets it go.
func (s *stream) pass(u accessUnit) {
	if s.state == running {
		s.date(&u)
		if !s.astray(&u) {
			s.hand(&u, false)
			return
		}
		s.restart()
	}
	if s.state == waiting {
		s.state = holding
		s.hold.begin(u.arrived)
	}
	s.hold.add(u)
	if s.hold.over(u.arrived, s.sure(u.arrived), s.clocks[0].rate) {
		s.release()
	}
}

// sure tells whether it is known how picture and sound belong together.
func (s *stream) sure(now time.Time) bool {
	if s.audio == nil {
		return true
	}
	_, ok := s.hold.soundRate(now, s.clocks[1].rate, s.clocks[0].rate)
	return ok && comparable(&s.clocks[0], &s.clocks[1])
}

// date reads the clock of a unit's track.
func (s *stream) date(u *accessUnit) {
	c := &s.clocks[u.track]
	var jumped bool
	if u.at, jumped = c.read(u.ts, u.arrived, u.length); jumped {
		s.log.Info("the camera's clock jumped", "track", u.track)
	}
	if s.audio != nil {
		if moved := s.sync.arrived(u.track, c.lead(u.at, u.arrived), u.arrived, &s.clocks[1]); moved != 0 {
			s.log.Info("sound realigned", "by", moved)
			s.moved++
		}
	}
	if u.track == 0 {
		c.pace.see(u.arrived, time.Duration(c.nanos(u.at)))
	}
}

// astray tells whether a new run has to begin with a unit, since the count of
// the pictures before it was no time or the sound has the rate that the camera
// says after all.
func (s *stream) astray(u *accessUnit) bool {
	p := &s.clocks[0].pace
	switch {
	case u.track != 0 || !u.key:
		return false
	case p.far:
		s.log.Warn("the camera's count of time is not one, pictures are dated by their arrival", "faster", p.more)
		return true
	case s.audio != nil && s.clocks[1].rate != s.said && s.moved >= restless:
		s.log.Info("the camera's sound has the rate that it says")
		s.setRate(s.said)
		return true
	}
	return false
}

// restart ends the run.
func (s *stream) restart() {
	s.release()
	s.fillEnd()
	s.state = waiting
	for i := range s.clocks {
		s.clocks[i].forget()
	}
}

// hand gives a unit to the sink. Sound that lies before the run's first
// picture, or before sound that was given already, is left out.
func (s *stream) hand(u *accessUnit, fresh bool) {
	c := &s.clocks[u.track]
	sample := media.Sample{
		Track: u.track, Key: u.key, Data: u.data,
		Arrived: u.arrived, Late: c.late(u.at, u.arrived), Captured: c.captured(u.at),
	}
	if u.track == 1 {
		var ok bool
		if sample.DTS, ok = s.decodeTime(u); !ok {
			return
		}
	} else {
		heard := s.announced
		s.present(u, fresh)
		dts := s.order.next(u.at)
		if fresh {
			s.sync.begin(dts)
		}
		sample.DTS, sample.Composition = dts-s.sync.zero[0], int32(max(u.at-dts, 0))
		s.pictured = c.nanos(sample.DTS)
		if s.announced && !heard {
			s.soundEnd = s.clocks[1].units(s.pictured)
		}
	}
	s.sink.Sample(sample)
	if u.track == 0 {
		s.fillPictures(s.quiet.behind)
	}
}

// decodeTime returns that of sound; ok is false for what is left out.
func (s *stream) decodeTime(u *accessUnit) (dts int64, ok bool) {
	if !s.announced {
		return 0, false
	}
	if !s.sync.aligned {
		s.sync.align(&s.clocks[0], &s.clocks[1])
	}
	dts = u.at - s.sync.zero[1]
	if dts < 0 || dts <= s.lastSound {
		if !s.resumed(dts, u.arrived) {
			return 0, false
		}
		dts = u.at - s.sync.zero[1]
	}
	s.fillHole(dts, u.length)
	s.lastSound, s.soundEnd, s.quiet.stood = dts, dts+u.length, false
	return dts, true
}

// present tells the sink what is new from a picture on.
func (s *stream) present(u *accessUnit, fresh bool) {
	if d := u.keyed; d != nil {
		s.format.Tracks = append([]media.Track{d.track}, s.format.Tracks[1:]...)
		s.step = d.order.step
		s.order.begin(d.order.depth, d.order.fixed, d.order.step)
	} else if fresh || u.resume {
		s.order.begin(s.order.depth, s.order.fixed, s.step)
	}
	if fresh || u.keyed != nil || u.key && s.sounds && !s.announced {
		s.announced = s.sounds
		s.sink.Begin(s.current(), fresh)
	}
}

// current returns the format without the sound that was promised as long as
// none came.
func (s *stream) current() media.Format {
	f := s.format
	if t, ok := f.Audio(); ok && !s.sounds {
		f.Tracks = f.Tracks[:1:1]
		f.Missing = append(slices.Clip(f.Missing), fmt.Sprintf("audio: the camera promises %s, but sends none that can be read", t.Codec))
	}
	return f
}

// played is called when the camera agreed to play; info is where the clocks
// of the tracks stood at one instant (RFC 2326, 12.33), if it said so.
func (s *stream) played(info *[2]uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.playing = time.Now()
	s.sync.info = info
}

// watch tells what is wrong if no picture or no key frame came for too long.
func (s *stream) watch(now time.Time) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.told.due(now) {
		s.told.tell(s.packets())
	}
	if s.state == holding && s.hold.over(now, false, s.clocks[0].rate) {
		s.release()
	}
	since := func(t time.Time) time.Duration {
		if t.Before(s.playing) {
			t = s.playing
		}
		return now.Sub(t)
	}
	switch wait := s.slow(); {
	case s.unreadable != nil && s.state == waiting && since(s.playing) > s.patience:
		return &Fault{nvr.BadStream, s.unreadable.Error()}
	case since(s.video.heard) > wait:
		return &Fault{nvr.NoPicture, fmt.Sprintf("no picture for %v", wait)}
	case since(s.lastPicture) > keyPatience*s.patience:
		return &Fault{nvr.NoPicture, fmt.Sprintf("pictures, but no key frame in %v", keyPatience*s.patience)}
	case since(s.lastKey) > longestGroup:
		return &Fault{nvr.StreamChanged, fmt.Sprintf("no key frame in %v, a new connection may bring one", longestGroup)}
	}
	return nil
}

const (
	// slowly is how many times longer than ever before, on this connection, a
	// camera may send no picture: some send fewer when little moves.
	slowly = 4
	// slowest bounds that, in units of patience.
	slowest = 6
	// unknown is the same as long as there was one picture only.
	unknown = 3
	// keyPatience bounds, in units of patience, how long pictures may come of
	// which none can be decoded. Some cameras send a key frame each 40 s and
	// longer, and hanging up would not bring it nearer.
	keyPatience = 6
	// longestGroup bounds a group of pictures, since footage can only be cut
	// where one begins. Cameras that send no other key frame send one to whoever
	// connects.
	longestGroup = 10 * time.Minute
)

// slow returns how long the camera may send no picture.
func (s *stream) slow() time.Duration {
	if s.interval == 0 && !s.video.heard.IsZero() {
		return unknown * s.patience
	}
	return min(max(s.patience, slowly*s.interval), slowest*s.patience)
}

// end lets go what is left; no packet may come afterwards.
func (s *stream) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.release()
	s.fillEnd()
	s.losses.flush()
	s.oddities.flush()
	s.told.tell(s.packets())
}
