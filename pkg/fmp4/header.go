package fmp4

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// AppendExtension appends a uuid box (14496-12, 4.2): data of ours that other
// players step over.
func AppendExtension(b []byte, id [16]byte, data []byte) []byte {
	w := writer{b: b}
	w.begin("uuid")
	w.bytes(id[:]...)
	w.bytes(data...)
	w.end()
	return w.b
}

// Header is what stands in a footage file before the first movie fragment.
type Header struct {
	Init      []byte // ftyp and moov: the init segment
	Extension []byte // data of the uuid box
	Bytes     int64  // where the first movie fragment begins
}

// ReadHeader reads the header of a footage file of the given size whose uuid
// box has the given id. A header that is cut short or does not parse is
// nvr.ErrDamaged.
func ReadHeader(r io.ReaderAt, size int64, id [16]byte) (Header, error) {
	h, err := parseHeader(r, min(size, usualHeader), id)
	if errors.Is(err, nvr.ErrDamaged) && size > usualHeader {
		h, err = parseHeader(r, min(size, maxHeaderBox), id)
	}
	return h, err
}

// usualHeader is more than the header of any camera seen so far: a rebuild
// reads as much of each file.
const usualHeader = 4096

func parseHeader(r io.ReaderAt, length int64, id [16]byte) (Header, error) {
	b := make([]byte, length)
	if n, err := r.ReadAt(b, 0); err != nil && n < len(b) {
		return Header{}, fmt.Errorf("read header: %w", err)
	}
	var h Header
	for rest := b; ; {
		first, after, err := next(rest)
		if err != nil {
			return Header{}, fmt.Errorf("header: %w", err)
		}
		end := int64(len(b) - len(after))
		switch {
		case first.kind == "ftyp" && h.Bytes == 0:
		case first.kind == "moov" && h.Init == nil:
			h.Init = bytes.Clone(b[:end])
		case first.kind == "uuid" && h.Init != nil && len(first.body) >= 16 && [16]byte(first.body) == id:
			h.Extension = bytes.Clone(first.body[16:])
			h.Bytes = end
			return h, nil
		default:
			return Header{}, fmt.Errorf("header: unexpected box %q: %w", first.kind, nvr.ErrDamaged)
		}
		h.Bytes = end
		rest = after
	}
}

// ParseInit is the inverse of [AppendInit].
func ParseInit(b []byte) (media.Format, error) {
	var f media.Format
	err := each(find(b, "moov"), func(child box) error {
		if child.kind != "trak" {
			return nil
		}
		t, err := parseTrack(child.body)
		if err != nil {
			return err
		}
		f.Tracks = append(f.Tracks, t)
		return nil
	})
	if err != nil {
		return media.Format{}, fmt.Errorf("init segment: %w", err)
	}
	if n := len(f.Tracks); n < 1 || n > 2 || !f.Tracks[0].Codec.Video() || n == 2 && f.Tracks[1].Codec.Video() {
		return media.Format{}, fmt.Errorf("init segment: not one video track and at most one of sound: %w", nvr.ErrDamaged)
	}
	return f, nil
}

func parseTrack(trak []byte) (t media.Track, err error) {
	mdhd := fields{b: find(trak, "mdia", "mdhd")}
	if version, _ := mdhd.full(); version == 1 {
		mdhd.take(16)
	} else {
		mdhd.take(8)
	}
	t.Timescale = mdhd.u32()
	stsd := fields{b: find(trak, "mdia", "minf", "stbl", "stsd")}
	stsd.full()
	stsd.u32()
	if mdhd.short || stsd.short || t.Timescale == 0 {
		return t, fmt.Errorf("track without a time scale: %w", nvr.ErrDamaged)
	}
	entry, _, err := next(stsd.b)
	if err != nil {
		return t, err
	}
	r := fields{b: entry.body}
	r.take(8)
	switch entry.kind {
	case "avc1", "hvc1":
		r.take(16)
		t.Width, t.Height = int(r.u16()), int(r.u16())
		r.take(50)
	default:
		r.take(8)
		t.Channels = int(r.u16())
		r.take(6)
		t.SampleRate = int(r.u32() >> 16)
		if t.SampleRate == 0 {
			t.SampleRate = int(t.Timescale)
		}
	}
	if r.short {
		return t, fmt.Errorf("sample entry %q is cut short: %w", entry.kind, nvr.ErrDamaged)
	}
	ok := true
	switch entry.kind {
	case "avc1":
		t.Codec = media.H264
		ok = parseAvcC(&t, find(r.b, "avcC"))
	case "hvc1":
		t.Codec = media.H265
		ok = parseHvcC(&t, find(r.b, "hvcC"))
	case "mp4a":
		t.Codec = media.AAC
		t.Config = parseESDS(find(r.b, "esds"))
		ok = len(t.Config) >= 2
	case "Opus":
		t.Codec = media.Opus
	case "fLaC":
		t.Codec = media.FLAC
		c := fields{b: find(r.b, "dfLa")}
		c.take(8)
		t.Config = bytes.Clone(c.take(34))
		ok = !c.short
	default:
		return t, fmt.Errorf("sample entry %q is not known: %w", entry.kind, nvr.ErrDamaged)
	}
	if !ok {
		return t, fmt.Errorf("sample entry %q does not parse: %w", entry.kind, nvr.ErrDamaged)
	}
	return t, nil
}

func parseAvcC(t *media.Track, b []byte) bool {
	r := fields{b: b}
	r.take(6)
	t.SPS = bytes.Clone(r.take(int(r.u16())))
	r.u8()
	t.PPS = bytes.Clone(r.take(int(r.u16())))
	var sps h264.SPS
	return !r.short && len(t.SPS) >= 4 && len(t.PPS) > 0 && sps.Unmarshal(t.SPS) == nil
}

// parseESDS returns the DecoderSpecificInfo, or nil. Others write the lengths
// of descriptors with up to four bytes (14496-1, 8.3.3).
func parseESDS(b []byte) []byte {
	r := fields{b: b}
	r.full()
	open := func(tag uint8) (length int) {
		if r.u8() != tag {
			r.short = true
		}
		for range 4 {
			v := r.u8()
			length = length<<7 | int(v&0x7f)
			if v&0x80 == 0 {
				break
			}
		}
		return length
	}
	open(0x03)
	r.take(3)
	open(0x04)
	r.take(13)
	config := bytes.Clone(r.take(open(0x05)))
	if r.short {
		return nil
	}
	return config
}

func parseHvcC(t *media.Track, b []byte) bool {
	r := fields{b: b}
	r.take(22)
	for range r.u8() {
		kind := r.u8() & 0x3f
		for range r.u16() {
			nal := bytes.Clone(r.take(int(r.u16())))
			if r.short || len(nal) < 3 {
				return false
			}
			switch h265.NALUType(kind) {
			case h265.NALUType_VPS_NUT:
				t.VPS = nal
			case h265.NALUType_SPS_NUT:
				t.SPS = nal
			case h265.NALUType_PPS_NUT:
				t.PPS = nal
			}
		}
	}
	var sps h265.SPS
	return t.VPS != nil && t.PPS != nil && t.SPS != nil && sps.Unmarshal(t.SPS) == nil
}

// Reference is one entry of a segment index.
type Reference struct {
	Bytes    int64
	Duration int64 // in the time scale of the index
	Key      bool  // begins with a key frame
}

// SegmentIndexBytes returns the size of a segment index with n references.
func SegmentIndexBytes(n int) int64 { return 40 + 12*int64(n) }

// MaxReferences is how many references fit in one segment index.
const MaxReferences = 1<<16 - 1

// AppendSegmentIndex appends a sidx box (14496-12, 8.16.3) whose first
// reference begins directly behind it and at the given presentation time.
func AppendSegmentIndex(b []byte, timescale uint32, start int64, refs []Reference) []byte {
	w := writer{b: b}
	w.full("sidx", 1, 0)
	w.u32(1)
	w.u32(timescale)
	w.u64(uint64(start))
	w.u64(0)
	w.u16(0)
	w.u16(uint16(len(refs)))
	for _, r := range refs {
		w.u32(uint32(r.Bytes))
		w.u32(uint32(r.Duration))
		if r.Key {
			w.u32(0x90000000) // starts with a stream access point of type 1
		} else {
			w.u32(0)
		}
	}
	w.end()
	return w.b
}

// Change says what movie fragments of a file are in another one.
type Change struct {
	Sequence uint32    // of the first movie fragment
	Shift    [2]int64  // added to decode times, per track
	Entry    [2]uint32 // sample description, per track
}

// Rewrite rewrites the movie fragments in b, which must be whole ones written by
// [AppendFragment], for another file. Sizes do not change. It returns how many
// there were.
func Rewrite(b []byte, c Change) (int, error) {
	n := 0
	err := each(b, func(top box) error {
		switch {
		case top.kind == "prft" && len(top.body) == 24:
			add(top.body[16:], c.Shift[0])
		case top.kind == "moof":
			n++
			return each(top.body, func(child box) error {
				switch {
				case child.kind == "mfhd" && len(child.body) == 8:
					binary.BigEndian.PutUint32(child.body[4:], c.Sequence+uint32(n)-1)
				case child.kind == "traf":
					tfhd, tfdt := find(child.body, "tfhd"), find(child.body, "tfdt")
					if len(tfhd) != 20 || len(tfdt) != 12 || tfhd[7] < 1 || tfhd[7] > 2 {
						return fmt.Errorf("rewrite movie fragment: %w", nvr.ErrDamaged)
					}
					track := tfhd[7] - 1
					binary.BigEndian.PutUint32(tfhd[8:], c.Entry[track])
					add(tfdt[4:], c.Shift[track])
				}
				return nil
			})
		}
		return nil
	})
	return n, err
}

func add(b []byte, d int64) {
	binary.BigEndian.PutUint64(b, binary.BigEndian.Uint64(b)+uint64(d))
}
