package onvif

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// EventLog holds what a device told last, fit to be shown to strangers who might
// know the device: topics, names of items, and states, but no addresses, names,
// tokens or serial numbers. Its methods are safe for concurrent use, and do
// nothing of nil. The zero value is an empty one.
type EventLog struct {
	mu    sync.Mutex
	lines []string
	first time.Time
}

const maxLines = 100 // a press is seen among what a device tells in a minute

// Lines returns what was told, the oldest first, such as
// "+2.5s RuleEngine/MyRuleDetector/Visitor Changed Source=number State=true".
func (l *EventLog) Lines() []string {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.lines)
}

func (l *EventLog) note(n notice) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.first.IsZero() {
		l.first = time.Now()
	}
	words := []string{fmt.Sprintf("+%.1fs", time.Since(l.first).Seconds()), vagueTopic(n.topic), vagueWord(n.operation)}
	for _, items := range [][]item{n.source, n.data} {
		for _, i := range items {
			words = append(words, vagueWord(i.name)+"="+vague(i.value))
		}
	}
	if l.lines = append(l.lines, cut(strings.Join(words, " "), 300)); len(l.lines) > maxLines {
		l.lines = l.lines[1:]
	}
}

// plainValues may be shown as they are: they tell how something stands.
var plainValues = []string{"true", "false", "0", "1", "active", "inactive", "on", "off", "ring", "idle", "open", "closed", "normal", "alarm", "pressed", "released"}

// vague returns what kind of text a value is, or the value itself where that tells
// nothing of the home.
func vague(value string) string {
	if _, err := strconv.ParseFloat(value, 64); err == nil && !slices.Contains(plainValues, value) {
		return "number"
	}
	switch {
	case value == "":
		return "nothing"
	case slices.Contains(plainValues, strings.ToLower(value)):
		return value
	}
	return "text"
}

// vagueTopic leaves out the parts of a topic that may be a name somebody gave.
func vagueTopic(topic string) string {
	parts := strings.Split(topic, "/")
	for i, p := range parts {
		parts[i] = vagueWord(p)
	}
	return strings.Join(parts, "/")
}

// vagueWord returns a word of firmware: letters and at most three digits, like
// those that the specification has. Anything else may be a name, an address or a
// number of one device.
func vagueWord(word string) string {
	digits := 0
	for _, c := range word {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '_':
			return "…"
		}
	}
	if digits > 3 || len(word) > 40 {
		return "…"
	}
	return word
}
