package blob

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"testing"
	"testing/iotest"

	"nvrd/federation/blob/exchange"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// leave grants everything.
func leave(int64) bool { return true }

// call is a stream to a peer that answers what was asked, once something is read.
type call struct {
	asked  bytes.Buffer
	answer func(ask []byte) io.Reader
	in     io.Reader
	read   int64 // bytes
}

func (c *call) Write(b []byte) (int, error) { return c.asked.Write(b) }

func (c *call) Read(b []byte) (int, error) {
	if c.in == nil {
		c.in = c.answer(c.asked.Bytes())
	}
	n, err := c.in.Read(b)
	c.read += int64(n)
	return n, err
}

// honest is the answer of a shelf to what was asked.
func honest(s *Shelf, grant func(int64) bool) func([]byte) []byte {
	return func(ask []byte) []byte {
		var out bytes.Buffer
		_ = s.Answer(struct {
			io.Reader
			io.Writer
		}{bytes.NewReader(ask), &out}, grant) // what it could not answer, the asker sees
		return out.Bytes()
	}
}

func askFor(b wire.Blob) exchange.Ask {
	return exchange.Ask{Ref: exchange.Ref{Address: b.Address, Length: b.Length}}
}

// over fetches once, from a peer that answers so, and tells how much was read.
func over(s *Shelf, b wire.Blob, answer func(ask []byte) []byte) (exchange.Result, int64, error) {
	c := &call{answer: func(ask []byte) io.Reader { return bytes.NewReader(answer(ask)) }}
	r, err := s.Fetch(askFor(b), func() (io.ReadWriter, error) { return c, nil })
	return r, c.read, err
}

func message(t testing.TB, m wire.Message) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := say(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A file comes run by run, over streams that carry bytes.
func TestFetch(t *testing.T) {
	for _, n := range lengths {
		from, to := shelf(t, t.TempDir()), shelf(t, t.TempDir())
		b, _ := added(t, from, n)
		chunks, runs := wire.ChunksOf(b.Length), 0
		for {
			here, there := net.Pipe()
			answered := make(chan error)
			go func() { answered <- errors.Join(from.Answer(there, leave), there.Close()) }()
			r, err := to.Fetch(askFor(b), func() (io.ReadWriter, error) { return here, nil })
			here.Close()
			if err := errors.Join(err, <-answered); err != nil {
				t.Fatal(err)
			}
			runs++
			if want := min(chunks-(runs-1)*wire.MaxRun, wire.MaxRun); r.Chunks != want {
				t.Errorf("%d of %d chunks came, want %d", r.Chunks, chunks, want)
			}
			if r.Outcome == exchange.Whole {
				break
			}
			if r.Outcome != exchange.More || to.Has(b.Address, b.Length) {
				t.Fatalf("of %d bytes: %+v", n, r)
			}
		}
		if want := (chunks + wire.MaxRun - 1) / wire.MaxRun; runs != want {
			t.Errorf("%d bytes took %d streams, want %d", n, runs, want)
		}
		reads(t, to, b, content(n))
		r, err := to.Fetch(askFor(b), func() (io.ReadWriter, error) { t.Error("what is here is asked for"); return nil, io.EOF })
		if err != nil || r != (exchange.Result{Outcome: exchange.Whole}) {
			t.Errorf("what is here: %+v, %v", r, err)
		}
	}
}

// Whatever a peer answers: what it costs is bounded, what came and is right stays,
// and whose fault it is is told as it is.
func TestAnswers(t *testing.T) {
	const chunks = 3
	from := shelf(t, t.TempDir())
	b, file := added(t, from, chunks*wire.ChunkLen-100)
	other, _ := added(t, from, chunks*wire.ChunkLen-100)
	good := honest(from, leave)(message(t, wire.Fetch{Address: b.Address, Length: b.Length, Count: chunks}))
	foreign := honest(from, leave)(message(t, wire.Fetch{Address: other.Address, Length: other.Length, Count: chunks}))
	list := len(good) - len(file)
	hashes := hashesOf(file)
	flip := func(at int) []byte { c := slices.Clone(good); c[at] ^= 1; return c }
	for _, c := range []struct {
		name    string
		answer  []byte
		outcome exchange.Outcome
		chunks  int
	}{
		{"all of it", good, exchange.Whole, 3},
		{"more than asked for", append(slices.Clone(good), make([]byte, 1<<20)...), exchange.Whole, 3},
		{"nothing", nil, exchange.Stalled, 0},
		{"not here", message(t, wire.Chunks{}), exchange.Absent, 0},
		{"a list and nothing", good[:list], exchange.Stalled, 0},
		{"half a list", good[:list/2], exchange.Stalled, 0},
		{"half a chunk", good[:list+1000], exchange.Stalled, 0},
		{"a chunk and a half", good[:list+wire.SealedChunk+1000], exchange.Stalled, 1},
		{"all but a byte", good[:len(good)-1], exchange.Stalled, 2},
		{"a wrong bit in the first chunk", flip(list), exchange.Lied, 0},
		{"a wrong bit in the second", flip(list + wire.SealedChunk), exchange.Lied, 1},
		{"a wrong bit at the end", flip(len(good) - 1), exchange.Lied, 2},
		{"a wrong bit in the list", flip(list - 1), exchange.Lied, 0},
		{"another file", foreign, exchange.Lied, 0},
		{"the list, and chunks of another file", append(slices.Clone(good[:list]), foreign[list:]...), exchange.Lied, 0},
		{"chunks in another order", slices.Concat(good[:list], file[wire.SealedChunk:], file[:wire.SealedChunk]), exchange.Lied, 0},
		{"a list cut short", append(message(t, wire.Chunks{Hashes: hashes[:2]}), file...), exchange.Lied, 0},
		{"a list with one more", append(message(t, wire.Chunks{Hashes: append(slices.Clone(hashes), wire.Hash{})}), file...), exchange.Lied, 0},
		{"a question", message(t, wire.Fetch{Address: b.Address, Length: b.Length, Count: 1}), exchange.Lied, 0},
		{"talk of entries", message(t, wire.Root{}), exchange.Lied, 0},
		{"no message", append([]byte{5}, "hello"...), exchange.Lied, 0},
		{"a message of a mebibyte", append(binary.AppendUvarint(nil, 1<<20), make([]byte, 1<<20)...), exchange.Lied, 0},
		{"a length without an end", bytes.Repeat([]byte{0xff}, 100), exchange.Stalled, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := shelf(t, t.TempDir())
			r, read, err := over(s, b, func([]byte) []byte { return c.answer })
			if r.Outcome != c.outcome || r.Chunks != c.chunks {
				t.Errorf("%+v, %v; want outcome %d after %d chunks", r, err, c.outcome, c.chunks)
			}
			if (err == nil) != (c.outcome == exchange.Whole || c.outcome == exchange.Absent) {
				t.Errorf("error %v", err)
			}
			if prefix := list - wire.Size(wire.Chunks{Hashes: hashes}); len(c.answer) >= list && bytes.HasPrefix(good, c.answer) && r.Bytes != int64(len(c.answer)-prefix) {
				t.Errorf("%d bytes are counted, of %d", r.Bytes, len(c.answer)-prefix)
			}
			// A lie costs one list or one chunk, and what is read ahead.
			if most := int64(list + (c.chunks+1)*wire.SealedChunk + 4096); read > most || r.Bytes > read {
				t.Errorf("%d bytes are read, %d counted, of %d", read, r.Bytes, most)
			}
			if got := s.Has(b.Address, b.Length); got != (c.outcome == exchange.Whole) {
				t.Errorf("it is here: %v", got)
			}
			// The next peer is asked for what is missing, and no more.
			var asked wire.Fetch
			r, _, err = over(s, b, func(ask []byte) []byte {
				m, err := wire.ReadMessage(ask[1:])
				if err != nil {
					t.Fatal(err)
				}
				asked = m.(wire.Fetch)
				return honest(from, leave)(ask)
			})
			want := wire.Fetch{Address: b.Address, Length: b.Length, First: uint8(c.chunks), Count: uint8(chunks - c.chunks)}
			if c.outcome == exchange.Whole {
				want = wire.Fetch{}
			}
			if err != nil || r.Outcome != exchange.Whole || asked != want || r.Chunks != int(want.Count) {
				t.Errorf("then it asks for %+v: %+v, %v", asked, r, err)
			}
			reads(t, s, b, content(chunks*wire.ChunkLen-100))
		})
	}
}

// What fails here is nobody else's fault, and nobody is asked in vain.
func TestFetchFails(t *testing.T) {
	b, _ := added(t, shelf(t, t.TempDir()), 100_000)
	never := func() (io.ReadWriter, error) { t.Error("a stream is opened"); return nil, io.EOF }
	small := plenty
	small.Neighborhood = 1000
	s := on(t, disk(t, t.TempDir(), small), elm)
	if r, err := s.Fetch(askFor(b), never); r.Outcome != exchange.NoRoom || !errors.Is(err, ErrFull) {
		t.Errorf("without room: %+v, %v", r, err)
	}
	file, c := sealed(t, content(100_000))
	s = shelf(t, t.TempDir())
	p, err := s.begin(c.Address, c.Length)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.list(hashesOf(file)); err != nil {
		t.Fatal(err)
	}
	p.release()
	s.disk.limits.Floor = 1 << 60
	if r, err := s.Fetch(askFor(c), never); r.Outcome != exchange.NoRoom || !errors.Is(err, ErrFull) {
		t.Errorf("without room for the rest: %+v, %v", r, err)
	}
	s.disk.limits.Floor = 0
	if p, err = s.begin(b.Address, b.Length); err != nil {
		t.Fatal(err)
	}
	if r, err := s.Fetch(askFor(b), never); r.Outcome != exchange.Failed || !errors.Is(err, nvr.ErrBusy) {
		t.Errorf("while it comes: %+v, %v", r, err)
	}
	p.release()
	nowhere := b
	nowhere.Length = 5
	if r, err := s.Fetch(askFor(nowhere), never); r.Outcome != exchange.Failed || !errors.Is(err, nvr.ErrInvalid) {
		t.Errorf("a length of no file: %+v, %v", r, err)
	}
	if r, err := s.Fetch(askFor(b), func() (io.ReadWriter, error) { return nil, io.ErrClosedPipe }); r.Outcome != exchange.Stalled || !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("nobody there: %+v, %v", r, err)
	}
	deaf := struct {
		io.Reader
		io.Writer
	}{iotest.ErrReader(os.ErrDeadlineExceeded), io.Discard}
	if r, err := s.Fetch(askFor(b), func() (io.ReadWriter, error) { return deaf, nil }); r.Outcome != exchange.Stalled || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("too slow: %+v, %v", r, err)
	}
}

// What a shelf answers, and how much leave it asks for.
func TestAnswer(t *testing.T) {
	s := shelf(t, t.TempDir())
	b, file := added(t, s, 3*wire.ChunkLen-100)
	part, partial := sealed(t, content(2*wire.ChunkLen))
	p, err := s.begin(partial.Address, partial.Length)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(p.list(hashesOf(part)), p.put(0, part[:wire.SealedChunk])); err != nil {
		t.Fatal(err)
	}
	p.release()
	list := message(t, wire.Chunks{Hashes: hashesOf(file)})
	none := message(t, wire.Chunks{})
	for _, c := range []struct {
		name string
		ask  wire.Fetch
		most int64 // that is granted
		want []byte
	}{
		{"a run", wire.Fetch{Address: b.Address, Length: b.Length, Count: 3}, 1 << 30, slices.Concat(list, file)},
		{"the last chunk", wire.Fetch{Address: b.Address, Length: b.Length, First: 2, Count: 1}, 1 << 30, slices.Concat(list, file[2*wire.SealedChunk:])},
		{"what is granted to the byte", wire.Fetch{Address: b.Address, Length: b.Length, First: 2, Count: 1}, int64(len(list) - 1 + len(file) - 2*wire.SealedChunk), slices.Concat(list, file[2*wire.SealedChunk:])},
		{"not granted", wire.Fetch{Address: b.Address, Length: b.Length, First: 2, Count: 1}, int64(len(list) - 2 + len(file) - 2*wire.SealedChunk), none},
		{"of another length", wire.Fetch{Address: b.Address, Length: b.Length - 1, Count: 3}, 1 << 30, none},
		{"not here", wire.Fetch{Address: hashOf("x"), Length: b.Length, Count: 3}, 1 << 30, none},
		{"not all here", wire.Fetch{Address: partial.Address, Length: partial.Length, Count: 1}, 1 << 30, none},
	} {
		got := honest(s, func(n int64) bool { return n <= c.most })(message(t, c.ask))
		if !bytes.Equal(got, c.want) {
			t.Errorf("%s: %d bytes, want %d", c.name, len(got), len(c.want))
		}
	}
	for name, ask := range map[string][]byte{
		"nothing":          nil,
		"half a question":  message(t, wire.Fetch{Address: b.Address, Length: b.Length, Count: 3})[:20],
		"no question":      message(t, wire.Chunks{}),
		"beyond the file":  {0x2a, 0x83, 0x01, 0x0c},
		"a large question": append(binary.AppendUvarint(nil, 1<<40), 1, 2, 3),
	} {
		if got := honest(s, leave)(ask); len(got) != 0 {
			t.Errorf("%s is answered by %d bytes", name, len(got))
		}
	}
}

// A home whose disk spoils a file tells nobody lies, and can fetch it again.
func TestSpoilt(t *testing.T) {
	for name, at := range map[string]int64{"the list": 40, "a chunk": 96 + 3, "the last chunk": 96 + 2*wire.SealedChunk} {
		s, from := shelf(t, t.TempDir()), shelf(t, t.TempDir())
		b, file := added(t, s, 3*wire.ChunkLen-100)
		if err := from.Add(b, file); err != nil {
			t.Fatal(err)
		}
		f, err := os.OpenFile(s.name(b.Address, false), os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteAt([]byte{file[at] + 1, ^file[at], 7}, at); err != nil {
			t.Fatal(err)
		}
		f.Close()
		var out bytes.Buffer
		ask := message(t, wire.Fetch{Address: b.Address, Length: b.Length, Count: 3})
		err = s.Answer(struct {
			io.Reader
			io.Writer
		}{bytes.NewReader(ask), &out}, leave)
		var spoilt *Spoilt
		if !errors.As(err, &spoilt) || spoilt.Ref != askFor(b).Ref || !errors.Is(err, nvr.ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
		neighbor := shelf(t, t.TempDir())
		if r, _, err := over(neighbor, b, func([]byte) []byte { return out.Bytes() }); r.Outcome == exchange.Lied {
			t.Errorf("%s: this home lies: %v", name, err)
		}
		if s.Has(b.Address, b.Length) || s.Used() != 0 {
			t.Errorf("%s: it is still here", name)
		}
		if r, _, err := over(s, b, honest(from, leave)); r.Outcome != exchange.Whole {
			t.Errorf("%s: %v", name, err)
		}
		reads(t, s, b, content(3*wire.ChunkLen-100))
	}
}

// Whatever is answered, nothing is taken in that is not of the file.
func FuzzAnswer(f *testing.F) {
	from := shelf(f, f.TempDir())
	file, b := seal(hashOf("key"), content(2*wire.ChunkLen))
	if err := from.Add(b, file); err != nil {
		f.Fatal(err)
	}
	good := honest(from, leave)(message(f, wire.Fetch{Address: b.Address, Length: b.Length, Count: 2}))
	f.Add(good)
	f.Add(good[:100])
	f.Add(good[:len(good)-len(file)])
	f.Add(message(f, wire.Chunks{}))
	f.Add(message(f, wire.Chunks{Hashes: make([]wire.Hash, 2)}))
	f.Fuzz(func(t *testing.T, answer []byte) {
		s := shelf(t, t.TempDir())
		r, _, err := over(s, b, func([]byte) []byte { return answer })
		if (r.Outcome == exchange.Whole) != bytes.HasPrefix(answer, good) || r.Outcome == exchange.Whole && err != nil {
			t.Errorf("%+v, %v", r, err)
		}
		if r.Outcome == exchange.Whole {
			reads(t, s, b, content(2*wire.ChunkLen))
		}
	})
}

// Whatever is asked, what is answered is in the file.
func FuzzQuestion(f *testing.F) {
	s := shelf(f, f.TempDir())
	file, b := seal(hashOf("key"), content(2*wire.ChunkLen))
	if err := s.Add(b, file); err != nil {
		f.Fatal(err)
	}
	list := message(f, wire.Chunks{Hashes: hashesOf(file)})
	f.Add(message(f, wire.Fetch{Address: b.Address, Length: b.Length, Count: 2}))
	f.Add(message(f, wire.Fetch{Address: b.Address, Length: b.Length, First: 1, Count: 1}))
	f.Add(message(f, wire.Fetch{Address: b.Address, Length: 100, Count: 1}))
	f.Add(message(f, wire.Chunks{}))
	f.Fuzz(func(t *testing.T, ask []byte) {
		got := honest(s, leave)(ask)
		rest, given := bytes.CutPrefix(got, list)
		if len(got) > 0 && !bytes.Equal(got, message(t, wire.Chunks{})) && (!given || !bytes.Contains(file, rest)) {
			t.Errorf("%d bytes are answered", len(got))
		}
	})
}
