// Package share is how a photo or a clip of a camera goes to the neighbors: it is
// chosen on the page here, made once, held as a draft, looked at beside the form
// of its post (see ui/page/street/write), and sent as those very bytes.
package share

import (
	"context"
	"time"

	"nvrd/federation/blob"
	"nvrd/pkg/nvr"
)

// Studio makes what leaves a home. It is safe for concurrent use.
type Studio interface {
	// Lacks says what to do so that it can blur, and make photos; it is empty if
	// it can.
	Lacks() string
	// Make makes exactly what would leave. It fails with [nvr.ErrNotFound] if
	// there is no footage, with [nvr.ErrTooLarge] if it does not fit, and with
	// [nvr.ErrInvalid] if it can't do what is asked for.
	Make(ctx context.Context, c Cut) (blob.Plain, error)
}

// Cut is what a person chose of a camera's footage.
type Cut struct {
	Camera  nvr.CameraID
	Span    nvr.Span // of a photo, its moment is From
	Photo   bool
	Sound   bool
	Regions []Region
}

// Region is a part of the picture that is blurred, or, if Outside, that alone is
// not. It moves from one place to another, and stands still before and after.
type Region struct {
	From, To Place
	Outside  bool
}

// Place is where a region is at a time after the beginning of the cut. The
// others are parts of the picture's width and height, from its upper left.
type Place struct {
	At         time.Duration
	X, Y, W, H float64
}
