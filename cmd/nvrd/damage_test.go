package main

import (
	"os"
	"path/filepath"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"
)

// crop DIR BYTES takes bytes off the end of the newest footage file below DIR.
func crop(ts *testscript.TestScript, neg bool, args []string) {
	path := newestBelow(ts, args[0])
	info, err := os.Stat(path)
	ts.Check(err)
	n, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	ts.Check(os.Truncate(path, info.Size()-n))
}

// discard DIR removes the newest footage file below DIR.
func discard(ts *testscript.TestScript, neg bool, args []string) {
	ts.Check(os.Remove(newestBelow(ts, args[0])))
}

func newestBelow(ts *testscript.TestScript, dir string) string {
	files, err := filepath.Glob(filepath.Join(ts.MkAbs(dir), "*", "*.mp4"))
	ts.Check(err)
	if len(files) == 0 {
		ts.Fatalf("there is no footage below %s", dir)
	}
	return files[len(files)-1]
}
