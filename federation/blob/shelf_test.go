package blob

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

var elm = hashOf("elm street")

// plenty is more room than any test needs.
var plenty = Limits{Neighborhood: 1 << 30, Total: 1 << 30}

func disk(t testing.TB, dir string, l Limits) *Disk {
	t.Helper()
	d, err := OpenDisk(dir, l)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func on(t testing.TB, d *Disk, neighborhood wire.Hash) *Shelf {
	t.Helper()
	s, err := d.Shelf(neighborhood)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func shelf(t testing.TB, dir string) *Shelf {
	t.Helper()
	return on(t, disk(t, dir, plenty), elm)
}

func added(t testing.TB, s *Shelf, n int) (wire.Blob, []byte) {
	t.Helper()
	file, b := sealed(t, content(n))
	if err := s.Add(b, file); err != nil {
		t.Fatal(err)
	}
	return b, file
}

// bytesIn sums up the files below a directory, by their names.
func bytesIn(t testing.TB, dir string) (n int64) {
	t.Helper()
	if err := filepath.Walk(dir, func(_ string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			n += info.Size()
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

func reads(t testing.TB, s *Shelf, b wire.Blob, want []byte) {
	t.Helper()
	r, err := s.Open(b)
	if err != nil {
		t.Error(err)
		return
	}
	defer r.Close()
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes are read, want %d: %v", len(got), len(want), err)
	}
}

func TestShelf(t *testing.T) {
	dir := t.TempDir()
	d := disk(t, dir, plenty)
	s, oak := on(t, d, elm), on(t, d, hashOf("oak street"))
	a, file := added(t, s, 100_000)
	b, _ := added(t, s, 5)
	c, _ := added(t, oak, 7)
	if err := s.Add(a, file); err != nil {
		t.Errorf("once more: %v", err)
	}
	check := func(when string, held, not []wire.Blob) {
		t.Helper()
		for _, b := range held {
			if !s.Has(b.Address, b.Length) {
				t.Errorf("%s: a file is not here", when)
			}
		}
		for _, b := range not {
			if _, err := s.Open(b); !errors.Is(err, nvr.ErrNotFound) || s.Has(b.Address, b.Length) {
				t.Errorf("%s: there is a file: %v", when, err)
			}
		}
		if total := bytesIn(t, dir); d.Used() != total || s.Used() != bytesIn(t, s.dir) {
			t.Errorf("%s: %d bytes are counted, %d of the shelf, of %d", when, d.Used(), s.Used(), total)
		}
	}
	longer := a
	longer.Length++
	check("added", []wire.Blob{a, b}, []wire.Blob{c, longer})

	r, err := s.Open(a)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Remove(a.Address, hashOf("what is not here")); err != nil {
		t.Fatal(err)
	}
	check("removed", []wire.Blob{b}, []wire.Blob{a, c})
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, content(100_000)) {
		t.Errorf("who has begun to read reads %d bytes, %v", len(got), err)
	}
	r.Close()

	d = disk(t, dir, plenty)
	s = on(t, d, elm)
	check("started anew", []wire.Blob{b}, []wire.Blob{a, c})
	a, _ = added(t, s, 9)
	n, err := s.Sweep(func(address wire.Hash) bool { return address == a.Address })
	if n != 1 || err != nil {
		t.Errorf("%d files are swept away, %v", n, err)
	}
	check("swept", []wire.Blob{a}, []wire.Blob{b, c})

	if err := errors.Join(d.Forget(hashOf("oak street")), d.Forget(hashOf("nowhere"))); err != nil {
		t.Fatal(err)
	}
	check("forgotten", []wire.Blob{a}, []wire.Blob{c})
	if names, err := os.ReadDir(dir); err != nil || len(names) != 1 {
		t.Errorf("what is left of the other neighborhood: %v, %v", names, err)
	}
}

// What is on disk is nothing but what was sealed, and for nobody else to read.
func TestOnlySealed(t *testing.T) {
	s := shelf(t, t.TempDir())
	plain := bytes.Repeat([]byte("the cat came home "), 10_000)
	file, b := sealed(t, plain)
	if err := s.Add(b, file); err != nil {
		t.Fatal(err)
	}
	reads(t, s, b, plain)
	info, err := os.Stat(s.name(b.Address, false))
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	on, err := os.ReadFile(s.name(b.Address, false))
	if err != nil || bytes.Contains(on, plain[:16]) || bytes.Contains(on, b.Key[:]) || !bytes.HasSuffix(on, file) {
		t.Errorf("on disk is more than the sealed file: %v", err)
	}
}

// A start removes what can't be a file, and nothing that is not its own.
func TestHeal(t *testing.T) {
	dir := t.TempDir()
	s := shelf(t, dir)
	a, _ := added(t, s, 70_000)
	name := func(i int) string { return hashOf(fmt.Sprint(i)).String() }
	const own = "owner's notes.txt"
	for file, size := range map[string]int{
		name(1): 0, name(2): 48, name(3): perChunk + 48, name(4) + suffix: 0, name(5) + suffix: 31, name(6) + suffix: 1000, own: 3,
	} {
		if err := os.WriteFile(filepath.Join(s.dir, file), make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "other"), []byte("other"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := disk(t, dir, plenty)
	s = on(t, d, elm)
	files, err := os.ReadDir(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range files {
		got = append(got, f.Name())
	}
	// A file of a thousand bytes may be one that was being fetched.
	if want := []string{a.Address.String(), name(6) + suffix, own}; len(got) != 3 || !strings.Contains(strings.Join(got, " "), want[1]) {
		t.Errorf("what is left is %v, want %v", got, want)
	}
	reads(t, s, a, content(70_000))
	if want := sizeOf(a.Length) + 1000; d.Used() != want {
		t.Errorf("%d bytes are counted, want %d", d.Used(), want)
	}
	if _, err := OpenDisk(filepath.Join(dir, "other"), plenty); err == nil {
		t.Error("a file is opened as a directory")
	}
}

func TestSizes(t *testing.T) {
	sizes := map[int64]uint32{}
	for _, n := range append(lengths, 17, 70_000) {
		length := wire.Sealed(uint32(n))
		sizes[sizeOf(length)] = length
		if got, ok := lengthOf(sizeOf(length)); !ok || got != length {
			t.Errorf("%d bytes on disk are a file of %d, want %d", sizeOf(length), got, length)
		}
	}
	for _, none := range []int64{-1, 0, 1, 48, int64(perChunk) + 1, int64(perChunk) + 48, sizeOf(wire.Sealed(wire.MaxClip)) + 1, 1 << 40} {
		if got, ok := lengthOf(none); ok {
			t.Errorf("%d bytes on disk are a file of %d", none, got)
		}
	}
}

// Limits are of what is written, also of what is being fetched.
func TestLimits(t *testing.T) {
	size := sizeOf(wire.Sealed(100_000))
	for _, c := range []struct {
		name   string
		limits Limits
		elm    int // files that the first neighborhood may lay down
		oak    int // and then the second
	}{
		{"neighborhood", Limits{Neighborhood: 3 * size, Total: 100 * size}, 3, 3},
		{"neighborhood, less a byte", Limits{Neighborhood: 3*size - 1, Total: 100 * size}, 2, 2},
		{"total", Limits{Neighborhood: 3 * size, Total: 4 * size}, 3, 1},
		{"floor", Limits{Neighborhood: 3 * size, Total: 4 * size, Floor: 1 << 60}, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := disk(t, t.TempDir(), c.limits)
			lay := func(s *Shelf) (n int, held []wire.Blob) {
				for ; n < 10; n++ {
					file, b := sealed(t, content(100_000))
					if err := s.Add(b, file); err != nil {
						if !errors.Is(err, ErrFull) {
							t.Errorf("it is refused for %v", err)
						}
						break
					}
					held = append(held, b)
				}
				return n, held
			}
			s := on(t, d, elm)
			n, held := lay(s)
			m, _ := lay(on(t, d, hashOf("oak street")))
			if n != c.elm || m != c.oak {
				t.Errorf("there is room for %d and %d files, want %d and %d", n, m, c.elm, c.oak)
			}
			if d.Used() != int64(n+m)*size || d.Used() != bytesIn(t, d.dir) {
				t.Errorf("%d bytes are counted, %d there", d.Used(), bytesIn(t, d.dir))
			}
			for _, b := range held {
				reads(t, s, b, content(100_000))
			}
			if n == 0 {
				return
			}
			// What goes makes room.
			if err := s.Remove(held[0].Address); err != nil {
				t.Fatal(err)
			}
			if n, _ := lay(s); n != 1 {
				t.Errorf("after one went there is room for %d", n)
			}
		})
	}
}

// Whoever pulls the plug while a file comes finds the chunks that had come, and
// only those: whatever of the others the disk has written.
func TestCrash(t *testing.T) {
	for seed := range uint64(40) {
		w := rand.New(rand.NewPCG(seed, 0))
		dir := t.TempDir()
		s := shelf(t, dir)
		plain := content(1 + w.IntN(20*wire.ChunkLen))
		file, b := sealed(t, plain)
		hashes := hashesOf(file)
		p, err := s.begin(b.Address, b.Length)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.list(hashes); err != nil {
			t.Fatal(err)
		}
		some := w.IntN(len(hashes)) // all but one at most
		for i := range some {
			from, n := extent(b.Length, i)
			if err := p.put(i, file[from:from+n]); err != nil {
				t.Fatal(err)
			}
		}
		p.release()

		// The power goes: of what was not synced, any may be lost.
		name := s.name(b.Address, true)
		on, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		torn := map[int]bool{}
		for i := range hashes {
			if from, n := place(b.Length, i); w.IntN(3) == 0 {
				torn[i] = true
				clear(on[from+int64(w.IntN(n)):][:1]) // may be 0 as it was
				if w.IntN(2) == 0 {
					clear(on[from : from+int64(n)])
				}
			}
		}
		lost := w.IntN(4)
		switch lost {
		case 0:
			clear(on[:32]) // its hashes
		case 1:
			on = on[:w.IntN(len(on))] // its length
		}
		if err := os.WriteFile(name, on, 0o600); err != nil {
			t.Fatal(err)
		}

		s = shelf(t, dir)
		if s.Has(b.Address, b.Length) {
			t.Fatal("half a file is here")
		}
		if p, err = s.begin(b.Address, b.Length); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if lost > 1 {
			for i := range some {
				if !torn[i] && !p.have[i] {
					t.Errorf("seed %d: chunk %d had come, and is not here", seed, i)
				}
			}
		}
		if err := p.list(hashes); err != nil {
			t.Fatal(err)
		}
		for p.left > 0 {
			first, count := p.missing()
			for i := first; i < first+count; i++ {
				from, n := extent(b.Length, i)
				if err := p.put(i, file[from:from+n]); err != nil {
					t.Fatal(err)
				}
			}
		}
		p.release()
		reads(t, s, b, plain)
		if s.Used() != bytesIn(t, dir) {
			t.Errorf("seed %d: %d bytes are counted, %d there", seed, s.Used(), bytesIn(t, dir))
		}
	}
}

// All chunks had come and the file had no name yet.
func TestCrashBeforeName(t *testing.T) {
	dir := t.TempDir()
	s := shelf(t, dir)
	b, file := added(t, s, 100_000)
	if err := os.Rename(s.name(b.Address, false), s.name(b.Address, true)); err != nil {
		t.Fatal(err)
	}
	s = shelf(t, dir)
	if s.Has(b.Address, b.Length) {
		t.Error("it is here before anybody looked at it")
	}
	if err := s.Add(b, file); err != nil {
		t.Fatal(err)
	}
	reads(t, s, b, content(100_000))
}

// A file that is shorter than it was is not here, and can be had again.
func TestCut(t *testing.T) {
	dir := t.TempDir()
	s := shelf(t, dir)
	b, file := added(t, s, 100_000)
	for _, size := range []int64{50_000, int64(perChunk) + 49, 10} {
		if err := os.Truncate(s.name(b.Address, false), size); err != nil {
			t.Fatal(err)
		}
		s = shelf(t, dir)
		if s.Has(b.Address, b.Length) {
			t.Errorf("cut to %d bytes it is here", size)
		}
		if err := s.Add(b, file); err != nil {
			t.Errorf("cut to %d bytes: %v", size, err)
		}
		reads(t, s, b, content(100_000))
		if s.Used() != sizeOf(b.Length) {
			t.Errorf("cut to %d bytes: %d are counted", size, s.Used())
		}
	}
}

// Nobody gets a file of one address and another length, or the same file twice at a time.
func TestBegin(t *testing.T) {
	dir := t.TempDir()
	s := shelf(t, dir)
	file, b := sealed(t, content(100_000))
	p, err := s.begin(b.Address, b.Length)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.begin(b.Address, b.Length); !errors.Is(err, nvr.ErrBusy) {
		t.Errorf("the same again: %v", err)
	}
	if err := p.list(hashesOf(file)[:1]); !errors.Is(err, nvr.ErrDamaged) {
		t.Errorf("a list cut short: %v", err)
	}
	p.release()
	// Who names another length, before anything has come, does not keep it away.
	if p, err = s.begin(b.Address, b.Length-1); err != nil {
		t.Fatal(err)
	}
	if err := p.list(hashesOf(file)); !errors.Is(err, nvr.ErrDamaged) {
		t.Errorf("the list of a file that is longer: %v", err)
	}
	p.release()
	if p, err = s.begin(b.Address, b.Length); err != nil {
		t.Fatal(err)
	}
	if err := p.list(hashesOf(file)); err != nil {
		t.Fatal(err)
	}
	if err := p.put(1, file[:wire.SealedChunk]); !errors.Is(err, nvr.ErrDamaged) {
		t.Errorf("a chunk in another's place: %v", err)
	}
	if err := p.put(0, file[:wire.SealedChunk]); err != nil {
		t.Fatal(err)
	}
	p.release()
	if s.partials[b.Address] != p {
		t.Error("what was verified is verified again")
	}
	for _, length := range []uint32{b.Length - 1, b.Length + 1, 0, 16} {
		if _, err := s.begin(b.Address, length); !errors.Is(err, nvr.ErrInvalid) {
			t.Errorf("%d of %d bytes, some of which are here: %v", length, b.Length, err)
		}
		if _, err := shelf(t, dir).begin(b.Address, length); !errors.Is(err, nvr.ErrInvalid) {
			t.Errorf("%d of %d bytes, some of which are here from before: %v", length, b.Length, err)
		}
	}
	if err := s.Add(b, file); err != nil {
		t.Fatal(err)
	}
	if s.Has(b.Address, uint32(sizeOf(b.Length))) || s.Has(b.Address, 0) {
		t.Error("there is a file of a length that no file has")
	}
	for length, kind := range map[uint32]error{b.Length: nvr.ErrExists, b.Length - 1: nvr.ErrInvalid} {
		if _, err := s.begin(b.Address, length); !errors.Is(err, kind) {
			t.Errorf("%d of %d bytes, which are here: %v", length, b.Length, err)
		}
	}
	// An author names two hashes of a file that has three chunks.
	hashes, length := hashesOf(file), uint32(2*wire.SealedChunk+100)
	if p, err = s.begin(wire.Address(length, hashes), length); err != nil {
		t.Fatal(err)
	}
	if err := p.list(hashes); !errors.Is(err, nvr.ErrDamaged) {
		t.Errorf("two hashes for three chunks: %v", err)
	}
	p.release()
	if len(s.partials) != 0 {
		t.Errorf("%d files are remembered that are not being fetched", len(s.partials))
	}
}

// What is taken back while it comes does not come back.
func TestRemovedMeanwhile(t *testing.T) {
	file, b := sealed(t, content(100_000))
	for steps := range 3 { // before its hashes, before its first chunk, before its last
		dir := t.TempDir()
		s := shelf(t, dir)
		p, err := s.begin(b.Address, b.Length)
		if err != nil {
			t.Fatal(err)
		}
		remove := func(at int) {
			if at == steps {
				if err := s.Remove(b.Address); err != nil {
					t.Fatal(err)
				}
			}
		}
		remove(0)
		err = p.list(hashesOf(file))
		remove(1)
		if err == nil {
			err = p.put(0, file[:wire.SealedChunk])
		}
		remove(2)
		if err == nil {
			err = p.put(1, file[wire.SealedChunk:])
		}
		p.release()
		if !errors.Is(err, nvr.ErrNotFound) {
			t.Errorf("step %d: %v", steps, err)
		}
		if n := bytesIn(t, dir); n != 0 || s.Used() != 0 {
			t.Errorf("step %d: %d bytes are left, %d counted", steps, n, s.Used())
		}
		if err := s.Add(b, file); err != nil {
			t.Errorf("step %d: and again: %v", steps, err)
		}
	}
}

// Many lay down, read, and remove at once.
func TestConcurrent(t *testing.T) {
	dir := t.TempDir()
	s := shelf(t, dir)
	stays, _ := added(t, s, 200_000)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 10 {
				file, b, err := Seal(content(50_000 + i*10_000))
				if err == nil {
					err = s.Add(b, file)
				}
				if err != nil {
					t.Error(err)
					return
				}
				reads(t, s, b, content(50_000+i*10_000))
				reads(t, s, stays, content(200_000))
				if err := s.Remove(b.Address); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if s.Used() != sizeOf(stays.Length) || bytesIn(t, dir) != s.Used() {
		t.Errorf("%d bytes are counted, %d there", s.Used(), bytesIn(t, dir))
	}
}

// Whoever is killed has on disk what was confirmed, and no half file is one.
func TestKilled(t *testing.T) {
	const inside = "STOOP_TEST_MEDIA"
	if dir := os.Getenv(inside); dir != "" {
		s := shelf(t, dir)
		for i := 0; ; i++ {
			file, b := seal(hashOf(fmt.Sprint(i)), content(300_000))
			if err := s.Add(b, file); err != nil {
				t.Fatal(err)
			}
			fmt.Println("kept", i)
		}
	}
	dir := t.TempDir()
	for round := range 3 {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilled$")
		cmd.Env = append(os.Environ(), inside+"="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		last := -1
		for range 3 + 5*round {
			if _, err := fmt.Fscanf(out, "kept %d\n", &last); err != nil {
				t.Fatal(err)
			}
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for {
			if _, err := fmt.Fscanf(out, "kept %d\n", &last); err != nil {
				break
			}
		}
		_ = cmd.Wait() // it was killed
		s := shelf(t, dir)
		for i := range last + 2 {
			file, b := seal(hashOf(fmt.Sprint(i)), content(300_000))
			if i <= last || s.Has(b.Address, b.Length) {
				reads(t, s, b, content(300_000))
			} else if err := s.Add(b, file); err != nil {
				t.Error(err)
			}
		}
		if s.Used() != bytesIn(t, dir) {
			t.Errorf("%d bytes are counted, %d there", s.Used(), bytesIn(t, dir))
		}
	}
}

// A full disk takes no new media, in words, and keeps what was confirmed; the
// floor stays free before that. With room again it goes on where it was.
func TestDiskFull(t *testing.T) {
	const inside = "STOOP_TEST_SMALL_DISK"
	mount := os.Getenv(inside)
	if mount == "" {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestDiskFull$", "-test.v")
		cmd.Env = append(os.Environ(), inside+"="+t.TempDir())
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
			UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	if err := unix.Mount("tmpfs", mount, "tmpfs", 0, "size=4m"); err != nil {
		t.Fatal(err)
	}
	free := func() int64 {
		var at unix.Statfs_t
		if err := unix.Statfs(mount, &at); err != nil {
			t.Fatal(err)
		}
		return int64(at.Bavail) * int64(at.Bsize) //nolint:unconvert // 32 bits on some machines
	}
	plain := content(500_000)
	var held []wire.Blob
	fill := func(l Limits) *Shelf {
		s := on(t, disk(t, mount, l), elm)
		for {
			file, b := sealed(t, plain)
			err := s.Add(b, file)
			if err == nil {
				held = append(held, b)
				continue
			}
			if !errors.Is(err, ErrFull) || !strings.Contains(err.Error(), "no room") {
				t.Errorf("it is refused for %v", err)
			}
			if left := bytesIn(t, mount); left != int64(len(held))*sizeOf(b.Length) || s.Used() != left {
				t.Errorf("%d bytes are left, %d are counted, of %d files", left, s.Used(), len(held))
			}
			return s
		}
	}
	limits := plenty
	limits.Floor = 1 << 20
	fill(limits)
	if n := len(held); n < 3 || free() < limits.Floor {
		t.Errorf("after %d files %d bytes are free", n, free())
	}
	s := fill(plenty) // to the last byte
	if free() > sizeOf(wire.Sealed(uint32(len(plain)))) {
		t.Errorf("%d bytes are free", free())
	}
	for _, b := range held {
		reads(t, s, b, plain)
	}
	// The disk fills while a file is being fetched, which another program may do.
	if err := s.Remove(held[0].Address); err != nil {
		t.Fatal(err)
	}
	held = held[1:]
	file, b := sealed(t, plain)
	p, err := s.begin(b.Address, b.Length)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(p.list(hashesOf(file)), p.put(0, file[:wire.SealedChunk])); err != nil {
		t.Fatal(err)
	}
	s.disk.limits.Floor = free()
	if err := p.put(1, file[wire.SealedChunk:2*wire.SealedChunk]); !errors.Is(err, ErrFull) || free() < s.disk.limits.Floor {
		t.Errorf("a chunk below the floor: %v", err)
	}
	filler := filepath.Join(mount, "filler")
	if err := os.WriteFile(filler, make([]byte, free()), 0o600); err != nil {
		t.Fatal(err)
	}
	s.disk.limits.Floor = -1 << 40 // nobody looks: the kernel says it
	if err := p.put(1, file[wire.SealedChunk:2*wire.SealedChunk]); !errors.Is(err, ErrFull) || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("a chunk on a full disk: %v", err)
	}
	p.release()
	s = on(t, disk(t, mount, plenty), elm) // also after a new start on the full disk
	for _, b := range held {
		reads(t, s, b, plain)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if p, err = s.begin(b.Address, b.Length); err != nil || !p.have[0] || p.left != len(p.have)-1 {
		t.Fatalf("the chunk that came is gone, or more is there: %v", err)
	}
	p.release()
	if err := s.Add(b, file); err != nil {
		t.Errorf("with room again: %v", err)
	}
	for _, b := range append(held, b) {
		reads(t, s, b, plain)
	}
}

// Whatever lies on disk for a file that is being fetched.
func FuzzPartial(f *testing.F) {
	file, b := seal(hashOf("key"), content(100_000))
	s := shelf(f, f.TempDir())
	if err := s.Add(b, file); err != nil {
		f.Fatal(err)
	}
	whole, err := os.ReadFile(s.name(b.Address, false))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:len(whole)-1])
	f.Add(append([]byte{}, make([]byte, len(whole))...))
	f.Add(append(bytes.Clone(whole[:64]), make([]byte, len(whole)-64)...))
	f.Fuzz(func(t *testing.T, on []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(shelf(t, dir).name(b.Address, true), on, 0o600); err != nil {
			t.Fatal(err)
		}
		s := shelf(t, dir)
		if err := s.Add(b, file); err != nil {
			t.Fatal(err)
		}
		reads(t, s, b, content(100_000))
		if s.Used() != sizeOf(b.Length) {
			t.Errorf("%d bytes are counted", s.Used())
		}
	})
}
