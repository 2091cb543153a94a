package membership_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// found tells in which files of the directory the bytes stand.
func found(t *testing.T, dir string, what []byte) (in []string) {
	t.Helper()
	files, err := filepath.Glob(dir + "/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, what) {
			in = append(in, filepath.Base(file))
		}
	}
	return in
}
