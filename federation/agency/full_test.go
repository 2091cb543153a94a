package agency

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"nvrd/federation/response"
	"nvrd/federation/wire"
)

// A full disk is said to be full. What was taken and published before is there, what
// was not is not, and with room again all goes on.
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
	if err := unix.Mount("tmpfs", mount, "tmpfs", 0, "size=3m"); err != nil {
		t.Fatal(err)
	}
	ballast := filepath.Join(mount, "ballast")
	fill := func() {
		if err := os.WriteFile(ballast, bytes.Repeat([]byte("x"), 3<<20), 0o600); err == nil {
			t.Error("there was room")
		}
	}
	a, err := Init(t.Context(), mount, brigade)
	if err == nil {
		err = a.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	fill()
	if _, err := Open(t.Context(), mount); err == nil || !strings.Contains(err.Error(), "the disk is full") {
		t.Errorf("opened on a full disk: %v", err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if a, err = Open(t.Context(), mount); err != nil {
		t.Fatal(err)
	}
	asked, err := a.Ask(t.Context(), asks(a.now(), "26-1"))
	if err != nil {
		t.Fatal(err)
	}
	to, taken := current(t, a), -1
	for ; err == nil; taken++ {
		_, err = a.Take(t.Context(), response.Cut(seals(t, to, answers(a, asked, nil)))[0])
	}
	if taken < 3 || !strings.Contains(err.Error(), "the disk is full") {
		t.Errorf("after %d responses: %v", taken, err)
	}
	fill()
	published := 2
	if _, err := a.Tell(t.Context(), "Dry week", "No open fires.", wire.Day); err == nil {
		published++ // in the room that what was not taken left
	} else if !strings.Contains(err.Error(), "the disk is full") {
		t.Errorf("published on a full disk: %v", err)
	}
	_ = a.Close() // it has no room to tidy up
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	again, err := Open(t.Context(), mount)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if list, err := again.Inbox(t.Context()); err != nil || len(list) != taken {
		t.Errorf("%d responses of %d (%v)", len(list), taken, err)
	}
	if _, err := again.Tell(t.Context(), "Wet week", "No open fires.", wire.Day); err != nil {
		t.Error(err)
	}
	if p, err := again.Published(t.Context()); err != nil || len(p.All) != published+1 {
		t.Errorf("%d entries (%v)", len(p.All), err)
	}
}
