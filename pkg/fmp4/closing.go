package fmp4

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"

	"nvrd/pkg/nvr"
)

// A footage file may end with a closing box: a uuid box (14496-12, 4.2) that is
// found from the end of the file. Players step over it.
//
//	size of the box (4), "uuid", id (16)
//	data
//	CRC-32C (RFC 3720, B.4) of all that stands in the box before it (4)
//	size of the box (4)
const closingBytes = 8 + 16 + 4 + 4 // without data

// maxClosing bounds the box: 15 minutes of the shortest index entries take less
// than half of it. usualClosing is more than a minute of any camera so far has.
const (
	maxClosing   = 64 << 10
	usualClosing = 1 << 10
)

// AppendClosing appends a closing box.
func AppendClosing(b []byte, id [16]byte, data []byte) []byte {
	at := len(b)
	b = AppendExtension(b, id, append(data[:len(data):len(data)], make([]byte, 8)...))
	box := b[at:]
	binary.BigEndian.PutUint32(box[len(box)-8:], crc32.Checksum(box[:len(box)-8], crc32.MakeTable(crc32.Castagnoli)))
	binary.BigEndian.PutUint32(box[len(box)-4:], uint32(len(box)))
	return b
}

// ReadClosing returns the data of the closing box of a file of the given size,
// and the offset at which the box begins. A file that does not end with a whole
// one of that id is nvr.ErrNotFound.
func ReadClosing(r io.ReaderAt, size int64, id [16]byte) (data []byte, at int64, err error) {
	none := fmt.Errorf("closing box: %w", nvr.ErrNotFound)
	for length := min(size, usualClosing); length >= closingBytes; {
		b := make([]byte, length)
		if n, err := r.ReadAt(b, size-length); err != nil && n < len(b) {
			return nil, 0, fmt.Errorf("read closing box: %w", err)
		}
		n := int64(binary.BigEndian.Uint32(b[length-4:]))
		if n < closingBytes || n > min(size, maxClosing) {
			break
		}
		if n > length {
			length = n
			continue
		}
		box := b[length-n:]
		sum := binary.BigEndian.Uint32(box[n-8:])
		if int64(binary.BigEndian.Uint32(box)) != n || string(box[4:8]) != "uuid" || [16]byte(box[8:24]) != id ||
			crc32.Checksum(box[:n-8], crc32.MakeTable(crc32.Castagnoli)) != sum {
			break
		}
		return box[24 : n-8], size - n, nil
	}
	return nil, 0, none
}
