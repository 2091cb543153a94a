package prove_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"nvrd/pkg/nvr"
)

// imageBytes is the size of a disk: enough for a minute of eight cameras.
const imageBytes = 40 << 20

// TestLoopDevice records to ext4 on a loop device, whose file lies on a disk
// that keeps a journal, and asks for random instants: had the power been cut
// then, what would be found after ext4 has replayed its own journal? As on a
// disk with a cache, blocks that were not flushed are there or not in any order.
func TestLoopDevice(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can mount a loop device")
	}
	film := newFilm(t)
	disk := newMount(t)
	image := filepath.Join(disk.dir, "disk.img")
	if err := os.WriteFile(image, nil, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(image, imageBytes); err != nil {
		t.Fatal(err)
	}
	command(t, "mke2fs", "-q", "-t", "ext4", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0,nodiscard", image)
	dir, unmount := mountLoop(t, image)
	newHome(t, dir)
	command(t, "sync", "-f", dir)
	disk.newJournal()

	var cameras []nvr.StreamID
	for i := range 8 {
		cameras = append(cameras, nvr.StreamID{Camera: nvr.CameraID(i + 1)})
	}
	s := openStore(t, dir)
	film.show(s.sinks(t, cameras), time.Duration(often(6, 60))*time.Second, disk.note)
	journal := disk.journal() // the power is cut while it still records
	if err := s.close(); err != nil {
		t.Error(err)
	}
	unmount()

	random := rand.New(rand.NewPCG(5, 6))
	begins := slices.IndexFunc(journal, func(o op) bool { return o.Kind == opNote })
	cuts := []int{len(journal)}
	for range often(2, 20) - 1 {
		cuts = append(cuts, begins+random.IntN(len(journal)-begins))
	}
	slices.Sort(cuts)
	var lost losses
	m, at := newMedium(), 0
	handed := map[nvr.CameraID]int64{}
	for n, k := range cuts {
		for ; at < k; at++ {
			m.apply(journal[at])
			if o := journal[at]; o.Kind == opNote {
				handed[nvr.CameraID(o.Is)] = o.At
			}
		}
		found := scratch(t)
		if err := m.cut(found, newAdversary(n)); err != nil {
			t.Fatal(err)
		}
		dir, unmount := mountLoop(t, filepath.Join(found, "disk.img"))
		left := contract(t, dir, proof{film: film, plays: n == len(cuts)-1})
		unmount()
		lost = append(lost, film.lost(t, left, handed)...)
	}
	t.Logf("%d cuts in a journal of %d steps of ext4: %s", len(cuts), len(journal), lost)
	lost.within(t, powerBound)
}

// mountLoop mounts a file system in a file, until the function that it returns
// is called or the test ends. On a busy machine it was found busy once,
// with all of it closed: it is let go soon, or the test fails.
func mountLoop(t *testing.T, image string) (dir string, unmount func()) {
	t.Helper()
	dir = t.TempDir()
	command(t, "mount", "-o", "loop", image, dir)
	mounted := true
	unmount = func() {
		if mounted {
			mounted = false
			err := unix.Unmount(dir, 0)
			for until := time.Now().Add(10 * time.Second); errors.Is(err, unix.EBUSY) && time.Now().Before(until); {
				runtime.Gosched()
				err = unix.Unmount(dir, 0)
			}
			if err != nil {
				t.Fatalf("umount %s: %v", dir, err)
			}
		}
	}
	t.Cleanup(unmount)
	return dir, unmount
}

// command runs a program that must succeed.
func command(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}
