package rtsp

import (
	"bytes"
	"os/exec"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"nvrd/pkg/media"
	"nvrd/pkg/media/pcm"
	"nvrd/pkg/nvr"
)

// A film whose sound is missing is one that browsers do not show. So there is
// silence: where a microphone is turned off, before the first sound and at the
// end; and all sound that comes is kept.
func TestSilence(t *testing.T) {
	const second = 8000
	for _, tt := range []struct {
		name    string
		sounds  func(at time.Duration) bool // comes, and is counted
		seconds int
	}{
		{"all of it is there", func(time.Duration) bool { return true }, 9},
		{"the microphone is turned off", func(at time.Duration) bool { return at < 4*time.Second }, 20},
		{"and on again", func(at time.Duration) bool { return at < 4*time.Second || at > 15*time.Second }, 30},
		{"sound is sent when it is loud", func(at time.Duration) bool { return at%(3*time.Second) < time.Second }, 20},
		{"it begins late", func(at time.Duration) bool { return at > 700*time.Millisecond }, 4},
		{"there is one picture", func(time.Duration) bool { return true }, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sink := newMemory(t)
				f := newFeeder(sink)
				sent := 0
				for i := range uint32(max(tt.seconds*10, 1)) {
					picture := inter264(20)
					if i%10 == 0 {
						picture = key264(50)
					}
					f.send(0, 90000+i*9000, picture)
					if tt.sounds(time.Duration(i) * 100 * time.Millisecond) {
						f.send(1, second+i*800, bytes.Repeat([]byte{0xee}, 800))
						sent++
					}
					time.Sleep(100 * time.Millisecond)
					checkBehind(t, sink)
				}
				f.end()
				var end, pictures int64 // of the sound, and when the last picture begins
				for _, s := range sink.samples {
					if s.Track == 0 {
						pictures = s.DTS * second / 90000
						continue
					}
					if hole := s.DTS - end; hole > 800 && end > 0 || hole > second/2 && len(sink.formats) == 1 {
						t.Errorf("a hole of %d before the sound at %d", hole, s.DTS)
					}
					end = s.DTS + int64(len(s.Data))
				}
				if end <= pictures {
					t.Errorf("sound ends at %d, the last picture begins at %d", end, pictures)
				}
				if got := len(sink.spoken()) - sink.count(0); got != sent {
					t.Errorf("%d of %d frames of sound", got, sent)
				}
			})
		})
	}
}

// Sound that comes all at once, each three seconds, is waited for once that is known.
func TestSoundAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newMemory(t)
		f := newFeeder(sink)
		const burst, length = 30, 600 // tenths of a second
		for i := range uint32(length) {
			picture := inter264(20)
			if i%10 == 0 {
				picture = key264(50)
			}
			f.send(0, 90000+i*9000, picture)
			if i%burst == burst-1 {
				for k := i + 1 - burst; k <= i; k++ {
					f.send(1, 8000+k*800, bytes.Repeat([]byte{0xee}, 800))
				}
			}
			time.Sleep(100 * time.Millisecond)
		}
		f.end()
		if got := len(sink.spoken()) - sink.count(0); got < length-3*burst {
			t.Errorf("%d frames of sound of %d", got, length)
		}
	})
}

// checkBehind fails if a browser would wait for sound.
func checkBehind(t *testing.T, m *memory) {
	t.Helper()
	var at [2]time.Duration
	for _, s := range m.samples {
		at[s.Track] = nvr.Duration(s.DTS, m.formats[0].Tracks[s.Track].Timescale)
	}
	if at[0]-at[1] > soundBehind+300*time.Millisecond {
		t.Errorf("sound is there up to %v, pictures up to %v", at[1], at[0])
	}
}

// Each kind of silence is what its decoder takes for that, as long as it says.
func TestSilentFrames(t *testing.T) {
	config := func(channels int) []byte {
		b, err := mpeg4audio.AudioSpecificConfig{Type: mpeg4audio.ObjectTypeAACLC, SampleRate: 16000, ChannelCount: channels}.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for channels := 1; channels <= 2; channels++ {
		s := newSilence(media.Track{Codec: media.AAC, Timescale: 16000, SampleRate: 16000, Channels: channels, Config: config(channels)})
		var adts mpeg4audio.ADTSPackets
		for range 10 {
			adts = append(adts, &mpeg4audio.ADTSPacket{Type: mpeg4audio.ObjectTypeAACLC, SampleRate: 16000, ChannelCount: channels, AU: s.frame})
		}
		film, err := adts.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("ffmpeg", "-v", "warning", "-xerror", "-f", "aac", "-i", "-", "-f", "s16le", "-")
		cmd.Stdin = bytes.NewReader(film)
		var out, trouble bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &trouble
		if err := cmd.Run(); err != nil || trouble.Len() > 0 {
			t.Errorf("%d channels: %v %s", channels, err, trouble.String())
		}
		if want := 10 * 1024 * channels * 2; out.Len() != want || len(bytes.Trim(out.Bytes(), "\x00")) > 0 || s.length != 1024 {
			t.Errorf("%d channels: %d bytes of %d, not all 0", channels, out.Len(), want)
		}
	}
	if s := newSilence(media.Track{Codec: media.AAC, Timescale: 16000, SampleRate: 16000, Channels: 6, Config: config(2)}); s.frame != nil {
		t.Error("there is silence of six channels")
	}
	for codec, decode := range map[media.Codec]func([]byte) []int16{media.PCMU: pcm.DecodeMuLaw, media.PCMA: pcm.DecodeALaw} {
		s := newSilence(media.Track{Codec: codec, Timescale: 8000, SampleRate: 8000, Channels: 1})
		loud := slices.ContainsFunc(decode(s.frame), func(v int16) bool { return v < -8 || v > 8 })
		if len(s.frame) != 160 || s.length != 160 || loud {
			t.Errorf("%s: %d bytes of %d, loud %t", codec, len(s.frame), s.length, loud)
		}
	}
	if n := newSilence(media.Track{Codec: media.L16, Timescale: 16000, SampleRate: 16000, Channels: 2}); len(n.frame) != 320*2*2 || n.length != 320 {
		t.Errorf("L16: %d bytes of %d", len(n.frame), n.length)
	}
	o := newSilence(media.Track{Codec: media.Opus, Timescale: 48000, SampleRate: 48000, Channels: 2})
	if got := (whole{align: 1, opus: true}).length(o.frame); got != o.length {
		t.Errorf("a packet of Opus lasts %d, not %d", got, o.length)
	}
}
