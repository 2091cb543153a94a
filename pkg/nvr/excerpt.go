package nvr

import (
	"fmt"
	"strings"
	"time"
)

// Limits on what is taken away at once.
const (
	// MaxExcerpts is how many excerpts are taken at once: twice what a page shows,
	// and an address with as many fits into what browsers and proxies take (8 kB).
	MaxExcerpts = 48
	// MaxExcerpt is the length of one: that of a film that editors and messengers
	// take.
	MaxExcerpt = time.Hour
	// MaxTaken is the length of all of them: at 8 Mb/s 7 GB, what a phone or a
	// stick has room for.
	MaxTaken = 2 * time.Hour
)

// Excerpt is the footage of a camera around something that happened.
type Excerpt struct {
	Camera CameraID
	Span   Span
	Kind   string // of what happened; may be empty
}

// String returns e as addresses and forms have it: "1,2026-11-28T14:03:12Z,2026-11-28T14:03:40Z,ring".
func (e Excerpt) String() string {
	s := e.Camera.String() + "," + e.Span.From.String() + "," + e.Span.To.String()
	if e.Kind != "" {
		s += "," + e.Kind
	}
	return s
}

// ParseExcerpt reads what [Excerpt.String] writes. It fails with [ErrInvalid].
func ParseExcerpt(s string) (e Excerpt, err error) {
	part := strings.Split(s, ",")
	if len(part) != 3 && len(part) != 4 {
		return e, fmt.Errorf("an excerpt is a camera, an instant, a later one and maybe a kind, with commas between: %w", ErrInvalid)
	}
	if e.Camera, err = ParseCameraID(part[0]); err != nil {
		return e, fmt.Errorf("an excerpt begins with the number of a camera: %w", ErrInvalid)
	}
	if e.Span.From, err = ParseTime(part[1]); err == nil {
		e.Span.To, err = ParseTime(part[2])
	}
	if err != nil {
		return e, err
	}
	if len(part) == 4 {
		e.Kind = part[3]
		if len(e.Kind) > 32 || strings.Trim(e.Kind, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			return e, fmt.Errorf("the kind of what happened is a word of a to z, 0 to 9 and _: %w", ErrInvalid)
		}
	}
	if e.Span.Empty() {
		return e, fmt.Errorf("an excerpt has to end after it begins: %w", ErrInvalid)
	}
	if e.Span.To > e.Span.From.Add(MaxExcerpt) { // a duration of centuries is none
		return e, fmt.Errorf("an excerpt is at most %d minutes long: %w", MaxExcerpt/time.Minute, ErrTooLarge)
	}
	return e, nil
}

// ParseExcerpts reads what was chosen: one excerpt at least, [MaxExcerpts] at most,
// of [MaxTaken] together. It fails as ParseExcerpt does, and with [ErrTooLarge].
func ParseExcerpts(all []string) (out []Excerpt, err error) {
	if len(all) == 0 {
		return nil, fmt.Errorf("choose an excerpt at least: %w", ErrInvalid)
	}
	if len(all) > MaxExcerpts {
		return nil, fmt.Errorf("at most %d excerpts go at once: %w", MaxExcerpts, ErrTooLarge)
	}
	var length time.Duration
	for _, s := range all {
		e, err := ParseExcerpt(s)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
		length += e.Span.Duration()
	}
	if length > MaxTaken {
		return nil, fmt.Errorf("excerpts are at most %d minutes long together: %w", MaxTaken/time.Minute, ErrTooLarge)
	}
	return out, nil
}

// FileName returns a name for footage of a camera from an instant on, which every
// file system takes. It has no ending.
func FileName(camera string, at time.Time) string {
	camera = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) {
			return '-'
		}
		return r
	}, camera)
	return camera + at.Format(" 2006-01-02 15.04.05")
}
