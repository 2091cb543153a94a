package api

import (
	"encoding/json"

	"nvrd/pkg/nvr"
	"nvrd/pkg/playback"
)

// Phase says how it stands with a camera or one of its streams.
type Phase string

// The phases.
const (
	Connecting Phase = "connecting"
	Streaming  Phase = "live"
	Waiting    Phase = "waiting" // something is wrong; the next attempt is at RetryAt
	Off        Phase = "off"
)

// Camera is one camera with its present state.
type Camera struct {
	ID      nvr.CameraID `json:"id"`
	Name    string       `json:"name"`
	State   State        `json:"state"`
	Mode    nvr.Mode     `json:"mode,omitempty"` // what is kept of it at the moment
	Streams []Stream     `json:"streams"`
	URL     string       `json:"url"`     // without user and password
	SubURL  string       `json:"sub_url"` // likewise; empty if there is no sub stream
}

// State is how it stands with a camera. Reason, Detail and RetryAt are zero
// unless something is wrong.
type State struct {
	Phase   Phase
	Reason  nvr.Reason
	Detail  string
	Since   nvr.Time
	RetryAt nvr.Time
}

type stateView struct {
	Phase   Phase      `json:"phase"`
	Reason  nvr.Reason `json:"reason,omitempty"`
	Message string     `json:"message,omitempty"`
	Detail  string     `json:"detail,omitempty"`
	Since   nvr.Time   `json:"since"`
	RetryAt nvr.Time   `json:"retry_at,omitzero"`
}

// MarshalJSON adds the reason in plain words.
func (s State) MarshalJSON() ([]byte, error) {
	return json.Marshal(stateView{s.Phase, s.Reason, s.Reason.Sentence(), s.Detail, s.Since, s.RetryAt})
}

// Stream is one stream of a camera as far as it is known.
type Stream struct {
	Stream  string   `json:"stream"` // "main" or "sub"
	Phase   Phase    `json:"phase"`
	Video   *Video   `json:"video,omitempty"`
	Audio   *Audio   `json:"audio,omitempty"`
	Missing []string `json:"missing,omitempty"` // what the camera sends and we cannot keep
	MIME    string   `json:"mime,omitempty"`    // of live.mp4 and of playlists
}

// Video is the picture of a stream.
type Video struct {
	Codec  string `json:"codec"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

// Audio is the sound of a stream.
type Audio struct {
	Codec      string `json:"codec"`
	SampleRate int    `json:"sample_rate"`
	Channels   int    `json:"channels"`
}

// Probe is a camera's answer: its streams, or why there are none.
type Probe struct {
	OK      bool
	Streams []Stream
	Reason  nvr.Reason
	Detail  string
}

type probeView struct {
	OK      bool       `json:"ok"`
	Streams []Stream   `json:"streams,omitempty"`
	Reason  nvr.Reason `json:"reason,omitempty"`
	Message string     `json:"message,omitempty"`
	Detail  string     `json:"detail,omitempty"`
}

// MarshalJSON adds the reason in plain words.
func (p Probe) MarshalJSON() ([]byte, error) {
	return json.Marshal(probeView{p.OK, p.Streams, p.Reason, p.Reason.Sentence(), p.Detail})
}

type timelineView struct {
	Stream   string       `json:"stream"`
	From     nvr.Time     `json:"from"`
	To       nvr.Time     `json:"to"`
	Footage  []nvr.Span   `json:"footage"`
	Gaps     []gapView    `json:"gaps"`
	Activity activityView `json:"activity"`
}

type gapView struct {
	From    nvr.Time   `json:"from"`
	To      nvr.Time   `json:"to,omitzero"`
	Reason  nvr.Reason `json:"reason"`
	Message string     `json:"message"`
	Detail  string     `json:"detail,omitempty"`
	Planned bool       `json:"planned,omitempty"` // the household wanted it so
}

type activityView struct {
	Step   int64 `json:"step_us"`
	Scores []int `json:"scores"` // not bytes: those would be base64
}

func viewOf(id nvr.StreamID, t playback.Timeline) timelineView {
	v := timelineView{
		Stream: id.Quality.String(), From: t.Span.From, To: t.Span.To,
		Footage:  append([]nvr.Span{}, t.Footage...),
		Gaps:     make([]gapView, 0, len(t.Gaps)),
		Activity: activityView{Step: t.Step.Microseconds(), Scores: make([]int, 0, len(t.Scores))},
	}
	for _, g := range t.Gaps {
		v.Gaps = append(v.Gaps, gapView{g.Span.From, g.Span.To, g.Reason, g.Reason.Sentence(), g.Detail, g.Reason.Planned()})
	}
	for _, s := range t.Scores {
		v.Activity.Scores = append(v.Activity.Scores, int(s))
	}
	return v
}
