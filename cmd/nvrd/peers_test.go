package main

import (
	"os"
	"testing"
)

// footageOf returns a file of Debian's opencv-doc: real footage that is not
// ours.
func footageOf(t *testing.T, name string) string {
	t.Helper()
	path := "/usr/share/doc/opencv-doc/examples/data/" + name
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%v: install the Debian package opencv-doc, or run `make peers`", err)
	}
	return path
}
