// Package response is what a home hands to an agency: words, pictures and clips that
// its owner chose, sealed so that only the agency opens them, of one of four sizes,
// and cut into pieces of one length for the way. It does no I/O.
//
// docs/ref/response.md tells the format byte by byte. What age and tar are installed
// for opens one by hand. Everything here is safe for concurrent use.
package response

import (
	"fmt"
	"unicode/utf8"

	"nvrd/federation/wire"
)

// Bounds of a response, each with its reason.
const (
	MaxWords = 1000           // a screen of a phone, as of a post
	MaxMedia = 4              // as of a post
	MaxBytes = 16 << 20       // of all media: two of the longest clips
	MaxKept  = 365 * wire.Day // an agency that needs it for longer asks the home
)

// Response is what is handed over. It has no name, no key and no place of a home:
// who wants to be called back writes that into the words.
type Response struct {
	Request wire.Hash   // that it answers
	Agency  wire.Key    // of the request: nobody can hand it on as if it were for them
	Case    string      // of the request
	Minute  wire.Minute // of sending
	Until   wire.Minute // for how long the agency may keep it: after Minute, by MaxKept at most
	Words   string      // of several lines; not empty where there are no media
	Media   []Media
}

// Media is a photo (JPEG) or a clip (MP4). Nothing here looks into it.
type Media struct {
	Type  wire.MediaType
	Bytes []byte
}

// Names returns what the files of the media are called, in their order, such as
// 1.mp4 and 2.jpg. A home can't choose them.
func (r Response) Names() []string {
	names := make([]string, len(r.Media))
	for i, m := range r.Media {
		names[i] = fmt.Sprintf("%d%s", i+1, endings[m.Type])
	}
	return names
}

var endings = map[wire.MediaType]string{wire.MediaPhoto: ".jpg", wire.MediaClip: ".mp4"}

// check tells what is out of bounds.
func (r Response) check() error {
	switch {
	case !tidy(r.Case, 1, wire.MaxName, false):
		return fmt.Errorf("%w: case of a response", wire.ErrRange)
	case !tidy(r.Words, 0, MaxWords, true):
		return fmt.Errorf("%w: words of a response, of at most %d characters", wire.ErrRange, MaxWords)
	case r.Until <= r.Minute || r.Until-r.Minute > MaxKept || r.Until.Time().Year() > 9999: // which RFC 3339 can't write
		return fmt.Errorf("%w: until when a response may be kept", wire.ErrRange)
	case r.Words == "" && len(r.Media) == 0:
		return fmt.Errorf("%w: a response that says nothing", wire.ErrRange)
	case len(r.Media) > MaxMedia:
		return fmt.Errorf("%w: %d media, of at most %d", wire.ErrTooLarge, len(r.Media), MaxMedia)
	}
	total := 0
	for _, m := range r.Media {
		if endings[m.Type] == "" {
			return fmt.Errorf("%w: type %d of media", wire.ErrUnknown, m.Type)
		}
		if len(m.Bytes) == 0 {
			return fmt.Errorf("%w: empty media", wire.ErrRange)
		}
		total += len(m.Bytes)
	}
	if total > MaxBytes {
		return fmt.Errorf("%w: media of %d bytes, of at most %d", wire.ErrTooLarge, total, MaxBytes)
	}
	return nil
}

// tidy tells of text that objects may hold, too.
func tidy(s string, least, most int, lines bool) bool {
	n := utf8.RuneCountInString(s)
	return least <= n && n <= most && wire.Tidy(s, lines) == s
}
