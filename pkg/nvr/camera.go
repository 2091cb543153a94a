package nvr

// Phase says how it stands with a camera or one of its streams. Its values
// appear in the API.
type Phase string

// The phases.
const (
	Connecting Phase = "connecting" // or connected, and waiting for the first picture
	Live       Phase = "live"
	Waiting    Phase = "waiting" // something is wrong; the next attempt is at RetryAt
	Off        Phase = "off"     // stopped on purpose
	Gone       Phase = "removed" // from the household; there is footage
)

// State is how it stands with a camera or one of its streams. Reason, Message,
// Detail and RetryAt are zero unless something is wrong.
type State struct {
	Phase   Phase  `json:"phase"`
	Reason  Reason `json:"reason,omitempty"`
	Message string `json:"message,omitempty"` // Reason in plain words
	Detail  string `json:"detail,omitempty"`  // for those who want to know; holds no password
	Since   Time   `json:"since"`             // when Phase became what it is
	RetryAt Time   `json:"retry_at,omitzero"`
}

// Camera is one camera with its present state, as it is shown: without user and
// password.
type Camera struct {
	ID      CameraID       `json:"id"`
	Name    string         `json:"name"` // may be lost of one that was removed
	State   `json:"state"` // of its first stream; what is wrong is said of the first for which something is
	Mode    Mode           `json:"mode,omitempty"` // what is kept of it at the moment; empty until known
	Streams []Stream       `json:"streams"`
	Motion  Sight          `json:"motion"` // how it is found
	URL     string         `json:"url"`
	SubURL  string         `json:"sub_url"`         // empty if there is no sub stream
	Doubt   *Doubt         `json:"doubt,omitempty"` // what may be wrong with URL; nil if nothing is known
	Newest  Span           `json:"-"`               // the newest footage of one that was removed, a minute or so; zero of others
}

// Stream is one stream of a camera as far as it is known.
type Stream struct {
	Quality Quality  `json:"stream"`
	Phase   Phase    `json:"phase"`
	Video   Video    `json:"video,omitzero"`    // zero until known
	Audio   Audio    `json:"audio,omitzero"`    // zero if there is none
	Missing []string `json:"missing,omitempty"` // what the camera sends and we cannot keep
	MIME    string   `json:"mime,omitempty"`    // of live.mp4 and of playlists, with codecs
}

// Video is the picture of a stream.
type Video struct {
	Codec  string `json:"codec"` // such as "h264"
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

// Audio is the sound of a stream.
type Audio struct {
	Codec      string `json:"codec"`
	SampleRate int    `json:"sample_rate"`
	Channels   int    `json:"channels"`
}

// Probe is a camera's answer to the question what it sends, or why there is none.
type Probe struct {
	OK      bool     `json:"ok"`
	Streams []Stream `json:"streams,omitempty"`
	Reason  Reason   `json:"reason,omitempty"`
	Message string   `json:"message,omitempty"` // Reason in plain words
	Detail  string   `json:"detail,omitempty"`
	Doubt   *Doubt   `json:"doubt,omitempty"` // what may be wrong with the address; nil if nothing is known
}

// Doubt is what is wrong, or may be, with an address that a person gave.
type Doubt struct {
	Field   string `json:"field"`            // url or sub_url
	Mistake string `json:"mistake"`          // one of those of pkg/household
	Message string `json:"message"`          // what to do, in plain words
	Likely  string `json:"likely,omitempty"` // the address that was probably meant
}
