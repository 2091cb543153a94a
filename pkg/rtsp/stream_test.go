package rtsp

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/liberrors"
	"github.com/bluenviron/gortsplib/v4/pkg/rtcpreceiver"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// real264 are parameter sets that can be read: 1280x720.
var real264 = sets{
	sps: []byte{0x67, 0x64, 0, 0x1f, 0xac, 0xd9, 0x40, 0x50, 5, 0xbb, 1, 0x6c, 0x80, 0, 0, 3, 0, 0x80, 0, 0, 0x1e, 7, 0x8c, 0x18, 0xcb},
	pps: []byte{0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0},
}

// feeder sends packets to a stream of H.264 and PCMU.
type feeder struct {
	*stream
	seq    [2]uint16
	sent   [2]int
	faults []*Fault
}

func newFeeder(sink media.Sink) *feeder {
	s := newStream(sink, Config{Log: quiet, Patience: time.Hour})
	s.expect(&offer{
		format: media.Format{Tracks: []media.Track{{Codec: media.H264, Timescale: 90000}, {Codec: media.PCMU, Timescale: 8000, SampleRate: 8000, Channels: 1}}},
		known:  real264, sound: whole{align: 1},
	})
	s.video.probation = 0
	return &feeder{stream: s}
}

func (f *feeder) send(track int, ts uint32, payload []byte) {
	f.seq[track]++
	f.sent[track]++
	f.packet(track, &rtp.Packet{Header: rtp.Header{SequenceNumber: f.seq[track], Timestamp: ts, Marker: true}, Payload: payload})
}

// second sends a second of stream from these timestamps on, and its reports.
// It must be called in a bubble.
func (f *feeder) second(video, audio uint32) {
	for i := range uint32(10) {
		picture := inter264(20)
		if i == 0 {
			picture = key264(50)
		}
		f.send(0, video+i*9000, picture)
		f.send(1, audio+i*800, bytes.Repeat([]byte{0xff}, 800))
		if i == 0 {
			const ntp = (2208988800 + 946684800) << 32
			f.report(0, &rtcp.SenderReport{NTPTime: ntp, RTPTime: video})
			f.report(1, &rtcp.SenderReport{NTPTime: ntp, RTPTime: audio})
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// Whatever the camera's clock does, no picture is lost, and time goes on.
func TestStreamRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newMemory(t)
		f := newFeeder(sink)
		f.send(1, 0, []byte{1}) // before the first key frame: left out
		f.send(0, 0, inter264(9))
		f.second(90000, 8000)
		f.second(180000, 16000)
		if sink.fresh != 1 || sink.count(0) != 20 || len(sink.spoken()) != 20+20 {
			t.Errorf("%d runs, %d pictures of %d samples", sink.fresh, sink.count(0), len(sink.spoken()))
		}
		f.second(90000*1000, 8000*1000) // the camera's clock was set
		for _, ts := range []uint32{90000 * 1001, 90000, 99000} {
			f.send(0, ts, inter264(5)) // and set back, between two key frames
			time.Sleep(100 * time.Millisecond)
		}
		f.second(108000, 16000)
		f.end()
		if sink.fresh != 1 || sink.count(0) != 43 || len(sink.spoken()) != 43+40 {
			t.Errorf("%d runs, %d pictures of %d samples", sink.fresh, sink.count(0), len(sink.spoken()))
		}
		var last [2]int64
		for _, s := range sink.samples {
			if step := nvr.Duration(s.DTS-last[s.Track], sink.formats[0].Tracks[s.Track].Timescale); step > 500*time.Millisecond {
				t.Errorf("a sample of track %d follows after %v", s.Track, step)
			}
			last[s.Track] = s.DTS
		}
	})
}

// Sound that is promised and does not come is told as missing until it comes.
func TestPromisedSound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newMemory(t)
		f := newFeeder(sink)
		second := func(n uint32, sound bool) {
			for i := range uint32(10) {
				picture := inter264(20)
				if i == 0 {
					picture = key264(50)
				}
				f.send(0, n*90000+i*9000, picture)
				if sound && i > 5 {
					f.send(1, n*8000+i*800, bytes.Repeat([]byte{0xff}, 800))
				}
				time.Sleep(100 * time.Millisecond)
			}
		}
		second(0, false)
		second(1, false)
		if len(sink.formats) != 1 || len(sink.formats[0].Tracks) != 1 || len(sink.formats[0].Missing) != 1 || !strings.Contains(sink.formats[0].Missing[0], "pcmu") {
			t.Errorf("without sound the format is %+v", sink.formats)
		}
		second(2, true)
		second(3, true)
		f.end()
		if len(sink.formats) != 2 || len(sink.formats[1].Tracks) != 2 || len(sink.formats[1].Missing) != 0 || sink.fresh != 1 {
			t.Errorf("with sound the formats are %+v in %d runs", sink.formats, sink.fresh)
		}
		if sink.count(0) != 40 || len(sink.spoken()) != 40+4 {
			t.Errorf("%d pictures of %d samples", sink.count(0), len(sink.spoken()))
		}
		var key int64 // decode time of the last key frame, in units of the sound
		for _, s := range sink.samples {
			if s.Track == 0 && s.Key {
				key = s.DTS * 8000 / 90000
			}
			if s.Track == 1 && s.DTS < key {
				t.Errorf("sound at %d lies before the key frame at %d, from which on it is told", s.DTS, key)
			}
		}
	})
}

// A camera is hung up on when it sends nothing that can be decoded for long,
// however few pictures and key frames it sends otherwise.
func TestPatience(t *testing.T) {
	const s = time.Second
	for _, tt := range []struct {
		name  string
		every time.Duration
		key   int // each so many pictures; 0 for none
		from  int // the number of the first picture
		until time.Duration
		want  time.Duration // when it is hung up on; 0 for not
	}{
		{"key frame at first only", s / 10, 100000, 0, 660 * s, 600 * s},
		{"key frames each 100 s", s / 10, 1000, 0, 600 * s, 0},
		{"first key frame after 50 s", s / 10, 500, 1, 600 * s, 0},
		{"a picture in 9 s", 9 * s, 5, 0, 600 * s, 0},
		{"a picture in 25 s", 25 * s, 5, 0, 600 * s, 0},
		{"frozen after the first picture", 1000 * s, 20, 0, 600 * s, 30 * s},
		{"no key frame", s / 10, 0, 1, 600 * s, 60 * s},
		{"frozen", s / 10, 20, 0, 30 * s, 40 * s},
		{"frozen, after a picture in 5 s", 5 * s, 20, 0, 300 * s, 320 * s},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFeeder(nowhere{})
				f.patience = 10 * s
				f.played(nil)
				start := time.Now()
				var hung time.Duration
				next := start
				for n := tt.from; hung == 0 && time.Since(start) < 700*s; time.Sleep(s / 10) {
					if now := time.Now(); time.Since(start) < tt.until && !now.Before(next) {
						picture := inter264(20)
						if tt.key > 0 && n%tt.key == 0 {
							picture = key264(50)
						}
						f.send(0, uint32(now.Sub(start).Milliseconds()*90), picture)
						n, next = n+1, next.Add(tt.every)
					}
					if tt.until == 600*s && time.Since(start) > tt.until {
						break
					}
					if fault := f.watch(time.Now()); fault != nil {
						hung = time.Since(start)
					}
				}
				f.end()
				if off := hung - tt.want; off.Abs() > 6*s {
					t.Errorf("hung up after %v, want %v", hung, tt.want)
				}
			})
		})
	}
}

// TestHold checks that the end of a connection lets go what was held back.
func TestHold(t *testing.T) {
	sink := newMemory(t)
	f := newFeeder(sink)
	f.send(0, 0, key264(9))
	f.send(0, 9000, inter264(9))
	if len(sink.samples) != 0 {
		t.Error("samples were not held until sound came")
	}
	f.end()
	if len(sink.samples) != 2 {
		t.Errorf("%d samples", len(sink.samples))
	}
}

// Packets of a payload type that is not described may be numbered as those of
// the pictures are: nothing is missing where they were.
func TestAlienPackets(t *testing.T) {
	alien := liberrors.ErrClientRTPPacketUnknownPayloadType{PayloadType: 50}
	for _, tt := range []struct {
		name     string
		numbered int // as the pictures are
		lost     int
		want     int
	}{
		{"with numbers of their own", 0, 0, 20}, {"with the pictures' numbers", 1, 0, 20}, {"and one is lost", 1, 1, 18},
	} {
		sink := newMemory(t)
		f := newFeeder(sink)
		for i := range uint32(20) {
			picture := inter264(20)
			if i%10 == 0 {
				picture = key264(50)
			}
			if i == 8 {
				f.undecodable(alien)
				f.seq[0] += uint16(tt.numbered + tt.lost)
			}
			f.send(0, i*9000, picture)
		}
		f.end()
		if n := sink.count(0); n != tt.want {
			t.Errorf("%s: %d pictures, want %d", tt.name, n, tt.want)
		}
	}
}

// TestNewSSRC uses the library's own error: its text is all there is to tell.
func TestNewSSRC(t *testing.T) {
	ssrc := uint32(1)
	r := &rtcpreceiver.RTCPReceiver{ClockRate: 90000, LocalSSRC: &ssrc, Period: time.Hour}
	if err := r.Initialize(); err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var err error
	for id := range uint32(2) {
		_, _, err = r.ProcessPacket2(&rtp.Packet{Header: rtp.Header{SSRC: id}}, time.Now(), true)
	}
	if fault := newFeeder(nowhere{}).undecodable(err); fault == nil || fault.Reason != nvr.StreamChanged {
		t.Errorf("%v became %v", err, fault)
	}
}

// A run that begins since the count before it was no time is dated by arrival,
// even where one picture is all that is known of it.
func TestRestartIsNotLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newMemory(t)
		f := newFeeder(sink)
		for i := range uint32(60) {
			if f.send(0, i*180000, key264(50)); i == 20 { // each 4 s, and soon counted as 2
				time.Sleep(15 * time.Second)
			}
			for range 4 {
				time.Sleep(time.Second)
				f.watch(time.Now())
			}
		}
		f.end()
		for _, s := range sink.samples {
			if s.DTS == 0 && s.Late != 0 {
				t.Errorf("a run begins %v late", s.Late)
			}
		}
		if sink.fresh < 2 || sink.count(0) != 60 {
			t.Errorf("%d runs, %d pictures", sink.fresh, sink.count(0))
		}
	})
}
