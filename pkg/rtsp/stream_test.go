package rtsp

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

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
		if sink.fresh != 1 || sink.count(0) != 20 || sink.count(1) != 20 {
			t.Errorf("%d runs, %d pictures, %d sounds", sink.fresh, sink.count(0), sink.count(1))
		}
		f.second(90000*1000, 8000*1000) // the camera's clock was set
		for _, ts := range []uint32{90000 * 1001, 90000, 99000} {
			f.send(0, ts, inter264(5)) // and set back, between two key frames
			time.Sleep(100 * time.Millisecond)
		}
		f.second(108000, 16000)
		f.end()
		if sink.fresh != 1 || sink.count(0) != 43 || sink.count(1) != 40 {
			t.Errorf("%d runs, %d pictures, %d sounds", sink.fresh, sink.count(0), sink.count(1))
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
