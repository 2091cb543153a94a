package ffmpeg

import (
	"bytes"
	"encoding/binary"
	"os/exec"
	"testing"

	"nvrd/pkg/media"
)

// Key frames alone come out as often as they went in, also those of H.265 that pictures
// may refer across (CRA), which most cameras send.
func TestKeysAlone(t *testing.T) {
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
		track := media.Track{Codec: codec}
		var in []byte
		keys := 0
		for _, unit := range bytes.Split(film, []byte{0, 0, 1}) {
			unit = bytes.TrimRight(unit, "\x00")
			switch kindOf(codec, unit) {
			case "vps":
				track.VPS = unit
			case "sps":
				track.SPS = unit
			case "pps":
				track.PPS = unit
			case "key":
				if keys == 0 {
					in = AppendStart(in, track)
				}
				keys++
				data := append(binary.BigEndian.AppendUint32(nil, uint32(len(unit))), unit...)
				if in, err = AppendKey(in, codec, data); err != nil {
					t.Fatal(err)
				}
			}
		}
		came := 0
		if err := tool.Shrink(t.Context(), codec, bytes.NewReader(in), func([]byte) { came++ }); err != nil || keys < 5 || came != 2*keys {
			t.Errorf("%v: of %d key frames that went in twice %d came out: %v", codec, keys, came, err)
		}
	}
}

// kindOf says what a NAL unit is: vps, sps, pps, key, or nothing of use.
func kindOf(codec media.Codec, unit []byte) string {
	if len(unit) < 2 {
		return ""
	}
	if codec == media.H264 {
		return map[byte]string{5: "key", 7: "sps", 8: "pps"}[unit[0]&31]
	}
	kind := unit[0] >> 1 & 63
	if 16 <= kind && kind <= 21 {
		return "key"
	}
	return map[byte]string{32: "vps", 33: "sps", 34: "pps"}[kind]
}
