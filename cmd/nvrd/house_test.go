package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const root = "../.."

// TestHouse checks the tree itself: who imports whom, what lies at the top,
// how things are named and how long files are. The rules are in
// house_rules_test.go.
func TestHouse(t *testing.T) {
	packages := list(t)
	if len(packages) < 5 {
		t.Fatalf("go list found only %d packages", len(packages))
	}
	for _, v := range checkImports(packages) {
		t.Error(v)
	}
	for _, v := range checkNames(packages) {
		t.Error(v)
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if v := checkTop(e.Name()); v != "" {
			t.Error(v)
		}
	}
	tests := map[string]map[string]string{}
	for path, text := range sources(t) {
		if v := checkMux(path, string(text)); v != "" {
			t.Error(v)
		}
		if v := checkLength(path, bytes.Count(text, []byte("\n"))); v != "" {
			t.Error(v)
		}
		dir := filepath.Dir(path)
		if tests[dir] == nil {
			tests[dir] = map[string]string{}
		}
		tests[dir][path] = string(text)
	}
	for _, files := range tests {
		for _, v := range checkSleeps(files) {
			t.Error(v)
		}
	}
}

// TestHouseIsDrawn keeps the drawing for people equal to the floors.
func TestHouseIsDrawn(t *testing.T) {
	text, err := os.ReadFile(root + "/docs/design/house.md")
	if err != nil {
		t.Fatal(err)
	}
	_, drawing, _ := strings.Cut(string(text), "```\n")
	drawing, _, _ = strings.Cut(drawing, "```")
	drawn, floor := map[string]int{}, -1
	for line := range strings.Lines(drawing) {
		if line[0] != ' ' {
			floor = int(line[0] - '0')
		}
		rooms, _, _ := strings.Cut(strings.TrimSpace(line[1:]), "   ") // what they are for follows
		for _, room := range strings.Fields(rooms) {
			if _, ok := floors["pkg/"+room]; ok {
				room = "pkg/" + room
			}
			drawn[room] = floor
		}
	}
	if diff := cmp.Diff(floors, drawn); diff != "" {
		t.Errorf("docs/design/house.md draws another house (-rules +drawing):\n%s", diff)
	}
}

// list returns every package of the module, as the product is built.
func list(t *testing.T) []Package {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports,Deps", "./...")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &stderr)
	}
	var packages []Package
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p Package
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(p.ImportPath, "/node_modules/") { // some npm packages carry Go
			packages = append(packages, p)
		}
	}
}

// sources returns the text of each file that people write.
func sources(t *testing.T) map[string][]byte {
	t.Helper()
	written := []string{".go", ".templ", ".js", ".css", ".sql", ".py", ".sh"}
	texts := map[string][]byte{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{".git", "node_modules", "dist", "bin", "build", "testdata"}, d.Name()):
			return fs.SkipDir
		case d.IsDir() || !slices.Contains(written, filepath.Ext(path)):
			return nil
		}
		texts[filepath.ToSlash(path)], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// TestHouseRulesBite shows every rule a tree that breaks it.
func TestHouseRulesBite(t *testing.T) {
	for name, tt := range map[string]struct {
		p    Package
		want string // a part of the one complaint; empty if there is none
	}{
		"down is allowed":           {Package{ImportPath: "nvrd/pkg/recorder", Imports: []string{"nvrd/pkg/footage", "nvrd/pkg/nvr"}}, ""},
		"its own room is allowed":   {Package{ImportPath: "nvrd/pkg/rtsp/rtspsim", Imports: []string{"nvrd/pkg/rtsp"}}, ""},
		"wiring in a lower room":    {Package{ImportPath: "nvrd/pkg/datadir", Imports: []string{"nvrd/pkg/watch"}}, "same floor"},
		"up":                        {Package{ImportPath: "nvrd/pkg/catalog", Imports: []string{"nvrd/pkg/recorder"}}, "an arrow only points down"},
		"up, in a test":             {Package{ImportPath: "nvrd/pkg/catalog", XTestImports: []string{"nvrd/pkg/recorder"}}, "an arrow only points down"},
		"sideways":                  {Package{ImportPath: "nvrd/pkg/footage", Imports: []string{"nvrd/pkg/catalog"}}, "same floor"},
		"sideways with a reason":    {Package{ImportPath: "nvrd/pkg/fmp4", Imports: []string{"nvrd/pkg/media"}}, ""},
		"sideways in a test":        {Package{ImportPath: "nvrd/pkg/footage", TestImports: []string{"nvrd/pkg/catalog"}}, ""},
		"pkg knows ui":              {Package{ImportPath: "nvrd/pkg/api", Imports: []string{"nvrd/ui/layout"}}, "same floor"},
		"pkg knows federation":      {Package{ImportPath: "nvrd/pkg/api", Imports: []string{"nvrd/federation/feed"}}, "without the federation"},
		"pkg test knows federation": {Package{ImportPath: "nvrd/pkg/api", TestImports: []string{"nvrd/federation/feed"}}, "without the federation"},
		"federation knows more":     {Package{ImportPath: "nvrd/federation/feed", Imports: []string{"nvrd/pkg/footage"}}, "only nvr, media, sqlite and durable"},
		"no floor":                  {Package{ImportPath: "nvrd/pkg/attic"}, "has no floor"},
		"outside":                   {Package{ImportPath: "nvrd/internal/attic"}, "has no floor"},
		"gortsplib":                 {Package{ImportPath: "nvrd/pkg/camera", Imports: []string{"github.com/bluenviron/gortsplib/v4"}}, "only pkg/rtsp"},
		"gortsplib, in a test":      {Package{ImportPath: "nvrd/pkg/camera", TestImports: []string{"github.com/bluenviron/gortsplib/v4/pkg/base"}}, "only pkg/rtsp"},
		"driver":                    {Package{ImportPath: "nvrd/pkg/catalog", Imports: []string{"modernc.org/sqlite"}}, "only pkg/sqlite"},
		"os/exec":                   {Package{ImportPath: "nvrd/cmd/nvrd", Imports: []string{"os/exec"}}, "only pkg/ffmpeg"},
		"os/exec in a test":         {Package{ImportPath: "nvrd/pkg/camera", TestImports: []string{"os/exec"}}, ""},
		"libp2p":                    {Package{ImportPath: "nvrd/pkg/live", Imports: []string{"github.com/libp2p/go-libp2p/core"}}, "only federation"},
		"templ":                     {Package{ImportPath: "nvrd/pkg/api", Imports: []string{"github.com/a-h/templ"}}, "only ui"},
		"an MP4 library":            {Package{ImportPath: "nvrd/pkg/playback", Imports: []string{"github.com/Eyevinn/mp4ff/mp4"}}, "only tests"},
		"an MP4 library in a test":  {Package{ImportPath: "nvrd/pkg/playback", TestImports: []string{"github.com/Eyevinn/mp4ff/mp4"}}, ""},
		"another MP4 library":       {Package{ImportPath: "nvrd/pkg/playback", Imports: []string{"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4"}}, "only pkg/fmp4"},
		"somebody else's log":       {Package{ImportPath: "nvrd/federation/home", Imports: []string{"golang.org/x/mod/sumdb/tlog"}}, "only federation/request/tlog"},
		"a module's namesake":       {Package{ImportPath: "nvrd/pkg/live", Imports: []string{"modernc.org/sqlite3000"}}, ""},
		"cgo":                       {Package{ImportPath: "nvrd/pkg/live", Imports: []string{"C"}}, "CGO_ENABLED=0"},
		"vocabulary with I/O":       {Package{ImportPath: "nvrd/pkg/nvr", Deps: []string{"fmt", "os", "net"}}, "net"},
		"vocabulary with a module":  {Package{ImportPath: "nvrd/pkg/nvr", Imports: []string{"github.com/google/uuid"}}, "standard library"},
		"HTTP in the cellar":        {Package{ImportPath: "nvrd/pkg/media", Deps: []string{"net/http"}}, "net/http"},
		"a decision goes out":       {Package{ImportPath: "nvrd/federation/online", Deps: []string{"nvrd/federation/choice"}}, "nobody learns what the owner decided"},
		"a decision goes up":        {Package{ImportPath: "nvrd/federation/membership", Imports: []string{"nvrd/federation/choice"}}, "same floor"},
		"a decision in a test":      {Package{ImportPath: "nvrd/federation/fedtest/virtual", XTestImports: []string{"nvrd/federation/choice"}}, "nobody learns what the owner decided"},
		"decisions for the owner":   {Package{ImportPath: "nvrd/federation/api", Imports: []string{"nvrd/federation/choice"}, Deps: []string{"nvrd/federation/choice"}}, ""},
		"decisions on a page":       {Package{ImportPath: "nvrd/ui/page/street", Imports: []string{"nvrd/federation/choice"}}, ""},
		"a socket of decisions":     {Package{ImportPath: "nvrd/federation/choice", Imports: []string{"net"}}, "never leaves the home"},
		"a server of decisions":     {Package{ImportPath: "nvrd/federation/choice", Deps: []string{"net/http"}}, "never leaves the home"},
		"a node of decisions":       {Package{ImportPath: "nvrd/federation/choice", Deps: []string{"github.com/libp2p/go-libp2p/core"}}, "never leaves the home"},
		"addresses, as values":      {Package{ImportPath: "nvrd/federation/choice", Deps: []string{"net", "net/url"}}, ""},
		"a drawer for everything":   {Package{ImportPath: "nvrd/pkg/rtsp/util"}, "says nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			got := append(checkImports([]Package{tt.p}), checkNames([]Package{tt.p})...)
			switch {
			case tt.want == "" && len(got) > 0:
				t.Errorf("complained: %q", got)
			case tt.want != "" && (len(got) != 1 || !strings.Contains(got[0], tt.want)):
				t.Errorf("got %q, want one complaint with %q", got, tt.want)
			}
		})
	}
	if checkTop("attic") == "" || checkTop("main.go") == "" || checkTop("pkg") != "" {
		t.Error("the top level is not watched")
	}
	if mux := "http." + "NewServeMux()"; checkMux("../../ui/a.go", mux) == "" || checkMux("../../pkg/api/a.go", mux) == "" || checkMux("../../pkg/auth/mux.go", mux) != "" || checkMux("../../ui/a_test.go", mux) != "" {
		t.Error("routes past pkg/auth are not watched")
	}
	if checkLength("pkg/a.go", 601) == "" || checkLength("pkg/a.go", 600) != "" || checkLength("pkg/a_test.go", 601) != "" {
		t.Error("the length of files is not watched")
	}
}

// TestSleepsAreFound shows where a test may sleep, and where not.
func TestSleepsAreFound(t *testing.T) {
	for name, tt := range map[string]struct {
		code string
		ok   bool
	}{
		"in a bubble":                         {`func TestX(t *testing.T) { synctest.Test(t, func(t *testing.T) { time.Sleep(1) }) }`, true},
		"in a goroutine of one":               {`func TestX(t *testing.T) { synctest.Test(t, func(t *testing.T) { go func() { time.Sleep(1) }() }) }`, true},
		"beside one":                          {`func TestX(t *testing.T) { time.Sleep(1); synctest.Test(t, func(t *testing.T) {}) }`, false},
		"in another test":                     {`func TestX(t *testing.T) { synctest.Test(t, func(t *testing.T) {}) }; func TestY(t *testing.T) { time.Sleep(1) }`, false},
		"in a subtest":                        {`func TestX(t *testing.T) { t.Run("", func(t *testing.T) { time.Sleep(1) }); synctest.Test(t, func(t *testing.T) {}) }`, false},
		"by another name":                     {`func TestX(t *testing.T) { wait := time.Sleep; wait(1) }`, false},
		"called from a bubble":                {`func rest() { time.Sleep(1) }; func TestX(t *testing.T) { synctest.Test(t, func(t *testing.T) { rest() }) }`, true},
		"called from beside one, too":         {`func rest() { time.Sleep(1) }; func TestX(t *testing.T) { rest(); synctest.Test(t, func(t *testing.T) { rest() }) }`, false},
		"called by what a bubble calls":       {`func (h home) rest() { time.Sleep(1) }; func (h home) day() { h.rest() }; func TestX(t *testing.T) { synctest.Test(t, func(t *testing.T) { h.day() }) }`, true},
		"called by what others call, too":     {`func (h home) rest() { time.Sleep(1) }; func (h home) day() { h.rest() }; func TestX(t *testing.T) { synctest.Test(t, func(t *testing.T) { h.day() }); h.day() }`, false},
		"called by itself":                    {`func rest(n int) { time.Sleep(1); rest(n-1) }; func TestX(t *testing.T) { synctest.Test(t, func(t *testing.T) { rest(2) }) }`, true},
		"handed on by a test":                 {`func rest() { time.Sleep(1) }; func TestX(t *testing.T) { t.Cleanup(rest); synctest.Test(t, func(t *testing.T) { rest() }) }`, false},
		"called by nobody":                    {`func rest() { time.Sleep(1) }`, false},
		"while the package begins":            {`var begun = func() bool { time.Sleep(1); return true }()`, false},
		"in a table for a bubble":             {`func TestX(t *testing.T) { for _, f := range []func(){func() { time.Sleep(1) }} { synctest.Test(t, func(t *testing.T) { f() }) } }`, true},
		"in what makes a bubble":              {`func record(t *testing.T, f func()) { synctest.Test(t, func(t *testing.T) { f() }) }; func TestX(t *testing.T) { record(t, func() { time.Sleep(1) }) }`, true},
		"in what does not":                    {`func record(t *testing.T, f func()) { f() }; func TestX(t *testing.T) { record(t, func() { time.Sleep(1) }) }`, false},
		"in a function of a test's":           {`func TestX(t *testing.T) { rest := func() { time.Sleep(1) }; synctest.Test(t, func(t *testing.T) { rest() }) }`, true},
		"in one that it calls itself":         {`func TestX(t *testing.T) { rest := func() { time.Sleep(1) }; rest(); synctest.Test(t, func(t *testing.T) { rest() }) }`, false},
		"in a table without one":              {`func TestX(t *testing.T) { for _, f := range []func(){func() { time.Sleep(1) }} { f() } }`, false},
		"where nothing is made up but a name": {`func TestX(t *testing.T) { mine.Test(t, func(t *testing.T) { time.Sleep(1) }) }`, false},
	} {
		t.Run(name, func(t *testing.T) {
			text := "package x\nimport (\"testing\"; \"testing/synctest\"; \"time\")\n" + tt.code
			if bad := checkSleeps(map[string]string{"a_test.go": text}); (len(bad) == 0) != tt.ok || len(bad) > 1 {
				t.Errorf("complained: %q", bad)
			}
		})
	}
	renamed := `package x; import ("testing"; clock "time"); func TestX(t *testing.T) { clock.Sleep(1) }`
	if len(checkSleeps(map[string]string{"a_test.go": renamed})) != 1 {
		t.Error("a sleep of a package by another name is not found")
	}
	if bad := checkSleeps(map[string]string{"a_test.go": "//go:build bench\n\n" + renamed, "a.go": renamed}); len(bad) != 0 {
		t.Errorf("what is no test, or measures real time, may sleep: %q", bad)
	}
}
