package blob

import "nvrd/federation/wire"

// Plain is a photo or a clip as its owner confirmed it, with its thumbnail.
type Plain struct {
	Type          wire.MediaType
	Full          []byte // JPEG, or MP4
	Thumbnail     []byte // JPEG
	Width, Height uint16
	Seconds       uint8 // of a clip, rounded up
}
