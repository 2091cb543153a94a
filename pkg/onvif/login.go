package onvif

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/icholy/digest"

	"nvrd/pkg/nvr"
)

const (
	// maxTries is how often a password may be refused before nobody tries it
	// again: cameras shut out an address after as few as five. The second try is
	// for a token whose time was wrong, not for a password.
	maxTries = 2
	// maxRounds bounds what one call sends, whatever a device answers: as nobody,
	// an answer to a challenge, one to a fresh challenge, a token, one of another
	// time.
	maxRounds = 6
	// clockTurn is by how much the device's clock must have moved for another
	// token to be worth a try. Devices take tokens that are 5 s old.
	clockTurn = 2 * time.Second
	party     = "onvif" // in the budget of log-ins
)

// call sends a request, logs in if the device wants that, and returns the answer,
// which is the element of that name. An answer to an HTTP challenge comes first, a
// token second, each by the device's own clock. After a refusal nothing is sent any
// more that holds the password, unless what was refused may have been the time or
// the way.
func (d *Device) call(ctx context.Context, r request, space, name string) (*element, *Fault) {
	out, fault := d.exchange(ctx, r)
	if fault != nil {
		return nil, fault
	}
	return out.result(space, name)
}

// exchange is call without a look at the answer.
func (d *Device) exchange(ctx context.Context, r request) (*reply, *Fault) {
	as := d.how
	fresh := false   // the challenge was given for this very call
	renewed := false // and again
	owed := false    // a second try, which needs no leave
	for range maxRounds {
		if as != asNobody && !owed {
			if fault := d.may(); fault != nil {
				return nil, fault
			}
		}
		out, err := d.post(ctx, r, as)
		if err != nil {
			if as != asNobody {
				d.tell(LogIns.Undecided)
			}
			return nil, faulty(nvr.Unreachable, "the device does not answer: %v", err)
		}
		if !out.denied() {
			if as != asNobody {
				d.how, d.refused = as, 0
				d.tell(LogIns.Accepted)
			}
			return out, nil
		}
		if d.config.User == "" {
			return nil, faulty(nvr.WrongPassword, "the device wants a user and a password")
		}
		challenge := challengeOf(out.header)
		switch {
		case as == asNobody && challenge != nil:
			d.challenged(challenge)
			as, fresh = byDigest, true
		case as == asNobody:
			d.time(ctx, out.header)
			as = byToken
		case (as == byDigest || as == byBoth) && challenge != nil && (!fresh || challenge.Stale && !renewed):
			d.challenged(challenge) // the old one had its time
			fresh, renewed = true, fresh
		case as == byDigest && out.status != http.StatusUnauthorized:
			d.time(ctx, out.header)   // HTTP let it in, SOAP did not
			as, fresh = byBoth, false // the challenge was used
		default:
			if as, owed = d.again(ctx, as, out, challenge), true; as == asNobody {
				return nil, d.shut()
			}
		}
	}
	d.tell(LogIns.Refused)
	return nil, d.shut()
}

// again notes a refusal and returns in which way to try once more, or asNobody. A
// password that answered a fresh challenge is wrong; a token may have been of the
// wrong time, or not have been looked at.
func (d *Device) again(ctx context.Context, as how, out *reply, challenge *digest.Challenge) how {
	d.refused++
	d.tries++
	d.how = asNobody
	d.tell(LogIns.Refused)
	if as == byDigest || d.refused >= maxTries || out.fault != nil && strings.Contains(strings.ToLower(out.fault.text+out.fault.codes), "locked") {
		return asNobody
	}
	before, timed := d.offset, d.timed
	d.timed = false
	d.time(ctx, out.header)
	if !timed || (d.offset-before).Abs() > clockTurn {
		return as
	}
	if challenge != nil && as == byToken {
		d.challenged(challenge)
		return byDigest
	}
	return asNobody
}

func (d *Device) challenged(c *digest.Challenge) { d.digest, d.count = c, 0 }

// may tells whether the budget allows to log in.
func (d *Device) may() *Fault {
	if d.locked != nil {
		return d.locked
	}
	if d.config.LogIns == nil {
		return nil
	}
	if ok, in, _ := d.config.LogIns.May(party); !ok {
		return &Fault{nvr.WrongPassword, "the device refused the password a short time ago, and is left alone until it has forgotten that", in}
	}
	return nil
}

// shut has nobody log in any more.
func (d *Device) shut() *Fault {
	d.locked = faulty(nvr.WrongPassword, "the device refuses user and password")
	return d.locked
}

// tell tells the budget, if there is one.
func (d *Device) tell(what func(LogIns, string)) {
	if d.config.LogIns != nil {
		what(d.config.LogIns, party)
	}
}

// challengeOf returns the first challenge of an answer that can be met. Devices
// put several into one line, and blanks between the words of qop.
func challengeOf(h http.Header) *digest.Challenge {
	for _, line := range h.Values("WWW-Authenticate") {
		i := strings.Index(strings.ToLower(line), "digest ")
		if i < 0 {
			continue
		}
		c, err := digest.ParseChallenge(line[i:])
		if err != nil {
			continue
		}
		for j, q := range c.QOP {
			c.QOP[j] = strings.TrimSpace(q)
		}
		if c.Nonce != "" && digest.CanDigest(c) {
			return c
		}
	}
	return nil
}
