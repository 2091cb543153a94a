package recorder

import "nvrd/pkg/media"

// OpenAt is Open with a clock.
var OpenAt = open

// SoundEnd is when the last of some frames of sound is taken to end.
func SoundEnd(format media.Format, dts ...int64) int64 {
	s := Stream{format: format}
	for _, d := range dts {
		s.pending[1] = append(s.pending[1], media.Sample{Track: 1, DTS: d})
	}
	return s.soundEnd()
}
