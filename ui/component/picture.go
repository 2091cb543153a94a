package component

import (
	"net/url"

	"nvrd/pkg/nvr"
)

// Picture is the address of the picture that a stream shows at a time: of the
// newest one then. Without a time it is that of the newest one whenever it is
// asked for, to which a script adds something new each time: of an address that
// stays the same Chromium shows for minutes what it showed before, in later
// pages too, whatever the answer says about caches.
func Picture(stream nvr.StreamID, at nvr.Time) string {
	q := url.Values{"stream": {stream.Quality.String()}}
	if at != 0 {
		q.Set("at", at.String())
	}
	return "/api/v1/cameras/" + stream.Camera.String() + "/picture.mp4?" + q.Encode()
}

// Newest is the address of the newest picture of a stream as a page shows it,
// that was taken at a time. It stays that picture when a browser asks for the
// rest of it later.
func Newest(stream nvr.StreamID, taken nvr.Time) string {
	return Picture(stream, taken-1)
}
