package login

import (
	"nvrd/ui/component"
	"nvrd/ui/layout"
)

type model struct {
	frame layout.Frame
	key   component.Field
	next  string
}
