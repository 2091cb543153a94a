package choice

import (
	"bytes"
	"encoding/csv"
	"flag"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nvrd/federation/wire"
)

var update = flag.Bool("update", false, "write testdata anew")

// TestExport holds both forms to those that docs/ref/ledger.md describes.
func TestExport(t *testing.T) {
	neighbors := handed(4, 0)
	neighbors.Agency, neighbors.Title, neighbors.Case, neighbors.Incident, neighbors.Words = wire.Key{}, "Anna", "", 0, "=HYPERLINK(\"https://example.com\",\"see\")\nand \"more\", <b>"
	brought := handed(3, 2)
	brought.Sponsors = []Sponsor{{wire.Key{1}, "Anna", 1005}, {Key: wire.Key{2}, Name: "Ben"}}
	for name, all := range map[string][]Handed{"empty": nil, "full": {neighbors, brought}} {
		var j, c bytes.Buffer
		must(t, WriteJSON(&j, all), WriteCSV(&c, all))
		for file, got := range map[string]*bytes.Buffer{"testdata/" + name + ".json": &j, "testdata/" + name + ".csv": &c} {
			if *update {
				must(t, os.WriteFile(file, got.Bytes(), 0o600))
			}
			want, err := os.ReadFile(file)
			if diff := cmp.Diff(string(want), got.String()); err != nil || diff != "" {
				t.Errorf("%s: %v, -want +got:\n%s", file, err, diff)
			}
		}
	}
}

// No cell of a spreadsheet begins as a formula does, whatever others wrote.
func TestNoFormula(t *testing.T) {
	for _, begin := range []string{"=", "+", "-", "@", "\t", "'"} {
		h := handed(1, 1)
		h.Title, h.Case, h.Words, h.Files[0].Name, h.Files[0].Type, h.Files[0].CameraName = begin+"1", begin+"1", begin+"1", begin+"1", begin+"1", begin+"1"
		var b bytes.Buffer
		must(t, WriteCSV(&b, []Handed{h}))
		lines, err := csv.NewReader(&b).ReadAll()
		must(t, err)
		for i, cell := range lines[1] {
			if strings.ContainsAny(cell[:min(1, len(cell))], "=+-@\t") {
				t.Errorf("%s begins with %q", lines[0][i], cell)
			}
		}
	}
}

// TestReference holds docs/ref/ledger.md to the names that are written.
func TestReference(t *testing.T) {
	page, err := os.ReadFile("../../docs/ref/ledger.md")
	must(t, err)
	documented := map[string]int{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z0-9_]+)` \\|").FindAllStringSubmatch(string(page), -1) {
		documented[m[1]]++
	}
	written := map[string]int{}
	for _, form := range []reflect.Type{reflect.TypeFor[exportedHanded](), reflect.TypeFor[exportedFile](), reflect.TypeFor[exportedSponsor]()} {
		for i := range form.NumField() {
			name, _, _ := strings.Cut(form.Field(i).Tag.Get("json"), ",")
			written[name]++
		}
	}
	if diff := cmp.Diff(written, documented); diff != "" {
		t.Errorf("docs/ref/ledger.md, -written +documented:\n%s", diff)
	}
	if columns := strings.Join(csvColumns, ","); !strings.Contains(string(page), "`"+columns+"`") {
		t.Errorf("docs/ref/ledger.md lacks %s", columns)
	}
}
