package component

import (
	"slices"
	"strconv"
)

// zooms are the stretches of time that timelines show in one step; [UsualZoom] is
// that of one that nobody chose another for.
var zooms = []string{"1h", "6h", "24h", "7d"}

// UsualZoom is what a timeline shows unless something else is asked for.
const UsualZoom = "6h"

// ChosenZoom returns asked if timelines have it, and else [UsualZoom].
func ChosenZoom(asked string) string {
	if slices.Contains(zooms, asked) {
		return asked
	}
	return UsualZoom
}

// Zooms lists what a timeline can show, of which it shows on.
func Zooms(on string) (all []Zoom) {
	for _, z := range zooms {
		all = append(all, Zoom{z, z[:len(z)-1] + "\u00a0" + z[len(z)-1:], z == on})
	}
	return all
}

func pressed(on bool) string { return strconv.FormatBool(on) }
