package ui

import (
	"net/http"
	"time"

	"nvrd/ui/appliance"
)

// clock tells what time it is where whoever asks for a page is.
type clock struct{ household appliance.Household }

// zoneCookie is where scripts write the viewer's zone, such as Europe/Vienna.
const zoneCookie = "tz"

// longestZone bounds names of zones; the longest one has 32 bytes.
const longestZone = 64

// now is in the viewer's zone, as scripts say it, so that both mean the same
// by a day. For browsers without script it is in that of the home.
func (c clock) now(r *http.Request) (time.Time, error) {
	if said, err := r.Cookie(zoneCookie); err == nil && said.Value != "" && said.Value != "Local" && len(said.Value) <= longestZone {
		if zone, err := time.LoadLocation(said.Value); err == nil {
			return time.Now().In(zone), nil
		}
	}
	home, err := c.household.Home(r.Context())
	if err != nil {
		return time.Time{}, err
	}
	return time.Now().In(home.Zone), nil
}
