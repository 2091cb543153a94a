package main

import (
	"testing"

	finding "nvrd/pkg/find"
	"nvrd/ui/text"
)

// Each trouble with an address has words of its own on the page.
func TestTroublesHaveWords(t *testing.T) {
	texts, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	words := texts.English().Find.Trouble
	for _, trouble := range finding.Troubles {
		if words[string(trouble)] == "" {
			t.Errorf("nothing is said of %s", trouble)
		}
	}
	if len(words) != len(finding.Troubles) {
		t.Errorf("there are %d troubles, and words for %d", len(finding.Troubles), len(words))
	}
}
