package footage

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"nvrd/pkg/nvr"
)

func TestFileExists(t *testing.T) {
	each(t, func(t *testing.T, d *Directory) {
		first, header := d.Create(origin(), initSegment)
		second, _ := d.Create(origin(), initSegment)
		if err := second.Append(fragment(0)); err != nil {
			t.Error(err)
		}
		if r := seal(t, second); !errors.Is(r.Err, fs.ErrExist) || r.Durable != 0 || ReasonOf(r.Err) != nvr.DiskError {
			t.Errorf("the second file of a name is %+v", r)
		} else if strings.Contains(r.Err.Error(), d.path) {
			t.Errorf("the reason of a gap names a file, so each has its own: %v", r.Err)
		}
		if r := seal(t, first); r.Err != nil || r.Durable != header {
			t.Errorf("the first file of a name is %+v, want %d bytes", r, header)
		}
	})
}

// A disk that is gone must not be written to under another name.
func TestDirectoryGone(t *testing.T) {
	each(t, func(t *testing.T, d *Directory) {
		if err := os.RemoveAll(d.path); err != nil {
			t.Fatal(err)
		}
		f, _ := d.Create(origin(), initSegment)
		if r := seal(t, f); !errors.Is(r.Err, nvr.ErrNotFound) || r.Durable != 0 || ReasonOf(r.Err) != nvr.DiskMissing {
			t.Errorf("a file on a disk that is gone is %+v", r)
		}
		if _, err := os.Stat(d.path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the directory was made anew: %v", err)
		}
	})
}

// A file whose folder entry cannot be made durable is not durable.
func TestFolderGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirectory(t, false)
		defer d.Close()
		f, _ := d.Create(origin(), initSegment)
		synctest.Wait()
		if err := os.RemoveAll(filepath.Join(d.path, "1")); err != nil {
			t.Fatal(err)
		}
		if r := seal(t, f); r.Err == nil || r.Durable != 0 {
			t.Errorf("a file in a folder that is gone is %+v, want nothing to be durable", r)
		}
	})
}

// A disk that does not keep up holds back so much and no more, and nothing
// that was taken is lost.
func TestBacklog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirectory(t, true)
		defer d.Close()
		held, release := make(chan bool), make(chan bool)
		stuck, _ := d.Create(Origin{Stream: nvr.StreamID{Camera: 9}, Start: noon}, initSegment)
		stuck.Seal(func(Result) {
			close(held)
			<-release
		})
		<-held
		f, header := d.Create(origin(), initSegment)
		chunk := make([]byte, 1<<20)
		n := int64(0)
		for ; n < 100; n++ {
			if err := f.Append([][]byte{chunk}); err != nil {
				if !errors.Is(err, nvr.ErrBusy) || ReasonOf(err) != nvr.DiskSlow {
					t.Errorf("a disk that is behind is %v", err)
				}
				break
			}
		}
		if n != maxBacklog>>20-1 { // the header takes a little
			t.Errorf("%d MiB were taken, want %d", n, maxBacklog>>20-1)
		}
		close(release)
		synctest.Wait()
		if err := f.Append([][]byte{chunk}); err != nil {
			t.Errorf("a disk that has caught up is %v", err)
		}
		if r := seal(t, f); r.Err != nil || r.Durable != header+(n+1)<<20 {
			t.Errorf("%+v, want %d MiB", r, n+1)
		}
	})
}

// Writing to a disk that is full ends the file after its last whole movie
// fragment; what was there before stays, and is durable.
func TestDiskFull(t *testing.T) {
	const inside = "STOOP_TEST_SMALL_DISK"
	mount := os.Getenv(inside)
	if mount == "" {
		// A namespace of its own, in which anybody may mount a small disk.
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
	if err := unix.Mount("tmpfs", mount, "tmpfs", 0, "size=64k"); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(mount, "footage")
		if err := Create(path, home, UUID{3}); err != nil {
			t.Fatal(err)
		}
		d, err := Open(path, home, slog.New(slog.NewTextHandler(t.Output(), nil)))
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		if d.disk.whole {
			t.Error("tmpfs is said to sync as a whole")
		}
		f, durable := d.Create(origin(), initSegment)
		for n := range 100 {
			bufs := fragment(n)
			if err := f.Append(bufs); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if f.Err() != nil {
				break
			}
			durable += int64(len(bufs[0]) + len(bufs[1]))
		}
		r := seal(t, f)
		if !errors.Is(r.Err, syscall.ENOSPC) || ReasonOf(r.Err) != nvr.DiskFull || r.Durable != durable {
			t.Errorf("a full disk is %+v, want %d durable bytes", r, durable)
		}
		c, err := d.Read(porch, noon, nil)
		if err != nil || c.Segment.Bytes != durable || c.Damage != nil {
			t.Errorf("%d bytes are left, %v, %v, want %d", c.Segment.Bytes, err, c.Damage, durable)
		}
		if info, err := os.Stat(filepath.Join(path, name(porch, noon))); err != nil || info.Size() != durable {
			t.Errorf("the file has %d bytes, want %d: %v", info.Size(), durable, err)
		}
		next, _ := d.Create(Origin{Stream: porch, Run: 1, Start: noon + 1}, initSegment)
		if r := seal(t, next); ReasonOf(r.Err) != nvr.DiskFull && r.Err != nil {
			t.Errorf("a new file on a full disk is %+v", r)
		}
	})
}

// A file that can no longer be written takes nothing more, and says so.
func TestWriteFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirectory(t, true)
		defer d.Close()
		f, header := d.Create(origin(), initSegment)
		synctest.Wait()
		if err := f.f.Close(); err != nil { // as if the disk had gone away below it
			t.Fatal(err)
		}
		if err := f.Append(fragment(0)); err != nil {
			t.Fatal(err)
		}
		r := seal(t, f)
		if r.Err == nil || r.Durable != header || ReasonOf(r.Err) != nvr.DiskError {
			t.Errorf("a file that cannot be written is %+v", r)
		}
		if err := f.Append(fragment(1)); err != nil { // goes nowhere
			t.Error(err)
		}
	})
}

// TestClosed shows that a closed directory refuses footage, and does not lose
// what it took before.
func TestClosed(t *testing.T) {
	each(t, func(t *testing.T, d *Directory) {
		before, header := d.Create(origin(), initSegment)
		if err := before.Append(fragment(0)); err != nil {
			t.Fatal(err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if err := before.Append(fragment(1)); !errors.Is(err, fs.ErrClosed) {
			t.Errorf("footage after Close: %v", err)
		}
		if r := seal(t, before); r.Err != nil || r.Durable <= header {
			t.Errorf("footage from before Close is %+v", r)
		}
		after, _ := d.Create(Origin{Stream: porch, Run: nvr.RunID(noon), Start: noon.Add(time.Minute)}, initSegment)
		if err := after.Err(); !errors.Is(err, fs.ErrClosed) {
			t.Errorf("a file that begins after Close: %v", err)
		}
		if r := seal(t, after); !errors.Is(r.Err, fs.ErrClosed) || r.Durable != 0 {
			t.Errorf("a file that begins after Close is %+v", r)
		}
		synctest.Wait() // who told that it is sealed may not be done
		if n := d.unsealed.Load(); n != 0 {
			t.Errorf("%d files count as open", n)
		}
	})
}
