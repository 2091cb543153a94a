package alert

import (
	"context"
	"fmt"
	"slices"

	"nvrd/pkg/notify"
	"nvrd/pkg/nvr"
	"nvrd/pkg/ring"
)

// rung is a press as it was last heard of.
type rung struct {
	press   nvr.Press
	message notify.Message // empty if it was held
}

// hearing is the latest press of each camera, which is told once.
type hearing struct {
	a    *Alerts
	last map[nvr.CameraID]rung
}

// hear tells of rings and what becomes of them.
func (a *Alerts) hear(ctx context.Context) {
	h := hearing{a, map[nvr.CameraID]rung{}}
	for ctx.Err() == nil {
		l := a.c.Rings.Listen()
		h.catchUp(ctx, l)
		h.follow(ctx, l)
		l.Close()
		wait(ctx, pause)
	}
}

func (h hearing) follow(ctx context.Context, l *ring.Listener) {
	for {
		select {
		case <-ctx.Done():
			return
		case p, ok := <-l.Changes():
			if !ok {
				return
			}
			h.tell(ctx, p)
		}
	}
}

// catchUp tells what rang, or rang no more, while nobody listened.
func (h hearing) catchUp(ctx context.Context, l *ring.Listener) {
	for _, p := range slices.Concat(l.Ringing, l.Ended) {
		h.tell(ctx, p)
	}
}

// tell tells of a press as it stands now, if that is news.
func (h hearing) tell(ctx context.Context, p nvr.Press) {
	was, known := h.last[p.Camera]
	if known && was.press.At == p.At {
		if was.press.Outcome != p.Outcome || was.press.Seen != p.Seen {
			h.last[p.Camera] = rung{p, was.message}
			h.change(ctx, p, was.message)
		}
		return
	}
	if known && was.press.Rings() { // it ended unheard
		was.press.Outcome = nvr.RingAgain
		h.change(ctx, was.press, was.message)
	}
	m := h.begin(p)
	h.last[p.Camera] = rung{p, m}
	switch {
	case m.ID == "":
	case !p.Rings():
		h.change(ctx, p, m)
	case nvr.Now().Sub(p.At) < nvr.RingFor: // otherwise it is about to be missed
		h.a.send(ctx, m)
	}
}

// RingMessage is the ID of the message that tells of a press.
func RingMessage(p nvr.Press) string { return messageOf(eventOf(p)) }

func eventOf(p nvr.Press) nvr.Event {
	return nvr.Event{Stream: nvr.StreamID{Camera: p.Camera}, Span: nvr.Span{From: p.At, To: p.At}, Kind: nvr.RingEvent}
}

// begin returns what is told of a new press; the empty message if it is held, or
// needs nobody.
func (h hearing) begin(p nvr.Press) notify.Message {
	if !p.Rings() && !p.Missed() {
		return notify.Message{}
	}
	e := eventOf(p)
	d, why, camera, words := h.a.decide(e)
	if !d.Tell {
		return notify.Message{}
	}
	return notify.Message{
		ID: messageOf(e), Camera: p.Camera, CameraName: camera, Kind: nvr.RingEvent, At: p.At, Urgent: true,
		Title: camera, Text: words.Ring, Why: why, Link: fmt.Sprintf("/cameras/%s?ring=%s", p.Camera, p.At),
	}
}

// change tells that a press that was told is another thing now.
func (h hearing) change(ctx context.Context, p nvr.Press, m notify.Message) {
	if m.ID == "" {
		return
	}
	h.a.mu.Lock()
	w := h.a.words()
	h.a.mu.Unlock()
	switch {
	case p.Missed():
		m.Missed, m.Urgent = true, false
		m.Title, m.Text = fill(w.Missed, map[string]string{"camera": m.CameraName}), w.Unheard
	default:
		m.Gone, m.Urgent = true, false
		switch p.Outcome {
		case nvr.RingAnswered:
			m.Text = w.answered(p.Who)
		case nvr.RingAgain:
			m.Text = w.Again
		default:
			m.Text = w.Seen
		}
	}
	h.a.send(ctx, m)
}
