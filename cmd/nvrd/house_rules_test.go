package main_test

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Package is what `go list -json` says of one package.
type Package struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
	Deps                               []string // everything below it, tests aside
}

const module = "nvrd/"

// floors gives every room its floor. A new room gets its line here before its
// first code compiles; a package below a room belongs to it.
var floors = map[string]int{
	"pkg/nvr": 0,

	"pkg/media": 1, "pkg/fmp4": 1, "pkg/sqlite": 1, "pkg/durable": 1, "pkg/histogram": 1, "federation/wire": 1,

	"pkg/rtsp": 2, "pkg/onvif": 2, "pkg/footage": 2, "pkg/catalog": 2, "pkg/household": 2, "pkg/ffmpeg": 2,
	"pkg/certificate": 2, "pkg/device": 2, "pkg/maker": 2,

	"pkg/recorder": 3, "pkg/retention": 3, "pkg/camera": 3, "pkg/live": 3, "pkg/playback": 3, "pkg/motion": 3, "pkg/ring": 3, "pkg/bell": 3,
	"pkg/event": 3, "pkg/notify": 3, "pkg/alert": 3, "pkg/auth": 3, "pkg/doctor": 3, "pkg/find": 3, "pkg/talk": 3, "pkg/door": 3,
	"federation/roster": 3, "federation/feed": 3, "federation/blob": 3, "federation/store": 3, "federation/identity": 3,
	"federation/request": 3, "federation/domain": 3, "federation/response": 3, "federation/mail": 3,

	"federation/agency": 4, "federation/sponsor": 4, "federation/choice": 4, "federation/home": 4, "federation/membership": 4, "federation/fedtest": 4,

	"pkg/datadir": 4, "pkg/watch": 4, "pkg/appliance": 4,

	"pkg/api": 5, "ui": 5, "federation/node": 5, "federation/online": 5, "federation/api": 5, "federation/fedtest/virtual": 5, "federation/fedtest/wiretap": 5,

	"cmd/nvrd": 6,
}

// sideways lists the arrows within a floor, each with its reason.
var sideways = map[[2]string]string{
	{"pkg/fmp4", "pkg/media"}:        "samples are what it turns into bytes",
	{"pkg/sqlite", "pkg/durable"}:    "a copy of a database has to outlast a power cut",
	{"pkg/maker", "pkg/device"}:      "every maker's doorbell is asked over HTTP in the same way",
	{"pkg/recorder", "pkg/motion"}:   "each fragment is indexed with its activity score",
	{"pkg/playback", "pkg/motion"}:   "an open segment is indexed from its file",
	{"pkg/doctor", "pkg/motion"}:     "an index is made again from its file",
	{"pkg/alert", "pkg/event"}:       "it subscribes to what happens",
	{"pkg/bell", "pkg/ring"}:         "what a device tells rings, and its call ends with that",
	{"pkg/alert", "pkg/ring"}:        "rings are told at once",
	{"pkg/alert", "pkg/notify"}:      "what is told is a message",
	{"pkg/appliance", "pkg/datadir"}: "it joins the data directory",
	{"pkg/appliance", "pkg/watch"}:   "and the cameras",

	{"federation/fedtest", "federation/home"}:         "a world is made of homes",
	{"federation/agency", "federation/sponsor"}:       "what both say to each other is written once",
	{"federation/api", "federation/online"}:           "it is what runs, over HTTP",
	{"federation/online", "federation/node"}:          "it starts the nodes",
	{"federation/fedtest/wiretap", "federation/node"}: "a neighbor who writes all down runs as a home does",
	{"federation/store", "federation/identity"}:       "a seed is kept where all of a home is",
	{"federation/membership", "federation/home"}:      "a membership is a home that runs",
}

// importers says which rooms may import a module or a package, and why.
var importers = []struct {
	what   string
	rooms  []string
	tests  bool // tests anywhere may, too
	reason string
}{
	{"github.com/bluenviron/gortsplib", []string{"pkg/rtsp"}, false, "only pkg/rtsp imports it: a move to its next major version must touch one package"},
	{"github.com/pion/webrtc", []string{"pkg/live/rtc"}, false, "only pkg/live/rtc imports it: what reaches a browser by UDP is settled in one place"},
	{"github.com/pion/ice", []string{"pkg/live/rtc"}, false, "only pkg/live/rtc imports it: which addresses are told and asked is settled in one place"},
	{"modernc.org/sqlite", []string{"pkg/sqlite"}, false, "only pkg/sqlite imports the driver: pragmas and locking are settled in one place"},
	{"os/exec", []string{"pkg/ffmpeg"}, true, "only pkg/ffmpeg starts processes: no setting or stream address may become a command"},
	{"github.com/libp2p", []string{"federation"}, false, "only federation imports it: the appliance works without a network of neighbors"},
	{"github.com/a-h/templ", []string{"ui"}, false, "only ui makes HTML"},
	{"github.com/Eyevinn/mp4ff", nil, true, "only tests import it: it is the second opinion on what pkg/fmp4 writes"},
	{"github.com/abema/go-mp4", []string{"pkg/fmp4", "pkg/rtsp/rtspsim"}, false, "only pkg/fmp4 knows the container"},
	{"github.com/bluenviron/mediacommon/v2/pkg/formats", []string{"pkg/fmp4", "pkg/rtsp/rtspsim"}, true, "only pkg/fmp4 knows the container, and rtspsim reads its clips"},
	{"github.com/fxamacker/cbor", []string{"federation/wire"}, false, "only federation/wire writes and reads objects: there is one encoding of each"},
	{"golang.org/x/mod", []string{"federation/request/tlog"}, false, "only federation/request/tlog imports it: its tree is that of C2SP, its paths and first lines are not"},
	{"filippo.io/age", []string{"federation/response"}, false, "only federation/response imports it: there is one form in which homes seal for an agency"},
	{"github.com/icholy/digest", []string{"pkg/device", "pkg/maker/sip", "pkg/onvif"}, false, "only what logs in at devices imports it: by HTTP, by SIP, by ONVIF"},
	{"github.com/emiago/sipgo", []string{"pkg/maker/sip"}, false, "only pkg/maker/sip imports it: nothing else of this program makes or takes calls"},
	{"github.com/eclipse/paho.golang", []string{"pkg/maker/mqtt", "pkg/notify"}, false, "one room hears of a broker, and one tells it"},
	{"C", nil, false, "the program is built with CGO_ENABLED=0"},
}

// under tells whether import path p is root or lies below it.
func under(p, root string) bool { return p == root || strings.HasPrefix(p, root+"/") }

// room returns the innermost room that holds the package.
func room(importPath string) (string, bool) {
	for p := strings.TrimPrefix(importPath, module); p != "."; p = path.Dir(p) {
		if _, ok := floors[p]; ok {
			return p, true
		}
	}
	return "", false
}

func checkImports(packages []Package) []string {
	var bad []string
	for _, p := range packages {
		from, ok := room(p.ImportPath)
		if !ok {
			bad = append(bad, fmt.Sprintf("%s has no floor: give its room one in floors", p.ImportPath))
			continue
		}
		for _, to := range p.Imports {
			bad = append(bad, checkImport(p.ImportPath, from, to, false)...)
		}
		for _, to := range slices.Concat(p.TestImports, p.XTestImports) {
			bad = append(bad, checkImport(p.ImportPath, from, to, true)...)
		}
		bad = append(bad, checkCellar(p, from)...)
		bad = append(bad, checkDecisions(p, from)...)
	}
	return bad
}

func checkImport(importPath, from, to string, test bool) []string {
	arrow := fmt.Sprintf("%s imports %s: ", importPath, to)
	if strings.HasPrefix(to, module) {
		if why := checkArrow(from, to, test); why != "" {
			return []string{arrow + why}
		}
		return nil
	}
	for _, rule := range importers {
		allowed := test && rule.tests || slices.ContainsFunc(rule.rooms, func(r string) bool { return under(importPath, module+r) })
		if under(to, rule.what) && !allowed {
			return []string{arrow + rule.reason}
		}
	}
	if from == "pkg/nvr" && !test && strings.Contains(to, ".") {
		return []string{arrow + "the vocabulary knows only the standard library"}
	}
	return nil
}

// checkArrow judges an import within the module. Tests may look sideways,
// where two rooms are shown to fit together, but not up.
func checkArrow(from, to string, test bool) string {
	target, ok := room(to)
	if !ok || target == from {
		return "" // a package without a floor is reported by itself
	}
	up, same := floors[target] > floors[from], floors[target] == floors[from]
	switch {
	case under(from, "pkg") && under(target, "federation"):
		return "the appliance builds and passes its tests without the federation"
	case under(from, "federation") && under(target, "pkg") && !slices.Contains([]string{"pkg/nvr", "pkg/media", "pkg/sqlite", "pkg/durable"}, target):
		return "federation uses only nvr, media, sqlite and durable of the appliance"
	case up:
		return fmt.Sprintf("an arrow only points down, not from floor %d to %d", floors[from], floors[target])
	case same && !test && sideways[[2]string{from, target}] == "":
		return fmt.Sprintf("both are on the same floor, %d: let the floor above join them", floors[from])
	}
	return ""
}

// checkCellar keeps the lowest floors free of what pulls the world in. Deps is
// transitive, so a module that begins to import net/http is noticed as well.
func checkCellar(p Package, from string) []string {
	var banned []string
	switch {
	case from == "pkg/nvr":
		banned = []string{"net", "net/http", "os/exec", "database/sql", "log/slog"}
	case floors[from] <= 1:
		banned = []string{"net/http"}
	}
	var bad []string
	for _, b := range banned {
		if slices.Contains(p.Deps, b) {
			bad = append(bad, fmt.Sprintf("%s depends on %s: floors 0 and 1 hold values and formats, not connections", p.ImportPath, b))
		}
	}
	return bad
}

// checkDecisions keeps what the owner decided about requests from everybody else:
// what neighbors can tell the effect of does not know it, by whatever way, and what
// knows it has no socket. federation/api shows it to the owner.
func checkDecisions(p Package, from string) []string {
	const decisions = module + "federation/choice"
	var bad []string
	switch {
	case from == "federation/choice":
		for _, d := range slices.Concat(p.Imports, p.Deps) {
			if d == "net" && slices.Contains(p.Imports, d) || d == "net/http" || under(d, "github.com/libp2p") || under(d, "github.com/quic-go") ||
				under(d, module+"federation/node") || under(d, module+"federation/online") {
				bad = append(bad, fmt.Sprintf("%s depends on %s: what the owner decided never leaves the home", p.ImportPath, d))
			}
		}
	case under(p.ImportPath, module+"federation") && from != "federation/api":
		for _, d := range slices.Concat(p.Deps, p.TestImports, p.XTestImports) {
			if under(d, decisions) {
				bad = append(bad, fmt.Sprintf("%s depends on %s: nobody learns what the owner decided, so what neighbors see of a home does not know it", p.ImportPath, d))
			}
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(bad)))
}

// checkNames refuses names that say nothing about what is inside.
func checkNames(packages []Package) []string {
	var bad []string
	for _, p := range packages {
		switch name := path.Base(p.ImportPath); name {
		case "util", "utils", "helper", "helpers", "common", "manager", "base", "types", "misc", "shared", "lib":
			bad = append(bad, fmt.Sprintf("%s: the name %q says nothing", p.ImportPath, name))
		}
	}
	return bad
}

// top is everything that may lie at the root: what is ours, what tools need
// there, and what they leave behind that git ignores.
var top = []string{
	"cmd", "pkg", "ui", "federation", "docs", "go.mod", "docker-compose.yml", "README.md",
	"go.sum", "LICENSE", "Makefile", "Dockerfile",
	"bin", "build",
}

// checkTop returns a complaint about a name at the root, or nothing.
func checkTop(name string) string {
	if strings.HasPrefix(name, ".") || slices.Contains(top, name) {
		return ""
	}
	return name + " does not belong at the top level"
}

// checkLength returns a complaint about a file that grew too long, or nothing.
func checkLength(file string, lines int) string {
	const limit = 600
	if lines <= limit || strings.HasSuffix(file, "_test.go") || strings.HasSuffix(file, "_templ.go") {
		return ""
	}
	return fmt.Sprintf("%s has %d lines, the limit is %d: it does more than one thing", file, lines, limit)
}

// checkMux refuses routes that do not say what is done to what there: pages and
// API route by [auth.Mux] alone. cmd/nvrd puts the two beside each other.
func checkMux(file, text string) string {
	in := func(dir string) bool { return strings.Contains(file, dir) }
	if strings.HasSuffix(file, "_test.go") || !in("pkg/") && !in("ui/") || in("pkg/auth/") {
		return ""
	}
	if strings.Contains(text, "http."+"NewServeMux") || strings.Contains(text, "http."+"ServeMux{") || strings.Contains(text, "new(http."+"ServeMux)") {
		return file + " routes past pkg/auth: use auth.Mux, whose routes say what they are for"
	}
	return ""
}
