package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"nvrd/federation/agency/audit"
	"nvrd/federation/request/tlog"
)

var shell = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")

// guide PAGE does what a page of docs/guide says to do, in one shell that ends with
// the first command that fails.
func guide(ts *testscript.TestScript, neg bool, args []string) {
	page, err := os.ReadFile(filepath.Join(pagesDir, args[0]))
	ts.Check(err)
	var all strings.Builder
	for _, m := range shell.FindAllStringSubmatch(string(page), -1) {
		all.WriteString(m[1])
	}
	if all.Len() == 0 {
		ts.Fatalf("%s says to do nothing", args[0])
	}
	err = ts.Exec("sh", "-eu", "-c", all.String())
	if (err != nil) != neg {
		ts.Fatalf("%s: %v", args[0], err)
	}
}

// pagesDir is where guides are, from everywhere.
var pagesDir, _ = filepath.Abs("../../docs/guide")

// split ONE OTHER FILE writes a proof that an agency showed both logs of two
// directories, which have as many entries.
func split(ts *testscript.TestScript, neg bool, args []string) {
	one, err := os.ReadFile(ts.MkAbs(filepath.Join(args[0], tlog.CheckpointPath)))
	ts.Check(err)
	other, err := os.ReadFile(ts.MkAbs(filepath.Join(args[1], tlog.CheckpointPath)))
	ts.Check(err)
	d, err := audit.OpenDir(ts.MkAbs(args[0]))
	ts.Check(err)
	defer d.Close()
	is, err := audit.Check(d)
	ts.Check(err)
	f, ok := tlog.Split(one, other, is.Says.Key, tlog.Tree{})
	if !ok {
		ts.Fatalf("they are of one log")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), f.Bytes(), 0o600))
}
