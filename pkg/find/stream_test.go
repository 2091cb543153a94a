package find

import (
	"bytes"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"

	"nvrd/pkg/fmp4"
	"nvrd/pkg/media"
	"nvrd/pkg/onvif/onvifsim"
	"nvrd/pkg/rtsp/rtspsim"
)

// TestMakersPaths has a camera that does not speak ONVIF: it is found by the paths of
// its maker, small stream included.
func TestMakersPaths(t *testing.T) {
	film, err := rtspsim.Listen("127.0.0.1:0", rtspsim.Options{User: "admin", Password: "sesame"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(film.Close)
	for _, m := range makers {
		if m.name == "hikvision" {
			for _, path := range []string{m.main, m.sub} {
				if err := film.Play(strings.Trim(path, "/"), clip(t)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	shut := httptest.NewServer(nil) // nothing speaks ONVIF there any more
	shut.Close()
	f := atPort(t, film.URL(""))
	if got, err := f.Ask(t.Context(), Wanted{Address: shut.URL}); err != nil || !got.NeedPassword || got.Refused {
		t.Errorf("without a password: %+v, %v", got, err)
	}
	got, err := f.Ask(t.Context(), Wanted{Address: shut.URL, Password: "sesame"})
	if err != nil || got.Camera == nil || !strings.HasSuffix(got.Camera.Input.URL, "/Streaming/Channels/101") || !strings.HasSuffix(got.Camera.Input.SubURL, "/Streaming/Channels/102") || film.Refused() > 0 {
		t.Errorf("%+v, %v; %d refused", got, err, film.Refused())
	}
}

// TestH265 has a camera whose large stream is H.265: the picture that is shown is of
// the small one, which every browser plays.
func TestH265(t *testing.T) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is not here")
	}
	var film265, complaint bytes.Buffer
	cmd := exec.CommandContext(t.Context(), ffmpeg, "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=640x360:r=5:d=2", "-c:v", "libx265", "-x265-params", "log-level=error:keyint=5",
		"-pix_fmt", "yuv420p", "-tag:v", "hvc1", "-f", "mp4", "-movflags", "frag_keyframe+empty_moov+default_base_moof", "-")
	cmd.Stdout, cmd.Stderr = &film265, &complaint
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, &complaint)
	}
	large, err := rtspsim.LoadClip(film265.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	device, film, address := street(t)
	if err := film.Play("large", large); err != nil {
		t.Fatal(err)
	}
	device.Auth = onvifsim.Either
	device.Streams = append(device.Streams, onvifsim.Stream{Token: "l", Encoding: "H265", Width: 2560, Height: 1440, URI: film.URL("large")})
	got, err := newFinder(t).Ask(t.Context(), Wanted{Address: address, Password: "sesame"})
	if err != nil || got.Camera == nil || len(got.Camera.Streams) != 2 || got.Camera.Streams[0].Video.Codec != "h265" || got.Camera.Streams[1].Video.Codec != "h264" {
		t.Fatalf("%+v, %v", got, err)
	}
	if format, err := fmp4.ParseInit(got.Camera.Picture); err != nil || format.Video().Codec != media.H264 {
		t.Errorf("the picture is %+v, %v", format, err)
	}
}
