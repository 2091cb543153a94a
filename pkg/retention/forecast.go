package retention

import (
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/nvr"
)

// Course is what a forecast for one directory is made from.
type Course struct {
	Now    nvr.Time
	Policy nvr.Retention
	Place  Place
	Stocks []nvr.Stock       // with Oldest
	Since  nvr.Time          // a day ago, or whatever stands for the days to come
	Lately []catalog.Written // since then
}

const (
	lookahead = 366 * 24 * time.Hour
	month     = 30 * 24 * time.Hour
	pace      = time.Hour // between two looks into the future
)

// Forecast says how far back continuous footage will go, stream by stream, and
// when that will be less than mark. The space for it is what dearer footage
// leaves, and that grows at the rate at which it was recorded lately.
func Forecast(c Course, mark time.Duration) []nvr.Outlook {
	rates := c.rates()
	bytes := bytesOf(c.Stocks, c.Place.ID)
	room := c.Place.Free - Floor(c.Policy, c.Place.Total)
	for _, b := range bytes {
		room += b
	}
	if c.Policy.MaxBytes > 0 {
		room = min(room, c.Policy.MaxBytes)
	}
	var all []nvr.Outlook
	for _, s := range c.Stocks {
		if s.Directory == c.Place.ID && s.Class == nvr.Continuous && s.Oldest > 0 {
			all = append(all, nvr.Outlook{Stream: s.Stream, Kept: c.Now.Sub(s.Oldest)})
		}
	}
	reached := make([]bool, len(all))
	for ahead := time.Duration(0); ahead <= lookahead; ahead += pace {
		fits := c.fits(float64(room), bytes, rates, ahead)
		for i := range all {
			o := &all[i]
			back := min(o.Kept+ahead, fits)
			if ahead == month {
				o.InAMonth = back
			}
			if back >= mark {
				reached[i] = true
			} else if reached[i] && o.Below == 0 {
				o.Below = c.Now.Add(ahead)
			}
		}
	}
	return all
}

// rates returns how many bytes a second are recorded in each class.
func (c Course) rates() (rates [nvr.Locked + 1]float64) {
	first := map[nvr.StreamID]nvr.Time{}
	for _, w := range c.Lately {
		if at, ok := first[w.Stream]; !ok || w.First < at {
			first[w.Stream] = w.First
		}
	}
	for _, w := range c.Lately {
		if seconds := c.Now.Sub(max(c.Since, first[w.Stream])).Seconds(); w.Directory == c.Place.ID && seconds > 0 {
			rates[w.Class] += float64(w.Bytes) / seconds
		}
	}
	return rates
}

// fits returns how much continuous footage there is room for at a time ahead.
func (c Course) fits(room float64, bytes [nvr.Locked + 1]int64, rates [nvr.Locked + 1]float64, ahead time.Duration) time.Duration {
	left := room - float64(bytes[nvr.Locked])
	for class := nvr.Motion; class < nvr.Locked; class++ {
		rule, grown := c.Policy.Rules[class], float64(bytes[class])+rates[class]*ahead.Seconds()
		if rule.MaxAge > 0 {
			grown = min(grown, rates[class]*rule.MaxAge.Seconds())
		}
		if rule.Share > 0 {
			grown = min(grown, room*float64(rule.Share)/100)
		}
		left -= grown
	}
	rule := c.Policy.Rules[nvr.Continuous]
	longest := lookahead * 10
	if rule.MaxAge > 0 {
		longest = rule.MaxAge
	}
	if left < rates[nvr.Continuous]*longest.Seconds() {
		longest = time.Duration(left / rates[nvr.Continuous] * float64(time.Second))
	}
	return max(longest, rule.MinAge) // dearer footage goes before that
}
