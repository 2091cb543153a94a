package rtspsim

import (
	"sync"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"nvrd/pkg/nvr"
)

// path is one simulated camera: a clip that plays, or something published.
type path struct {
	stream    *gortsplib.ServerStream
	publisher *gortsplib.ServerSession // nil for a clip
	reports   bool
	stop      chan struct{}
	stopped   chan struct{}
	once      sync.Once

	mu   sync.Mutex
	clip Clip
	next *Clip // to be played instead
	bad  Trouble
}

// reportEvery is how often sender reports go out: more often than cameras
// send them, so that tests need not wait.
const reportEvery = time.Second

// firstTimestamp lies right before RTP timestamps wrap around, so that every
// use of a simulated camera crosses that point.
const firstTimestamp = 1<<32 - 3*90000

func newPath(server *gortsplib.Server, c Clip, reports bool, speaker []string) (*path, error) {
	var session description.Session
	for _, t := range c.tracks {
		session.Medias = append(session.Medias, &description.Media{Type: t.kind, Formats: []format.Format{t.format()}})
	}
	if len(speaker) > 0 {
		m, err := backChannel(speaker)
		if err != nil {
			return nil, err
		}
		session.Medias = append(session.Medias, m)
	}
	p := &path{
		stream: &gortsplib.ServerStream{Server: server, Desc: &session}, reports: reports, clip: c,
		stop: make(chan struct{}), stopped: make(chan struct{}),
	}
	return p, p.stream.Initialize()
}

func (p *path) close() {
	p.once.Do(func() { close(p.stop) })
	if p.publisher == nil {
		<-p.stopped
	}
	p.stream.Close()
}

func (p *path) trouble() Trouble {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.bad
}

func (p *path) setTrouble(t Trouble) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bad = t
}

// swap has another clip played from its beginning, if it fits.
func (p *path) swap(c Clip) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.publisher != nil || len(c.tracks) != len(p.clip.tracks) {
		return false
	}
	for i, t := range c.tracks {
		if t.rate != p.clip.tracks[i].rate || t.format().Codec() != p.clip.tracks[i].format().Codec() {
			return false
		}
	}
	p.next = &c
	return true
}

// run plays until the path is closed.
func (p *path) run() {
	defer close(p.stopped)
	player := player{path: p, clip: p.clip, began: time.Now(), sequence: make([]uint16, len(p.clip.tracks))}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-p.stop:
			return
		case <-timer.C:
		}
		timer.Reset(time.Until(player.play(time.Now())))
	}
}

// player is where in the loop a path is.
type player struct {
	*path
	clip     Clip
	began    time.Time     // wall clock of the media time 0
	turn     time.Duration // media time at which this turn of the loop began
	index    int           // of the next packet
	sequence []uint16
	sent     int
	reported time.Time
	late     []packet // sound that is held back
}

// play sends what is due and returns when it wants to be called again.
func (l *player) play(now time.Time) time.Time {
	l.mu.Lock()
	bad, next := l.bad, l.next
	l.next = nil
	l.mu.Unlock()
	elapsed := now.Sub(l.began)
	if next != nil {
		l.clip, l.turn, l.index = *next, elapsed, 0
	}
	for {
		if l.index == len(l.clip.packets) {
			l.index = 0
			l.turn += l.clip.duration
		}
		p := l.clip.packets[l.index]
		due := l.turn + p.at
		if due > elapsed {
			for len(l.late) > 0 && l.late[0].at+bad.DelaySound <= elapsed {
				l.send(l.late[0], bad)
				l.late = l.late[1:]
			}
			l.report(now, bad)
			return l.began.Add(min(due, elapsed+20*time.Millisecond))
		}
		l.index++
		p.at = due
		p.ts += l.units(p.track, l.turn)
		if bad.DelaySound > 0 && !p.video {
			l.late = append(l.late, p)
			continue
		}
		l.send(p, bad)
	}
}

// units converts a media time to a track's RTP clock.
func (l *player) units(track int, t time.Duration) uint32 {
	return firstTimestamp + uint32(nvr.Units(t, l.clip.tracks[track].rate))
}

func (l *player) send(p packet, bad Trouble) {
	if bad.Freeze || bad.NoKeyFrames && p.key {
		return
	}
	l.sequence[p.track]++
	if l.sent++; bad.DropEvery > 0 && l.sent%bad.DropEvery == 0 {
		return
	}
	m := l.stream.Desc.Medias[p.track]
	// An error means a viewer that went away, or the end of the stream,
	// which run learns by itself.
	_ = l.stream.WritePacketRTPWithNTP(m, &rtp.Packet{
		Header: rtp.Header{
			Version: 2, Marker: p.marker, PayloadType: m.Formats[0].PayloadType(),
			SequenceNumber: l.sequence[p.track], Timestamp: p.ts,
		},
		Payload: p.payload,
	}, l.began.Add(p.at))
}

// report sends a sender report for each track.
func (l *player) report(now time.Time, bad Trouble) {
	if !l.reports || bad.Freeze || now.Sub(l.reported) < reportEvery {
		return
	}
	l.reported = now
	stats := l.stream.Stats()
	for i, m := range l.stream.Desc.Medias {
		if m.IsBackChannel {
			continue
		}
		_ = l.stream.WritePacketRTCP(m, &rtcp.SenderReport{
			SSRC:    stats.Medias[m].Formats[m.Formats[0]].LocalSSRC,
			NTPTime: ntp(now), RTPTime: l.units(i, now.Sub(l.began)),
		})
	}
}

const from1900to1970 = 2208988800 // seconds

// ntp is the 64-bit timestamp of RFC 3550, 4.
func ntp(t time.Time) uint64 {
	return uint64(t.Unix()+from1900to1970)<<32 | uint64(t.Nanosecond())<<32/uint64(time.Second)
}

// ntpTime is the inverse of ntp.
func ntpTime(n uint64) time.Time {
	return time.Unix(int64(n>>32)-from1900to1970, int64(n&0xffffffff*uint64(time.Second)>>32))
}
