package write

import (
	"testing"

	"nvrd/ui/text"
)

// A person is described with what the person did, or not at all; and never by
// what one is born with alone.
func TestNudge(t *testing.T) {
	all, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	words := all.English().Street.Write
	vague := func(word string) string { return text.Fill(words.Vague, "word", word) }
	for _, c := range []struct{ happened, person, want string }{
		{"The steps of number four are icy.", "", ""},
		{"Grey tabby on our step since noon.", "", ""},
		{"Does anybody have a ladder?", "", ""},
		{"Somebody tried the handles of all parked cars.", "", ""},
		{"Somebody tried the handles of all parked cars.", "Red cap, green sports bag", ""},
		{"A man walked past our house.", "", ""}, // says nothing about anybody; stewards have a label for it

		{"Black man in our street.", "", words.Deed},
		{"A BLACK man, walking around here!", "", words.Deed},
		{"Two young Hispanic guys near our area", "", words.Deed},
		{"I saw a man", "Red cap, green sports bag", words.Deed},
		{"There he is again", "tall", words.Deed},

		{"A black man rang at every door and ran away.", "", words.Looks},
		{"Somebody tried the handles of all parked cars.", "tall white male, about 30", words.Looks},
		{"Somebody tried the handles of all parked cars.", "A tall man", words.Looks},
		{"Somebody tried the handles of all parked cars.", "Dark-skinned, red cap, green sports bag", ""},

		{"Suspicious man tried the handles of all parked cars.", "", vague("suspicious")},
		{"Somebody was lurking behind the garages.", "", vague("lurking")},
		{"SKETCHY van at the corner", "", vague("sketchy")},

		{"Black ice on the road at the corner", "", ""},
		{"A white van blocks the eastern exit.", "", ""},
		{"Somebody left a brown dog at the Indian restaurant.", "", ""},
		{"", "", ""},
	} {
		if got := Nudge(c.happened, c.person, words); got != c.want {
			t.Errorf("%q, %q: %q, want %q", c.happened, c.person, got, c.want)
		}
	}
}
