package ffmpeg_test

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"nvrd/pkg/ffmpeg"
	"nvrd/pkg/fmp4"
)

// counting is a film whose picture number n is as light as 20 + 3n, at 15 a second.
const counting = "color=black:s=320x176:r=15:d=4,geq=lum='20+3*N':cb=128:cr=128"

// A clip has the pictures that are first shown in the chosen time, and no other.
func TestClipIsTrimmedToTheFrame(t *testing.T) {
	tool := find(t)
	for name, source := range map[string][]byte{
		"H.264":     film(t, counting),
		"reordered": film(t, counting, "-bf", "3", "-b_strategy", "0"),
		"H.265":     film(t, counting, "-c:v", "libx265", "-x265-params", "log-level=none"),
		"uneven":    film(t, counting, "-vf", "settb=1/90000,setpts='PTS+mod(N,3)*0.01/TB'", "-fps_mode", "passthrough", "-enc_time_base", "1:90000", "-video_track_timescale", "90000"),
	} {
		t.Run(name, func(t *testing.T) {
			cuts := []struct{ from, to float64 }{{1.01, 2.01}, {20. / 15, 33. / 15}}
			if name == "H.264" {
				cuts = append(cuts, []struct{ from, to float64 }{{0, 4}, {0, 1. / 15}, {1. / 15, 2. / 15}, {1, 2}, {59. / 15, 4}}...)
			}
			for _, c := range cuts {
				e := ffmpeg.Edit{From: time.Duration(c.from * 1e9), To: time.Duration(c.to * 1e9), Sound: true}
				out, err := tool.Clip(t.Context(), bytes.NewReader(source), e)
				if err != nil {
					t.Fatal(err)
				}
				var want []int
				for n := range 60 {
					at := float64(n) / 15
					if name == "uneven" {
						at += float64(n%3) * 0.01
					}
					if at > c.from-1e-4 && at < c.to-1e-4 {
						want = append(want, n)
					}
				}
				got := pictures(t, out, 320, 176)
				if len(got) != len(want) {
					t.Fatalf("%v to %v: %d pictures, want %d", c.from, c.to, len(got), len(want))
				}
				shown := times(t, out)
				for i, p := range got {
					at := float64(want[i]) / 15
					if name == "uneven" {
						at += float64(want[i]%3) * 0.01
					}
					if at -= c.from; i > 0 && math.Abs(shown[i]-at) > 0.001 || i == 0 && shown[0] != 0 {
						t.Errorf("%v to %v: picture %d is shown at %v, want %v", c.from, c.to, i, shown[i], at)
					}
					if n := int(math.Round((p.mean(0, 0, 1, 1) - 20) / 3)); n != want[i] {
						t.Errorf("%v to %v: picture %d is number %d, want %d", c.from, c.to, i, n, want[i])
					}
				}
				if err := fmp4.CheckClip(out); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// Sound is there if it was asked for, begins with the pictures, and is what was
// to be heard then.
func TestClipSound(t *testing.T) {
	tool := find(t)
	flash := func(silent string) []byte { // progressive, since ffmpeg loses when sound begins in a fragmented one
		return file(t, "film.mp4", "-f", "lavfi", "-i", "color=black:s=320x176:r=15:d=4,drawbox=c=white:t=fill:enable='gte(t,2)'",
			"-f", "lavfi", "-i", "aevalsrc='if(gte(t,2),0.8*sin(2*PI*1000*t),0)':s=48000:d=4,atrim=start="+silent,
			"-copyts", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-movflags", "faststart")
	}
	source := flash("0")
	for _, c := range []struct {
		film []byte
		from time.Duration
	}{{source, 0}, {source, 1234 * time.Millisecond}, {flash("1.5"), 0}, {flash("1.5"), 700 * time.Millisecond}} {
		out, err := tool.Clip(t.Context(), bytes.NewReader(c.film), ffmpeg.Edit{From: c.from, To: 4 * time.Second, Sound: true})
		if err != nil {
			t.Fatal(err)
		}
		samples := run(t, out, "ffmpeg", "-v", "error", "-i", "-", "-vn", "-f", "u8", "-ac", "1", "-ar", "8000", "-af", "aresample=async=1:first_pts=0", "-")
		loud := 0
		for loud < len(samples) && samples[loud] < 200 {
			loud++
		}
		light := 0
		all := pictures(t, out, 320, 176)
		for light < len(all) && all[light].mean(0, 0, 1, 1) < 128 {
			light++
		}
		want := (2*time.Second - c.from).Seconds()
		if heard := float64(loud) / 8000; math.Abs(heard-want) > 0.03 {
			t.Errorf("from %s: heard at %.3f s, want %.3f s", c.from, heard, want)
		}
		if seen := times(t, out)[light]; math.Abs(seen-want) > 0.002 {
			t.Errorf("from %s: white at %.3f s, want %.3f s", c.from, seen, want)
		}
	}
	out, err := tool.Clip(t.Context(), bytes.NewReader(source), ffmpeg.Edit{To: 4 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if got := run(t, out, "ffprobe", "-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0", "-"); string(got) != "h264\n" {
		t.Errorf("without sound it has %q", got)
	}
}

// times returns when each picture is shown, in seconds.
func times(t *testing.T, b []byte) (all []float64) {
	t.Helper()
	for line := range strings.Lines(string(run(t, b, "ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "frame=pts_time", "-of", "csv=p=0", "-"))) {
		at, err := strconv.ParseFloat(strings.Trim(line, ",\n"), 64)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, at)
	}
	return all
}

// busy has detail everywhere: neighbors differ.
const busy = "nullsrc=s=640x360:r=10:d=2,geq=lum='if(mod(floor(X/2)+floor(Y/2),2),200,60)':cb=128:cr=128"

// Blur is in the pixels: where it was asked for from the first picture to the
// last, and nowhere else.
func TestClipIsBlurred(t *testing.T) {
	tool := find(t)
	source := film(t, busy)
	still := ffmpeg.Rect{X: 0.25, Y: 0.25, W: 0.25, H: 0.5}
	right := ffmpeg.Rect{X: 0.7, Y: 0.25, W: 0.25, H: 0.5}
	large := ffmpeg.Rect{X: 0.05, Y: 0.05, W: 0.6, H: 0.9}
	key := func(ms int, r ffmpeg.Rect) ffmpeg.Key {
		return ffmpeg.Key{At: time.Duration(ms) * time.Millisecond, Rect: r}
	}
	for _, c := range []struct {
		name    string
		from    time.Duration
		regions []ffmpeg.Region
	}{
		{"nothing", 0, nil},
		{"one that stands still", 0, []ffmpeg.Region{{From: key(0, still), To: key(0, still)}}},
		{"one that moves", 0, []ffmpeg.Region{{From: key(200, still), To: key(1500, right)}}},
		{"one that moves in a trimmed clip", 700 * time.Millisecond, []ffmpeg.Region{{From: key(200, still), To: key(1500, right)}}},
		{"one that grows", 0, []ffmpeg.Region{{From: key(0, still), To: key(1900, large)}}},
		{"all but one", 0, []ffmpeg.Region{{From: key(0, still), To: key(0, still), Outside: true}}},
		{"all but one that moves", 0, []ffmpeg.Region{{From: key(0, still), To: key(1900, right), Outside: true}}},
		{"all but two", 0, []ffmpeg.Region{{From: key(0, still), To: key(0, still), Outside: true}, {From: key(0, right), To: key(0, right), Outside: true}}},
		{"one within what is not blurred", 0, []ffmpeg.Region{{From: key(0, large), To: key(0, large), Outside: true}, {From: key(0, still), To: key(1500, still)}}},
		{"the whole picture", 0, []ffmpeg.Region{{From: key(0, ffmpeg.Rect{W: 1, H: 1}), To: key(0, ffmpeg.Rect{W: 1, H: 1})}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, err := tool.Clip(t.Context(), bytes.NewReader(source), ffmpeg.Edit{From: c.from, To: 2 * time.Second, Regions: c.regions})
			if err != nil {
				t.Fatal(err)
			}
			all := pictures(t, out, 640, 360)
			if want := int((2*time.Second - c.from) / (100 * time.Millisecond)); len(all) != want {
				t.Fatalf("%d pictures, want %d", len(all), want)
			}
			for i, p := range all {
				wrong(t, fmt.Sprintf("picture %d", i), p, c.regions, c.from+time.Duration(i)*100*time.Millisecond)
			}
		})
	}
}

// wrong complains about blocks of a picture that are blurred and should not be,
// or the other way around. Next to an edge it does not look.
func wrong(t *testing.T, what string, p picture, regions []ffmpeg.Region, at time.Duration) {
	t.Helper()
	const block = 16
	margin := 2 * block / float64(p.h)
	for y := 0; y+block <= p.h; y += block {
		for x := 0; x+block <= p.w; x += block {
			x0, y0 := float64(x)/float64(p.w), float64(y)/float64(p.h)
			x1, y1 := float64(x+block)/float64(p.w), float64(y+block)/float64(p.h)
			want, certain := blurred(regions, at, x0, y0, x1, y1, margin)
			got := p.contrast(x0, y0, x1, y1) < 12 // of 70 in the source
			if certain && got != want {
				t.Fatalf("%s, pixel %d, %d: contrast %.1f, blurred %v, want %v", what, x, y, p.contrast(x0, y0, x1, y1), got, want)
			}
		}
	}
}

// blurred says by the definition of a region whether a block is to be blurred,
// and whether it is far enough from all edges to tell.
func blurred(regions []ffmpeg.Region, at time.Duration, x0, y0, x1, y1, margin float64) (blur, certain bool) {
	certain = true
	var inside, clear, outside bool
	for _, r := range regions {
		u := 0.0
		if at >= r.To.At {
			u = 1
		} else if at > r.From.At {
			u = float64(at-r.From.At) / float64(r.To.At-r.From.At)
		}
		mid := func(a, b float64) float64 { return a + (b-a)*u }
		a, b := r.From.Rect, r.To.Rect
		left, top := mid(a.X, b.X), mid(a.Y, b.Y)
		right, bottom := left+mid(a.W, b.W), top+mid(a.H, b.H)
		within := x0 >= left && x1 <= right && y0 >= top && y1 <= bottom
		apart := x1 <= left-margin || x0 >= right+margin || y1 <= top-margin || y0 >= bottom+margin
		deep := x0 >= left+margin && x1 <= right-margin && y0 >= top+margin && y1 <= bottom-margin
		if r.Outside {
			outside = true
			clear = clear || deep
			certain = certain && (deep || x1 <= left || x0 >= right || y1 <= top || y0 >= bottom)
		} else {
			inside = inside || within
			certain = certain && (within || apart)
		}
	}
	return inside || outside && !clear, certain
}

// A clip fits, however hard the pictures are to compress.
func TestClipFits(t *testing.T) {
	tool := find(t)
	noise := file(t, "noise.mp4", "-f", "lavfi", "-i", "nullsrc=s=1280x720:r=10:d=2,noise=alls=100:allf=t", "-f", "lavfi", "-i", "sine=d=2",
		"-c:v", "libx264", "-preset", "ultrafast", "-qp", "38", "-c:a", "aac")
	source := file(t, "long.mp4", "-stream_loop", "15", "-i", write(t, noise), "-c", "copy", "-movflags", "faststart")
	for _, length := range []time.Duration{time.Second, 30 * time.Second} {
		out, err := tool.Clip(t.Context(), bytes.NewReader(source), ffmpeg.Edit{To: length, Sound: true})
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Fields(string(run(t, out, "ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", "-")))
		if d, err := strconv.ParseFloat(got[0], 64); err != nil || math.Abs(d-length.Seconds()) > 0.1 {
			t.Errorf("it lasts %v, want %s", got, length)
		}
		if len(out) > fmp4.MaxClipBytes {
			t.Errorf("%s takes %d bytes", length, len(out))
		}
		t.Logf("%s of noise: %d KiB", length, len(out)>>10)
	}
}
