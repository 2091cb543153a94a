package text

import (
	"reflect"
	"strings"
	"testing"
	"unicode"
)

// TestReading: what the pages of requests, of sponsors and of trust say is read as easily as a newspaper
// (Flesch's reading ease, 60 or more), each longer text by itself and the most
// important ones as one.
func TestReading(t *testing.T) {
	all, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	asked := all.English().Street.Asked
	if ease := ease(strings.Join(append(asked.Voluntary, asked.Lead), " ")); ease < 70 {
		t.Errorf("what is voluntary reads at %.0f", ease)
	}
	trust := all.English().Trust
	var whole []string
	for _, page := range []any{asked, all.English().Street.Sponsor, all.English().Notify, all.English().Alerts, all.English().Street.Write.OpenHint, []string{trust.Lead, trust.Compare}, trust.Means} { // the steps are in the words of each system
		eachText(reflect.ValueOf(page), func(s string) {
			if len(strings.Fields(s)) < 12 {
				return
			}
			whole = append(whole, s)
			if ease := ease(s); ease < 60 {
				t.Errorf("%.0f: %s", ease, s)
			}
		})
	}
	if len(whole) < 10 {
		t.Errorf("only %d texts", len(whole))
	}
	for text, want := range map[string][2]float64{
		"The cat sat on the mat. It was glad.":                                                    {100, 125},
		"Notwithstanding jurisdictional considerations, participation constitutes authorization.": {-400, 0},
	} {
		if got := ease(text); got < want[0] || got > want[1] {
			t.Errorf("%q reads at %.0f", text, got)
		}
	}
}

func eachText(v reflect.Value, f func(string)) {
	switch v.Kind() {
	case reflect.String:
		f(v.String())
	case reflect.Struct:
		for i := range v.NumField() {
			eachText(v.Field(i), f)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			eachText(v.MapIndex(k), f)
		}
	case reflect.Slice:
		for i := range v.Len() {
			eachText(v.Index(i), f)
		}
	}
}

// ease is Flesch's reading ease: 206.835 less 1.015 for each word of a sentence and
// 84.6 for each syllable of a word, as they are on the average.
func ease(s string) float64 {
	sentences, words, syllables := 0, 0, 0
	for sentence := range strings.FieldsFuncSeq(s, func(r rune) bool { return strings.ContainsRune(".?!:", r) }) {
		said := 0
		for word := range strings.FieldsFuncSeq(strings.ToLower(sentence), func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' }) {
			said++
			syllables += syllablesOf(word)
		}
		if said > 0 {
			sentences, words = sentences+1, words+said
		}
	}
	return 206.835 - 1.015*float64(words)/float64(sentences) - 84.6*float64(syllables)/float64(words)
}

// syllablesOf counts groups of vowels, but for a silent e at the end.
func syllablesOf(word string) int {
	n, before := 0, false
	for _, r := range word {
		is := strings.ContainsRune("aeiouy", r)
		if is && !before {
			n++
		}
		before = is
	}
	if strings.HasSuffix(word, "e") && !strings.HasSuffix(word, "le") || strings.HasSuffix(word, "es") || strings.HasSuffix(word, "ed") && !strings.HasSuffix(word, "ted") && !strings.HasSuffix(word, "ded") {
		n--
	}
	return max(1, n)
}
