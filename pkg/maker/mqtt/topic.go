package mqtt

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/eclipse/paho.golang/paho"

	"nvrd/pkg/device"
	"nvrd/pkg/nvr"
)

// Kinds are what a topic may be about.
var Kinds = []string{nvr.RingEvent, nvr.MotionEvent, nvr.DoorEvent, nvr.WindowEvent, nvr.AlarmEvent}

const (
	maxName = 200 // bytes of a topic
	maxWord = 64  // bytes of what a message is compared with
	maxDeep = 4   // of a field
)

// Topic says what messages of one topic mean.
type Topic struct {
	Name string // without wildcards
	Kind string // one of Kinds
	// Field is where in a message that is a JSON object the value stands, such as
	// contact or sensor.contact; empty means that the message is the value.
	Field string
	// On and Off are the values that mean that it begins and that it is over, without
	// regard to capitals. An empty On means every value but Off.
	On, Off string
}

func (t Topic) check() error {
	switch {
	case t.Name == "" || len(t.Name) > maxName || strings.ContainsAny(t.Name, "#+\x00"):
		return fmt.Errorf("a topic has 1 to %d bytes and no wildcards: %w", maxName, nvr.ErrInvalid)
	case !slices.Contains(Kinds, t.Kind):
		return fmt.Errorf("a topic is about one of %s: %w", strings.Join(Kinds, ", "), nvr.ErrInvalid)
	case len(t.Field) > maxWord || strings.Count(t.Field, ".") >= maxDeep || len(t.On) > maxWord || len(t.Off) > maxWord:
		return fmt.Errorf("field and values have at most %d bytes: %w", maxWord, nvr.ErrInvalid)
	}
	return nil
}

// signal returns what a message means, if it is of the topic and means something.
func (t Topic) signal(p *paho.Publish) (nvr.Signal, bool) {
	if p.Topic != t.Name {
		return nvr.Signal{}, false
	}
	value, ok := t.value(p.Payload)
	s := nvr.Signal{Kind: t.Kind, Source: device.Source("mqtt", t.Name)}
	switch {
	case !ok:
		return nvr.Signal{}, false
	case t.Off != "" && strings.EqualFold(value, t.Off):
		return s, true
	case value != "" && (t.On == "" || strings.EqualFold(value, t.On)):
		s.On = true
		return s, true
	}
	return nvr.Signal{}, false
}

// value takes the value out of a message.
func (t Topic) value(payload []byte) (string, bool) {
	if t.Field == "" {
		return strings.TrimSpace(string(payload)), true
	}
	raw := json.RawMessage(payload)
	for name := range strings.SplitSeq(t.Field, ".") {
		var object map[string]json.RawMessage
		if json.Unmarshal(raw, &object) != nil {
			return "", false
		}
		var ok bool
		if raw, ok = object[name]; !ok {
			return "", false
		}
	}
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return "", false
	}
	switch v := v.(type) {
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	}
	return "", false
}
