package remove

import "nvrd/ui/layout"

type model struct {
	frame                layout.Frame
	title, action, after string
}
