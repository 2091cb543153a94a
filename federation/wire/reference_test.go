package wire

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// TestReference holds docs/ref/wire.md to the types: every one has a heading
// and a row for each field, in order, and there are no others.
func TestReference(t *testing.T) {
	text, err := os.ReadFile("../../docs/ref/wire.md")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string][]string{} // by heading: what the first two columns of each row say
	for part := range strings.SplitSeq(string(text), "\n### ") {
		heading, rest, _ := strings.Cut(part, "\n")
		name, _, _ := strings.Cut(heading, " ")
		for line := range strings.Lines(rest) {
			if columns := strings.Split(line, "|"); len(columns) >= 4 && !strings.HasPrefix(line, "|-") && strings.TrimSpace(columns[1]) != "field" {
				told[name] = append(told[name], strings.TrimSpace(columns[1])+": "+strings.TrimSpace(columns[2]))
			}
			if strings.HasPrefix(line, "## ") {
				break
			}
		}
	}
	types := []any{envelope{}, frame{}, Policy{}, ActHead{}, DeedHead{}, Media{}, Blob{}, Post{}, Comment{}, Reaction{}, Label{}, Invite{}, Door{}, Sponsor{}, Knock{}, Welcome{}, DayPrint{}, HourPrint{}, Carried{}, BucketPrint{}, LogPrint{}, AgencyHead{}, Point{}, Cell{}}
	objects, _ := street(t)
	for kind, k := range kinds {
		types = append(types, objects[k.name].Body)
		if want := fmt.Sprintf("| %d | `%s` | %d |", kind, k.name, k.limit); !strings.Contains(string(text), want) {
			t.Errorf("docs/ref/wire.md lacks the row %q", want)
		}
	}
	for kind, m := range messages {
		types = append(types, conversation(t)[m.name])
		if want := fmt.Sprintf("| %d | `%s` | %d |", kind, m.name, m.limit); !strings.Contains(string(text), want) {
			t.Errorf("docs/ref/wire.md lacks the row %q", want)
		}
	}
	for what, limit := range map[string]int{"knock": MaxKnock, "welcome": MaxWelcome} {
		if want := fmt.Sprintf("| `%s` | %d |", what, limit); !strings.Contains(string(text), want) {
			t.Errorf("docs/ref/wire.md lacks the row %q", want)
		}
	}
	for _, v := range types {
		typ := reflect.TypeOf(v)
		var want []string
		for field := range typ.Fields() {
			if field.Name != "_" {
				want = append(want, field.Name+": "+written(field.Type))
			}
		}
		name := strings.ToUpper(typ.Name()[:1]) + typ.Name()[1:]
		if got := told[name]; !slices.Equal(got, want) {
			t.Errorf("docs/ref/wire.md tells of %s\n%s\nbut it is\n%s", name, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		delete(told, name)
	}
	for name, rows := range told {
		t.Errorf("docs/ref/wire.md tells of %s %q, which is no object", name, rows)
	}
}

// TestUnicode: what is assigned and what is composed is part of the format. A
// newer Unicode refuses less, so homes would differ in what is well formed: it
// is another version of the format, not of a library.
func TestUnicode(t *testing.T) {
	text, err := os.ReadFile("../../docs/ref/wire.md")
	if err != nil {
		t.Fatal(err)
	}
	if want := "Unicode " + unicode.Version; norm.Version != unicode.Version || !strings.Contains(string(text), want) {
		t.Errorf("this program judges text by Unicode %s and %s, which docs/ref/wire.md does not", unicode.Version, norm.Version)
	}
}

// written is how the page calls a type.
func written(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[Hash](), reflect.TypeFor[Key]():
		return "bytes, 32"
	case reflect.TypeFor[Signature]():
		return "bytes, 64"
	case reflect.TypeFor[Salt](), reflect.TypeFor[Print]():
		return "bytes, 16"
	case reflect.TypeFor[[]byte]():
		return "bytes"
	}
	switch t.Kind() {
	case reflect.Slice:
		return "list of " + written(t.Elem())
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Struct:
		return t.Name()
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return fmt.Sprintf("number, %d bit", t.Bits())
	case reflect.Int32:
		return "number, 32 bit, signed"
	}
	return t.String()
}
