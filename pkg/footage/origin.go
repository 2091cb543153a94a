package footage

import (
	"encoding/binary"
	"fmt"

	"nvrd/pkg/nvr"
)

// Origin says what a footage file holds, so that a lone file can be put back
// in its place.
type Origin struct {
	Home      UUID
	Directory UUID
	Stream    nvr.StreamID
	Run       nvr.RunID
	Start     nvr.Time
}

// originID marks the uuid box of footage files.
var originID = [16]byte{0x5d, 0x0a, 0x1f, 0x66, 0x0b, 0x8e, 0x4c, 0x7e, 0x9d, 0x35, 0x73, 0x74, 0x6f, 0x6f, 0x70, 0x31}

// originBytes is the size of an origin in a file:
//
//	0   version, 1
//	1   quality: 0 main, 1 sub
//	2   zero (2 bytes)
//	4   camera (8 bytes, big-endian as all that follows)
//	12  run: UTC microsecond at which it began (8)
//	20  start: UTC microsecond of the first sample (8)
//	28  home (16)
//	44  directory (16)
const originBytes = 60

func (o Origin) append(b []byte) []byte {
	b = append(b, 1, byte(o.Stream.Quality), 0, 0)
	b = binary.BigEndian.AppendUint64(b, uint64(o.Stream.Camera))
	b = binary.BigEndian.AppendUint64(b, uint64(o.Run))
	b = binary.BigEndian.AppendUint64(b, uint64(o.Start))
	b = append(b, o.Home[:]...)
	return append(b, o.Directory[:]...)
}

func parseOrigin(b []byte) (Origin, error) {
	if len(b) != originBytes || b[0] != 1 || b[1] > 1 {
		return Origin{}, fmt.Errorf("origin of %d bytes: %w", len(b), nvr.ErrDamaged)
	}
	o := Origin{
		Stream: nvr.StreamID{Camera: nvr.CameraID(binary.BigEndian.Uint64(b[4:])), Quality: nvr.Quality(b[1])},
		Run:    nvr.RunID(binary.BigEndian.Uint64(b[12:])),
		Start:  nvr.Time(binary.BigEndian.Uint64(b[20:])),
	}
	copy(o.Home[:], b[28:])
	copy(o.Directory[:], b[44:])
	return o, nil
}

// check returns nvr.ErrDamaged if o is not that of the file with that name.
func (o Origin) check(stream nvr.StreamID, start nvr.Time) error {
	if o.Stream != stream || o.Start != start || o.Run < 1 || nvr.Time(o.Run) > start {
		return fmt.Errorf("footage file %s says that it is %s of %s in run %d: %w", name(stream, start), o.Stream, o.Start, o.Run, nvr.ErrDamaged)
	}
	return nil
}
