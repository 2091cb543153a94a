package wire

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Tidy makes of what a person typed or pasted text that objects may hold, as far
// as its length allows: in composed form (NFC), with the space of keyboards for
// all others, lines that end with one line feed, and without what can't be seen
// or stands on nothing. Where several lines are not allowed they become one.
// What it returns it leaves as it is when it is asked again.
func Tidy(s string, lines bool) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\r\n", "\n")
	for { // what goes may bring together what composes, or what no longer shapes anything; each round is shorter
		next := spaced(seen(norm.NFC.String(s), lines), lines)
		if next == s {
			return s
		}
		s = next
	}
}

// seen leaves out the characters that text would refuse.
func seen(s string, lines bool) string {
	runes := []rune(" " + s + " ")
	var b strings.Builder
	before, marks := ' ', 0
	for i, r := range runes[1 : len(runes)-1] {
		switch {
		case unicode.IsSpace(r) || unicode.Is(unicode.Z, r):
			r = spaceOf(r, lines)
		case hidden(r) && !shapes(before, r, runes[i+2]):
			continue
		case unicode.Is(unicode.M, r) && unicode.IsSpace(before):
			continue
		}
		if unicode.In(r, unicode.Mn, unicode.Me) {
			marks++
		} else if r != zwj && r != zwnj {
			marks = 0
		}
		if marks > maxMarks {
			continue
		}
		b.WriteRune(r)
		before = r
	}
	return b.String()
}

// spaceOf returns what is written for a white space.
func spaceOf(r rune, lines bool) rune {
	if lines && strings.ContainsRune("\n\r\v\f\u0085\u2028\u2029", r) {
		return '\n'
	}
	return ' '
}

// spaced takes away the spaces that nobody sees.
func spaced(s string, lines bool) string {
	if !lines {
		return strings.Join(strings.Fields(s), " ")
	}
	all := strings.Split(s, "\n")
	for i, line := range all {
		all[i] = strings.TrimRight(line, " ")
	}
	return strings.TrimSpace(strings.Join(all, "\n"))
}
