// Package porch holds the clips that the simulated doorbells show. They are
// fragmented MP4 files, H.264 with AAC, that loop without a seam; draw.sh
// beside them draws them from nothing and says what is in them exactly.
package porch

import _ "embed" // for the clips

//go:generate ./draw.sh

var (
	//go:embed door.mp4
	doorMain []byte
	//go:embed door-sub.mp4
	doorSub []byte
	//go:embed gate.mp4
	gateMain []byte
	//go:embed gate-sub.mp4
	gateSub []byte
)

// Scene is what one camera sees, in both of its streams. The bytes belong to
// the program and must not be changed.
type Scene struct {
	Main, Sub []byte
}

// Door is a front porch at dusk: somebody walks up, rings 9 s into the clip,
// waits, and leaves.
func Door() Scene { return Scene{Main: doorMain, Sub: doorSub} }

// Gate is a garden at night: a cat walks along the fence.
func Gate() Scene { return Scene{Main: gateMain, Sub: gateSub} }
