package desk

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"nvrd/federation/agency"
	"nvrd/federation/request/area"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/page/street"
	"nvrd/ui/text"
)

// Bounds of what is published, as homes judge it (docs/design/requests.md).
const (
	leastWindow = 15 * time.Minute
	mostWindow  = 12 * time.Hour
	mostDays    = 14
	usualDays   = 7
)

// example is an area.
const example = "40.7,-73.99 40.7,-73.985 40.704,-73.985"

// typed is what was typed of a request.
type typed struct{ number, incident, from, to, area, text, contact, days string }

type requestModel struct {
	frame                          layout.Frame
	t                              text.Desk
	problem, zone                  string
	number, from, to, contact, day component.Field
	incident                       component.Select
	area, text                     component.Area
}

func (p *Pages) newRequest(w http.ResponseWriter, r *http.Request) error {
	now := p.Now()
	return p.requestForm(w, r, http.StatusOK, typed{from: component.LocalMinute(now.Add(-time.Hour)), to: component.LocalMinute(now), days: strconv.Itoa(usualDays)}, nil)
}

// publishRequest publishes what was typed, if all of it keeps the rules, and gives it to
// the sponsors.
func (p *Pages) publishRequest(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	get := r.PostFormValue
	in := typed{
		number: wire.Tidy(get("case"), false), incident: get("incident"), from: strings.TrimSpace(get("from")), to: strings.TrimSpace(get("to")),
		area: strings.TrimSpace(get("area")), text: wire.Tidy(get("text"), true), contact: wire.Tidy(get("contact"), true), days: strings.TrimSpace(get("days")),
	}
	q, wrong := p.read(in, p.texts.For(r).Desk)
	if len(wrong) > 0 {
		return p.requestForm(w, r, http.StatusUnprocessableEntity, in, wrong)
	}
	return p.publish(w, r, func() error {
		requests, err := p.open(r)
		if err != nil {
			return err
		}
		same := func(s wire.Signed) bool {
			b := s.Body.(wire.Request)
			return b.Case == q.Case && b.Text == q.Text && b.From == q.From && b.To == q.To && slices.Equal(b.Area, q.Area)
		}
		if slices.ContainsFunc(requests, same) {
			return errTwice
		}
		_, err = p.Agency.Ask(r.Context(), q)
		return err
	}, func(status int, wrong street.Faults) error { return p.requestForm(w, r, status, in, wrong) })
}

// read returns what was typed as a request, and what is wrong with it.
func (p *Pages) read(in typed, t text.Desk) (q agency.Request, wrong street.Faults) {
	wrong = street.Faults{}
	street.CheckLength(wrong, "case", in.number, wire.MaxName, t.NoCase, t.Long)
	street.CheckLength(wrong, "text", in.text, wire.MaxText, t.NoText, t.Long)
	street.CheckLength(wrong, "contact", in.contact, wire.MaxContact, "", t.Long)
	q = agency.Request{Case: in.number, Text: in.text, Contact: in.contact}
	var err error
	if q.Incident, err = wire.ParseIncident(in.incident); err != nil {
		wrong["incident"] = t.NoIncident
	}
	if q.Area, err = area.Parse(in.area); err == nil {
		_, err = area.Check(q.Area)
	}
	if err != nil {
		wrong["area"] = sentence(err) + " " + text.Fill(t.AreaTip, "example", example)
	}
	days, ok := street.Days(in.days, mostDays)
	if q.Open = wire.Minute(max(days, 0)) * wire.Day; !ok {
		wrong["days"] = text.Fill(t.BadDays, "most", strconv.Itoa(mostDays))
	}
	q.From, q.To = p.window(in, t, wrong)
	return q, wrong
}

// window returns the times that are asked about, and says what is wrong with them.
func (p *Pages) window(in typed, t text.Desk, wrong street.Faults) (from, to wire.Minute) {
	now := p.Now()
	at := func(name, value string) time.Time {
		typed, err := component.ParseLocal(value, now.Location())
		at := typed.Std()
		if err != nil || wire.MinuteOf(at) == 0 {
			wrong[name] = t.BadTime
		}
		return at
	}
	begin, end := at("from", in.from), at("to", in.to)
	switch long := end.Sub(begin); {
	case wrong["from"] != "" || wrong["to"] != "":
	case end.After(now):
		wrong["to"] = t.NotOver
	case long < leastWindow || long > mostWindow:
		wrong["to"] = t.Window
	}
	return wire.MinuteOf(begin), wire.MinuteOf(end)
}

func (p *Pages) requestForm(w http.ResponseWriter, r *http.Request, status int, in typed, wrong street.Faults) error {
	f, err := p.frame(r, func(t text.Desk) string { return t.NewRequest }, "/request")
	if err != nil {
		return err
	}
	t := f.T.Desk
	m := requestModel{frame: f, t: t, problem: wrong.Problem(t.Check), zone: text.Fill(t.WhenTip, "zone", p.Now().Format("MST"))}
	field := func(name, label, hint, value, kind string, most int) component.Field {
		return component.Field{ID: name, Name: name, Label: label, Hint: hint, Value: value, Error: wrong[name], Type: kind, Autocomplete: "off", MaxLength: strconv.Itoa(most)}
	}
	m.number = field("case", t.Case, t.CaseTip, in.number, "text", wire.MaxName)
	m.from, m.to = field("from", t.From, "", in.from, "datetime-local", 32), field("to", t.To, "", in.to, "datetime-local", 32)
	m.contact = field("contact", t.Contact, text.Fill(t.ContactTip, "contact", p.Agency.Contact), in.contact, "text", wire.MaxContact)
	m.day = field("days", t.Days, text.Fill(t.DaysTip, "most", strconv.Itoa(mostDays)), in.days, "number", 8)
	m.area = component.Area{ID: "area", Name: "area", Label: t.Area, Hint: text.Fill(t.AreaTip, "example", example), Value: in.area, Error: wrong["area"], Rows: "3", MaxLength: "4000"}
	m.text = component.Area{ID: "text", Name: "text", Label: t.Text, Hint: t.TextTip, Value: in.text, Error: wrong["text"], Rows: "5", MaxLength: strconv.Itoa(wire.MaxText)}
	m.incident = component.Select{ID: "incident", Name: "incident", Label: t.Incident, Error: wrong["incident"], Options: []component.Option{{Label: t.NoIncident}}}
	for i := wire.IncidentMissing; i <= wire.IncidentHarassing; i++ {
		m.incident.Options = append(m.incident.Options, component.Option{Value: i.String(), Label: f.T.Profile.Incidents[i.String()], On: i.String() == in.incident})
	}
	return layout.Render(w, r, status, requestView(m))
}

type bulletinModel struct {
	frame         layout.Frame
	t             text.Desk
	problem       string
	headline, day component.Field
	text          component.Area
}

func (p *Pages) newBulletin(w http.ResponseWriter, r *http.Request) error {
	return p.bulletinForm(w, r, http.StatusOK, "", "", strconv.Itoa(usualDays), nil)
}

// publishBulletin publishes what was typed, and gives it to the sponsors.
func (p *Pages) publishBulletin(w http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	title, words, typed := wire.Tidy(r.PostFormValue("title"), false), wire.Tidy(r.PostFormValue("text"), true), r.PostFormValue("days")
	t, wrong := p.texts.For(r).Desk, street.Faults{}
	street.CheckLength(wrong, "title", title, wire.MaxTitle, t.NoHeadline, t.Long)
	street.CheckLength(wrong, "text", words, wire.MaxText, t.NoMessage, t.Long)
	days, ok := street.Days(typed, mostDays)
	if !ok {
		wrong["days"] = text.Fill(t.BadDays, "most", strconv.Itoa(mostDays))
	}
	again := func(status int, wrong street.Faults) error {
		return p.bulletinForm(w, r, status, title, words, typed, wrong)
	}
	if len(wrong) > 0 {
		return again(http.StatusUnprocessableEntity, wrong)
	}
	return p.publish(w, r, func() error {
		log, err := p.Agency.Published(r.Context())
		if err != nil {
			return err
		}
		same := func(s wire.Signed) bool {
			b, ok := s.Body.(wire.Bulletin)
			return ok && b.Title == title && b.Text == words && wire.MinuteOf(p.Now()) < b.Expires
		}
		if slices.ContainsFunc(log.All, same) {
			return errTwice
		}
		_, err = p.Agency.Tell(r.Context(), title, words, wire.Minute(days)*wire.Day)
		return err
	}, again)
}

func (p *Pages) bulletinForm(w http.ResponseWriter, r *http.Request, status int, title, words, days string, wrong street.Faults) error {
	f, err := p.frame(r, func(t text.Desk) string { return t.NewBulletin }, "/bulletin")
	if err != nil {
		return err
	}
	t := f.T.Desk
	m := bulletinModel{frame: f, t: t, problem: wrong.Problem(t.Check)}
	m.headline = component.Field{ID: "title", Name: "title", Label: t.Headline, Hint: t.HeadlineTip, Value: title, Error: wrong["title"], Type: "text", Autocomplete: "off", MaxLength: strconv.Itoa(wire.MaxTitle)}
	m.text = component.Area{ID: "text", Name: "text", Label: t.Message, Hint: t.TextTip, Value: words, Error: wrong["text"], Rows: "5", MaxLength: strconv.Itoa(wire.MaxText)}
	m.day = component.Field{ID: "days", Name: "days", Label: t.Stays, Hint: text.Fill(t.DaysTip, "most", strconv.Itoa(mostDays)), Value: days, Error: wrong["days"], Type: "number", Autocomplete: "off", MaxLength: "8"}
	return layout.Render(w, r, status, bulletinView(m))
}

// errTwice is of what is open already, such as by a second press of a button.
var errTwice = errors.New("the same is open")

// publish publishes one thing at a time, gives it to the sponsors and shows the
// overview; or shows the form again with why it was not published.
func (p *Pages) publish(w http.ResponseWriter, r *http.Request, do func() error, again func(int, street.Faults) error) error {
	t := p.texts.For(r).Desk
	p.publishing.Lock()
	err := do()
	p.publishing.Unlock()
	switch {
	case errors.Is(err, errTwice):
		return again(http.StatusConflict, street.Faults{"": t.Twice})
	case errors.Is(err, nvr.ErrInvalid) || errors.Is(err, nvr.ErrTooLarge):
		return again(http.StatusUnprocessableEntity, street.Faults{"": text.Fill(t.Refused, "why", sentence(err))})
	case err != nil:
		p.Log.Error("not published", "err", err)
		return again(http.StatusServiceUnavailable, street.Faults{"": text.Fill(t.Failed, "why", err.Error())})
	}
	p.deliver(w, r, "published")
	return nil
}

// deliver gives sponsors what was published, and shows the overview: it is published,
// whether they can be asked or not.
func (p *Pages) deliver(w http.ResponseWriter, r *http.Request, done string) {
	if err := p.visit(w, r, false); err != nil {
		p.Log.Error("sponsors could not be asked", "err", err)
	}
	http.Redirect(w, r, "/?done="+done, http.StatusSeeOther)
}

// parse reads a form.
func parse(r *http.Request) error {
	err := r.ParseForm()
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return errors.Join(nvr.ErrTooLarge, err)
	}
	if err != nil {
		return errors.Join(nvr.ErrInvalid, err)
	}
	return nil
}

// sentence makes of an error that says what to do a sentence for people.
func sentence(err error) string {
	s := strings.TrimPrefix(err.Error(), "publish: ")
	s = strings.TrimSuffix(s, ": "+nvr.ErrInvalid.Error())
	return strings.ToUpper(s[:1]) + s[1:] + "."
}
