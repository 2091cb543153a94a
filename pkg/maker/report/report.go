// Package report keeps what a doorbell told of late in a form that its owner may
// paste into a public thread: "my bell isn't recognised". Who reads it learns which
// words a device uses for what happens, and nothing of the home: no address, name,
// serial number, card, code or time of day.
//
// It is kept in memory and ends with the program.
package report

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// kept is how many lines are kept: a press among an hour of what devices say.
	kept = 200
	// maxWord is of a code or a name; the longest known have 24 letters.
	maxWord = 40
	// maxCode is of all parts of a code; those of ONVIF have 60 letters.
	maxCode = 120
	// maxFields is how many values of one event are named.
	maxFields = 32
)

// Log is what one device told. It is safe for concurrent use.
type Log struct {
	maker   string
	secrets []string // in lower case
	now     func() time.Time

	mu    sync.Mutex
	lines []line // oldest first
	began time.Time
}

type line struct {
	text  string
	at    time.Duration // since the log began
	count int           // how often in a row
}

// New returns the log of a device of a maker. Secrets are what is known of it and
// must not be told, such as its address, names and passwords; no line holds one of
// them, in whatever place the device puts it.
func New(maker string, secrets ...string) *Log {
	l := &Log{maker: maker, now: time.Now}
	for _, s := range secrets {
		if s = strings.ToLower(strings.TrimSpace(s)); s != "" {
			l.secrets = append(l.secrets, s)
		}
	}
	l.began = l.now()
	return l
}

// Add takes down an event: its code, which may have parts between slashes, what about it, and the values that came with
// it. It has the form of device.Config.Heard.
func (l *Log) Add(code, action string, data map[string]string) {
	text := l.path(code)
	if action != "" {
		text += " " + l.clean(action)
	}
	names := make([]string, 0, len(data))
	for name := range data {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names[:min(len(names), maxFields)] {
		if name != "" {
			text += " " + l.clean(name) + "=" + l.value(data[name])
		}
	}
	text = l.joined(text)
	l.mu.Lock()
	defer l.mu.Unlock()
	at := l.now().Sub(l.began)
	if n := len(l.lines); n > 0 && l.lines[n-1].text == text {
		l.lines[n-1].count++
		return
	}
	if len(l.lines) == kept {
		l.lines = slices.Delete(l.lines, 0, 1)
	}
	l.lines = append(l.lines, line{text, at, 1})
}

// Text returns the log as text to paste, oldest first. Times are seconds since the
// device was added or the program began.
func (l *Log) Text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var b strings.Builder
	fmt.Fprintf(&b, "events of a device, kind %s\n", l.clean(l.maker))
	for _, line := range l.lines {
		fmt.Fprintf(&b, "%8.1f s  %s", line.at.Seconds(), line.text)
		if line.count > 1 {
			fmt.Fprintf(&b, "  (%d times)", line.count)
		}
		b.WriteByte('\n')
	}
	return b.String()
}
