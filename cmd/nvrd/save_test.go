package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nvrd/pkg/nvr"
)

// comes is what is exported while another file comes to the same place.
type comes struct {
	io.Reader
	path string
}

func (c comes) Read(b []byte) (int, error) {
	if err := os.WriteFile(c.path, []byte("theirs"), 0o600); err != nil {
		return 0, err
	}
	return c.Reader.Read(b)
}

func TestExportReplacesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "clip.mp4")
	err := save(path, comes{strings.NewReader("mine"), path})
	if !errors.Is(err, nvr.ErrExists) || !strings.Contains(err.Error(), "choose another --out") {
		t.Errorf("a file came meanwhile: %v", err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "theirs" {
		t.Errorf("it holds %q now, %v", b, err)
	}
}
