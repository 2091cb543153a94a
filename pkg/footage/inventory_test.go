package footage

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/nvr"
)

func TestInventoryTellsFootageFromTheRest(t *testing.T) {
	d := newDirectory(t, false)
	june := nvr.TimeOf(time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC))
	want := Inventory{
		Starts: []nvr.Time{june, june + 60_000_000},
		Foreign: []string{
			"1/main/2026-06-01/20260601T120000.000000Z.mp4.damaged",
			"1/main/2026-06-01/20260602T000000.000000Z.mp4", // belongs to the next day
			"1/main/2026-06-01/20260601T120000Z.mp4",        // another form of a name that is there
			"1/main/2026-06-01/.hidden",
			"1/main/2026-06-01/folder.mp4",
			"1/main/today",
			"1/main/2026-06-32",
		},
	}
	stream := nvr.StreamID{Camera: 1}
	for _, start := range want.Starts {
		write(t, filepath.Join(d.path, name(stream, start)), "footage")
	}
	for _, path := range want.Foreign[:4] {
		write(t, filepath.Join(d.path, path), "foreign")
	}
	for _, path := range want.Foreign[4:] {
		write(t, filepath.Join(d.path, path, "inside"), "foreign")
	}
	got, err := d.Inventory(stream)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(got.Foreign)
	slices.Sort(want.Foreign)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("inventory (-want +got):\n%s", diff)
	}
	none, err := d.Inventory(nvr.StreamID{Camera: 2})
	if err != nil || len(none.Starts)+len(none.Foreign) > 0 {
		t.Errorf("a stream that was never recorded has %v, %v", none, err)
	}
}

func TestQuarantineReplacesNothing(t *testing.T) {
	d := newDirectory(t, false)
	path := filepath.Join("1", "main", "2026-06-01", "x.mp4")
	for i, want := range []string{"", ".1", ".2"} {
		text := string(rune('a' + i))
		write(t, filepath.Join(d.path, path), text)
		to, err := d.Quarantine(path)
		if err != nil || to != filepath.Join("quarantine", path)+want {
			t.Fatalf("moved to %s, %v", to, err)
		}
		if b, err := os.ReadFile(filepath.Join(d.path, to)); err != nil || string(b) != text {
			t.Errorf("%s holds %q, %v", to, b, err)
		}
	}
	if _, err := d.Quarantine("../x"); !errors.Is(err, nvr.ErrInvalid) {
		t.Errorf("a path that leads out is %v, want invalid", err)
	}
}

// A disk that is away leaves its place alone: a folder made there would keep it
// from being mounted again.
func TestQuarantineOfAMissingDisk(t *testing.T) {
	d := newDirectory(t, false)
	defer d.Close()
	if err := os.Rename(d.path, d.path+".away"); err != nil {
		t.Fatal(err)
	}
	if to, err := d.Quarantine("1/main/some.mp4"); err == nil {
		t.Errorf("something was moved to %s", to)
	}
	if _, err := os.Stat(d.path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("there is %s: %v", d.path, err)
	}
}

// TestWindow compares reads through a window with reads of the whole.
func TestWindow(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	whole := make([]byte, 20_000)
	for i := range whole {
		whole[i] = byte(r.Uint32())
	}
	w := &window{r: bytes.NewReader(whole)}
	for range 20_000 {
		off, n := r.Int64N(int64(len(whole))+100), r.IntN(200)
		if r.IntN(20) == 0 {
			n = r.IntN(9000)
		}
		got, want := make([]byte, n), make([]byte, n)
		gn, gerr := w.ReadAt(got, off)
		wn, werr := bytes.NewReader(whole).ReadAt(want, off)
		if n == 0 {
			continue
		}
		if gn != wn || gerr != werr && !errors.Is(gerr, io.EOF) || (gerr == nil) != (werr == nil) || !bytes.Equal(got, want) {
			t.Fatalf("%d bytes at %d: %d, %v, want %d, %v", n, off, gn, gerr, wn, werr)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
