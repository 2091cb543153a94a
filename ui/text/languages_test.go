package text

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// alike are texts that are the same in every language, by their place.
var alike = []string{
	"calendar.hours", "desk.add_sponsor", "notify.kinds.mqtt.name", "profile.when", "script.hours",
	"script.minutes_seconds", "shell.title", "street.agencies.done.hours",
}

// TestEveryLanguageSaysIt: every language has each text of the English catalogue,
// with its placeholders, and none that is still English. What it prints is what is
// to be translated.
func TestEveryLanguageSaysIt(t *testing.T) {
	names, err := files.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	english := flat(t, "en.json")
	for _, n := range names {
		if n.Name() == "en.json" {
			continue
		}
		for _, fault := range faults(english, flat(t, n.Name())) {
			t.Errorf("%s: %s", n.Name(), fault)
		}
	}
}

func TestFaultsOfALanguage(t *testing.T) {
	english := map[string]string{"a": "{n} of {all}", "b": "See it all", "c[0]": "One", "shell.title": "{page} · The Name"}
	for fault, other := range map[string]map[string]string{
		"":                                 {"a": "{n} von {all}", "b": "Alles ansehen", "c[0]": "One", "shell.title": "{page} · The Name"},
		`a has [{n}], not [{all} {n}]`:     {"a": "{n} von allen", "b": "Alles ansehen", "c[0]": "Eins", "shell.title": "x {page}"},
		`b is still English: See it all`:   {"a": "{n} von {all}", "b": "See it all", "c[0]": "Eins", "shell.title": "x {page}"},
		`b is missing: See it all`:         {"a": "{n} von {all}", "c[0]": "Eins", "shell.title": "x {page}"},
		`b is empty: See it all`:           {"a": "{n} von {all}", "b": "", "c[0]": "Eins", "shell.title": "x {page}"},
		`c[1] is not in English: Zwei`:     {"a": "{n} von {all}", "b": "Alles ansehen", "c[0]": "Eins", "c[1]": "Zwei", "shell.title": "x {page}"},
		`shell.title has [], not [{page}]`: {"a": "{n} von {all}", "b": "Alles ansehen", "c[0]": "Eins", "shell.title": "x"},
	} {
		if got := strings.Join(faults(english, other), "; "); got != fault {
			t.Errorf("got %q, want %q", got, fault)
		}
	}
}

// faults says what is wrong with other, ordered by place.
func faults(english, other map[string]string) (found []string) {
	for _, at := range slices.Sorted(maps.Keys(english)) {
		want := english[at]
		got, ok := other[at]
		switch {
		case !ok:
			found = append(found, fmt.Sprintf("%s is missing: %s", at, want))
		case got == "" && want != "":
			found = append(found, fmt.Sprintf("%s is empty: %s", at, want))
		case !slices.Equal(placeholders(got), placeholders(want)):
			found = append(found, fmt.Sprintf("%s has %v, not %v", at, placeholders(got), placeholders(want)))
		case got == want && len(strings.Fields(want)) > 2 && !slices.Contains(alike, at):
			found = append(found, fmt.Sprintf("%s is still English: %s", at, want))
		}
	}
	for _, at := range slices.Sorted(maps.Keys(other)) {
		if _, ok := english[at]; !ok {
			found = append(found, fmt.Sprintf("%s is not in English: %s", at, other[at]))
		}
	}
	return found
}

var placeholder = regexp.MustCompile(`\{[a-z_]+\}`)

// placeholders are those of s; one may stand in it twice.
func placeholders(s string) []string {
	found := placeholder.FindAllString(s, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

// flat is each text of a catalogue by its place, such as home.modes.away or c[0].
func flat(t *testing.T, name string) map[string]string {
	t.Helper()
	b, err := files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	texts := make(map[string]string)
	flatten(texts, "", all)
	return texts
}

func flatten(texts map[string]string, at string, v any) {
	switch v := v.(type) {
	case string:
		texts[at] = v
	case []any:
		if strings.HasSuffix(at, "_words") {
			return // lists of words to look for: each language has as many as it has
		}
		for i, item := range v {
			flatten(texts, fmt.Sprintf("%s[%d]", at, i), item)
		}
	case map[string]any:
		for key, item := range v {
			flatten(texts, strings.TrimPrefix(at+"."+key, "."), item)
		}
	}
}
