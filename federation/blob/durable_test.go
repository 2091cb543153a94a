package blob

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"

	"nvrd/federation/blob/exchange"
	"nvrd/federation/wire"
)

// journal is what was done to a disk, in order, and what it fails to do.
type journal struct {
	mu    sync.Mutex
	lines []string
	fails string // the beginning of a line
}

func (j *journal) did(what, name string) syscall.Errno {
	j.mu.Lock()
	defer j.mu.Unlock()
	line := what + " " + name
	if n := len(j.lines); n == 0 || j.lines[n-1] != line {
		j.lines = append(j.lines, line)
	}
	if j.fails != "" && strings.HasPrefix(line, j.fails) {
		return syscall.EIO
	}
	return 0
}

// fail has what begins so fail; nothing for an empty line.
func (j *journal) fail(line string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.fails = line
}

// take returns the journal up to now.
func (j *journal) take() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	lines := j.lines
	j.lines = nil
	return lines
}

// noted is a node of a file system that keeps a journal.
type noted struct {
	fs.LoopbackNode
	journal *journal
}

// name of a file or folder, short.
func (n *noted) name() string {
	switch path := n.Path(nil); {
	case path == "":
		return "disk"
	case len(path) == 64:
		return "shelf"
	case strings.HasSuffix(path, suffix):
		return "part"
	default:
		return "file"
	}
}

func (n *noted) Fsync(_ context.Context, f fs.FileHandle, flags uint32) syscall.Errno {
	if errno := n.journal.did("sync", n.name()); errno != 0 {
		return errno
	}
	return f.(fs.FileFsyncer).Fsync(context.Background(), flags)
}

func (n *noted) Rename(ctx context.Context, name string, parent fs.InodeEmbedder, to string, flags uint32) syscall.Errno {
	n.journal.did("rename", "part")
	return n.LoopbackNode.Rename(ctx, name, parent, to, flags)
}

func (n *noted) Unlink(ctx context.Context, name string) syscall.Errno {
	n.journal.did("remove", map[bool]string{true: "part", false: "file"}[strings.HasSuffix(name, suffix)])
	return n.LoopbackNode.Unlink(ctx, name)
}

func (n *noted) Mkdir(ctx context.Context, name string, mode uint32, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	n.journal.did("make", "shelf")
	return n.LoopbackNode.Mkdir(ctx, name, mode, out)
}

func (n *noted) OpendirHandle(ctx context.Context, flags uint32) (fs.FileHandle, uint32, syscall.Errno) {
	h, out, errno := n.LoopbackNode.OpendirHandle(ctx, flags)
	if errno != 0 {
		return nil, 0, errno
	}
	return folder{h.(stream3), n}, out, 0
}

type stream3 interface {
	fs.FileReaddirenter
	fs.FileReleasedirer
	fs.FileSeekdirer
}

// folder is one that was opened.
type folder struct {
	stream3
	node *noted
}

func (f folder) Fsyncdir(ctx context.Context, flags uint32) syscall.Errno {
	if errno := f.node.journal.did("sync", f.node.name()); errno != 0 {
		return errno
	}
	return f.stream3.(fs.FileFsyncdirer).Fsyncdir(ctx, flags)
}

// noting mounts a disk that keeps a journal.
func noting(t *testing.T) (string, *journal) {
	t.Helper()
	j := &journal{}
	var at syscall.Stat_t
	below, mount := t.TempDir(), t.TempDir()
	if err := syscall.Stat(below, &at); err != nil {
		t.Fatal(err)
	}
	root := &fs.LoopbackRoot{Path: below, Dev: uint64(at.Dev)} //nolint:unconvert // 32 bits on some machines
	root.NewNode = func(r *fs.LoopbackRoot, _ *fs.Inode, _ string, _ *syscall.Stat_t) fs.InodeEmbedder {
		return &noted{LoopbackNode: fs.LoopbackNode{RootData: r}, journal: j}
	}
	root.RootNode = root.NewNode(root, nil, "", &at)
	server, err := fs.Mount(mount, root.RootNode, &fs.Options{MountOptions: fuse.MountOptions{FsName: "noting", Name: "noting"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Unmount(); err != nil {
			t.Error(err)
		}
	})
	return mount, j
}

// What outlasts a power cut was synced before it had its name, and its name
// before anybody was told.
func TestDurable(t *testing.T) {
	dir, j := noting(t)
	did := func(what string, want ...string) {
		t.Helper()
		if got := j.take(); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	d, err := OpenDisk(dir, plenty)
	if err != nil {
		t.Fatal(err)
	}
	s := on(t, d, elm)
	did("a shelf", "make shelf", "sync disk")
	b, file := added(t, s, 100_000)
	did("add", "sync part", "rename part", "sync shelf")
	if err := s.Remove(b.Address); err != nil {
		t.Fatal(err)
	}
	did("remove", "remove file", "sync shelf")
	if err := d.Forget(elm); err != nil {
		t.Fatal(err)
	}
	if got := j.take(); len(got) == 0 || got[len(got)-1] != "sync disk" {
		t.Errorf("forget: %q", got)
	}
	// Of a sync that fails nobody knows what is on disk: such a file is not there.
	s = on(t, d, elm)
	for _, fails := range []string{"sync part", "sync shelf"} {
		j.fail(fails)
		if err := s.Add(b, file); !errors.Is(err, syscall.EIO) {
			t.Errorf("%s fails: %v", fails, err)
		}
		if j.fail(""); s.Has(b.Address, b.Length) || s.Used() != 0 || bytesIn(t, dir) != 0 {
			t.Errorf("%s fails, and the file is here: %d bytes, %d counted", fails, bytesIn(t, dir), s.Used())
		}
		if err := s.Add(b, file); err != nil {
			t.Errorf("and again, after %s: %v", fails, err)
		}
		reads(t, s, b, content(100_000))
		if err := s.Remove(b.Address); err != nil {
			t.Fatal(err)
		}
	}
	from := shelf(t, t.TempDir())
	if err := from.Add(b, file); err != nil {
		t.Fatal(err)
	}
	j.fail("sync part")
	if r, _, err := over(s, b, honest(from, leave)); r.Outcome != exchange.Failed || !errors.Is(err, syscall.EIO) || bytesIn(t, dir) != 0 || s.Used() != 0 {
		t.Errorf("it is fetched: %+v, %v; %d bytes are left, %d counted", r, err, bytesIn(t, dir), s.Used())
	}
	j.fail("")
	if r, _, err := over(s, b, honest(from, leave)); r.Outcome != exchange.Whole || r.Chunks != 2 {
		t.Errorf("and again: %+v, %v", r, err)
	}
	reads(t, s, b, content(100_000))
	j.fail("sync shelf")
	if err := s.Remove(b.Address); !errors.Is(err, syscall.EIO) {
		t.Errorf("what may come back is said to be gone: %v", err)
	}
	j.fail("sync disk")
	if _, err := d.Shelf(wire.Hash{1}); !errors.Is(err, syscall.EIO) {
		t.Errorf("a shelf that may go is given: %v", err)
	}
	if _, err := d.Shelf(wire.Hash{1}); !errors.Is(err, syscall.EIO) {
		t.Errorf("and again: %v", err)
	}
	if err := d.Forget(elm); !errors.Is(err, syscall.EIO) {
		t.Errorf("what may come back is said to be forgotten: %v", err)
	}
	j.fail("")
	if err := d.Forget(elm); err != nil {
		t.Errorf("and again: %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, elm.String())); err != nil || len(left) != 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}
