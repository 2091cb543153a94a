package ffmpeg

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"

	"nvrd/pkg/nvr"
)

// Demuxers, of which one is forced.
const (
	films  = "mov"
	photos = "jpeg_pipe"
)

// sniff returns the demuxer for what is to be read: an MP4 file begins with its
// file type, a JPEG with its marker. Nothing else is tried.
func sniff(r *bufio.Reader) (string, error) {
	b, err := r.Peek(12)
	switch {
	case len(b) >= 3 && b[0] == 0xff && b[1] == 0xd8 && b[2] == 0xff:
		return photos, nil
	case len(b) == 12 && string(b[4:8]) == "ftyp":
		return films, nil
	case len(b) < 12 && err != nil && len(b) > 0:
		return "", fmt.Errorf("it ends after %d bytes: %w", len(b), nvr.ErrDamaged)
	}
	return "", fmt.Errorf("it is neither an MP4 film nor a JPEG photo: %w", nvr.ErrDamaged)
}

// Markers of JPEG (ITU-T T.81, table B.1).
const (
	startOfFrame0, startOfFrame2 = 0xc0, 0xc2 // baseline and progressive
	huffmanTables                = 0xc4
	restart0, restart7           = 0xd0, 0xd7
	startOfImage, endOfImage     = 0xd8, 0xd9
	startOfScan, quantization    = 0xda, 0xdb
	restartInterval              = 0xdd
	application1                 = 0xe1
)

// CheckJPEG says whether b is one JPEG picture that holds nothing but what
// decodes to pixels: tables, a frame, its scans, and the end. Application data
// such as EXIF, comments, embedded pictures and anything behind the end are
// nvr.ErrInvalid; what does not parse is nvr.ErrDamaged.
func CheckJPEG(b []byte) error {
	damaged := func(at int) error { return fmt.Errorf("JPEG at %d: %w", at, nvr.ErrDamaged) }
	if len(b) < 4 || b[0] != 0xff || b[1] != startOfImage {
		return damaged(0)
	}
	frames, scans := 0, 0
	for at := 2; ; {
		if at+2 > len(b) || b[at] != 0xff {
			return damaged(at)
		}
		marker := b[at+1]
		if marker == endOfImage {
			if at+2 != len(b) {
				return fmt.Errorf("%d bytes behind the end of a JPEG: %w", len(b)-at-2, nvr.ErrInvalid)
			}
			if frames != 1 || scans == 0 {
				return damaged(at)
			}
			return nil
		}
		if at+4 > len(b) {
			return damaged(at)
		}
		end := at + 2 + int(binary.BigEndian.Uint16(b[at+2:]))
		if end < at+4 || end > len(b) {
			return damaged(at)
		}
		body := b[at+4 : end]
		var fits bool
		switch marker {
		case startOfFrame0, startOfFrame2:
			frames++
			fits = len(body) >= 6 && len(body) == 6+3*int(body[5]) && body[5] >= 1 && body[5] <= 4
		case startOfScan:
			scans++
			fits = len(body) >= 1 && len(body) == 4+2*int(body[0])
		case quantization:
			fits = tables(body, func(b []byte) int { return 65 + 64*int(b[0]>>4&1) })
		case huffmanTables:
			fits = tables(body, func(b []byte) int {
				n := 17
				for _, count := range b[1:min(17, len(b))] {
					n += int(count)
				}
				return n
			})
		case restartInterval:
			fits = len(body) == 2
		default:
			return fmt.Errorf("JPEG with segment %#x at %d: %w", marker, at, nvr.ErrInvalid)
		}
		if !fits {
			return fmt.Errorf("JPEG segment %#x of %d bytes at %d: %w", marker, len(body), at, nvr.ErrInvalid)
		}
		if at = end; marker == startOfScan {
			at += scan(b[end:])
		}
	}
}

// tables tells whether b is made of whole tables.
func tables(b []byte, length func([]byte) int) bool {
	for len(b) > 0 {
		n := length(b)
		if n > len(b) {
			return false
		}
		b = b[n:]
	}
	return true
}

// scan returns how long the coded pixels at the front of b are: up to a marker
// that is neither a stuffed byte nor a restart.
func scan(b []byte) int {
	for at := 0; ; {
		n := bytes.IndexByte(b[at:], 0xff)
		if n < 0 || at+n+1 >= len(b) {
			return len(b)
		}
		at += n
		if next := b[at+1]; next != 0 && (next < restart0 || next > restart7) {
			return at
		}
		at += 2
	}
}

// maxEXIF is as much of a photo as is looked at for its orientation.
const maxEXIF = 128 << 10

// turns are the filters that put a photo upright, by its orientation (EXIF
// 2.32, tag 0x0112).
var turns = [9]string{
	2: "hflip,", 3: "hflip,vflip,", 4: "vflip,", 5: "transpose=0,", 6: "transpose=1,", 7: "transpose=3,", 8: "transpose=2,",
}

// orientation returns how a photo was held: 1 to 8, or 0 if it does not say.
func orientation(b []byte) int {
	for at := 2; at+4 <= len(b) && b[at] == 0xff && b[at+1] != startOfScan; {
		end := at + 2 + int(binary.BigEndian.Uint16(b[at+2:]))
		if end > len(b) {
			return 0
		}
		if exif, ok := bytes.CutPrefix(b[at+4:max(at+4, end)], []byte("Exif\x00\x00")); ok && b[at+1] == application1 {
			return orientationIn(exif)
		}
		if end < at+4 {
			return 0
		}
		at = end
	}
	return 0
}

// orientationIn looks into the first directory of a TIFF file.
func orientationIn(b []byte) int {
	var order binary.ByteOrder = binary.BigEndian
	if len(b) >= 8 && b[0] == 'I' {
		order = binary.LittleEndian
	}
	if len(b) < 8 {
		return 0
	}
	at := int64(order.Uint32(b[4:]))
	if at+2 > int64(len(b)) {
		return 0
	}
	b = b[at:]
	for i := range int(order.Uint16(b)) {
		entry := 2 + 12*i
		if entry+12 > len(b) {
			return 0
		}
		if order.Uint16(b[entry:]) == 0x0112 {
			if v := int(order.Uint16(b[entry+8:])); v <= 8 {
				return v
			}
			return 0
		}
	}
	return 0
}
