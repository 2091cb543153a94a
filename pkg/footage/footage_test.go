package footage

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/fmp4"
	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

var (
	home        = UUID{1}
	other       = UUID{2}
	porch       = nvr.StreamID{Camera: 1}
	noon        = nvr.TimeOf(time.Date(2026, 11, 22, 12, 0, 0, 123456000, time.UTC))
	initSegment = fmp4.AppendInit(nil, media.Format{Tracks: []media.Track{{
		Codec: media.H264, Timescale: 90000, Width: 640, Height: 360,
		SPS: []byte{0x67, 0x42, 0xc0, 0x1e, 0xd9, 0x00, 0xa0, 0x2f, 0xf9, 0x61, 0x00, 0x00, 0x03, 0x00, 0x01, 0x00, 0x00, 0x03, 0x00, 0x1e, 0x0f, 0x16, 0x2e, 0x48},
		PPS: []byte{0x68, 0xcb, 0x83, 0xcb, 0x20},
	}}})
)

// newDirectory makes a directory. whole says how it is synced, whatever the
// file system is.
func newDirectory(t testing.TB, whole bool) *Directory {
	t.Helper()
	path := filepath.Join(t.TempDir(), "footage")
	if err := Create(path, home, UUID{3}); err != nil {
		t.Fatal(err)
	}
	d, err := Open(path, home, slog.New(slog.NewTextHandler(t.Output(), nil)))
	if err != nil {
		t.Fatal(err)
	}
	d.disk.whole = whole // nothing is queued yet, so the writer does not look
	return d
}

// fragment returns half a second of footage with a key frame each second.
func fragment(n int) [][]byte {
	dts := int64(n) * 45000
	run := fmp4.Run{Samples: []media.Sample{{DTS: dts, Key: n%2 == 0, Data: bytes.Repeat([]byte{byte(n)}, 1000)}}, End: dts + 45000}
	return [][]byte{fmp4.AppendFragment(nil, uint32(n+1), noon.Add(time.Duration(n)*time.Second/2), []fmp4.Run{run}), run.Samples[0].Data}
}

func origin() Origin { return Origin{Stream: porch, Run: nvr.RunID(noon), Start: noon} }

// seal seals a file and returns what became of it.
func seal(t *testing.T, f *File) (result Result) {
	t.Helper()
	done := make(chan Result, 1)
	f.Seal(func(r Result) { done <- r })
	return <-done
}

// each runs a test with either way to sync, in a bubble of its own time.
func each(t *testing.T, f func(t *testing.T, d *Directory)) {
	for name, whole := range map[string]bool{"whole": true, "each": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDirectory(t, whole)
				defer d.Close()
				f(t, d)
			})
		})
	}
}

func TestWriteAndRead(t *testing.T) {
	each(t, func(t *testing.T, d *Directory) {
		f, header := d.Create(origin(), initSegment)
		var want bytes.Buffer
		size := header
		var index []nvr.Fragment
		for n := range 20 {
			bufs := fragment(n)
			for _, b := range bufs {
				want.Write(b)
			}
			part := nvr.Fragment{Offset: size, Bytes: int64(len(bufs[0]) + len(bufs[1])), MediaStart: int64(n) * 45000, MediaDuration: 45000, Key: n%2 == 0}
			index = fmp4.AppendEntry(index, part, 90000)
			size += part.Bytes
			if err := f.Append(bufs); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		open, err := d.Read(porch, noon, nil) // while it is being written
		if err != nil {
			t.Fatal(err)
		}
		before := d.Stats()
		if r := seal(t, f); r.Err != nil || r.Durable != size || f.Err() != nil {
			t.Fatalf("sealed with %+v, want %d durable bytes", r, size)
		}
		if s := d.Stats(); s.Bytes != size || s.Writes != 21 || before.Barriers != 0 || d.disk.whole && s.Barriers != 1 || !d.disk.whole && s.Barriers != 5 {
			t.Errorf("stats %+v, want %d bytes in 21 writes, and one barrier or one for the file and each new folder entry", s, size)
		}
		got, err := d.Read(porch, noon, nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(open, got); diff != "" {
			t.Errorf("sealing changed the content (-open +sealed):\n%s", diff)
		}
		o := origin()
		o.Home, o.Directory = home, d.ID()
		wantSegment := nvr.Segment{
			Stream: porch, Run: o.Run, Span: nvr.Span{From: noon, To: noon.Add(10 * time.Second)}, Timescale: 90000,
			MediaDuration: 900_000, HeaderBytes: header, Bytes: size, Fragments: index,
		}
		if diff := cmp.Diff(wantSegment, got.Segment); diff != "" {
			t.Errorf("segment (-want +got):\n%s", diff)
		}
		if got.Origin != o || !bytes.Equal(got.Init, initSegment) || got.Damage != nil {
			t.Errorf("origin %+v, damage %v", got.Origin, got.Damage)
		}
		file, err := d.OpenFile(porch, noon)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		all, err := io.ReadAll(file)
		if err != nil || !bytes.Equal(all[header:], want.Bytes()) {
			t.Errorf("%d bytes are not what was written, %v", len(all), err)
		}
		if streams, err := d.Streams(); err != nil || !cmp.Equal(streams, []nvr.StreamID{porch}) {
			t.Errorf("streams %v, %v", streams, err)
		}
		for from, n := range map[nvr.Time]int{0: 1, noon: 1, noon + 1: 0, noon.Add(24 * time.Hour): 0} {
			if starts, err := d.List(porch, from); err != nil || len(starts) != n {
				t.Errorf("from %s on there are %v, %v, want %d", from, starts, err, n)
			}
		}
		if _, err := d.Read(porch, noon+1, nil); !errors.Is(err, nvr.ErrNotFound) {
			t.Errorf("a file that is not there is %v", err)
		}
	})
}

func TestOpen(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	path := t.TempDir()
	if _, err := Open(path, home, log); !errors.Is(err, nvr.ErrNotFound) {
		t.Errorf("a directory without a meta file is %v, want not found", err)
	}
	if err := Create(path, home, UUID{3}); err != nil {
		t.Fatal(err)
	}
	if err := Create(path, home, UUID{3}); !errors.Is(err, nvr.ErrExists) {
		t.Errorf("a second directory in one place is %v, want exists", err)
	}
	if _, err := Open(path, other, log); !errors.Is(err, nvr.ErrInvalid) {
		t.Errorf("a directory of another home is %v, want invalid", err)
	}
	d, err := Open(path, home, log)
	if err != nil || d.ID() != (UUID{3}) || d.Path() != path {
		t.Fatalf("%+v, %v", d, err)
	}
	if free, _, err := d.Space(); err != nil || free <= 0 {
		t.Errorf("%d bytes are free, %v", free, err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	for name, text := range map[string]string{
		"empty": "", "text": "hello", "newer": `{"version":2}`,
		"half a number": `{"version":1,"home":"` + home.String() + `","directory":"0300"}`,
		"two numbers":   `{"version":1,"home":"` + home.String() + `","directory":"` + home.String() + home.String() + `"}`,
	} {
		if err := os.WriteFile(filepath.Join(path, metaName), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path, home, log); !errors.Is(err, nvr.ErrDamaged) {
			t.Errorf("a meta file that is %s is %v, want damaged", name, err)
		}
	}
}

// What a crash leaves is cut back to its last whole movie fragment, wherever
// it happened.
func TestRecover(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirectory(t, true)
		defer d.Close()
		f, header := d.Create(origin(), initSegment)
		ends := []int64{header}
		for n := range 3 {
			bufs := fragment(n)
			ends = append(ends, ends[n]+int64(len(bufs[0])+len(bufs[1])))
			if err := f.Append(bufs); err != nil {
				t.Fatal(err)
			}
		}
		if r := seal(t, f); r.Err != nil {
			t.Fatal(r.Err)
		}
		path := filepath.Join(d.path, name(porch, noon))
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		put := func(b []byte) {
			t.Helper()
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		size := func() int64 {
			info, err := os.Stat(path)
			if errors.Is(err, fs.ErrNotExist) {
				return -1
			}
			if err != nil {
				t.Fatal(err)
			}
			return info.Size()
		}
		for cut := int64(0); cut <= int64(len(whole)); cut += 1 + cut%3 {
			put(whole[:cut])
			n := 0
			for n < 3 && ends[n+1] <= cut {
				n++
			}
			c, err := d.Recover(porch, noon, nil)
			switch {
			case cut == 0, cut >= header && n == 0:
				if !errors.Is(err, nvr.ErrNotFound) || size() != -1 {
					t.Fatalf("cut to %d: %v, %d bytes, want the file to be gone", cut, err, size())
				}
			case cut < header:
				aside, read := os.ReadFile(filepath.Join(d.path, quarantine, name(porch, noon)))
				read = errors.Join(read, os.RemoveAll(filepath.Join(d.path, quarantine)))
				if !errors.Is(err, nvr.ErrDamaged) || size() != -1 || read != nil || !bytes.Equal(aside, whole[:cut]) {
					t.Fatalf("cut to %d: %v, %d bytes, want it to be set aside: %v", cut, err, size(), read)
				}
			default:
				if err != nil || c.Damage != nil || size() != ends[n] || c.Segment.Bytes != ends[n] || c.Segment.MediaDuration != int64(n)*45000 {
					t.Fatalf("cut to %d: %v, %d bytes, %+v, want %d movie fragments", cut, err, size(), c.Segment, n)
				}
			}
		}
		// Damage in the middle costs what is behind it, but nothing is destroyed.
		bad := bytes.Clone(whole)
		copy(bad[ends[1]:], make([]byte, 16))
		put(bad)
		c, err := d.Recover(porch, noon, nil)
		if err != nil || !errors.Is(c.Damage, nvr.ErrDamaged) || c.Segment.Bytes != ends[1] || size() != ends[1] {
			t.Errorf("%v, damage %v, %d bytes of %d are footage, want %d", err, c.Damage, c.Segment.Bytes, size(), ends[1])
		}
		aside, err := os.ReadFile(filepath.Join(d.path, quarantine, name(porch, noon)+".tail"))
		if err != nil || !bytes.Equal(aside, bad[ends[1]:]) {
			t.Errorf("%d bytes behind the damage are set aside, want %d: %v", len(aside), len(bad)-int(ends[1]), err)
		}
		// A file in the place of another one is not believed.
		if err := os.Rename(path, filepath.Join(d.path, name(porch, noon+1))); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Recover(porch, noon+1, nil); !errors.Is(err, nvr.ErrDamaged) {
			t.Errorf("a file in another's place is %v, want damaged", err)
		}
		if _, err := d.Recover(porch, noon+2, nil); !errors.Is(err, nvr.ErrNotFound) {
			t.Errorf("a file that is not there is %v, want not found", err)
		}
	})
}
