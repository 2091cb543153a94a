package ffmpeg

import (
	"os/exec"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// usage is what processes took of the machine. One that runs is asked for its time, since
// the kernel counts it to its parent only when it has ended, which a decoder of motion
// does not for days.
type usage struct {
	mu      sync.Mutex
	ended   time.Duration
	running map[*exec.Cmd]time.Duration // as last seen
}

// begin is told of a process that has started.
func (u *usage) begin(cmd *exec.Cmd) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.running == nil {
		u.running = map[*exec.Cmd]time.Duration{}
	}
	u.running[cmd] = 0
}

// end is told of one that was waited for.
func (u *usage) end(cmd *exec.Cmd) {
	u.mu.Lock()
	defer u.mu.Unlock()
	took := u.running[cmd]
	if s := cmd.ProcessState; s != nil {
		took = s.UserTime() + s.SystemTime()
	}
	u.ended += took
	delete(u.running, cmd)
}

func (u *usage) sum() time.Duration {
	u.mu.Lock()
	defer u.mu.Unlock()
	sum := u.ended
	for cmd, seen := range u.running {
		if took, ok := processTime(cmd.Process.Pid); ok { // else it has just ended
			u.running[cmd] = max(seen, took)
		}
		sum += u.running[cmd]
	}
	return sum
}

// processTime returns the CPU time of all threads of a process: the clock of
// clock_getcpuclockid(3), whose number Linux makes of that of the process.
func processTime(pid int) (time.Duration, bool) {
	const sched = 2
	var ts unix.Timespec
	if unix.ClockGettime(^int32(pid)<<3|sched, &ts) != nil { //nolint:gosec // process numbers have 22 bits
		return 0, false
	}
	return time.Duration(ts.Nano()), true
}

// CPU returns the time on processors, in user mode and in the kernel, of all that was
// started since the tool was found, also of what still runs. It never goes back.
func (t *Tool) CPU() time.Duration { return t.used.sum() }
