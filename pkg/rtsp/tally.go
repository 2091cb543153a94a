package rtsp

import (
	"log/slog"
	"time"
)

// tally logs what happens over and over once a minute at most, with a count.
type tally struct {
	log   *slog.Logger
	text  string
	count int
	said  time.Time
	last  []any // attributes of the latest
}

const tallyEvery = time.Minute

func (t *tally) add(n int, now time.Time, attributes ...any) {
	t.count += n
	t.last = attributes
	if now.Sub(t.said) >= tallyEvery {
		t.said = now
		t.flush()
	}
}

// flush says what was not said yet.
func (t *tally) flush() {
	if t.count > 0 {
		t.log.Warn(t.text, append([]any{"count", t.count}, t.last...)...)
		t.count = 0
	}
}
