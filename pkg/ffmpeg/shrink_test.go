package ffmpeg

import (
	"bytes"
	"encoding/binary"
	"io"
	"os/exec"
	"testing"
	"time"

	"nvrd/pkg/media"
)

// Each picture comes out before the next goes in, whatever the machine: all of them,
// and key frames alone, also those of H.265 that pictures may refer across (CRA),
// which most cameras send.
func TestNothingIsHeldBack(t *testing.T) {
	tool, err := Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for codec, args := range map[media.Codec][]string{
		media.H264: {"-c:v", "libx264", "-g", "10", "-bf", "0", "-f", "h264"},
		media.H265: {"-c:v", "libx265", "-x265-params", "log-level=error:bframes=0:keyint=10:open-gop=1", "-f", "hevc"},
	} {
		args = append([]string{"-v", "error", "-f", "lavfi", "-i", "testsrc=duration=6:rate=10:size=320x240"}, append(args, "-")...)
		film, err := exec.CommandContext(t.Context(), "ffmpeg", args...).Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, alone := range []bool{true, false} {
			track, pictures := cut(t, codec, film, alone)
			if want := map[bool]int{true: 6, false: 60}[alone]; len(pictures) != want {
				t.Fatalf("%v: %d pictures, want %d", codec, len(pictures), want)
			}
			in, out := io.Pipe()
			came := make(chan struct{}, 2*len(pictures))
			ended := make(chan error, 1)
			go func() { ended <- tool.Shrink(t.Context(), codec, in, func([]byte) { came <- struct{}{} }) }()
			for i, picture := range pictures {
				if i == 0 {
					picture = append(AppendStart(nil, track), picture...)
				}
				if _, err := out.Write(picture); err != nil {
					t.Fatal(err)
				}
				select {
				case <-came:
				case <-time.After(30 * time.Second):
					t.Fatalf("%v, keys alone %t: picture %d is held back", codec, alone, i)
				}
			}
			out.Close()
			if err := <-ended; err != nil || len(came) > 0 {
				t.Errorf("%v, keys alone %t: %d more came, and %v", codec, alone, len(came), err)
			}
		}
	}
}

// cut returns what is put in for each picture of a film, or each key frame.
func cut(t *testing.T, codec media.Codec, film []byte, keys bool) (media.Track, [][]byte) {
	t.Helper()
	track := media.Track{Codec: codec}
	var all [][]byte
	put := AppendPicture
	if keys {
		put = AppendKey
	}
	for _, unit := range bytes.Split(film, []byte{0, 0, 1}) {
		unit = bytes.TrimRight(unit, "\x00")
		switch kind := kindOf(codec, unit); kind {
		case "vps":
			track.VPS = unit
		case "sps":
			track.SPS = unit
		case "pps":
			track.PPS = unit
		case "key", "picture":
			if keys && kind != "key" {
				continue
			}
			one, err := put(nil, codec, append(binary.BigEndian.AppendUint32(nil, uint32(len(unit))), unit...))
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, one)
		}
	}
	return track, all
}

// kindOf says what a NAL unit is: vps, sps, pps, key, picture, or nothing of use.
func kindOf(codec media.Codec, unit []byte) string {
	if len(unit) < 2 {
		return ""
	}
	if codec == media.H264 {
		return map[byte]string{1: "picture", 5: "key", 7: "sps", 8: "pps"}[unit[0]&31]
	}
	switch kind := unit[0] >> 1 & 63; {
	case kind < 16:
		return "picture"
	case kind <= 21:
		return "key"
	default:
		return map[byte]string{32: "vps", 33: "sps", 34: "pps"}[kind]
	}
}
