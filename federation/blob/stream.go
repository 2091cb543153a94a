package blob

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"nvrd/federation/blob/exchange"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// Protocol is what a stream is opened for, one for each ask.
const Protocol = "/stoop/blob/1"

// maxAnswer is the largest message on a stream, in bytes; chunks are none.
const maxAnswer = 4608

// Fetch does an ask: it opens a stream by dial, unless the file is here already
// or has no room, and takes in what comes. Streams must have the ask's Until as
// their deadline, and are the caller's to close. At most one list of hashes, and
// the chunks asked for, are read; after the first that is wrong, nothing.
//
// Chunks are kept as they come, whatever becomes of the others. The error says
// what went wrong, for the log; the result says what follows from it.
func (s *Shelf) Fetch(ask exchange.Ask, dial func() (io.ReadWriter, error)) (exchange.Result, error) {
	p, err := s.begin(ask.Ref.Address, ask.Ref.Length)
	if errors.Is(err, nvr.ErrExists) {
		return exchange.Result{Outcome: exchange.Whole}, nil
	}
	if err == nil {
		defer p.release()
		err = p.room()
	}
	if err != nil {
		return exchange.Result{Outcome: ours(err)}, fmt.Errorf("fetch a file: %w", err)
	}
	stream, err := dial()
	if err != nil {
		return exchange.Result{Outcome: exchange.Stalled}, fmt.Errorf("fetch a file: %w", err)
	}
	f := fetching{partial: p, in: bufio.NewReader(stream)}
	if err = f.run(stream); err != nil {
		return f.result, fmt.Errorf("fetch a file: %w", err)
	}
	return f.result, nil
}

// room returns [ErrFull] if there is none for the file, or for what is missing of
// it: before anything of it is asked for.
func (p *partial) room() error {
	d := p.shelf.disk
	if p.hashes != nil {
		return d.spare(wire.SealedChunk)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.room(p.shelf, sizeOf(p.length))
}

// ours is the outcome when something failed here.
func ours(err error) exchange.Outcome {
	if errors.Is(err, ErrFull) {
		return exchange.NoRoom
	}
	return exchange.Failed
}

// fetching is one ask that is under way.
type fetching struct {
	*partial
	in     *bufio.Reader
	result exchange.Result
}

// run sets the result in any case.
func (f *fetching) run(out io.Writer) error {
	first, count := f.missing()
	f.result.Outcome = exchange.Stalled
	if err := say(out, wire.Fetch{Address: f.address, Length: f.length, First: uint8(first), Count: uint8(count)}); err != nil {
		return err
	}
	m, n, err := hear(f.in)
	f.result.Bytes += int64(n)
	if err != nil {
		return f.blame(err)
	}
	list, ok := m.(wire.Chunks)
	if !ok {
		f.result.Outcome = exchange.Lied
		return fmt.Errorf("a %v for an answer: %w", m.MessageKind(), wire.ErrUnknown)
	}
	if len(list.Hashes) == 0 {
		f.result.Outcome = exchange.Absent
		return nil
	}
	if err := f.list(list.Hashes); err != nil {
		return f.blame(err)
	}
	buf := make([]byte, wire.SealedChunk)
	for i := first; i < first+count; i++ {
		if err := f.chunk(i, buf); err != nil {
			return f.blame(err)
		}
	}
	f.result.Outcome = exchange.More
	if f.left == 0 {
		f.result.Outcome = exchange.Whole
	}
	return nil
}

func (f *fetching) chunk(i int, buf []byte) error {
	_, n := extent(f.length, i)
	read, err := io.ReadFull(f.in, buf[:n])
	f.result.Bytes += int64(read)
	if err != nil {
		return fmt.Errorf("%w: %w", errBroke, err)
	}
	if err := f.put(i, buf[:n]); err != nil {
		return err
	}
	f.result.Chunks++
	return nil
}

// errBroke says that a stream ended too early.
var errBroke = errors.New("the stream broke off")

// blame says whose fault an error is.
func (f *fetching) blame(err error) error {
	switch {
	case errors.Is(err, errBroke):
		f.result.Outcome = exchange.Stalled
	case errors.Is(err, nvr.ErrDamaged), malformed(err):
		f.result.Outcome = exchange.Lied
	default:
		f.result.Outcome = ours(err)
	}
	return err
}

// malformed tells of the kinds of federation/wire.
func malformed(err error) bool {
	return slices.ContainsFunc([]error{wire.ErrTooLarge, wire.ErrMalformed, wire.ErrUnknown, wire.ErrRange}, func(kind error) bool { return errors.Is(err, kind) })
}

// Answer answers what is asked on a stream, which is the caller's to close and to
// give a deadline. It asks leave whether so many bytes may be sent (see
// [exchange.Exchange.Give]); if not, and for what is not here, it says that there
// is nothing. No chunk is sent that is not what its hash says: a file that the
// disk spoilt is removed, and the error wraps a [Spoilt].
func (s *Shelf) Answer(stream io.ReadWriter, leave func(bytes int64) bool) error {
	m, _, err := hear(bufio.NewReader(stream))
	if err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	ask, ok := m.(wire.Fetch)
	if !ok {
		return fmt.Errorf("answer a %v: %w", m.MessageKind(), wire.ErrUnknown)
	}
	if err := s.give(ask, stream, leave); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	return nil
}

func (s *Shelf) give(ask wire.Fetch, out io.Writer, leave func(bytes int64) bool) error {
	f, err := s.open(ask.Address, ask.Length)
	if errors.Is(err, nvr.ErrNotFound) {
		return say(out, wire.Chunks{})
	}
	if err != nil {
		return err
	}
	defer f.Close()
	_, hashes, err := readList(f, ask.Address)
	if err != nil {
		return errors.Join(say(out, wire.Chunks{}), s.spoilt(ask, err))
	}
	list := wire.Chunks{Hashes: hashes}
	size := int64(wire.Size(list))
	for i := range int(ask.Count) {
		_, n := extent(ask.Length, int(ask.First)+i)
		size += int64(n)
	}
	if !leave(size) {
		return say(out, wire.Chunks{})
	}
	if err := say(out, list); err != nil {
		return err
	}
	buf := make([]byte, wire.SealedChunk)
	for i := int(ask.First); i < int(ask.First)+int(ask.Count); i++ {
		from, n := place(ask.Length, i)
		if _, err := f.ReadAt(buf[:n], from); err != nil {
			return err
		}
		if sha256.Sum256(buf[:n]) != hashes[i] {
			return s.spoilt(ask, fmt.Errorf("chunk %d is another: %w", i, nvr.ErrDamaged))
		}
		if _, err := out.Write(buf[:n]); err != nil {
			return err
		}
	}
	return nil
}

// Spoilt is a file that was here and whose bytes are others now. It is removed,
// and can be fetched again (see [exchange.Exchange.Lost]).
type Spoilt struct {
	Ref exchange.Ref
	Err error
}

func (e *Spoilt) Error() string {
	return fmt.Sprintf("%v was spoilt on disk: %v", e.Ref.Address, e.Err)
}

// Unwrap returns what was wrong.
func (e *Spoilt) Unwrap() error { return e.Err }

func (s *Shelf) spoilt(ask wire.Fetch, err error) error {
	return &Spoilt{exchange.Ref{Address: ask.Address, Length: ask.Length}, errors.Join(err, s.Remove(ask.Address))}
}

// say writes a message, with its length before it.
func say(w io.Writer, m wire.Message) error {
	b, err := wire.WriteMessage(m)
	if err != nil {
		return err
	}
	_, err = w.Write(append(binary.AppendUvarint(nil, uint64(len(b))), b...))
	return err
}

// hear reads a message, and tells of how many bytes.
func hear(r *bufio.Reader) (wire.Message, int, error) {
	size, err := binary.ReadUvarint(r)
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %w", errBroke, err)
	}
	if size > maxAnswer {
		return nil, 0, fmt.Errorf("a message of %d bytes: %w", size, wire.ErrTooLarge)
	}
	b := make([]byte, size)
	n, err := io.ReadFull(r, b)
	if err != nil {
		return nil, n, fmt.Errorf("%w: %w", errBroke, err)
	}
	m, err := wire.ReadMessage(b)
	return m, n, err
}
