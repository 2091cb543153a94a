package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestLives holds the walks of a frame and of a post to the tree: each package
// and file that they name is there.
func TestLives(t *testing.T) {
	named := regexp.MustCompile("`((?:pkg|ui|federation|cmd)/[a-z0-9_/.]+)`")
	for page, least := range map[string]int{"life-of-a-frame.md": 8, "life-of-a-post.md": 15} {
		text, err := os.ReadFile(filepath.Join("..", "..", "docs", page))
		if err != nil {
			t.Fatal(err)
		}
		found := named.FindAllStringSubmatch(string(text), -1)
		if len(found) < least {
			t.Errorf("%s names %d places", page, len(found))
		}
		for _, m := range found {
			if _, err := os.Stat(filepath.Join("..", "..", filepath.FromSlash(strings.TrimSuffix(m[1], "/")))); err != nil {
				t.Errorf("%s names %s: %v", page, m[1], err)
			}
		}
	}
}
