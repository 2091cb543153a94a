package rtspsim

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/g711"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/pion/rtp"
)

// maxHeard bounds what is kept of what was said to a camera: ten minutes in
// packets of 20 ms.
const maxHeard = 30000

// Heard is one packet that came to the speaker of a camera.
type Heard struct {
	At       time.Time // of arrival
	Rate     int       // samples a second
	Samples  []int16
	Marker   bool // begins a talkspurt
	Sequence uint16
	Stamp    uint32 // RTP timestamp
}

// speaker is what is said to all paths of a server.
type speaker struct {
	mu    sync.Mutex
	ever  int
	open  map[*gortsplib.ServerSession]struct{}
	heard []Heard
}

// Speaking returns how many back-channels were set up so far, and how many are
// open now.
func (s *Server) Speaking() (ever, now int) {
	s.speaker.mu.Lock()
	defer s.speaker.mu.Unlock()
	return s.speaker.ever, len(s.speaker.open)
}

// Heard returns what was said to the cameras so far, in the order of arrival:
// at most ten minutes, of which the oldest is forgotten.
func (s *Server) Heard() []Heard {
	s.speaker.mu.Lock()
	defer s.speaker.mu.Unlock()
	return slices.Clone(s.speaker.heard)
}

// backChannel describes a medium for what others say.
func backChannel(formats []string) (*description.Media, error) {
	m := &description.Media{Type: description.MediaTypeAudio, IsBackChannel: true}
	for i, text := range formats {
		name, clock, _ := strings.Cut(text, "/")
		rate, err := strconv.Atoi(clock)
		if err != nil {
			return nil, fmt.Errorf("speaker: %q has no clock rate", text)
		}
		payload := uint8(97 + i)
		switch {
		case name == "PCMU" && rate == 8000:
			payload = 0
		case name == "PCMA" && rate == 8000:
			payload = 8
		}
		var f format.Format
		switch name {
		case "PCMU", "PCMA":
			f = &format.G711{PayloadTyp: payload, MULaw: name == "PCMU", SampleRate: rate, ChannelCount: 1}
		case "AAC":
			f = &format.MPEG4Audio{
				PayloadTyp: payload, SizeLength: 13, IndexLength: 3, IndexDeltaLength: 3,
				Config: &mpeg4audio.AudioSpecificConfig{Type: mpeg4audio.ObjectTypeAACLC, SampleRate: rate, ChannelCount: 1},
			}
		default:
			return nil, fmt.Errorf("speaker: %q is not supported", text)
		}
		m.Formats = append(m.Formats, f)
	}
	return m, nil
}

// setUp takes down that a medium is set up, if it is the back-channel.
func (s *speaker) setUp(session *gortsplib.ServerSession, medias []*description.Media, address string) {
	_, track, _ := strings.Cut(address, "trackID=")
	i, err := strconv.Atoi(strings.Trim(track, "/"))
	if err != nil || i >= len(medias) || !medias[i].IsBackChannel {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = map[*gortsplib.ServerSession]struct{}{}
	}
	s.open[session] = struct{}{}
	s.ever++
}

// listen keeps what is said in a session from now on.
func (s *speaker) listen(session *gortsplib.ServerSession) {
	for _, m := range session.SetuppedMedias() {
		if !m.IsBackChannel {
			continue
		}
		for _, f := range m.Formats {
			if g, ok := f.(*format.G711); ok {
				session.OnPacketRTP(m, f, func(p *rtp.Packet) { s.hear(g, p) })
			}
		}
	}
}

func (s *speaker) hear(f *format.G711, p *rtp.Packet) {
	h := Heard{At: time.Now(), Rate: f.SampleRate, Marker: p.Marker, Sequence: p.SequenceNumber, Stamp: p.Timestamp}
	var b []byte
	if f.MULaw {
		var d g711.Mulaw
		d.Unmarshal(p.Payload)
		b = d
	} else {
		var d g711.Alaw
		d.Unmarshal(p.Payload)
		b = d
	}
	for ; len(b) >= 2; b = b[2:] {
		h.Samples = append(h.Samples, int16(binary.BigEndian.Uint16(b)))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = append(s.heard, h)
	if len(s.heard) > maxHeard {
		s.heard = slices.Delete(s.heard, 0, len(s.heard)-maxHeard)
	}
}

// closed takes down that a session is over.
func (s *speaker) closed(session *gortsplib.ServerSession) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, session)
}

// Tone returns how much of the power of sound is a tone of a frequency, from 0
// to 1 (Goertzel's algorithm).
func Tone(samples []int16, rate int, hertz float64) float64 {
	turn := 2 * math.Cos(2*math.Pi*hertz/float64(rate))
	var a, b, power float64
	for _, v := range samples {
		x := float64(v)
		a, b = x+turn*a-b, a
		power += x * x
	}
	if power == 0 {
		return 0
	}
	return 2 * (a*a + b*b - turn*a*b) / (power * float64(len(samples)))
}
