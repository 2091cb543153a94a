package playback_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"nvrd/pkg/fmp4"
	"nvrd/pkg/nvr"
	"nvrd/pkg/recorder"
)

// A clip has the pictures from the first key frame in the span up to the
// span's end, no others, and nothing of what the camera and its encoder say.
func TestClip(t *testing.T) {
	t.Parallel()
	serial := []string{"-bsf:v", "h264_metadata=sei_user_data=086f3693-b7b3-4f2c-9653-21492feee5b8+SERIAL-0451"}
	for name, c := range map[string]clip{
		"AAC":       film(t, "160x90", "6", slices.Concat(plain, serial, []string{"-sc_threshold", "0"}), []string{"-c:a", "aac"}),
		"PCMA":      filmWithPCMA(t, "160x90", "6", append([]string{"-sc_threshold", "0"}, plain...)),
		"H.265":     film(t, "160x90", "6", []string{"-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none:bframes=0"}, nil),
		"reordered": film(t, "160x90", "6", append([]string{"-sc_threshold", "0"}, reordered...), []string{"-c:a", "libopus"}),
	} {
		t.Run(name, func(t *testing.T) {
			var start nvr.Time
			p := record(t, false, func(s *recorder.Stream) { start = play(s, c, true, 0) })
			for _, cut := range []struct{ from, to, key time.Duration }{
				{0, 6 * time.Second, 0},
				{370 * time.Millisecond, 5433 * time.Millisecond, time.Second},
				{3 * time.Second, 3*time.Second + 5*frame, 3 * time.Second},
			} {
				for _, sound := range []bool{false, true} {
					b, err := p.Clip(t.Context(), camera, nvr.Span{From: start.Add(cut.from), To: start.Add(cut.to)}, sound)
					if err != nil {
						t.Fatalf("%v: %v", cut, err)
					}
					if err := fmp4.CheckClip(b); err != nil {
						t.Error(err)
					}
					for _, s := range []string{"SERIAL-0451", "x264", "x265", "Lavc"} {
						if bytes.Contains(b, []byte(s)) {
							t.Errorf("%s is in it", s)
						}
					}
					path := filepath.Join(t.TempDir(), "clip.mp4")
					if err := os.WriteFile(path, b, 0o600); err != nil {
						t.Fatal(err)
					}
					got, want := shown(t, path), c.between(cut.key, cut.to)
					if c.reorder > 0 { // those that others were needed for are left out at the end
						want = want[:min(len(want), max(len(got), len(want)-3))]
					}
					if len(got) != len(want) {
						t.Fatalf("%v: %d pictures, want %d", cut, len(got), len(want))
					}
					for i := range want {
						if !near(got[i], want[i]-cut.key, time.Millisecond) {
							t.Errorf("%v: picture %d is shown at %s, want %s", cut, i, got[i], want[i]-cut.key)
						}
					}
					out := string(run(t, nil, "ffprobe", "-v", "error", "-show_entries", "stream=codec_type", "-of", "csv=p=0", path))
					if heard := out == "video\naudio\n"; heard != (sound && len(c.format.Tracks) > 1) {
						t.Errorf("%v, sound %v: %q", cut, sound, out)
					} else if heard && cut.key == time.Second {
						inSync(t, path, cut.key)
					}
				}
			}
			for want, span := range map[error]nvr.Span{
				nvr.ErrNotFound: {From: start.Add(3*time.Second + frame), To: start.Add(3*time.Second + 4*frame)},
				nvr.ErrTooLarge: {From: start, To: start.Add(31 * time.Second)},
			} {
				if b, err := p.Clip(t.Context(), camera, span, true); !errors.Is(err, want) || b != nil {
					t.Errorf("%s: %d bytes, %v", span, len(b), err)
				}
			}
		})
	}
}

// Where the camera changed its format the person is told, and gets each part.
func TestClipOfSeveralFormats(t *testing.T) {
	t.Parallel()
	small, large := film(t, "160x90", "3", plain, nil), film(t, "320x180", "3", plain, nil)
	var first, second nvr.Time
	p := record(t, false, func(s *recorder.Stream) {
		first = play(s, small, true, 0)
		second = play(s, large, true, 0)
		s.End(nvr.Unreachable, nil)
	})
	for i, c := range []struct {
		span nvr.Span
		want error
	}{
		{nvr.Span{From: first, To: second.Add(2 * time.Second)}, nvr.ErrInvalid},
		{nvr.Span{From: first, To: first.Add(2 * time.Second)}, nil},
		{nvr.Span{From: second.Add(time.Second / 2), To: second.Add(2 * time.Second)}, nil},
	} {
		if _, err := p.Clip(t.Context(), camera, c.span, false); !errors.Is(err, c.want) {
			t.Error(fmt.Sprint(i), err)
		}
	}
}
