package alert

import (
	"fmt"
	"strings"

	"nvrd/pkg/nvr"
)

// Words are what messages say, in one language. Names in braces are filled in. What was
// counted has the form one|many.
type Words struct {
	Ring      string            // somebody rings
	Answered  string            // {who}
	Taken     string            // as Answered, by nobody who said a name
	Missed    string            // {camera}, the title where nobody answered
	Unheard   string            // nobody answered
	Again     string            // it rings once more
	Seen      string            // somebody knows of it
	Happened  map[string]string // by the kind of the event
	Other     string            // {kind}, of another kind
	Counted   map[string]string // as in a digest: one and many, by kind
	Kinds     map[string]string // in a sentence
	Modes     map[nvr.HouseMode]string
	Why       map[string]string // by the reason; {kind}, {mode}, {minutes}, {n}
	Digest    string            // the title of one
	Yesterday string            // {camera} {counts}, of a digest in the morning
	Today     string            // likewise, later in the day
}

// fill puts values in the place of their names in braces.
func fill(form string, values map[string]string) string {
	pairs := make([]string, 0, 2*len(values))
	for name, value := range values {
		pairs = append(pairs, "{"+name+"}", value)
	}
	return strings.NewReplacer(pairs...).Replace(form)
}

// Because is the sentence that says why something was told, or was not.
func (w Words) Because(d Decision) string {
	values := map[string]string{}
	for name, value := range d.Values {
		switch name {
		case "kind":
			value = or(w.Kinds[value], value)
		case "mode":
			value = or(w.Modes[nvr.HouseMode(value)], value)
		}
		values[name] = value
	}
	return fill(w.Why[string(d.Reason)], values)
}

// happened says what an event is.
func (w Words) happened(kind string) string {
	return or(w.Happened[kind], fill(w.Other, map[string]string{"kind": kind}))
}

// counted is how many there were of a kind, such as "2 people".
func (w Words) counted(kind string, n int) string {
	one, many, ok := strings.Cut(w.Counted[kind], "|")
	switch {
	case !ok:
		return fmt.Sprintf("%d %s", n, kind)
	case n == 1:
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// answered says who answered.
func (w Words) answered(who string) string {
	if who == "" {
		return w.Taken
	}
	return fill(w.Answered, map[string]string{"who": who})
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
