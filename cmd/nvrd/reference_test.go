package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestReference holds docs/ref/cli.md to the commands that there are.
func TestReference(t *testing.T) {
	b, err := os.ReadFile("../../docs/ref/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	known := map[string]bool{}
	for _, c := range commands() {
		line := strings.TrimSpace("    nvrd " + c.name + " " + c.usage)
		known[line] = true
		if !strings.Contains(page, "\n    "+line+"\n") {
			t.Errorf("docs/ref/cli.md lacks the line %q", line)
		}
	}
	for line := range strings.Lines(page) {
		if usage, ok := strings.CutPrefix(line, "    nvrd "); ok && !known[strings.TrimSpace("nvrd "+usage)] {
			t.Errorf("docs/ref/cli.md has %q, which is no command", strings.TrimSpace(line))
		}
	}
	for status := range exitDamaged + 1 {
		if !strings.Contains(page, fmt.Sprintf("\n| %d | ", status)) {
			t.Errorf("docs/ref/cli.md does not explain exit status %d", status)
		}
	}
	if strings.Contains(page, fmt.Sprintf("\n| %d | ", exitDamaged+1)) {
		t.Error("docs/ref/cli.md explains an exit status that does not exist")
	}
}

var link = regexp.MustCompile(`\]\(([^)#:]+)[^):]*\)`)

// TestLinks follows the links within README and docs.
func TestLinks(t *testing.T) {
	pages := []string{"../../README.md"}
	err := filepath.WalkDir("../../docs", func(path string, d fs.DirEntry, err error) error {
		if filepath.Ext(path) == ".md" {
			pages = append(pages, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	links := 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			links++
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), m[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", strings.TrimPrefix(page, "../../"), m[1])
			}
		}
	}
	if links < 20 {
		t.Errorf("found only %d links", links)
	}
}
