package text

import "nvrd/pkg/nvr"

// Messages is what messages say of what happens: the words of pkg/alert, which they are
// converted to.
type Messages struct {
	Ring      string                   `json:"ring"`
	Answered  string                   `json:"answered"` // {who}
	Taken     string                   `json:"taken"`
	Missed    string                   `json:"missed"` // {camera}
	Unheard   string                   `json:"unheard"`
	Again     string                   `json:"again"`
	Seen      string                   `json:"seen"`
	Happened  map[string]string        `json:"happened"`
	Other     string                   `json:"other"`   // {kind}
	Counted   map[string]string        `json:"counted"` // one|many
	Kinds     map[string]string        `json:"kinds"`
	Modes     map[nvr.HouseMode]string `json:"modes"`
	Why       map[string]string        `json:"why"` // {kind} {mode} {minutes} {n}
	Digest    string                   `json:"digest"`
	Yesterday string                   `json:"yesterday"` // {camera} {counts}
	Today     string                   `json:"today"`     // {camera} {counts}
}

// Outbox is what channels say of themselves: the words of pkg/notify.
type Outbox struct {
	Unreached string `json:"unreached"`
	Why       string `json:"why"`
	Ring      string `json:"ring"`
	Motion    string `json:"motion"`
	Picture   string `json:"picture"`
}
