package component

import (
	"cmp"

	"nvrd/pkg/nvr"
	"nvrd/ui/text"
)

// MistakeWords says what is wrong with an address.
func MistakeWords(m nvr.Doubt, t text.Add) string {
	return cmp.Or(t.Mistakes[m.Mistake], t.Mistakes["unreadable"])
}
