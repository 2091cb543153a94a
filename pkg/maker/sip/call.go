package sip

import (
	"context"
	"strconv"
	"time"

	"github.com/emiago/sipgo/sip"

	"nvrd/pkg/device"
	"nvrd/pkg/nvr"
)

const (
	// For how long a doorbell is registered at most and at least, in seconds; it
	// registers again before.
	maxExpires = 3600
	minExpires = 60
)

// register answers a doorbell that wants to be reached. It is not, so nothing is
// kept of it but that it is there.
func (x *Registrar) register(req *sip.Request, tx sip.ServerTransaction) {
	user, ok := x.known(req, tx)
	if !ok {
		return
	}
	res := sip.NewResponseFromRequest(req, sip.StatusOK, "OK", nil)
	seconds := expires(req)
	if contact := req.Contact(); contact != nil && seconds > 0 {
		own := contact.Clone()
		own.Params = sip.NewParams()
		own.Params.Add("expires", strconv.Itoa(seconds))
		res.AppendHeader(own)
	}
	res.AppendHeader(sip.NewHeader("Expires", strconv.Itoa(seconds)))
	_ = tx.Respond(res)
	x.config.Heard(user, "REGISTER")
}

// expires returns for how long a doorbell wants to be registered, within bounds; 0
// is not any more.
func expires(req *sip.Request) int {
	text := ""
	if h := req.GetHeader("Expires"); h != nil {
		text = h.Value()
	}
	if contact := req.Contact(); contact != nil && contact.Params != nil {
		if v, ok := contact.Params.Get("expires"); ok {
			text = v
		}
	}
	seconds, err := strconv.Atoi(text)
	switch {
	case err != nil || seconds > maxExpires:
		return maxExpires
	case seconds <= 0:
		return 0
	}
	return max(seconds, minExpires)
}

// invite rings until the doorbell hangs up, the ring is over, or End is called.
func (x *Registrar) invite(ctx context.Context, req *sip.Request, tx sip.ServerTransaction) {
	user, ok := x.known(req, tx)
	if !ok {
		return
	}
	id := ""
	if h := req.CallID(); h != nil {
		id = h.Value()
	}
	c := x.begin(user, id)
	if c == nil {
		answer(tx, req, sip.StatusBusyHere, "Busy Here")
		return
	}
	defer x.end(user, c)
	hungUp := make(chan struct{})
	if !tx.OnCancel(func(*sip.Request) { close(hungUp) }) {
		return
	}
	x.say(ctx, user, true, "INVITE")
	answer(tx, req, sip.StatusRinging, "Ringing")
	over := time.NewTimer(x.config.Ring)
	defer over.Stop()
	select {
	case <-hungUp: // the library answers 487
		x.say(ctx, user, false, "CANCEL")
		return
	case <-c.over:
		answer(tx, req, sip.StatusBusyHere, "Busy Here")
	case <-over.C:
		answer(tx, req, sip.StatusTemporarilyUnavailable, "Temporarily Unavailable")
	case <-tx.Done():
	case <-ctx.Done():
		answer(tx, req, sip.StatusTemporarilyUnavailable, "Temporarily Unavailable")
		return
	}
	x.say(ctx, user, false, "over")
}

// begin notes a call that rings. A doorbell has one at a time: with the same id it
// is the same one that comes by another way, with another the first one is lost.
func (x *Registrar) begin(user, id string) *call {
	x.mu.Lock()
	defer x.mu.Unlock()
	if old := x.calls[user]; old != nil {
		if old.id == id {
			return nil
		}
		old.finish()
	} else if len(x.calls) >= maxCalls {
		return nil
	}
	c := &call{id: id, over: make(chan struct{})}
	x.calls[user] = c
	return c
}

func (x *Registrar) end(user string, c *call) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.calls[user] == c {
		delete(x.calls, user)
	}
}

func (c *call) finish() { c.once.Do(func() { close(c.over) }) }

// End refuses the call of a doorbell, if it rings: somebody answered at a page, or
// wants quiet.
func (x *Registrar) End(user string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if c := x.calls[user]; c != nil {
		c.finish()
	}
}

// say tells of a ring and its end.
func (x *Registrar) say(ctx context.Context, user string, on bool, why string) {
	x.config.Heard(user, why)
	select {
	case x.tell <- told{user, nvr.Signal{Kind: nvr.RingEvent, Source: device.Source("sip call"), On: on, At: nvr.Now()}}:
	case <-ctx.Done():
	}
}

func answer(tx sip.ServerTransaction, req *sip.Request, status int, reason string) {
	_ = tx.Respond(sip.NewResponseFromRequest(req, status, reason, nil))
}
