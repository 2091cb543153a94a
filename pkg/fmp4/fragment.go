package fmp4

import (
	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// A movie fragment is laid out as
//
//	prft  32 bytes   the wall clock of its first video sample (8.16.5), version 1
//	moof             mfhd, then per track traf with
//	                   tfhd  default-base-is-moof, sample description, default duration, size 0 and flags
//	                   tfdt  version 1: decode time
//	                   trun  version 1: data offset, then per sample duration (only if they differ),
//	                         size, flags (only if a later sample is a key), composition (only if any)
//	mdat             the samples of the first track, then of the second; in a
//	                 footage file a checksum at the end, see checksum.go
const (
	flagKey   = 0x02000000 // sample_depends_on = 2: depends on no other
	flagDelta = 0x01010000 // depends on others, and is not a sync sample

	tfhdEntry, tfhdDuration, tfhdSize, tfhdFlags, tfhdBaseIsMoof  = 0x2, 0x8, 0x10, 0x20, 0x20000
	trunOffset, trunFirstFlags, trunDuration, trunSize, trunFlags = 0x1, 0x4, 0x100, 0x200, 0x400
	trunComposition                                               = 0x800
)

// Run is the samples of one track in a movie fragment. All lie on one
// uninterrupted stretch of time that ends at End.
type Run struct {
	Samples []media.Sample
	End     int64 // decode time at which the sample after the last begins
	Base    int64 // added to the decode times that are written
}

// Bytes returns the size of the run's media.
func (r Run) Bytes() (n int) {
	for i := range r.Samples {
		n += len(r.Samples[i].Data)
	}
	return n
}

// AppendFragment appends a movie fragment without the media itself: prft, moof
// and the header of mdat. The media of runs[0], then of runs[1] and so on, must
// follow in the file. The position in runs is the track's position in the
// format; an empty run is left out. The only allocation is the growth of b.
func AppendFragment(b []byte, sequence uint32, clock nvr.Time, runs []Run) []byte {
	w := writer{b: b}
	if len(runs) > 0 && len(runs[0].Samples) > 0 {
		w.full("prft", 1, 0)
		w.u32(1)
		w.u64(ntp(clock))
		w.u64(uint64(runs[0].Base + runs[0].Samples[0].DTS))
		w.end()
	}
	moof := len(w.b)
	w.begin("moof")
	w.full("mfhd", 0, 0)
	w.u32(sequence)
	w.end()
	var offsets [2]int
	total := 0
	for i, r := range runs {
		if len(r.Samples) > 0 {
			offsets[i] = w.trackFragment(uint32(i+1), r)
		}
	}
	w.end()
	data := len(w.b) - moof + 8
	for i, r := range runs {
		if len(r.Samples) > 0 {
			w.put32(offsets[i], uint32(data+total))
			total += r.Bytes()
		}
	}
	w.u32(uint32(8 + total))
	w.text("mdat")
	return w.b
}

// trackFragment writes the traf of one run and returns where its data offset stands.
func (w *writer) trackFragment(id uint32, r Run) (offset int) {
	first := &r.Samples[0]
	flags := uint32(trunOffset | trunFirstFlags | trunSize)
	duration := r.duration(0)
	for i := range r.Samples {
		s := &r.Samples[i]
		if r.duration(i) != duration {
			flags |= trunDuration
		}
		if i > 0 && s.Key {
			flags = flags&^trunFirstFlags | trunFlags
		}
		if s.Composition != 0 {
			flags |= trunComposition
		}
	}
	w.begin("traf")
	w.full("tfhd", 0, tfhdEntry|tfhdDuration|tfhdFlags|tfhdBaseIsMoof)
	w.u32(id)
	w.u32(1)
	w.u32(duration)
	w.u32(flagDelta)
	w.end()
	w.full("tfdt", 1, 0)
	w.u64(uint64(r.Base + first.DTS))
	w.end()
	w.full("trun", 1, flags)
	w.u32(uint32(len(r.Samples)))
	offset = len(w.b)
	w.u32(0)
	if flags&trunFirstFlags != 0 {
		w.u32(sampleFlags(first.Key))
	}
	for i := range r.Samples {
		s := &r.Samples[i]
		if flags&trunDuration != 0 {
			w.u32(r.duration(i))
		}
		w.u32(uint32(len(s.Data)))
		if flags&trunFlags != 0 {
			w.u32(sampleFlags(s.Key))
		}
		if flags&trunComposition != 0 {
			w.u32(uint32(s.Composition))
		}
	}
	w.end()
	w.end()
	return offset
}

// duration returns the duration of sample i: up to the next one.
func (r Run) duration(i int) uint32 {
	end := r.End
	if i+1 < len(r.Samples) {
		end = r.Samples[i+1].DTS
	}
	return uint32(max(0, end-r.Samples[i].DTS))
}

func sampleFlags(key bool) uint32 {
	if key {
		return flagKey
	}
	return flagDelta
}

// ntpEpoch is 1970 counted from 1900, in seconds.
const ntpEpoch = 2208988800

// ntp converts to the 32.32 fixed point seconds of RFC 5905, which begin anew
// in 2036.
func ntp(t nvr.Time) uint64 {
	s, us := uint64(t)/1e6, uint64(t)%1e6
	return (s+ntpEpoch)<<32 | (us<<32+500_000)/1e6
}

// fromNTP is the inverse of ntp, exact to the microsecond, for instants between
// 1970 and 2104: seconds that would lie before 1968 are of the next era (RFC
// 4330, section 3).
func fromNTP(v uint64) nvr.Time {
	s := int64(v >> 32)
	if s < 1<<31 {
		s += 1 << 32
	}
	return nvr.Time((s-ntpEpoch)*1e6 + int64((v&0xffffffff*1e6+1<<31)>>32))
}
