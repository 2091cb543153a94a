package street

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
	"nvrd/ui/component"
	"nvrd/ui/text"
)

// Faults are what is wrong, by the name of the field that it belongs to; what
// belongs to none has the name "".
type Faults map[string]string

// Problem says that something is wrong: what belongs to no field, or check.
func (f Faults) Problem(check string) string {
	if len(f) > 0 && f[""] == "" {
		return check
	}
	return f[""]
}

// CheckLength finds fault with a text that is missing, unless missing is empty,
// or too long.
func CheckLength(wrong Faults, name, s string, most int, missing, long string) {
	switch {
	case s == "" && missing != "":
		wrong[name] = missing
	case utf8.RuneCountInString(s) > most:
		wrong[name] = text.Fill(long, "most", strconv.Itoa(most))
	}
}

// Mentions tells whether s holds words, in any case.
func Mentions(s, words string) bool { return strings.Contains(strings.ToUpper(s), words) }

// Why says why something was not done, and what to do. Other errors than those
// of what was asked are about the disk.
func Why(err error, t text.StreetRefused) string {
	switch {
	case errors.Is(err, nvr.ErrTooMany):
		return t.TooMany
	case errors.Is(err, nvr.ErrForbidden):
		return t.NotMember
	case errors.Is(err, nvr.ErrNotFound):
		return t.Gone
	case errors.Is(err, nvr.ErrInvalid):
		detail := strings.TrimPrefix(err.Error(), nvr.ErrInvalid.Error()+": ")
		return text.Fill(t.Other, "detail", strings.TrimPrefix(detail, wire.ErrRange.Error()+": "))
	}
	return t.Disk
}

// Status is the status of an answer that says so.
func Status(err error) int {
	if status := nvr.KindOf(err).Status; status != http.StatusInternalServerError {
		return status
	}
	return http.StatusServiceUnavailable
}

// RulesInput is what was typed of a policy.
type RulesInput struct{ Invites, Contact, Places, Days string }

// ReadRules reads the form.
func ReadRules(r *http.Request) RulesInput {
	get := r.PostFormValue
	return RulesInput{Invites: get("invites"), Contact: wire.Tidy(get("contact"), true), Places: wire.Tidy(get("places"), true), Days: strings.TrimSpace(get("days"))}
}

// RulesOf returns a policy as the form holds it.
func RulesOf(p wire.Policy) RulesInput {
	in := RulesInput{"members", p.Contact, strings.Join(p.Places, "\n"), strconv.Itoa(int(p.ExpireDays))}
	if p.Invites == wire.InvitesByStewards {
		in.Invites = "stewards"
	}
	return in
}

// Policy returns what was typed, and what is wrong with it.
func (in RulesInput) Policy(t text.StreetFound) (wire.Policy, Faults) {
	wrong := Faults{}
	p := wire.Policy{Invites: wire.InvitesByMembers, Contact: in.Contact, MediaMiB: wire.MaxMediaMiB}
	if in.Invites == "stewards" {
		p.Invites = wire.InvitesByStewards
	}
	CheckLength(wrong, "contact", in.Contact, wire.MaxContact, "", t.Long)
	known := map[string]bool{"": true}
	for line := range strings.Lines(in.Places) {
		place := wire.Tidy(line, false)
		if known[place] {
			continue
		}
		known[place] = true
		p.Places = append(p.Places, place)
		if utf8.RuneCountInString(place) > wire.MaxName {
			wrong["places"] = text.Fill(t.LongPlace, "place", place, "most", strconv.Itoa(wire.MaxName))
		}
	}
	if len(p.Places) > wire.MaxPlaces {
		wrong["places"] = t.ManyPlaces
	}
	days, ok := Days(in.Days, wire.MaxExpireDays)
	if !ok {
		wrong["days"] = t.BadDays
	}
	p.ExpireDays = uint8(days)
	return p, wrong
}

// Days reads a number of days, 1 to most.
func Days(s string, most int) (int, bool) {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	return n, err == nil && n >= 1 && n <= most
}

// Rules is the part of a form that holds a policy.
type Rules struct {
	legend  string
	invites []choice
	contact component.Area
	places  component.Area
	days    component.Field
}

type choice struct {
	id, value, label, what string
	on                     bool
}

// Rules returns the form of what was typed.
func (in RulesInput) Rules(t text.StreetFound, wrong Faults) Rules {
	r := Rules{
		legend:  t.Invites,
		contact: component.Area{ID: "contact", Name: "contact", Label: t.Contact, Hint: t.ContactTip, Value: in.Contact, Error: wrong["contact"], Rows: "2", MaxLength: fmt.Sprint(wire.MaxContact)},
		places:  component.Area{ID: "places", Name: "places", Label: t.Places, Hint: t.PlacesTip, Value: in.Places, Error: wrong["places"], Rows: "4", MaxLength: fmt.Sprint(wire.MaxPlaces * (wire.MaxName + 2))},
		days:    component.Field{ID: "days", Name: "days", Label: t.Days, Hint: t.DaysTip, Value: in.Days, Error: wrong["days"], Type: "number", Autocomplete: "off", MaxLength: "2"},
	}
	for _, c := range []struct {
		value string
		words text.Choice
	}{{"members", t.ByMembers}, {"stewards", t.ByStewards}} {
		r.invites = append(r.invites, choice{"invites-" + c.value, c.value, c.words.Name, c.words.What, in.Invites == c.value})
	}
	return r
}
