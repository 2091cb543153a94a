package prove_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// op is one thing that was done to a disk.
type op struct {
	Kind opKind
	Node uint64 // what it was done to
	Name string // an entry of the directory Node
	To   string // its new name
	Is   uint64 // the node behind that entry; the camera of a note
	Dir  bool
	At   int64 // offset or length; the decode time of a note
	Data []byte
}

type opKind uint8

const (
	opMake opKind = iota
	opRemove
	opRename
	opWrite
	opTruncate
	opSync   // of a file or of a directory
	opForget // a sync that failed: the kernel drops what it was about
	opNote   // something that a test says about itself
)

// fault is what a disk suffers until it is given another one. The zero value
// is none.
type fault struct {
	On    string        // what fails: write, sync, create, any of these, or all, which is remove as well
	Files string        // the end of the names it concerns
	Errno syscall.Errno // what those get
	Times int           // how often; zero is without end
	Stall bool          // they wait until the fault is over, and then succeed
}

// order is what a test tells a disk by writing to its control file.
type order struct {
	Note       *op
	Fault      *fault
	NewJournal bool // everything there is by now is durable, and the journal begins here
	Quiet      bool // there is no journal from now on
}

// control is the name of that file. Reading it returns the journal.
const control = ".disk"

// disk is a file system in memory that keeps a journal. It is served by a
// process of its own: a program that faults on a mapped page of a file system
// which it serves itself can wait for itself.
type disk struct {
	root *node

	mu      sync.Mutex
	over    *sync.Cond // the fault is
	fault   fault
	quiet   bool
	journal []op
	nodes   uint64
}

// node is a file or a directory.
type node struct {
	fs.Inode
	disk *disk
	id   uint64
	name string
	data []byte
	made time.Time
}

// serveDisk serves a disk at dir until stdin ends.
func serveDisk(dir string) error {
	d := &disk{}
	d.over = sync.NewCond(&d.mu)
	d.root = d.node("")
	forever := 24 * time.Hour
	server, err := fs.Mount(dir, d.root, &fs.Options{
		// Names change only by this mount, so the kernel need not ask for them again.
		// If it did while one is renamed, the library would know the file by both.
		EntryTimeout: &forever,
		MountOptions: fuse.MountOptions{
			DirectMount: true, FsName: "prove", Name: "prove", DisableXAttrs: true, MaxWrite: 1 << 20,
		},
	})
	if err != nil {
		return err
	}
	d.root.AddChild(control, d.root.NewPersistentInode(context.Background(), &controls{disk: d}, fs.StableAttr{Mode: syscall.S_IFREG}), false)
	fmt.Println("ready")
	if _, err := io.Copy(io.Discard, bufio.NewReader(os.Stdin)); err != nil {
		return err
	}
	d.mu.Lock()
	d.fault = fault{}
	d.over.Broadcast()
	d.mu.Unlock()
	if server.Unmount() == nil {
		return nil
	}
	// Something still has a file open, such as a program that is being killed:
	// the mount goes when that does.
	return syscall.Unmount(dir, syscall.MNT_DETACH)
}

func (d *disk) node(name string) *node {
	d.nodes++
	return &node{disk: d, id: d.nodes, name: name, made: time.Now()}
}

// log adds to the journal. The shared memory of a database is no part of it:
// it is written whenever the kernel likes, and means nothing after a cut.
func (d *disk) log(n *node, o op) {
	if d.quiet || strings.HasSuffix(n.name, "-shm") || strings.HasSuffix(o.Name, "-shm") {
		return
	}
	d.journal = append(d.journal, o)
}

// suffer waits or fails as the fault wants it. d.mu is held.
func (d *disk) suffer(what, name string) syscall.Errno {
	for {
		f := &d.fault
		hit := (f.On == what || f.On == "any" && what != "remove" || f.On == "all") && strings.HasSuffix(name, f.Files) && !strings.HasSuffix(name, "-shm")
		if !hit {
			return 0
		}
		if f.Stall {
			d.over.Wait()
			continue
		}
		errno := f.Errno
		if f.Times > 0 {
			if f.Times--; f.Times == 0 {
				*f = fault{}
			}
		}
		return errno
	}
}

func (n *node) Getattr(_ context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	n.disk.mu.Lock()
	defer n.disk.mu.Unlock()
	n.attr(&out.Attr)
	return 0
}

func (n *node) attr(out *fuse.Attr) {
	out.Mode, out.Size, out.Nlink = 0o640, uint64(len(n.data)), 1
	if n.IsDir() {
		out.Mode = 0o750
	}
	out.Blocks = (out.Size + 511) / 512
	out.SetTimes(nil, &n.made, nil)
}

func (n *node) Statfs(_ context.Context, out *fuse.StatfsOut) syscall.Errno {
	out.Bsize, out.Frsize, out.NameLen = 4096, 4096, 255
	out.Blocks, out.Bfree, out.Bavail = 1<<28, 1<<27, 1<<27
	return 0
}

func (n *node) Setattr(_ context.Context, _ fs.FileHandle, in *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	n.disk.mu.Lock()
	defer n.disk.mu.Unlock()
	if size, ok := in.GetSize(); ok {
		if errno := n.disk.suffer("write", n.name); errno != 0 {
			return errno
		}
		n.data = resized(n.data, int(size))
		n.disk.log(n, op{Kind: opTruncate, Node: n.id, At: int64(size)})
	}
	n.attr(&out.Attr)
	return 0
}

func (n *node) Open(context.Context, uint32) (fs.FileHandle, uint32, syscall.Errno) {
	return nil, 0, 0
}

func (n *node) Read(_ context.Context, _ fs.FileHandle, dest []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	n.disk.mu.Lock()
	defer n.disk.mu.Unlock()
	if off >= int64(len(n.data)) {
		return fuse.ReadResultData(nil), 0
	}
	return fuse.ReadResultData(dest[:copy(dest, n.data[off:])]), 0
}

func (n *node) Write(_ context.Context, _ fs.FileHandle, data []byte, off int64) (uint32, syscall.Errno) {
	n.disk.mu.Lock()
	defer n.disk.mu.Unlock()
	if errno := n.disk.suffer("write", n.name); errno != 0 {
		return 0, errno
	}
	if end := int(off) + len(data); end > len(n.data) {
		n.data = resized(n.data, end)
	}
	copy(n.data[off:], data)
	if !n.disk.quiet {
		n.disk.log(n, op{Kind: opWrite, Node: n.id, At: off, Data: bytes.Clone(data)})
	}
	return uint32(len(data)), 0
}

func (n *node) Fsync(context.Context, fs.FileHandle, uint32) syscall.Errno {
	n.disk.mu.Lock()
	defer n.disk.mu.Unlock()
	errno := n.disk.suffer("sync", n.name)
	kind := opSync
	if errno != 0 {
		kind = opForget
	}
	n.disk.log(n, op{Kind: kind, Node: n.id})
	return errno
}

func (n *node) Create(ctx context.Context, name string, _, _ uint32, out *fuse.EntryOut) (*fs.Inode, fs.FileHandle, uint32, syscall.Errno) {
	inode, errno := n.add(ctx, name, syscall.S_IFREG, &out.Attr)
	return inode, nil, 0, errno
}

func (n *node) Mkdir(ctx context.Context, name string, _ uint32, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	return n.add(ctx, name, syscall.S_IFDIR, &out.Attr)
}

func (n *node) add(ctx context.Context, name string, mode uint32, out *fuse.Attr) (*fs.Inode, syscall.Errno) {
	d := n.disk
	d.mu.Lock()
	defer d.mu.Unlock()
	if errno := d.suffer("create", name); errno != 0 {
		return nil, errno
	}
	child := d.node(name)
	inode := n.NewPersistentInode(ctx, child, fs.StableAttr{Mode: mode})
	child.attr(out)
	d.log(n, op{Kind: opMake, Node: n.id, Name: name, Is: child.id, Dir: mode == syscall.S_IFDIR})
	return inode, 0
}

func (n *node) Unlink(_ context.Context, name string) syscall.Errno {
	n.disk.mu.Lock()
	defer n.disk.mu.Unlock()
	if errno := n.disk.suffer("remove", name); errno != 0 {
		return errno
	}
	n.disk.log(n, op{Kind: opRemove, Node: n.id, Name: name})
	return 0
}

func (n *node) Rmdir(ctx context.Context, name string) syscall.Errno {
	if child := n.GetChild(name); child != nil && len(child.Children()) > 0 {
		return syscall.ENOTEMPTY
	}
	return n.Unlink(ctx, name)
}

func (n *node) Rename(_ context.Context, name string, parent fs.InodeEmbedder, to string, flags uint32) syscall.Errno {
	n.disk.mu.Lock()
	defer n.disk.mu.Unlock()
	if errno := n.disk.suffer("remove", name); errno != 0 {
		return errno
	}
	child, ok := n.GetChild(name).Operations().(*node)
	target, known := parent.(*node)
	if !ok || !known || flags != 0 {
		return syscall.EINVAL // nothing that is proved here does that
	}
	child.name = to
	if target == n {
		n.disk.log(n, op{Kind: opRename, Node: n.id, Name: name, To: to, Is: child.id})
		return 0
	}
	n.disk.log(target, op{Kind: opMake, Node: target.id, Name: to, Is: child.id, Dir: child.IsDir()})
	n.disk.log(n, op{Kind: opRemove, Node: n.id, Name: name})
	return 0
}

// resized returns b with the given length; what is new is zero.
func resized(b []byte, size int) []byte {
	if size <= len(b) {
		clear(b[size:])
		return b[:size]
	}
	return slices.Grow(b, size-len(b))[:size]
}

// controls is the control file.
type controls struct {
	fs.Inode
	disk *disk
}

func (c *controls) Getattr(_ context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	out.Mode = 0o600
	return 0
}

// Open takes the journal as it is.
func (c *controls) Open(context.Context, uint32) (fs.FileHandle, uint32, syscall.Errno) {
	c.disk.mu.Lock()
	defer c.disk.mu.Unlock()
	return &snapshot{journal: slices.Clone(c.disk.journal)}, fuse.FOPEN_DIRECT_IO, 0
}

func (c *controls) Write(_ context.Context, _ fs.FileHandle, data []byte, _ int64) (uint32, syscall.Errno) {
	var cmd order
	if err := json.Unmarshal(data, &cmd); err != nil {
		return 0, syscall.EINVAL
	}
	d := c.disk
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case cmd.Note != nil:
		d.journal = append(d.journal, *cmd.Note)
	case cmd.Fault != nil:
		d.fault = *cmd.Fault
		d.over.Broadcast()
	case cmd.NewJournal:
		d.journal = nil
		d.root.describe()
	case cmd.Quiet:
		d.quiet, d.journal = true, nil
	}
	return uint32(len(data)), 0
}

// describe writes the journal of a disk that was always like this.
func (n *node) describe() {
	d := n.disk
	for off := 0; off < len(n.data); off += page {
		if part := n.data[off:min(off+page, len(n.data))]; bytes.ContainsFunc(part, func(r rune) bool { return r != 0 }) {
			d.log(n, op{Kind: opWrite, Node: n.id, At: int64(off), Data: bytes.Clone(part)})
		}
	}
	if !n.IsDir() {
		d.log(n, op{Kind: opTruncate, Node: n.id, At: int64(len(n.data))})
	}
	for name, inode := range n.Children() {
		if child, ok := inode.Operations().(*node); ok {
			d.log(n, op{Kind: opMake, Node: n.id, Name: name, Is: child.id, Dir: child.IsDir()})
			child.describe()
		}
	}
	d.log(n, op{Kind: opSync, Node: n.id})
}

// snapshot is the journal as it was when the control file was opened.
type snapshot struct {
	journal []op
	encoded []byte
}

func (s *snapshot) Read(_ context.Context, dest []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	if s.encoded == nil {
		var b bytes.Buffer
		if err := gob.NewEncoder(&b).Encode(s.journal); err != nil {
			return nil, syscall.EIO
		}
		s.encoded = b.Bytes()
	}
	if off >= int64(len(s.encoded)) {
		return fuse.ReadResultData(nil), 0
	}
	return fuse.ReadResultData(dest[:copy(dest, s.encoded[off:])]), 0
}

// controlOf returns the path of the control file of the disk at dir.
func controlOf(dir string) string { return filepath.Join(dir, control) }
