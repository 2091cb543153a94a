package component

import (
	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
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

// Why returns why footage is kept, in the language of the page if Stoop itself keeps it.
func Why(why string, t *text.Catalogue) string {
	if why == nvr.WhyVisit {
		return t.Storage.Visit
	}
	return why
}
