package camera

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"nvrd/pkg/nvr"
)

const (
	// maxRefusals is how often in refusalsWithin a machine may refuse a log-in: cameras
	// shut out an address after as few as five wrong passwords within half an hour.
	maxRefusals    = 4
	refusalsWithin = 30 * time.Minute
	// ownRefusals is how many of them nobody is at the keys for: a person who puts the
	// password right can be wrong twice more.
	ownRefusals = 2
	// maxMachines bounds of how many machines that is known; a home has fewer.
	maxMachines = 256
	// lookUpTime is how long the name of a machine may take to be looked up.
	lookUpTime = 2 * time.Second
)

// Refusals counts the log-ins that each machine of the home refused of late, whoever
// tried them and by whatever protocol: what a machine shuts out is this machine's
// address, which has one. A machine is named by its host, as an address has it; one
// that has a name is the same as its number.
//
// Each is on disk when whoever was refused goes on, if there is a [Store]: a program
// that is started again and again refuses itself as one that runs. Only one that is
// killed within the moment of a refusal, or whose disk fails, forgets it. What password
// it was is in memory alone.
//
// The zero value knows of none, and so does a nil one, which counts nothing. Its
// methods are safe for concurrent use.
type Refusals struct {
	lookUp func(ctx context.Context, network, host string) ([]netip.Addr, error) // nil means the machine's own
	store  Store                                                                 // nil for none
	log    *slog.Logger

	mu    sync.Mutex
	key   []byte            // of what is kept of passwords
	names map[string]string // numbers of machines that were named
	all   []refusal         // the oldest first
}

type refusal struct {
	machine string
	account [sha256.Size]byte // keyed hash of user and password; zero if they are not known
	at      time.Time
}

// Wait returns for how long a person should not log in at a machine; zero if one may.
func (r *Refusals) Wait(host string) time.Duration { return r.wait(host, maxRefusals) }

// own is Wait for what this program does by itself.
func (r *Refusals) own(host string) time.Duration { return r.wait(host, ownRefusals) }

func (r *Refusals) wait(host string, most int) time.Duration {
	if r == nil {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	times := r.of(r.known(host))
	over := len(times) - most
	if over < 0 {
		return 0
	}
	return refusalsWithin - time.Since(times[over].at)
}

// Add counts a log-in that a machine refused. It may take 2 s, to look up a name, and
// 2 s to write it down.
func (r *Refusals) Add(host, user, password string) { r.add(host, user, password, 0, "") }

// add is Add for a party that logs in with what is stored for a camera.
func (r *Refusals) add(host, user, password string, camera nvr.CameraID, party string) {
	if r == nil {
		return
	}
	x := nvr.Refusal{At: nvr.Now(), Machine: r.machine(host), Camera: camera, Party: party}
	if _, ok := numbered(host); !ok {
		x.Name = strings.ToLower(host)
	}
	r.mu.Lock()
	r.all = append(r.all, refusal{x.Machine, r.account(user, password), time.Now()})
	if over := len(r.all) - maxMachines*maxRefusals; over > 0 {
		r.all = slices.Delete(r.all, 0, over)
	}
	r.mu.Unlock()
	if x.Machine != "" {
		r.written(func(ctx context.Context) error { return r.store.AddRefusal(ctx, x) })
	}
}

// Tried tells whether a machine refused this very user and password within half an
// hour, and how long ago that was.
func (r *Refusals) Tried(host, user, password string) (ago time.Duration, ok bool) {
	if r == nil {
		return 0, false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	account := r.account(user, password)
	for _, x := range slices.Backward(r.of(r.known(host))) {
		if x.account == account && account != [sha256.Size]byte{} {
			return time.Since(x.at), true
		}
	}
	return 0, false
}

// Forget forgets the refusals of a machine, at which a person found the right
// password. What this program logs in with by itself is no reason to.
func (r *Refusals) Forget(host string) {
	if r == nil {
		return
	}
	r.mu.Lock()
	machine := r.known(host)
	before := len(r.all)
	r.all = slices.DeleteFunc(r.all, func(x refusal) bool { return x.machine == machine })
	forgot := len(r.all) < before
	r.mu.Unlock()
	if forgot {
		r.written(func(ctx context.Context) error { return r.store.ForgetRefusals(ctx, machine) })
	}
}

// of returns a machine's refusals, the oldest first. mu is held.
func (r *Refusals) of(machine string) (all []refusal) {
	r.all = slices.DeleteFunc(r.all, func(x refusal) bool { return time.Since(x.at) >= refusalsWithin })
	for _, x := range r.all {
		if x.machine == machine {
			all = append(all, x)
		}
	}
	return all
}

// account returns what is kept of user and password. mu is held.
func (r *Refusals) account(user, password string) (sum [sha256.Size]byte) {
	if user == "" {
		return sum
	}
	if r.key == nil {
		r.key = make([]byte, sha256.Size)
		rand.Read(r.key) // never fails
	}
	h := hmac.New(sha256.New, r.key)
	h.Write([]byte(user + "\x00" + password))
	return [sha256.Size]byte(h.Sum(nil))
}

// known returns what a machine is counted as, as far as that is known. mu is held.
func (r *Refusals) known(host string) string {
	if number, ok := numbered(host); ok {
		return number
	}
	name := strings.ToLower(host)
	if number := r.names[name]; number != "" {
		return number
	}
	return name
}

// machine is known for one that was just asked, so that looking up its name tells
// nobody anything.
func (r *Refusals) machine(host string) string {
	if number, ok := numbered(host); ok {
		return number
	}
	ctx, cancel := context.WithTimeout(context.Background(), lookUpTime)
	defer cancel()
	lookUp := r.lookUp
	if lookUp == nil {
		lookUp = net.DefaultResolver.LookupNetIP
	}
	all, err := lookUp(ctx, "ip", host)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil || len(all) == 0 {
		return r.known(host)
	}
	name, number := strings.ToLower(host), slices.MinFunc(all, netip.Addr.Compare).Unmap().String()
	for i, x := range r.all { // it could not be looked up before
		if x.machine == name {
			r.all[i].machine = number
		}
	}
	r.call(name, number)
	return number
}

// call notes what number a name has. mu is held.
func (r *Refusals) call(name, number string) {
	if name == "" || name == number {
		return
	}
	if r.names == nil || len(r.names) >= maxMachines {
		r.names = map[string]string{}
	}
	r.names[name] = number
}

// numbered returns the one way to write the number of a machine.
func numbered(host string) (string, bool) {
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return ip.Unmap().String(), err == nil
}
