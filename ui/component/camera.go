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

// NameOf is what the camera of that number is called among cameras; one that is not
// among them is gone.
func NameOf(id nvr.CameraID, cameras []nvr.Camera, t *text.Catalogue) string {
	for _, c := range cameras {
		if c.ID == id {
			return CameraName(c, t)
		}
	}
	return t.Audit.Gone
}
