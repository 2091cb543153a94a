package component

import (
	"nvrd/pkg/auth"
	"nvrd/ui/text"
)

// Who returns the name of somebody as people are told it: whoever has the key of the
// home has none of their own.
func Who(name string, t *text.Catalogue) string {
	if name == auth.Household().Name {
		return t.Audit.Somebody
	}
	return name
}
