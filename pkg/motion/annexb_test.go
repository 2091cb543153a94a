package motion

import (
	"bytes"
	"encoding/binary"
	"os"
	"strings"
	"testing"
	"time"

	"nvrd/pkg/media"
)

// sample is a picture of a film as a camera's comes, and when it is decoded.
type sample struct {
	at   time.Duration
	key  bool
	data []byte
}

// load reads a film: its track, and its pictures without what pkg/rtsp leaves
// out, such as filler.
func (f film) load(t testing.TB) (track media.Track, all []sample) {
	b, err := os.ReadFile(f.file(t))
	if err != nil {
		t.Fatal(err)
	}
	track.Codec, track.Width, track.Height = media.H264, f.take.w, f.take.h
	if strings.Contains(f.how.name, "x265") {
		track.Codec = media.H265
	}
	for _, unit := range units(b) {
		kind, isKey := unit[0]&31, unit[0]&31 == 5
		aud, filler, vps, sps, pps := byte(9), byte(12), byte(255), byte(7), byte(8)
		if track.Codec == media.H265 {
			kind = unit[0] >> 1 & 63
			isKey = kind >= 16 && kind <= 21
			aud, filler, vps, sps, pps = 35, 38, 32, 33, 34
		}
		switch kind {
		case aud:
			all = append(all, sample{at: time.Duration(float64(len(all)) / f.take.fps * float64(time.Second))})
		case filler:
		case vps:
			track.VPS = unit
		case sps:
			track.SPS = unit
		case pps:
			track.PPS = unit
		default:
			s := &all[len(all)-1]
			s.key = s.key || isKey
			s.data = append(binary.BigEndian.AppendUint32(s.data, uint32(len(unit))), unit...)
		}
	}
	return track, all
}

// units splits a stream at its start codes.
func units(b []byte) (all [][]byte) {
	for _, unit := range bytes.Split(b, []byte{0, 0, 1}) {
		if unit = bytes.TrimRight(unit, "\x00"); len(unit) > 0 {
			all = append(all, unit)
		}
	}
	return all
}
