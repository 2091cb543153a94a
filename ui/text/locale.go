package text

import (
	"slices"
	"strings"
)

// locale is how a language is written in some regions, where that is not as its
// catalogue says.
type locale struct {
	lang    string
	tag     string // by which scripts ask the browser for the same
	regions string // ISO 3166 and UN M.49
	change  func(*Calendar)
}

// locales is the one place that tells who reads which clock: the regions are those
// that prefer a clock of twelve hours by CLDR 48 (supplemental data, timeData), the
// first of them those whose English has the month before the day. English of no
// region keeps the clock of its catalogue, and so does any German.
var locales = []locale{
	{"en", "en-US-u-hc-h12", "US AS GU MH MP PR UM VI CA PH " +
		"AL AR BD BH BN BO BT CL CO CR CU DJ DO DZ EC EG EH ET GR GT HN IQ JO KH KP KR KW LB LY MR MX NI OM PA PE PS PY QA SA SO SV SY TD TN TW UY VE YE", monthFirst},
	{"en", "en-AU-u-hc-h12", "AU NZ IN 001 " +
		"AE AG BB BM BS CY DM ER FJ FM GD GH GM GY HK JM KI KN KY LC LR LS MO MW MY NA PG PK PW SB SD SG SL SS SZ TC TO TT VC VG VU WS ZM", twelveHours},
	{"de", "de-AT-u-hc-h23", "AT", func(c *Calendar) {
		c.Months = slices.Clone(c.Months)
		c.Months[0] = "Jänner"
	}},
}

// twelveHours are written with a space that does not break, as scripts do.
func twelveHours(c *Calendar) { c.ByMinute, c.BySecond = "3:04\u00a0PM", "3:04:05\u00a0PM" }

func monthFirst(c *Calendar) {
	twelveHours(c)
	c.Day, c.Dated = "{weekday}, {month} {day}", "{month} {day}, {year}"
	c.DateTime = c.Day + ", {clock}"
}

// regional returns the catalogues of all regions that write otherwise than those of
// their language, by language and region such as en-US.
func regional(byTag map[string]*Catalogue) map[string]*Catalogue {
	all := make(map[string]*Catalogue)
	for _, l := range locales {
		c := *byTag[l.lang]
		c.Locale = l.tag
		l.change(&c.Calendar)
		for region := range strings.FieldsSeq(l.regions) {
			all[l.lang+"-"+region] = &c
		}
	}
	return all
}

// subtags are the language of a language range (RFC 4647) in small letters, and its
// region in capitals, which may be none.
func subtags(tag string) (lang, region string) {
	parts := strings.Split(strings.ToLower(tag), "-")
	for _, part := range parts[1:] {
		if len(part) == 1 { // extensions, of which none is a region
			break
		}
		if len(part) == 2 || len(part) == 3 && part[0] <= '9' {
			return parts[0], strings.ToUpper(part)
		}
	}
	return parts[0], ""
}
