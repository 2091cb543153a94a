package device

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxSource is how long a signal's source may be (nvr.Signal).
const maxSource = 200

// Source makes the source of a signal of words, some of which a device said: it
// is printable, the same each time, and at most 200 bytes long.
func Source(words ...string) string {
	s := strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.Join(strings.Fields(strings.Join(words, " ")), " "))
	if len(s) <= maxSource {
		return s
	}
	cut := maxSource
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut]
}
