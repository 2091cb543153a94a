package component

import (
	"time"

	"nvrd/pkg/nvr"
	"nvrd/ui/text"
)

// State is how it stands with a camera, in a word and a sentence.
type State struct {
	Tone   string // ok, rest (nothing is recorded, as was asked for), wait or bad
	Word   string
	Advice string // what to do; empty when nothing is wrong
	Detail string
	Retry  *Instant
	Reach  bool // another address, user or password may help
}

// StateOf puts c's state into words.
func StateOf(c nvr.Camera, t *text.Catalogue, zone *time.Location) State {
	switch {
	case c.Phase == nvr.Gone:
		return State{Tone: "rest", Word: t.State.Removed}
	case c.Mode == nvr.Privacy, c.Phase == nvr.Off:
		return State{Tone: "rest", Word: t.State.Off}
	case c.Phase == nvr.Live && c.Mode == nvr.KeepNone:
		return State{Tone: "rest", Word: t.State.NotRecording}
	case c.Phase == nvr.Live && c.Reason != "" && c.Reason != nvr.Starting:
		// The picture is there, so it is another stream that fails.
		return troubled(c, text.Fill(t.State.SubFails, "reason", Reason(c.Reason, t)), t, zone)
	case c.Phase == nvr.Live && c.Mode == nvr.KeepEvents:
		return State{Tone: "ok", Word: t.State.Events}
	case c.Phase == nvr.Live:
		return State{Tone: "ok", Word: t.State.Recording}
	case c.Phase == nvr.Connecting && c.Reason == "", c.Reason == nvr.Starting:
		return State{Tone: "wait", Word: t.State.Connecting}
	}
	return troubled(c, Reason(c.Reason, t), t, zone)
}

func troubled(c nvr.Camera, word string, t *text.Catalogue, zone *time.Location) State {
	advice := t.Advice[c.Reason]
	if c.Doubt != nil {
		advice = MistakeWords(*c.Doubt, t.Add)
	}
	s := State{Tone: "bad", Word: word, Advice: advice, Detail: c.Detail, Reach: c.Reason == nvr.WrongPassword || c.Reason == nvr.Refused || c.Reason == nvr.Unreachable || c.Doubt != nil}
	if c.RetryAt != 0 {
		at := Seconds(c.RetryAt, zone, t.Calendar)
		s.Retry = &at
	}
	return s
}

// Reason is r in t's language.
func Reason(r nvr.Reason, t *text.Catalogue) string {
	if s, ok := t.Reasons[r]; ok {
		return s
	}
	return r.Sentence()
}
