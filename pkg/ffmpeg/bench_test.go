package ffmpeg_test

import (
	"bytes"
	"testing"
	"time"

	"nvrd/pkg/ffmpeg"
)

// What redaction costs, beside ffmpeg by itself on the same film with the same
// encoder: 30 s of 1080p with one region that moves.
func BenchmarkClip(b *testing.B) {
	source := run(b, nil, "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=1920x1080:r=25:d=30,noise=alls=10:allf=t", "-f", "lavfi", "-i", "sine=d=30",
		"-c:v", "libx264", "-preset", "ultrafast", "-crf", "23", "-g", "50", "-c:a", "aac", "-movflags", "frag_keyframe+delay_moov+default_base_moof", "-f", "mp4", "-")
	region := ffmpeg.Region{
		From: ffmpeg.Key{At: time.Second, Rect: ffmpeg.Rect{X: 0.1, Y: 0.3, W: 0.2, H: 0.4}},
		To:   ffmpeg.Key{At: 29 * time.Second, Rect: ffmpeg.Rect{X: 0.6, Y: 0.2, W: 0.3, H: 0.5}},
	}
	b.Run("blurred", func(b *testing.B) {
		tool := find(b)
		for b.Loop() {
			if _, err := tool.Clip(b.Context(), bytes.NewReader(source), ffmpeg.Edit{To: 30 * time.Second, Sound: true, Regions: []ffmpeg.Region{region}}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("plain", func(b *testing.B) {
		for b.Loop() {
			run(b, source, "ffmpeg", "-v", "error", "-threads", "2", "-i", "-", "-vf", "scale=1280:-2", "-c:v", "libx264", "-preset", "veryfast", "-bf", "0", "-crf", "23",
				"-maxrate", "2M", "-bufsize", "2M", "-threads", "2", "-c:a", "aac", "-b:a", "64k", "-movflags", "frag_keyframe+delay_moov+default_base_moof", "-f", "mp4", "-")
		}
	})
}
