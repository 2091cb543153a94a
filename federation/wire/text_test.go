package wire

import (
	"errors"
	"strings"
	"testing"
)

type namedName struct{ what, name string }

// goodNames are what people and streets are called.
var goodNames = []namedName{
	{"English", "Anna & Ben O'Neil-Smith, 12b"},
	{"Vietnamese", "Nguyễn Thị Ngọc Ánh"},
	{"three marks on a letter", "x\u0330\u0301\u0308"},
	{"Yoruba", "Ọ̀ṣun"},
	{"Greek", "Ἀθηνᾶ"},
	{"Russian", "Семён"},
	{"Arabic", "عبد الله"},
	{"Arabic with vowels", "مُحَمَّد"},
	{"Persian with a joint kept apart", "خانه\u200cی علی"},
	{"Persian with it after a vowel", "خانهِ\u200cی"},
	{"Hebrew", "שרה בן־דוד"},
	{"Hebrew with points", "שָׂרָה"},
	{"Hindi", "श्रीमती प्रिया"},
	{"Hindi with a half letter", "क्\u200dष"},
	{"Hindi with two whole letters", "क्\u200cष"},
	{"Bengali with a joiner before the virama", "র\u200d্যাম"},
	{"Marathi with an eyelash", "दर्\u200dया"},
	{"Sinhala", "ශ්\u200dරී"},
	{"Tamil", "க்\u200cஷ"},
	{"Malayalam", "മലയാളം"},
	{"Thai", "ปู่ น้ำผึ้ง"},
	{"Khmer", "ខ្មែរ"},
	{"Burmese", "မြန်မာ"},
	{"Tibetan", "བསྒྲུབས"},
	{"Chinese", "王小明（北京）"},
	{"Japanese", "たなか・ガク"},
	{"Korean", "김민준"},
	{"a house", "🏠 Anna"},
	{"a family", "👨\u200d👩\u200d👧\u200d👦"},
	{"a heart", "Anna ❤\ufe0f Ben"},
	{"a heart on fire", "❤\ufe0f\u200d🔥"},
	{"a skin tone", "👋🏽"},
	{"a farmer with a skin tone", "👩🏽\u200d🌾"},
	{"a doctor", "🧑\u200d⚕\ufe0f"},
	{"a head that shakes", "🙂\u200d↔\ufe0f"},
	{"a black cat", "🐈\u200d⬛"},
	{"an eye in a bubble", "👁\ufe0f\u200d🗨\ufe0f"},
	{"a star as phones write it", "⭐\ufe0f"},
	{"an arrow and two signs", "↔\ufe0f ‼\ufe0f ℹ\ufe0f"},
	{"a rainbow flag", "🏳\ufe0f\u200d🌈"},
	{"flags", "🇩🇪🇫🇷"},
	{"a keycap", "No. 7\ufe0f\u20e3"},
	{"Braille", "⠁⠝⠝⠁"},
}

// badNames look like another name, like none, or cover those around them.
var badNames = []namedName{
	{"a joiner between Latin letters", "An\u200dna"},
	{"a non-joiner between Latin letters", "An\u200cna"},
	{"a joiner between Cyrillic letters", "Ан\u200dна"},
	{"a joiner between Arabic letters, which join", "مح\u200dمد"},
	{"a non-joiner between Hindi letters that do not join", "क\u200cम"},
	{"a joiner between two scripts", "क्\u200dক"},
	{"a non-joiner between two scripts", "خ\u200ca"},
	{"two joiners", "क्\u200d\u200dष"},
	{"two non-joiners", "خانه\u200c\u200cی"},
	{"a joiner before a space", "क्\u200d ष"},
	{"a joiner behind an emoji", "🏠\u200dAnna"},
	{"a joiner before an emoji", "Anna\u200d🏠"},
	{"a joiner at the end", "🏠\u200d"},
	{"a non-joiner between emoji", "🏠\u200c🏠"},
	{"a grapheme joiner", "An\u034fna"},
	{"a variation selector on a letter", "Anna\ufe0f"},
	{"a variation selector on a digit", "Anna 7\ufe0f"},
	{"a variation selector on Braille", "⠁\ufe0f"},
	{"two variation selectors", "❤\ufe0f\ufe0f"},
	{"the variation selector for text", "❤\ufe0e"},
	{"a variation selector for ideographs", "Anna\U000e0100"},
	{"a variation selector for Mongolian", "An\u180bna"},
	{"a tag", "Anna\U000e0061"},
	{"the tags of a flag", "🏴\U000e0067\U000e0062\U000e007f"},
	{"a function application", "An\u2061na"},
	{"an inhibitor", "An\u206ana"},
	{"an annotation", "An\ufff9na"},
	{"a beam of music", "An\U0001d173na"},
	{"a vowel of Khmer that is not seen", "An\u17b4na"},
	{"a filler of Hangul", "An\u115fna"},
	{"a filler of half width", "An\uffa0na"},
	{"a stand-in", "An\ufffcna"},
	{"a note without a head", "An\U0001d159na"},
	{"a blank hieroglyph", "An\U00013441na"},
	{"a soft hyphen", "An\u00adna"},
	{"a byte order mark", "An\ufeffna"},
	{"an Arabic letter mark", "An\u061cna"},
	{"an unassigned character", "An\u0378na"},
	{"a character that is ignored when assigned", "An\u2065na"},
	{"a private character", "An\ue000na"},
	{"a noncharacter", "An\ufddfna\U0001ffff"},
	{"two spaces", "Anna  B"},
	{"a space that does not break", "Anna\u00a0B"},
	{"an ideographic space", "王\u3000明"},
	{"a thin space", "Anna\u2009B"},
	{"a space of Ogham", "Anna\u1680B"},
	{"a tab", "Anna\tB"},
	{"a line separator", "Anna\u2028B"},
	{"a mark first", "\u0301Anna"},
	{"a spacing mark first", "\u093eAnna"},
	{"a keycap first", "\u20e3Anna"},
	{"a mark on a space", "Anna \u0301B"},
	{"20 marks on a letter", "A" + strings.Repeat("\u0335", 20)},
	{"4 marks on a letter", "A" + strings.Repeat("\u0335", 4)},
	{"4 marks on a letter, with joiners between", "क" + strings.Repeat("्\u200d", 4) + "ष"},
	{"nothing but blank Braille", "\u2800"},
	{"nothing but blank Braille and spaces", "\u2800 \u2800"},
	{"nothing but a grapheme joiner", "\u034f"},
	{"nothing but a variation selector", "\ufe0f"},
	{"nothing but a filler", "\u3164"},
	{"nothing but a joiner", "\u200d"},
}

func TestNames(t *testing.T) {
	for _, n := range goodNames {
		for what, in := range map[string]string{"alone": n.name, "before a word": n.name + " B", "behind one": "B " + n.name} {
			if err := text("name", in, 1, 2*MaxName, false); err != nil {
				t.Errorf("%s, %s: %+q is no name: %v", n.what, what, in, err)
			}
		}
		if err := text("text", "So:\n"+n.name+"\n\n  Bye  ", 1, MaxText, true); !errors.Is(err, ErrRange) {
			t.Errorf("%s: a text that ends in spaces is one: %v", n.what, err)
		}
		if err := text("text", n.name+":\n\n    "+n.name+"\nand  B", 1, MaxText, true); err != nil {
			t.Errorf("%s: %+q is no text of several lines: %v", n.what, n.name, err)
		}
	}
	for _, n := range badNames {
		if err := text("name", n.name, 1, MaxName, false); !errors.Is(err, ErrRange) {
			t.Errorf("%s: %+q is a name: %v", n.what, n.name, err)
		}
		if n.what == "two spaces" {
			continue // allowed where several lines are
		}
		if err := text("text", "Hello\n"+n.name, 1, MaxText, true); !errors.Is(err, ErrRange) {
			t.Errorf("%s: %+q is in a text: %v", n.what, n.name, err)
		}
	}
}
