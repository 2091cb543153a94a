//go:build bench

package uitest

import (
	"bytes"
	"io"
	"os/exec"
	"strconv"
	"testing"
	"time"
)

// The clock is a row of squares at the top of the picture, black and white, most
// significant first: 16 bits of the time in milliseconds, and the sum of their
// four digits of 4 bits, by which one that was not read well is known.
// glass.test.mjs reads it.
const (
	clockBits   = 20
	clockSquare = filmWidth / clockBits
)

// clocked publishes the film at an address of RTSP as it would come from a camera
// whose pictures show when they were taken: it is encoded as it goes, without
// delay. It ends with the test.
func clocked(t *testing.T, to string) {
	t.Helper()
	size := strconv.Itoa(filmWidth) + "x" + strconv.Itoa(filmHeight)
	raw := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-i", "-", "-t", "4", "-pix_fmt", "yuv420p", "-f", "rawvideo", "-")
	raw.Stdin = bytes.NewReader(film(t))
	pictures, err := raw.Output()
	if err != nil {
		t.Fatalf("ffmpeg: %v", err)
	}
	encoder := exec.Command("ffmpeg", "-v", "error", "-fflags", "nobuffer", "-probesize", "32", "-f", "rawvideo", "-pix_fmt", "yuv420p",
		"-video_size", size, "-framerate", strconv.Itoa(filmRate), "-i", "-", "-fps_mode", "passthrough", "-c:v", "libx264", "-preset", "ultrafast",
		"-tune", "zerolatency", "-g", "30", "-keyint_min", "30", "-sc_threshold", "0", "-b:v", "4M", "-maxrate", "4M", "-bufsize", "1M",
		"-flush_packets", "1", "-rtsp_transport", "tcp", "-f", "rtsp", to)
	encoder.Stderr = t.Output()
	in, err := encoder.StdinPipe()
	if err == nil {
		err = encoder.Start()
	}
	if err != nil {
		t.Fatalf("ffmpeg: %v", err)
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		take(in, pictures, stop)
	}()
	t.Cleanup(func() {
		close(stop)
		_ = encoder.Process.Kill()
		<-stopped
		_ = encoder.Wait() // its status says that it was killed
	})
}

// take writes pictures in real time, again and again, each with the clock in it.
func take(to io.Writer, pictures []byte, stop <-chan struct{}) {
	const size = filmWidth * filmHeight * 3 / 2
	ticks := time.NewTicker(time.Second / filmRate)
	defer ticks.Stop()
	for at := 0; ; at = (at + size) % (len(pictures) / size * size) {
		select {
		case now := <-ticks.C:
			picture := pictures[at : at+size]
			stamp(picture, time.Since(now)+time.Duration(now.UnixNano()))
			if _, err := to.Write(picture); err != nil {
				return
			}
		case <-stop:
			return
		}
	}
}

// stamp draws the clock into a picture's lightness.
func stamp(picture []byte, now time.Duration) {
	n := uint32(now.Milliseconds()) & 0xffff
	n = n<<4 | (n>>12+n>>8+n>>4+n)&0xf
	var line [filmWidth]byte
	for x := range line {
		line[x] = 16
		if n>>(clockBits-1-x/clockSquare)&1 == 1 {
			line[x] = 235
		}
	}
	for y := range clockSquare {
		copy(picture[y*filmWidth:], line[:])
	}
}
