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

// TestHelp holds the flags that --help prints to the usage line, and to the
// command's part of docs/ref/cli.md.
func TestHelp(t *testing.T) {
	b, err := os.ReadFile("../../docs/ref/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{} // by the first word of the command
	for part := range strings.SplitSeq(string(b), "\n## nvrd ") {
		word, _, _ := strings.Cut(part, "\n")
		parts[word] = part
	}
	for _, c := range commands() {
		t.Run(c.name, func(t *testing.T) {
			words := strings.Fields(c.name)
			var out, complaints strings.Builder
			if status := execute(t.Context(), append(words, "--help"), streams{out: &out, err: &complaints}); status != exitOK || complaints.Len() > 0 {
				t.Errorf("status %d, %s", status, &complaints)
			}
			part := strings.NewReplacer("CLASS", "continuous").Replace(parts[words[0]])
			for _, m := range explained.FindAllStringSubmatch(out.String(), -1) {
				name := strings.NewReplacer("motion-", "continuous-", "ring-", "continuous-").Replace(m[1])
				if !strings.Contains(part, name) || len(m[2]) < 10 {
					t.Errorf("%s is not in docs/ref/cli.md, or is explained by %q", name, m[2])
				}
			}
			for _, name := range flagName.FindAllString(strings.ReplaceAll(c.usage, "CLASS", "ring"), -1) {
				if !strings.Contains(out.String(), "\n  "+name) {
					t.Errorf("the usage has %s, which is not explained", name)
				}
			}
		})
	}
}

var (
	explained = regexp.MustCompile(`(?m)^  (--[a-z-]+).*\n        (.*)$`)
	flagName  = regexp.MustCompile(`--[a-z-]+`)
)

var (
	named = regexp.MustCompile("`([a-z0-9/]+\\.)?(Test[A-Z][A-Za-z0-9]*)`")
	tests = regexp.MustCompile(`(?m)^func (Test[A-Z]\w*)\(`)
)

// TestTestsAreThere holds pages to the tests that they name, with the package or
// without, and the table of who is told what to one in each row at least.
func TestTestsAreThere(t *testing.T) {
	there := allTests(t)
	pages, err := filepath.Glob("../../docs/[dg]*/*.md") // design and guide
	if err != nil || len(pages) < 10 {
		t.Fatalf("found %d pages: %v", len(pages), err)
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range named.FindAllStringSubmatch(string(text), -1) {
			if !there[m[1]+m[2]] {
				t.Errorf("%s names %s, which is not there", strings.TrimPrefix(page, "../../"), m[0])
			}
		}
	}
	text, err := os.ReadFile("../../docs/design/who-is-told.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(string(text), "\n| ")[1:]
	if len(rows) < 15 {
		t.Fatalf("found only %d rows", len(rows))
	}
	for _, row := range rows[1:] { // after the head
		if !named.MatchString(row) {
			t.Errorf("no test shows %q", row)
		}
	}
}

// allTests returns the names of all tests, each alone and behind its package and a dot.
func allTests(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git") {
			return filepath.SkipDir
		}
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		in := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), "../../") + "."
		for _, m := range tests.FindAllStringSubmatch(string(text), -1) {
			all[m[1]], all[in+m[1]] = true, true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
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
