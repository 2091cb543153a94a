package pcm

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// Sound is mono sound of 16 bits.
type Sound struct {
	Rate    int // samples a second
	Samples []int16
}

// Duration is how long it sounds.
func (s Sound) Duration() time.Duration {
	return time.Duration(len(s.Samples)) * time.Second / time.Duration(max(1, s.Rate))
}

// At returns the sound at another rate. It fails unless both are known; see
// [Resamples].
func (s Sound) At(rate int) (Sound, error) {
	r, err := NewResampler(s.Rate, rate)
	if err != nil || s.Rate == rate {
		return s, err
	}
	tail := make([]int16, lobes*max(1, s.Rate/rate)) // drives out what is held back
	return Sound{rate, r.Append(r.Append(nil, s.Samples), tail)}, nil
}

// ErrNotWAV is what [ParseWAV] fails with, and says why.
var ErrNotWAV = errors.New("not a recording of 16 bits, mono, 8, 16 or 48 kHz (WAV)")

const wavHeader = 44 // bytes, of the only form that is read and written

// ParseWAV reads a WAV file of the plainest form: a RIFF header, a "fmt "
// chunk of 16 bytes that says linear PCM, mono, 16 bits, at a rate that is
// known (see [Resamples]), and a "data" chunk that is the rest. All sizes must
// agree. Other chunks are refused: what writes these files here writes none.
func ParseWAV(file []byte) (Sound, error) {
	bad := func(why string) (Sound, error) { return Sound{}, fmt.Errorf("%s: %w", why, ErrNotWAV) }
	if len(file) < wavHeader {
		return bad("too short")
	}
	u16, u32 := binary.LittleEndian.Uint16, binary.LittleEndian.Uint32
	rate, size := u32(file[24:]), len(file)-wavHeader
	switch {
	case string(file[:4]) != "RIFF" || string(file[8:16]) != "WAVEfmt " || string(file[36:40]) != "data":
		return bad("not RIFF, fmt and data")
	case u32(file[4:]) != uint32(len(file)-8) || u32(file[40:]) != uint32(size):
		return bad("its sizes do not agree")
	case u32(file[16:]) != 16 || u16(file[20:]) != 1 || u16(file[22:]) != 1 || u16(file[34:]) != 16:
		return bad("not linear PCM of one channel and 16 bits")
	case !Resamples(int(rate)):
		return bad(fmt.Sprintf("%d samples a second", rate))
	case u32(file[28:]) != 2*rate || u16(file[32:]) != 2 || size%2 != 0 || size == 0:
		return bad("its samples do not agree")
	}
	s := Sound{Rate: int(rate), Samples: make([]int16, size/2)}
	for i := range s.Samples {
		s.Samples[i] = int16(u16(file[wavHeader+2*i:]))
	}
	return s, nil
}

// WAV returns s as a file that [ParseWAV] reads.
func (s Sound) WAV() []byte {
	le, size := binary.LittleEndian, uint32(2*len(s.Samples))
	b := make([]byte, 0, wavHeader+size)
	b = le.AppendUint32(append(b, "RIFF"...), wavHeader-8+size)
	b = le.AppendUint32(append(b, "WAVEfmt "...), 16)
	b = le.AppendUint16(le.AppendUint16(b, 1), 1)
	b = le.AppendUint32(le.AppendUint32(b, uint32(s.Rate)), uint32(2*s.Rate))
	b = le.AppendUint16(le.AppendUint16(b, 2), 16)
	b = le.AppendUint32(append(b, "data"...), size)
	for _, v := range s.Samples {
		b = le.AppendUint16(b, uint16(v))
	}
	return b
}
