package rtsp

import (
	"fmt"
	"log/slog"
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
// A run begins with a key frame. Its samples are held back until it is known
// how the clocks of picture and sound belong together, at most for maxHold.
type stream struct {
	sink     media.Sink
	log      *slog.Logger
	patience time.Duration

	mu     sync.Mutex
	format media.Format
	video  *video
	audio  *audio // nil without sound
	clocks [2]clock
	order  decodeOrder
	sync   alignment
	state  state
	held   []held
	bytes  int // of held
	since  time.Time
	step   int64 // of the pictures of the present format

	lastAudio  int64 // decode time; -1 before the first of a run
	playing    time.Time
	lastKey    time.Time
	unreadable error // why parameter sets were not understood
	losses     tally
	oddities   tally
}

type state uint8

const (
	waiting state = iota // for a key frame
	holding
	running
)

// held is a sample on its way to the sink. Sound gets its decode time when it
// is let go; until then at is its place on its own clock.
type held struct {
	media.Sample
	at     int64
	format *media.Format // of a key frame: what is new from here on
}

const (
	maxHold      = time.Second
	maxHoldBytes = 16 << 20
)

func newStream(sink media.Sink, c Config) *stream {
	return &stream{sink: sink, log: c.Log, patience: c.Patience, lastAudio: -1,
		losses: tally{log: c.Log, text: "pictures lost"}, oddities: tally{log: c.Log, text: "packets not understood"}}
}

// expect prepares for what was chosen; no packet may have come yet.
func (s *stream) expect(o *offer) {
	s.format = o.format
	s.clocks[0].rate = int64(o.format.Video().Timescale)
	s.video = newVideo(o.format.Video().Codec, o.known, s.picture)
	if t, ok := o.format.Audio(); ok {
		s.clocks[1].rate = int64(t.Timescale)
		s.audio = newAudio(o.sound, s.frame)
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
	s.clocks[track].hear(sr.NTPTime, sr.RTPTime)
	if s.state == running {
		if moved := s.sync.correct(&s.clocks[0], &s.clocks[1]); moved != 0 {
			s.log.Info("sound realigned", "by", moved)
		}
	}
}

// picture takes what video puts together.
func (s *stream) picture(p picture) {
	at, jumped := s.clocks[0].read(p.ts, p.arrived)
	if p.dropped > 0 {
		s.losses.add(p.dropped, p.arrived)
	}
	if jumped && s.state != waiting {
		s.log.Info("the camera's clock jumped")
		s.restart()
	}
	if s.astray(at, p) {
		s.restart()
	}
	if !p.key && s.state == waiting {
		s.video.discontinue()
		return
	}
	var format *media.Format
	if p.key {
		s.lastKey = p.arrived
		var ok bool
		if format, ok = s.begin(p); !ok {
			return
		}
	}
	dts := s.order.next(at)
	if s.state == waiting {
		s.state, s.since = holding, p.arrived
		s.sync.begin(dts)
	}
	s.pass(held{
		Sample: media.Sample{
			DTS: dts - s.sync.zero[0], Composition: int32(at - dts), Key: p.key, Data: p.data,
			Arrived: p.arrived, Captured: s.clocks[0].captured(at),
		},
		format: format,
	})
}

// astray tells whether a new run has to begin with a picture since the count
// of those before it was no time.
func (s *stream) astray(at int64, p picture) bool {
	c := &s.clocks[0]
	c.pace.see(p.arrived, time.Duration(c.nanos(at)))
	if !p.key || s.state == waiting || !c.pace.far {
		return false
	}
	s.log.Warn("the camera's count of time is not one, pictures are dated by their arrival", "faster", c.pace.more)
	return true
}

// begin settles what the format is from a key frame on. It returns the format
// if it is new there.
func (s *stream) begin(p picture) (*media.Format, bool) {
	if p.sets != nil {
		track, order, err := describe(s.format.Video(), *p.sets)
		if s.unreadable = err; err != nil {
			s.oddities.add(1, p.arrived, "err", err)
			s.video.refuse()
			return nil, false
		}
		tracks := append([]media.Track{track}, s.format.Tracks[1:]...)
		s.format = media.Format{Tracks: tracks, Missing: s.format.Missing}
		s.step = order.step
		s.order.begin(order.depth, order.fixed, order.step)
	} else if p.dropped > 0 || s.state == waiting {
		s.order.begin(s.order.depth, s.order.fixed, s.step)
	}
	if p.sets == nil && s.state != waiting {
		return nil, true
	}
	f := s.format
	return &f, true
}

// frame takes what audio unpacks.
func (s *stream) frame(f frame) {
	at, jumped := s.clocks[1].read(f.ts, f.arrived)
	if jumped && s.lastAudio >= 0 { // else it follows a jump of the picture's
		s.log.Info("the clock of the camera's sound jumped")
		s.restart()
	}
	if s.state == waiting {
		return
	}
	s.pass(held{
		Sample: media.Sample{Track: 1, Key: true, Data: f.data, Arrived: f.arrived, Captured: s.clocks[1].captured(at)},
		at:     at,
	})
}

// restart ends the run; the next begins with the next key frame.
func (s *stream) restart() {
	s.release()
	s.state, s.lastAudio = waiting, -1
	s.sync = alignment{}
	for i := range s.clocks {
		s.clocks[i].forget()
	}
}

// pass holds a sample back or lets it go.
func (s *stream) pass(h held) {
	if s.state == running {
		s.deliver(h, false)
		return
	}
	s.held = append(s.held, h)
	s.bytes += len(h.Data)
	sure := s.audio == nil || s.sync.sure(&s.clocks[0], &s.clocks[1])
	if sure || s.bytes > maxHoldBytes || h.Arrived.Sub(s.since) > maxHold {
		s.release()
	}
}

// release lets go what was held back.
func (s *stream) release() {
	if s.state != holding {
		return
	}
	s.state, s.lastAudio = running, -1
	for i, h := range s.held {
		s.deliver(h, i == 0)
	}
	s.held, s.bytes = nil, 0
}

// deliver gives a sample to the sink. Sound that lies before the run's first
// picture, or before sound that was given already, is left out.
func (s *stream) deliver(h held, fresh bool) {
	if h.format != nil {
		s.sink.Begin(*h.format, fresh)
	}
	if h.Track == 1 {
		if !s.sync.settled {
			s.sync.settle(&s.clocks[0], &s.clocks[1])
		}
		h.DTS = h.at - s.sync.zero[1]
		if h.DTS < 0 || h.DTS <= s.lastAudio {
			return
		}
		s.lastAudio = h.DTS
	}
	s.sink.Sample(h.Sample)
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
	if s.state == holding && now.Sub(s.since) > maxHold {
		s.release()
	}
	latest := func(t time.Time) time.Duration {
		if t.Before(s.playing) {
			t = s.playing
		}
		return now.Sub(t)
	}
	switch {
	case s.unreadable != nil && s.state == waiting && latest(s.playing) > s.patience:
		return &Fault{nvr.BadStream, s.unreadable.Error()}
	case latest(s.video.heard) > s.patience:
		return &Fault{nvr.NoPicture, fmt.Sprintf("no picture for %v", s.patience)}
	case s.lastKey.IsZero() && latest(s.playing) > s.patience:
		return &Fault{nvr.NoPicture, fmt.Sprintf("pictures, but no key frame in %v", s.patience)}
	case latest(s.lastKey) > 6*s.patience:
		return &Fault{nvr.NoPicture, fmt.Sprintf("pictures, but no key frame for %v", 6*s.patience)}
	}
	return nil
}

// end lets go what is left; no packet may come afterwards.
func (s *stream) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.release()
	s.losses.flush()
	s.oddities.flush()
}
