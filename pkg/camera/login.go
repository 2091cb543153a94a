package camera

import (
	"strings"
	"sync"
	"time"

	"nvrd/pkg/nvr"
)

// lockout is how long nobody logs in after a wrong password. Cameras shut out
// an address after as few as five wrong passwords within half an hour.
const lockout = 5 * time.Minute

// LogIns is the budget of log-ins that one device gets from all that talk to
// it: each stream is a party to it, and so is whatever asks the device over
// another protocol. After a wrong password no party tries its own for 5
// minutes, and then one does for all; a party whose password was right when it
// was used last goes on, whatever becomes of the others. While the password of
// the party that asked first is wrong, only that one is tried.
//
// A budget outlives connections: it is for as long as address and password
// stay. The zero value is a budget that nothing was spent of, and that shares
// nothing. Its methods are safe for concurrent use.
type LogIns struct {
	refusals *Refusals // of all who log in at the machine; may be nil
	host     string
	camera   nvr.CameraID // whose stored passwords it is for

	mu      sync.Mutex
	first   string          // the party that asked first
	wrong   bool            // its password was, when it was used last
	proven  map[string]bool // parties whose password was right when it was used last
	refused time.Time       // when a password was wrong last, or is being tried again
	turn    string          // the party that does so
	changed chan struct{}   // closed, and made anew, with every change; nil until somebody waits
}

// NewLogIns returns a budget at a machine where others log in, too: what it refuses
// is counted for all of them, and nobody tries where it refused too often. It is for
// what is stored for a camera: what of that was refused in an earlier life of the
// program is not taken for a password that a person just stored.
func NewLogIns(r *Refusals, host string, camera nvr.CameraID) *LogIns {
	return &LogIns{refusals: r, host: host, camera: camera}
}

// At tells whether the budget is for the machine that a host names.
func (l *LogIns) At(host string) bool {
	mine, ok := numbered(l.host)
	its, too := numbered(host)
	return host != "" && (ok && too && mine == its || strings.EqualFold(l.host, host))
}

// May tells whether a party may log in now. If not, it should ask again after
// that time, or when changed is closed. Who may log in has to say what came of
// it: Accepted, Refused or Undecided.
func (l *LogIns) May(party string) (ok bool, in time.Duration, changed <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.first == "" {
		l.first = party
	}
	if l.changed == nil {
		l.changed = make(chan struct{})
	}
	if l.proven[party] || l.turn == party {
		return true, 0, nil
	}
	last := l.refused
	if last.IsZero() {
		last = l.refusals.earlier(l.camera, party)
	}
	left := lockout - time.Since(last)
	switch {
	case last.IsZero(): // a person stored this password
		left = l.refusals.Wait(l.host)
		return left == 0, left, l.changed
	case l.wrong && party != l.first:
		return false, lockout, l.changed
	}
	if left = max(left, l.refusals.own(l.host)); left > 0 {
		return false, left, l.changed
	}
	l.turn, l.refused = party, time.Now()
	return true, 0, nil
}

// Accepted says that the password of a party was right.
func (l *LogIns) Accepted(party string) {
	l.refusals.took(l.camera, party)
	l.tell(func() {
		if l.proven == nil {
			l.proven = map[string]bool{}
		}
		l.proven[party] = true
		if l.turn == party {
			l.turn, l.refused = "", time.Time{}
		}
		l.wrong = l.wrong && party != l.first
	})
}

// Refused says that the password of a party was wrong, also of one that did not
// ask: a person who tries one does not wait.
func (l *LogIns) Refused(party string) {
	l.refusals.add(l.host, "", "", l.camera, party)
	l.tell(func() {
		delete(l.proven, party)
		l.turn, l.refused = "", time.Now()
		l.wrong = l.wrong || party == l.first
	})
}

// Undecided says that a party learned nothing of its password. It may try again.
func (l *LogIns) Undecided(party string) {
	l.tell(func() { l.wrong = l.wrong && party != l.first })
}

// tell makes a change and wakes who waits for one.
func (l *LogIns) tell(change func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change()
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
}
