package pcm

import (
	"encoding/binary"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/g711"
)

// EncodeMuLaw returns samples of 16 bits as G.711 mu-law.
func EncodeMuLaw(samples []int16) []byte {
	b, _ := g711.Mulaw(toBytes(samples)).Marshal() // fails for half samples only
	return b
}

// EncodeALaw returns samples of 16 bits as G.711 A-law.
func EncodeALaw(samples []int16) []byte {
	b, _ := g711.Alaw(toBytes(samples)).Marshal()
	return b
}

// DecodeMuLaw returns what G.711 mu-law stands for.
func DecodeMuLaw(b []byte) []int16 {
	var d g711.Mulaw
	d.Unmarshal(b)
	return fromBytes(d)
}

// DecodeALaw returns what G.711 A-law stands for.
func DecodeALaw(b []byte) []int16 {
	var d g711.Alaw
	d.Unmarshal(b)
	return fromBytes(d)
}

// toBytes and fromBytes go between samples and their bytes, high ones first.
func toBytes(samples []int16) []byte {
	b := make([]byte, 0, 2*len(samples))
	for _, s := range samples {
		b = binary.BigEndian.AppendUint16(b, uint16(s))
	}
	return b
}

func fromBytes(b []byte) []int16 {
	samples := make([]int16, len(b)/2)
	for i := range samples {
		samples[i] = int16(binary.BigEndian.Uint16(b[2*i:]))
	}
	return samples
}
