package dahua

import (
	"bytes"
	"strings"
	"time"
)

const (
	// maxEvent is of one event. The longest seen tells of an object with all its
	// properties in 4 KiB; what is beyond is cut off.
	maxEvent = 64 << 10
	// maxFields is how many of an event's values are looked at.
	maxFields = 64
	// maxWord is of a code, a name or a value.
	maxWord = 128
)

// event is what the device said once.
type event struct {
	code, action string
	index        string
	data         map[string]string // simple values; those of an object in data as Object.ObjectType
}

// reader takes the endless answer apart. Its parts look like
//
//	--myboundary
//	Content-Type: text/plain
//	Content-Length: 74
//
//	Code=BackKeyLight;action=Pulse;index=0;data={
//	   "State" : 1
//	}
//
// or say Heartbeat. Neither lengths nor boundaries nor line ends are gone by,
// since each is wrong on some firmware: lengths are too large (rroller/dahua#709,
// where waiting for the rest stalls everything, and waiting for the next boundary
// makes a ring late by a heartbeat), index stands on a line of its own, and the
// last brace is missing (tchellomello/python-amcrest#137). An event begins with
// "Code=" at the beginning of a line, and ends with the brace that closes its data;
// or else with an empty line, a boundary, the next event, or a pause.
type reader struct {
	heard  func(event)
	enough func(event) bool // tells of an event that can be understood as far as it came
	beat   bool             // heartbeats come

	line    []byte // the unfinished line, outside of an event
	pending []byte // the event under way, from Code= on
	open    int    // braces and brackets that are open in it
	quoted  bool   // within a string
	escaped bool
}

// Patience is how long the device may be silent.
func (r *reader) Patience() time.Duration {
	if r.beat {
		return beats
	}
	return patient
}

// Quiet ends the event under way if it is whole, or can be understood without what
// may be missing. Else the rest of it may only be late.
func (r *reader) Quiet() {
	if len(r.pending) == 0 {
		return
	}
	if e, ok := parse(string(r.pending)); r.open == 0 && !unfinished(r.pending) || ok && r.enough(e) {
		r.finish()
	}
}

// Take reads what came.
func (r *reader) Take(b []byte) {
	for _, c := range b {
		if c == '\r' {
			c = '\n' // line ends are mixed; an empty line too many does no harm
		}
		r.take(c)
	}
}

func (r *reader) take(c byte) {
	if c == '\n' {
		r.endLine()
		return
	}
	if len(r.line) < maxWord { // only its beginning is looked at
		r.line = append(r.line, c)
	}
	if r.pending == nil {
		if bytes.Equal(bytes.TrimLeft(r.line, " \t"), []byte("Code=")) {
			r.pending = append(make([]byte, 0, 256), "Code="...)
		}
		return
	}
	// Whatever the event under way lacks, the next one begins with its line.
	if string(r.line) == "Code=" {
		r.finish()
		r.line = append(r.line[:0], "Code="...)
		r.pending = append(make([]byte, 0, 256), "Code="...)
		return
	}
	if len(r.pending) < maxEvent {
		r.pending = append(r.pending, c)
	}
	if r.brace(c) {
		r.finish()
	}
}

// brace follows braces and strings, and tells whether the last one was closed.
func (r *reader) brace(c byte) bool {
	switch {
	case r.escaped:
		r.escaped = false
	case r.quoted && c == '\\':
		r.escaped = true
	case c == '"' && r.open > 0:
		r.quoted = !r.quoted
	case r.quoted:
	case c == '{' || c == '[':
		r.open++
	case (c == '}' || c == ']') && r.open > 0:
		r.open--
		return r.open == 0
	}
	return false
}

// endLine looks at the line that ended: it may end the event under way.
func (r *reader) endLine() {
	line := strings.TrimSpace(string(r.line))
	r.line = r.line[:0]
	r.quoted, r.escaped = false, false // no string goes over lines: one that does lost its end
	switch {
	case strings.HasPrefix(line, "Heartbeat"):
		r.beat = true
		r.finish()
	case strings.HasPrefix(line, "--"):
		r.finish()
	case line == "":
		if len(r.pending) > 0 && r.open == 0 && !unfinished(r.pending) {
			r.finish()
		}
	case r.pending != nil && len(r.pending) < maxEvent:
		r.pending = append(r.pending, '\n')
	}
}

// unfinished tells of an event without data whose index has not come; it may
// stand on the next line.
func unfinished(b []byte) bool {
	_, index, ok := bytes.Cut(b, []byte("index"))
	index = bytes.TrimSpace(bytes.TrimPrefix(bytes.TrimSpace(index), []byte("=")))
	return !ok || len(index) == 0 || bytes.ContainsFunc(index, func(c rune) bool { return c < '0' || c > '9' })
}

// finish tells of the event under way, if there is one.
func (r *reader) finish() {
	text := string(r.pending)
	r.pending, r.open, r.quoted, r.escaped = nil, 0, false, false
	if text == "" {
		return
	}
	r.line = r.line[:0] // what follows in the same line is new
	if e, ok := parse(text); ok {
		r.heard(e)
	}
}

// parse reads Code=…;action=…;index=…;data={…}, with line feeds anywhere.
func parse(text string) (e event, ok bool) {
	head, data, _ := strings.Cut(text, "data=")
	for field := range strings.SplitSeq(strings.ReplaceAll(head, "\n", ""), ";") {
		name, value, _ := strings.Cut(field, "=")
		value = clip(strings.TrimSpace(value))
		switch strings.TrimSpace(name) {
		case "Code":
			e.code = value
		case "action":
			e.action = value
		case "index":
			e.index = value
		}
	}
	e.data = fields(data)
	return e, e.code != ""
}

func clip(s string) string {
	if len(s) > maxWord {
		s = s[:maxWord]
	}
	return s
}
