package nvr

// Way is how motion of a camera is found. The values appear in the API.
type Way string

// The ways; the empty one is not known yet.
const (
	ByScore    Way = "score"    // by what pictures cost, without looking at them
	ByPictures Way = "pictures" // by looking at one or two a second
)

// Trust is whether what pictures cost tells motion. The values appear in the API.
type Trust string

// What may be wrong with it.
const (
	Trusted Trust = "full"
	Uneven  Trust = "uneven" // stillness varies as much as motion does
	Noisy   Trust = "noisy"  // a still picture costs so much that motion adds nothing
)

// Bound says whether motion is bound to the zones of a camera now. The values
// appear in the API.
type Bound string

// Whether it is; the empty one means that there are none.
const (
	Inside Bound = "inside" // what moves elsewhere is no motion
	Whole  Bound = "whole"  // it counts in all of the picture, until that is looked at
)

// Sight is how motion of a camera is found now, and how far that can be trusted.
type Sight struct {
	By      Way   `json:"by,omitempty"`    // empty until known
	Trust   Trust `json:"trust,omitempty"` // of the score, also where it is not used; empty until known
	Zones   Bound `json:"zones,omitempty"` // empty if there are none
	Decodes bool  `json:"decodes"`         // pictures can be looked at here: there is ffmpeg
	// LeftOut is how much the camera itself reported in the last day that its zones left
	// out, since the program was started; LeftOutLast is when the last of it began.
	LeftOut     int  `json:"left_out,omitempty"`
	LeftOutLast Time `json:"left_out_last,omitzero"`
}
