// Package nvr is the vocabulary of the recorder: the names of things, the
// shape of time, and the kinds of failure that every other package shares.
//
// It holds values only. It does no I/O, imports nothing but the standard
// library, and everything in it is safe to copy and to use from any goroutine.
package nvr

import (
	"fmt"
	"strconv"
	"strings"
)

// CameraID names one camera of the household. It is assigned once, starts at
// 1, and is never given to another camera, because footage on disk carries it.
type CameraID int64

// String returns the decimal form used in addresses and in file paths.
func (id CameraID) String() string { return strconv.FormatInt(int64(id), 10) }

// ParseCameraID is the inverse of [CameraID.String].
func ParseCameraID(s string) (CameraID, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("camera id %q: %w", s, ErrInvalid)
	}
	return CameraID(n), nil
}

// Quality tells the two streams of a camera apart.
type Quality uint8

// A camera has a main stream and may have a sub stream: the same picture, smaller.
const (
	Main Quality = iota
	Sub
)

// String returns "main" or "sub".
func (q Quality) String() string {
	if q == Sub {
		return "sub"
	}
	return "main"
}

// MarshalText returns "main" or "sub"; JSON uses it too.
func (q Quality) MarshalText() ([]byte, error) { return []byte(q.String()), nil }

// UnmarshalText is [ParseQuality].
func (q *Quality) UnmarshalText(text []byte) (err error) {
	*q, err = ParseQuality(string(text))
	return err
}

// ParseQuality reads "main" or "sub"; the empty string means main.
func ParseQuality(s string) (Quality, error) {
	switch s {
	case "", "main":
		return Main, nil
	case "sub":
		return Sub, nil
	}
	return 0, fmt.Errorf("stream %q is neither main nor sub: %w", s, ErrInvalid)
}

// StreamID names one stream of one camera: the unit that is recorded.
type StreamID struct {
	Camera  CameraID
	Quality Quality
}

// String returns the form used in logs, such as "3/main".
func (s StreamID) String() string { return s.Camera.String() + "/" + s.Quality.String() }

// ParseStreamID is the inverse of [StreamID.String].
func ParseStreamID(s string) (StreamID, error) {
	camera, quality, ok := strings.Cut(s, "/")
	if !ok || quality == "" {
		return StreamID{}, fmt.Errorf("stream id %q: %w", s, ErrInvalid)
	}
	id, err := ParseCameraID(camera)
	if err != nil {
		return StreamID{}, err
	}
	q, err := ParseQuality(quality)
	return StreamID{Camera: id, Quality: q}, err
}
