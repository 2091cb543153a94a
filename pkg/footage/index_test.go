package footage

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/fmp4"
	"nvrd/pkg/nvr"
)

// indexed writes a file of so many movie fragments with its index, and returns
// what it was said to hold.
func indexed(t *testing.T, d *Directory, fragments int) nvr.Segment {
	t.Helper()
	f, header := d.Create(origin(), initSegment)
	s := nvr.Segment{Stream: porch, Run: nvr.RunID(noon), Timescale: 90000, HeaderBytes: header, Bytes: header}
	for n := range fragments {
		bufs := fmp4.AppendChecksum(fragment(n))
		part := nvr.Fragment{Offset: s.Bytes, MediaStart: s.MediaDuration, MediaDuration: 45000, Key: n%2 == 0, Score: uint8(n)}
		for _, b := range bufs {
			part.Bytes += int64(len(b))
		}
		s.Fragments = fmp4.AppendEntry(s.Fragments, part, 90000)
		s.Bytes, s.MediaDuration = s.Bytes+part.Bytes, s.MediaDuration+45000
		if err := f.Append(bufs); err != nil {
			t.Fatal(err)
		}
	}
	s.Span = nvr.Span{From: noon, To: noon.Add(nvr.Duration(s.MediaDuration, 90000)) + 77} // more exact than any header
	f.Index(s)
	if r := seal(t, f); r.Err != nil || r.Durable < s.Bytes {
		t.Fatalf("sealed with %+v, want %d bytes and more", r, s.Bytes)
	}
	return s
}

// learned returns init segments as they are known once a file was read.
func learned(t *testing.T, d *Directory) *Inits {
	t.Helper()
	c, err := d.Read(porch, noon, nil)
	if err != nil {
		t.Fatal(err)
	}
	inits := &Inits{}
	inits.add(c)
	return inits
}

func TestIndex(t *testing.T) {
	each(t, func(t *testing.T, d *Directory) {
		want := indexed(t, d, 60)
		if s := d.Stats(); d.disk.whole && s.Barriers != 1 || !d.disk.whole && s.Barriers != 5 {
			t.Errorf("the index cost a barrier of its own: %+v", s)
		}
		inits := &Inits{}
		headers, err := d.ReadSealed(porch, noon, inits, nil) // the init segment is not known yet
		if err != nil || headers.Segment.Fragments[5].Score != 0 || headers.Segment.Span.To == want.Span.To {
			t.Fatalf("%+v is not what headers say: %v", headers.Segment, err)
		}
		got, err := d.ReadSealed(porch, noon, inits, nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got.Segment); diff != "" {
			t.Errorf("segment (-want +got):\n%s", diff)
		}
		want.Span.To, got.Segment.Span.To = 0, 0
		got.Segment, headers.Segment, headers.MovieFragments = nvr.Segment{}, nvr.Segment{}, nil
		if diff := cmp.Diff(headers, got); diff != "" {
			t.Errorf("what is not the segment (-headers +index):\n%s", diff)
		}
	})
}

// A file of a header alone is removed when it is sealed, index or not.
func TestIndexOfNothing(t *testing.T) {
	each(t, func(t *testing.T, d *Directory) {
		f, header := d.Create(origin(), initSegment)
		f.Index(nvr.Segment{HeaderBytes: header, Bytes: header})
		if r := seal(t, f); r.Err != nil || r.Durable != header {
			t.Errorf("sealed with %+v", r)
		}
		if starts, err := d.List(porch, 0); err != nil || len(starts) != 0 {
			t.Errorf("left is %v, %v, want nothing", starts, err)
		}
	})
}

// An index that the disk does not take is left out; the footage is there.
func TestIndexNotTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirectory(t, true)
		defer d.Close()
		f, header := d.Create(origin(), initSegment)
		bufs := fragment(0)
		size := header + int64(len(bufs[0])+len(bufs[1]))
		if err := f.Append(bufs); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		path := f.f.Name()
		full, err := os.Open(path) // takes no more
		if err = errors.Join(err, f.f.Close()); err != nil {
			t.Fatal(err)
		}
		f.f = full
		f.Index(nvr.Segment{HeaderBytes: header, Bytes: size, Fragments: make([]nvr.Fragment, 1)})
		if r := seal(t, f); r.Err != nil || r.Durable != size {
			t.Errorf("sealed with %+v, want %d bytes", r, size)
		}
		if info, err := os.Stat(path); err != nil || info.Size() != size {
			t.Errorf("the file has %d bytes, want %d: %v", info.Size(), size, err)
		}
	})
}

// Recovery does not ask the index, wherever a crash cut the file and whatever
// a power cut took from before it.
func TestRecoverIndexed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirectory(t, true)
		defer d.Close()
		s := indexed(t, d, 12)
		path := filepath.Join(d.path, name(porch, noon))
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for cut := int64(len(whole)); cut >= s.Bytes; cut -= 13 {
			recovers(t, d, whole[:cut], s.Bytes, false)
		}
		for _, f := range s.Fragments[1:] {
			torn := bytes.Clone(whole)
			clear(torn[f.Offset+700 : f.Offset+900]) // of its pictures
			recovers(t, d, torn, f.Offset, true)
			clear(torn[f.Offset : f.Offset+f.Bytes])
			recovers(t, d, torn, f.Offset, true)
		}
	})
}

// recovers checks that a file with a content is kept up to a size.
func recovers(t *testing.T, d *Directory, content []byte, size int64, damaged bool) {
	t.Helper()
	path := filepath.Join(d.path, name(porch, noon))
	if err := os.WriteFile(path, content, 0o640); err != nil {
		t.Fatal(err)
	}
	c, err := d.Recover(porch, noon, nil)
	info, statErr := os.Stat(path)
	if err = errors.Join(err, statErr); err != nil || info.Size() != size || c.Segment.Bytes != size || damaged != (c.Damage != nil) {
		t.Errorf("of %d bytes %d are kept, want %d: %v, damage %v", len(content), c.Segment.Bytes, size, err, c.Damage)
	}
}

// What contradicts itself, the file or its name is not believed.
func TestIndexNotBelieved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirectory(t, true)
		defer d.Close()
		s := indexed(t, d, 12)
		inits := learned(t, d)
		whole, err := os.ReadFile(filepath.Join(d.path, name(porch, noon)))
		if err != nil {
			t.Fatal(err)
		}
		data, at, err := fmp4.ReadClosing(bytes.NewReader(whole), int64(len(whole)), indexID)
		if err != nil || at != s.Bytes {
			t.Fatal(at, err)
		}
		for name, change := range map[string]func(file, data []byte) ([]byte, []byte){
			"another stream":              func(f, b []byte) ([]byte, []byte) { b[11]++; return f, b },
			"another start":               func(f, b []byte) ([]byte, []byte) { b[27]++; return f, b },
			"a run of the future":         func(f, b []byte) ([]byte, []byte) { b[12]++; return f, b },
			"an unknown init segment":     func(f, b []byte) ([]byte, []byte) { b[60]++; return f, b },
			"a header of other size":      func(f, b []byte) ([]byte, []byte) { b[99]++; return f, b },
			"an end before the beginning": func(f, b []byte) ([]byte, []byte) { b[101]--; return f, b },
			"an end a day later":          func(f, b []byte) ([]byte, []byte) { b[102] += 2; return f, b },
			"media before zero":           func(f, b []byte) ([]byte, []byte) { b[108] = 0x80; return f, b },
			"media of other length":       func(f, b []byte) ([]byte, []byte) { b[123]++; return f, b },
			"media of hours":              func(f, b []byte) ([]byte, []byte) { b[119]++; return f, b },
			"no fragments":                func(f, b []byte) ([]byte, []byte) { return f, b[:indexBytes] },
			"no end":                      func(f, b []byte) ([]byte, []byte) { return f, b[:indexBytes-1] },
			"a fragment less":             func(f, b []byte) ([]byte, []byte) { return f, b[:len(b)-3] },
			"a file that is longer":       func(f, b []byte) ([]byte, []byte) { return append(f, 0), b },
			"a file that is shorter":      func(f, b []byte) ([]byte, []byte) { return f[:len(f)-1], b },
		} {
			file, b := change(bytes.Clone(whole[:at]), bytes.Clone(data))
			file = fmp4.AppendClosing(file, indexID, b)
			if c, ok := readIndex(bytes.NewReader(file), int64(len(file)), porch, noon, inits); ok {
				t.Errorf("%s: %+v", name, c.Segment)
			}
		}
	})
}

// Whatever an index says, what is believed of it lies within the file and is no
// longer than a segment can be.
func FuzzIndex(f *testing.F) {
	format, err := fmp4.ParseInit(initSegment)
	if err != nil {
		f.Fatal(err)
	}
	inits := &Inits{}
	inits.add(Content{Init: initSegment, Format: format})
	s := nvr.Segment{HeaderBytes: 700, Bytes: 1700, MediaStart: 5, MediaDuration: 90000,
		Fragments: []nvr.Fragment{{Bytes: 600, MediaDuration: 45000, Key: true}, {Bytes: 400, MediaDuration: 45000}}}
	whole := indexOf(origin(), sha256.Sum256(initSegment), s)
	f.Add(whole, int64(1700))
	f.Add(whole[:len(whole)-1], int64(1700))
	f.Fuzz(func(t *testing.T, data []byte, at int64) {
		if at < 0 || at > 1<<14 {
			return
		}
		file := fmp4.AppendClosing(make([]byte, at), indexID, data)
		c, ok := readIndex(bytes.NewReader(file), int64(len(file)), porch, noon, inits)
		if !ok {
			return
		}
		s, next := c.Segment, c.Segment.HeaderBytes
		for _, f := range s.Fragments {
			if f.Offset != next || f.Bytes <= 0 || f.MediaDuration < 0 {
				t.Fatalf("fragment %+v after %d", f, next)
			}
			next += f.Bytes
		}
		if next != at || s.Bytes != at || s.Span.From != noon || s.Span.Duration() < 0 || s.Span.Duration() > maxLength+2e9 ||
			s.MediaStart < 0 || s.MediaStart > math.MaxInt64-s.MediaDuration {
			t.Fatalf("%+v in %d bytes", s, at)
		}
	})
}
