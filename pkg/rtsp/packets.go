package rtsp

import (
	"time"

	"nvrd/pkg/nvr"
)

// told is what [Config.Packets] was told of a connection.
type told struct {
	packets func(nvr.Packets) // nil if nobody counts
	at      time.Time
	all     nvr.Packets
}

// due tells whether it is time to tell again.
func (t *told) due(now time.Time) bool {
	if t.at.IsZero() {
		t.at = now
	}
	return now.Sub(t.at) >= time.Minute
}

// tell says what was sent since the last call, of all that was by now. What was missing
// then and came late stays told as lost.
func (t *told) tell(all nvr.Packets) {
	t.at = time.Now()
	since := nvr.Packets{Sent: all.Sent - t.all.Sent, Lost: max(all.Lost-t.all.Lost, 0)}
	if t.packets == nil || since.Sent == 0 {
		return
	}
	t.all = t.all.Plus(since)
	t.packets(since)
}

// packets returns what the tracks sent on this connection.
func (s *stream) packets() (all nvr.Packets) {
	if s.video != nil {
		all = s.video.order.packets()
	}
	if s.audio != nil {
		all = all.Plus(s.audio.order.packets())
	}
	return all
}
