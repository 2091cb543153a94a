package component

import (
	"strconv"
	"time"

	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
	"nvrd/ui/text"
)

// GapReason says in t's language why there is no footage in g, and of footage that was
// removed when and why, if that is known.
func GapReason(g nvr.Gap, zone *time.Location, t *text.Catalogue) string {
	if g.RemovedAt == 0 {
		return Reason(g.Reason, t)
	}
	const day = 24 * time.Hour
	n := int(g.RemovedAt.Sub(g.Span.From) / day)
	form := t.Went[g.Cause]
	switch {
	case g.Cause == nvr.TooOld && n < 2:
		form = t.Went["soon"]
	case g.Cause == nvr.ByHand && g.RemovedBy == auth.Household().Name:
		form = t.Went["by_house"]
	}
	return text.Fill(form, "who", g.RemovedBy, "date", t.Calendar.Date(g.RemovedAt.Std().In(zone)), "n", strconv.Itoa(n))
}
