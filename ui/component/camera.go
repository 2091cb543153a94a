package component

import (
	"cmp"

	"nvrd/pkg/nvr"
	"nvrd/ui/text"
)

// CameraName is what c is called; one whose name is lost has its number.
func CameraName(c nvr.Camera, t *text.Catalogue) string {
	return cmp.Or(c.Name, text.Fill(t.Home.Nameless, "n", c.ID.String()))
}
