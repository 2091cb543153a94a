package blob

import (
	"fmt"
	"io"
	"os"

	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// Reader reads what is in a sealed file, from any place on: it is what
// http.ServeContent takes. It holds one chunk in memory. It is for one goroutine
// at a time; several may read one file. It tells nobody that there is nothing to
// be read any more: what is looked at must not show in what is asked for.
type Reader struct {
	file   *os.File
	stream *stream
	length uint32 // of the sealed file
	at     int64

	buf   []byte // of one chunk
	chunk int    // which of them is in plain; -1 for none
	plain []byte // lies in buf
}

func newReader(file *os.File, b wire.Blob) *Reader {
	return &Reader{file: file, stream: newStream(b), length: b.Length, buf: make([]byte, wire.SealedChunk), chunk: -1}
}

// Size returns how many bytes there are to be read.
func (r *Reader) Size() int64 {
	return int64(r.length) - int64(r.stream.chunks)*(wire.SealedChunk-wire.ChunkLen)
}

// Read reads on. It returns [nvr.ErrDamaged] where the file is not what was
// sealed with its key, and nothing of such a chunk.
func (r *Reader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if r.at >= r.Size() {
		return 0, io.EOF
	}
	if err := r.load(int(r.at / wire.ChunkLen)); err != nil {
		return 0, err
	}
	n := copy(p, r.plain[r.at%wire.ChunkLen:])
	r.at += int64(n)
	return n, nil
}

// load opens a chunk, unless it is open.
func (r *Reader) load(i int) error {
	if i == r.chunk {
		return nil
	}
	r.chunk = -1
	from, n := place(r.length, i)
	if _, err := r.file.ReadAt(r.buf[:n], from); err != nil {
		return fmt.Errorf("read a file: %w", err)
	}
	plain, err := r.stream.open(r.buf[:0], i, r.buf[:n])
	if err != nil {
		return err
	}
	r.plain, r.chunk = plain, i
	return nil
}

// Seek sets where to read on, as io.Seeker tells.
func (r *Reader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.at
	case io.SeekEnd:
		offset += r.Size()
	}
	if offset < 0 {
		return 0, fmt.Errorf("seek before the beginning: %w", nvr.ErrInvalid)
	}
	r.at = offset
	return offset, nil
}

// Close lets go of the file. One that is removed meanwhile can be read until then.
func (r *Reader) Close() error { return r.file.Close() }
