package write

import (
	"slices"
	"strings"
	"unicode"

	"nvrd/ui/text"
)

// enough is how many words that are no filler say what somebody did, and how
// many details beside origin, build and age tell one person from others.
const enough = 2

// Nudge returns what to think over before a post is sent, or nothing. A
// description of a person needs something that the person did, and more than
// looks that are shared by thousands; a feeling is nothing that happened.
func Nudge(happened, person string, t text.StreetWrite) string {
	deed, looks := wordsOf(happened), wordsOf(person)
	if i := slices.IndexFunc(deed, isOne(t.Suspicion)); i >= 0 {
		return text.Fill(t.Vague, "word", deed[i])
	}
	born := ofBirth(deed, t) || ofBirth(looks, t)
	switch {
	case person == "" && !born:
		return ""
	case count(deed, t) < enough:
		return t.Deed
	case count(looks, t) == 0, born && count(looks, t) < enough:
		return t.Looks
	}
	return ""
}

// ofBirth tells whether words say what somebody was born with: by themselves, or
// shortly before a word for a person. A white van is no person.
func ofBirth(words []string, t text.StreetWrite) bool {
	for i, w := range words {
		if slices.Contains(t.Origin, w) || slices.Contains(t.Shade, w) && slices.ContainsFunc(words[i+1:min(i+3, len(words))], isOne(t.Figure)) {
			return true
		}
	}
	return false
}

// count returns how many words are neither filler nor what anybody looks like.
func count(words []string, t text.StreetWrite) (n int) {
	for _, w := range words {
		if !slices.Contains(t.Filler, w) && !slices.Contains(t.Origin, w) && !slices.Contains(t.Shade, w) && !slices.Contains(t.Figure, w) && !slices.Contains(t.Suspicion, w) {
			n++
		}
	}
	return n
}

func isOne(of []string) func(string) bool {
	return func(w string) bool { return slices.Contains(of, w) }
}

// wordsOf returns the words of s in small letters.
func wordsOf(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '\''
	})
}
