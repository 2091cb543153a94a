package ffmpeg

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// fence takes rights from the calling thread, and from what it starts, for
// good: to use the network, to look into other processes, and to open any file
// but programs and libraries. A kernel that knows no Landlock (before 5.13)
// leaves out the last of these.
func fence(program string) error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("give up privileges: %w", err)
	}
	// What this process was given open by whoever started it goes no further.
	if err := unix.CloseRange(3, ^uint(0), unix.CLOSE_RANGE_CLOEXEC); err != nil && !errors.Is(err, unix.ENOSYS) && !errors.Is(err, unix.EINVAL) {
		return fmt.Errorf("keep descriptors: %w", err)
	}
	if err := allowFiles(program); err != nil {
		return err
	}
	return denyCalls()
}

// What the dynamic linker needs, and nothing of anybody's.
var readable = []string{"/usr", "/lib", "/lib32", "/lib64", "/bin", "/nix/store", "/gnu/store", "/etc/ld.so.cache"}

// Rights of files in Landlock's first version (landlock(7)).
const (
	execute, readFile, readDir = unix.LANDLOCK_ACCESS_FS_EXECUTE, unix.LANDLOCK_ACCESS_FS_READ_FILE, unix.LANDLOCK_ACCESS_FS_READ_DIR
	allFileRights              = unix.LANDLOCK_ACCESS_FS_MAKE_SYM<<1 - 1
)

func allowFiles(program string) error {
	rules := unix.LandlockRulesetAttr{Access_fs: allFileRights}
	fd, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&rules)), unsafe.Sizeof(rules), 0)
	if slices.Contains([]error{unix.ENOSYS, unix.EOPNOTSUPP, unix.EPERM}, error(errno)) { // EPERM: a container that does not know it
		return nil
	}
	if errno != 0 {
		return fmt.Errorf("make rules for files: %w", errno)
	}
	defer unix.Close(int(fd))
	for _, path := range append(readable, filepath.Dir(program)) {
		if err := allow(int(fd), path); err != nil {
			return fmt.Errorf("allow %s: %w", path, err)
		}
	}
	if _, _, errno = unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, fd, 0, 0); errno != 0 {
		return fmt.Errorf("put rules for files in force: %w", errno)
	}
	return nil
}

func allow(rules int, path string) error {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	rule := unix.LandlockPathBeneathAttr{Parent_fd: int32(fd), Allowed_access: execute | readFile}
	if st.Mode&unix.S_IFMT == unix.S_IFDIR {
		rule.Allowed_access |= readDir
	}
	_, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(rules), unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&rule)), 0, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// denied are the system calls that decoding needs least.
var denied = []uint32{
	unix.SYS_SOCKET, unix.SYS_IO_URING_SETUP,
	unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV, unix.SYS_KILL,
}

// architectures are those whose numbers of system calls denied has.
var architectures = map[string]uint32{
	"amd64": unix.AUDIT_ARCH_X86_64, "arm64": unix.AUDIT_ARCH_AARCH64, "arm": unix.AUDIT_ARCH_ARM,
}

// x32 marks the other set of system calls of amd64; no other machine has
// numbers as high.
const x32 = 0x40000000

// denyCalls installs a filter (seccomp(2)): calls of another architecture and
// those in denied fail with EPERM.
func denyCalls() error {
	arch, ok := architectures[runtime.GOARCH]
	if !ok {
		return nil
	}
	const load, equal, above, give = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K, unix.BPF_RET | unix.BPF_K
	// struct seccomp_data: the call's number at 0, the architecture at 4.
	filter := []unix.SockFilter{
		{Code: load, K: 4},
		{Code: equal, K: arch, Jf: uint8(len(denied) + 3)},
		{Code: load, K: 0},
		{Code: above, K: x32, Jt: uint8(len(denied) + 1)},
	}
	for i, call := range denied {
		filter = append(filter, unix.SockFilter{Code: equal, K: call, Jt: uint8(len(denied) - i)})
	}
	filter = append(filter,
		unix.SockFilter{Code: give, K: unix.SECCOMP_RET_ALLOW},
		unix.SockFilter{Code: give, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)})
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	_, _, errno := unix.Syscall(unix.SYS_PRCTL, unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&program)))
	runtime.KeepAlive(filter)
	if errno != 0 {
		return fmt.Errorf("deny system calls: %w", errno)
	}
	return nil
}

// maxMemory is enough for H.264 of 8K with six references.
const maxMemory = 1 << 30

// confine limits a process that has just been started.
func confine(pid int) error {
	for _, l := range []struct {
		what  int
		limit uint64
	}{
		{unix.RLIMIT_DATA, maxMemory},
		{unix.RLIMIT_CPU, uint64(4 * maxRun.Seconds())},
		{unix.RLIMIT_FSIZE, 0}, // pipes have no size
		{unix.RLIMIT_CORE, 0},
		{unix.RLIMIT_NOFILE, 64},
	} {
		if err := unix.Prlimit(pid, l.what, &unix.Rlimit{Cur: l.limit, Max: l.limit}, nil); err != nil {
			return fmt.Errorf("limit %d: %w", l.what, err)
		}
	}
	const nice = 15 // recording goes first
	if err := unix.Setpriority(unix.PRIO_PROCESS, pid, nice); err != nil {
		return fmt.Errorf("lower its priority: %w", err)
	}
	return nil
}
