package alert

import (
	"fmt"
	"strings"

	"nvrd/pkg/nvr"
)

// Words are what messages say, in one language. Names in braces are filled in.
type Words struct {
	Ring      string            // somebody rings
	Answered  string            // {who}
	Taken     string            // as Answered, by nobody who said a name
	Unheard   string            // nobody answered
	Again     string            // it rings once more
	Seen      string            // somebody knows of it
	Happened  map[string]string // by the kind of the event
	Other     string            // {kind}, of another kind
	Counted   map[string]string // as in a digest: one and many, by kind
	Kinds     map[string]string // in a sentence
	Modes     map[nvr.HouseMode]string
	Why       map[Reason]string
	Digest    string // the title of one
	Yesterday string // {camera} {counts}, of a digest in the morning
	Today     string // likewise, later in the day
	DigestWhy string
}

// English is the words of messages in English.
func English() Words {
	return Words{
		Ring: "Somebody is at the door.", Answered: "{who} answered.", Taken: "Somebody answered.",
		Unheard: "Somebody rang, and nobody answered.", Again: "They rang again.", Seen: "Somebody has seen it.",
		Happened: map[string]string{
			nvr.MotionEvent: "Something moves.", nvr.PersonEvent: "A person is there.", nvr.AnimalEvent: "An animal is there.", nvr.VehicleEvent: "A vehicle is there.",
			nvr.PackageEvent: "A parcel is there.", nvr.DoorEvent: "A door was opened.", nvr.WindowEvent: "A window was opened.", nvr.AlarmEvent: "An alarm went off.",
			nvr.MessageEvent: "A visitor left a message.",
		},
		Other: "Something happened: {kind}.",
		Counted: map[string]string{
			nvr.RingEvent: "ring|rings", nvr.MotionEvent: "time motion|times motion", nvr.PersonEvent: "person|people", nvr.AnimalEvent: "animal|animals",
			nvr.VehicleEvent: "vehicle|vehicles", nvr.PackageEvent: "parcel|parcels", nvr.DoorEvent: "time a door|times a door",
			nvr.WindowEvent: "time a window|times a window", nvr.AlarmEvent: "alarm|alarms", nvr.MessageEvent: "message|messages",
		},
		Kinds: map[string]string{
			nvr.MotionEvent: "motion", nvr.PersonEvent: "people", nvr.AnimalEvent: "animals", nvr.VehicleEvent: "vehicles", nvr.PackageEvent: "parcels",
			nvr.DoorEvent: "doors", nvr.WindowEvent: "windows", nvr.AlarmEvent: "alarms", nvr.MessageEvent: "visitors' messages",
		},
		Modes: map[nvr.HouseMode]string{nvr.AtHome: "at home", nvr.Away: "away", nvr.AtNight: "night", nvr.HousePrivacy: "privacy"},
		Why: map[Reason]string{
			Rings:    "Rings are always told.",
			Asked:    "You asked to be told of {kind} at this camera. The house was set to {mode}.",
			NotAsked: "Nobody asked to be told of {kind} at this camera.", OtherMode: "The house was set to {mode}. You did not ask for {kind} then.",
			Quiet:   "These are quiet hours.",
			Cooling: "You were told of {kind} at this camera less than {minutes} minutes before.",
			Spent:   "You were told {n} times of this camera within an hour. That is the most you want.",
			Old:     "It was told too late to be news.",
		},
		Digest: "What you were not told", Yesterday: "Yesterday at {camera}: {counts}", Today: "Today at {camera}: {counts}",
		DigestWhy: "You asked for a digest once a day.",
	}
}

// fill puts values in the place of their names in braces.
func fill(form string, values map[string]string) string {
	pairs := make([]string, 0, 2*len(values))
	for name, value := range values {
		pairs = append(pairs, "{"+name+"}", value)
	}
	return strings.NewReplacer(pairs...).Replace(form)
}

// why is the sentence of a decision.
func (w Words) why(d Decision) string {
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
	return fill(w.Why[d.Reason], values)
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
