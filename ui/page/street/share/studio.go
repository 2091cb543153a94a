// Package share is how a photo or a clip of a camera goes to the neighbors: it is
// chosen on the page here, made once, held as a draft, looked at beside the form
// of its post (see ui/page/street/write), and sent as those very bytes.
package share

import (
	"context"
	"fmt"
	"math"
	"net/url"
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

// query chooses the same again, in the address of a page.
func (c Cut) query() url.Values {
	v := url.Values{"from": {c.Span.From.String()}, "to": {c.Span.To.String()}}
	if c.Photo {
		v.Set("kind", "photo")
	}
	if c.Sound {
		v.Set("sound", "1")
	}
	for _, r := range c.Regions {
		v.Add("region", r.String())
	}
	return v
}

// Region is a part of the picture that is blurred, or, if Outside, that alone is
// not. It moves from one place to another, and stands still before and after.
type Region struct {
	From, To Place
	Outside  bool
}

// String writes a region as forms do: "in" or "out", then its two places.
func (r Region) String() string {
	kind := "in"
	if r.Outside {
		kind = "out"
	}
	if r.From == r.To {
		return kind + " " + r.From.String()
	}
	return kind + " " + r.From.String() + " " + r.To.String()
}

// Place is where a region is at a time after the beginning of the cut. The
// others are parts of the picture's width and height, from its upper left.
type Place struct {
	At         time.Duration
	X, Y, W, H float64
}

// String writes a place as forms do: ms, and thousandths of the picture.
func (p Place) String() string {
	part := func(v float64) int { return int(math.Round(v * 1000)) }
	return fmt.Sprintf("%d %d %d %d %d", p.At.Milliseconds(), part(p.X), part(p.Y), part(p.W), part(p.H))
}
