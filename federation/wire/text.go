package wire

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxMarks is how many marks may stand on one letter: Vietnamese, pointed Hebrew
// and Thai need up to three, and more climb over the lines around.
const maxMarks = 3

// text checks what people read: its length in characters, in the composed form
// (NFC) so that equal words have equal bytes, and that each of its characters
// is seen: two names that look the same would not be. Lines may be broken, and
// spaces repeated, where several lines are allowed.
//
// What is a letter, a mark or nothing yet is told by the Unicode version that
// docs/ref/wire.md names: homes of different versions would judge differently.
func text(what, s string, least, most int, lines bool) error {
	if n := utf8.RuneCountInString(s); n < least || n > most {
		return fmt.Errorf("%w: %s of %d characters, of %d to %d", ErrRange, what, n, least, most)
	}
	if !utf8.ValidString(s) || !norm.NFC.IsNormalString(s) {
		return fmt.Errorf("%w: %s is not composed text (NFC)", ErrRange, what)
	}
	if strings.TrimSpace(s) != s {
		return fmt.Errorf("%w: %s begins or ends with a space", ErrRange, what)
	}
	runes := []rune(" " + s + " ")
	marks := 0
	for i := 1; i < len(runes)-1; i++ {
		before, r, after := runes[i-1], runes[i], runes[i+1]
		if unicode.In(r, unicode.Mn, unicode.Me) {
			marks++
		} else if r != zwj && r != zwnj {
			marks = 0
		}
		switch {
		case lines && r == '\n':
		case hidden(r) && !shapes(before, r, after):
			return fmt.Errorf("%w: %s holds the character %U, which can't be seen there", ErrRange, what, r)
		case r == ' ' && before == ' ' && !lines:
			return fmt.Errorf("%w: %s holds two spaces in a row", ErrRange, what)
		case unicode.Is(unicode.M, r) && unicode.IsSpace(before):
			return fmt.Errorf("%w: %s holds the mark %U without a letter under it", ErrRange, what, r)
		case marks > maxMarks:
			return fmt.Errorf("%w: %s holds more than %d marks on a letter", ErrRange, what, maxMarks)
		}
	}
	return nil
}

const (
	zwnj = '\u200c' // keeps what it stands between from being joined
	zwj  = '\u200d' // joins it
	vs16 = '\ufe0f' // makes a picture of the character before it
)

// hidden are characters that show nothing of their own: controls, formats, what
// is private or not assigned (all in C), spaces but the one on keyboards, what
// is ignored or only chooses a form of another, and blank pictures.
func hidden(r rune) bool {
	return r != ' ' && unicode.In(r, unicode.C, unicode.Z, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) ||
		strings.ContainsRune(blank, r)
}

// blank are characters of other categories that are drawn as nothing: the empty
// Braille cell, a stand-in for an object, and fillers of musical, Khitan and
// Egyptian writing.
const blank = "\u2800\ufffc\U0001d159\U00016fe4\U00013441\U00013442"

// shapes tells whether a hidden character changes how those beside it are
// drawn: where it does not it could only make two equal words two.
func shapes(before, r, after rune) bool {
	switch r {
	case vs16:
		return picture(before) || after == '\u20e3' && strings.ContainsRune("0123456789#*", before) // in a keycap
	case zwj:
		return (picture(before) || before == vs16 || skin(before)) && picture(after) || indic(before, after)
	case zwnj:
		return arabic(before) && arabic(after) || indic(before, after)
	}
	return false
}

// picture tells of emoji, and of the symbols of no script that may be one.
func picture(r rune) bool {
	return unicode.Is(unicode.So, r) && unicode.Is(unicode.Common, r) || strings.ContainsRune("↔⤴⤵◻◼◽◾‼⁉〰〽ℹ", r)
}

// skin are the five tones.
func skin(r rune) bool { return '\U0001f3fb' <= r && r <= '\U0001f3ff' }

// arabic are the letters and vowel signs of Arabic, Persian and Urdu.
func arabic(r rune) bool {
	return unicode.Is(unicode.Arabic, r) && unicode.IsLetter(r) || '\u064b' <= r && r <= '\u065f'
}

// indic tells of two letters or marks of one Indian script with a joiner
// between them, one of them the virama, on which alone a joiner acts.
func indic(before, after rune) bool {
	for _, s := range indicScripts {
		if unicode.Is(s.script, before) && unicode.Is(s.script, after) {
			return before == s.virama || after == s.virama
		}
	}
	return false
}

var indicScripts = []struct {
	script *unicode.RangeTable
	virama rune
}{
	{unicode.Devanagari, '\u094d'}, {unicode.Bengali, '\u09cd'}, {unicode.Gurmukhi, '\u0a4d'}, {unicode.Gujarati, '\u0acd'}, {unicode.Oriya, '\u0b4d'},
	{unicode.Tamil, '\u0bcd'}, {unicode.Telugu, '\u0c4d'}, {unicode.Kannada, '\u0ccd'}, {unicode.Malayalam, '\u0d4d'}, {unicode.Sinhala, '\u0dca'},
}
