package find

import (
	"net/netip"
	"slices"
	"sync"
	"time"
)

const (
	// maxRefused is how often one question may have a password refused: by ONVIF and
	// by RTSP, which some cameras have different accounts for.
	maxRefused = 2
	// maxRefusals is how often in refusalsWithin all questions may: cameras shut out
	// an address after as few as five wrong passwords within half an hour.
	maxRefusals    = 2 * maxRefused
	refusalsWithin = 30 * time.Minute
	// maxMachines bounds of how many machines that is known; a home has fewer.
	maxMachines = 256
)

// refusals counts log-ins that machines refused of late. The zero value knows of
// none. It is safe for concurrent use.
type refusals struct {
	mu  sync.Mutex
	all []refusal // the oldest first
}

type refusal struct {
	machine netip.Addr
	at      time.Time
}

// of returns the times of a machine's refusals, the oldest first. mu is held.
func (r *refusals) of(machine netip.Addr) (times []time.Time) {
	r.all = slices.DeleteFunc(r.all, func(x refusal) bool { return time.Since(x.at) >= refusalsWithin })
	for _, x := range r.all {
		if x.machine == machine {
			times = append(times, x.at)
		}
	}
	return times
}

// wait returns how long nobody should log in at a machine: until it may refuse as
// often as one question might have it do.
func (r *refusals) wait(machine netip.Addr) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	times := r.of(machine)
	over := len(times) - (maxRefusals - maxRefused)
	if over <= 0 {
		return 0
	}
	return refusalsWithin - time.Since(times[over-1])
}

// add counts log-ins that a machine refused.
func (r *refusals) add(machine netip.Addr, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for range n {
		r.all = append(r.all, refusal{machine, time.Now()})
	}
	if over := len(r.all) - maxMachines*maxRefusals; over > 0 {
		r.all = slices.Delete(r.all, 0, over)
	}
}

// forget forgets those of a machine that let somebody in.
func (r *refusals) forget(machine netip.Addr) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = slices.DeleteFunc(r.all, func(x refusal) bool { return x.machine == machine })
}
