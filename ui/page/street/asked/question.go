package asked

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"nvrd/federation/request/area"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/page/street"
	"nvrd/ui/page/street/write"
	"nvrd/ui/text"
)

// Bounds of a question to neighbors, beside those of a post.
const (
	leastAsked  = 15 * time.Minute
	mostAsked   = 12 * time.Hour
	usualAsked  = time.Hour
	daysOfAsked = 7
)

// questioned are the categories of questions to neighbors.
var questioned = []wire.Category{wire.CategoryLostFound, wire.CategoryQuestion}

// question is what was typed.
type question struct {
	words, category, from, to, days string
	cells                           []wire.Cell
	nudged                          bool // it was asked to think once more
}

func readQuestion(r *http.Request) question {
	get := r.PostFormValue
	in := question{
		words: wire.Tidy(get("words"), true), category: get("category"), from: strings.TrimSpace(get("from")), to: strings.TrimSpace(get("to")),
		days: strings.TrimSpace(get("days")), nudged: get("nudged") != "",
	}
	for _, value := range r.PostForm["cell"] {
		if c, err := area.ParseCell(value); err == nil {
			in.cells = append(in.cells, c)
		}
	}
	in.cells = wire.SortCells(in.cells)
	return in
}

// post returns what was typed as a post, for how many days, and what is wrong.
func (in question) post(look street.Look, on frame) (p wire.Post, days int, wrong street.Faults) {
	t, q := look.T.Street, look.T.Street.Asked.Question
	wrong = street.Faults{}
	street.CheckLength(wrong, "words", in.words, wire.MaxText, t.Entry.NoText, t.Entry.LongText)
	p = wire.Post{Category: street.Named(street.CategoryNames, in.category), Happened: in.words, Cells: in.cells}
	if !slices.Contains(questioned, p.Category) {
		wrong["category"] = t.Write.NoCategory
	}
	p.From, p.To = in.window(look, wrong)
	out := func(c wire.Cell) bool { _, _, in := on.Place(c); return !in }
	switch {
	case len(in.cells) == 0 || slices.ContainsFunc(in.cells, out):
		wrong["cells"] = q.NoSquares
	case len(in.cells) > wire.MaxAskedCells:
		wrong["cells"] = q.Many
	}
	var ok bool
	if days, ok = street.Days(in.days, wire.MaxExpireDays); !ok {
		wrong["days"] = t.Found.BadDays
	}
	return p, days, wrong
}

// window returns the times that are asked about, and says what is wrong with them.
func (in question) window(look street.Look, wrong street.Faults) (from, to wire.Minute) {
	t := look.T.Street
	read := func(name, value string) time.Time {
		typed, err := component.ParseLocal(value, look.Now.Location())
		at := typed.Std()
		if err != nil || wire.MinuteOf(at) == 0 {
			wrong[name] = t.Write.BadTime
		}
		return at
	}
	begin, end := read("from", in.from), read("to", in.to)
	switch long := end.Sub(begin); {
	case wrong["from"] != "" || wrong["to"] != "":
	case end.After(look.Now):
		wrong["to"] = t.Asked.Question.NotOver
	case long < 0:
		wrong["to"] = t.Asked.Question.Order
	case long < leastAsked || long > mostAsked:
		wrong["to"] = t.Asked.Question.Window
	}
	return wire.MinuteOf(begin), wire.MinuteOf(end)
}

type questionModel struct {
	frame    layout.Frame
	back     string
	action   string
	lead     string
	problem  string
	think    string // what to think over; empty for nothing
	nudged   bool
	newcomer *street.Newcomer
	words    component.Area
	category component.Select
	from, to component.Field
	zone     string
	days     component.Field
	scale    string // empty if there is no grid
	squares  table
	wrong    string // with the squares
	coverage string
	submit   string
}

// Question shows an empty form that asks neighbors.
func (p Page) Question(w http.ResponseWriter, r *http.Request) error {
	now, err := p.Now(r)
	if err != nil {
		return err
	}
	return p.question(w, r, http.StatusOK, question{
		category: street.CategoryNames[wire.CategoryLostFound], from: component.LocalMinute(now.Add(-usualAsked)), to: component.LocalMinute(now), days: strconv.Itoa(daysOfAsked),
	}, nil, "")
}

// Put asks all neighbors, unless there is something to think over that was not said
// before.
func (p Page) Put(w http.ResponseWriter, r *http.Request) error {
	look, err := p.Look(r)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return errors.Join(nvr.ErrInvalid, err)
	}
	grid, err := p.asking(r, look)
	if err != nil {
		return err
	}
	in := readQuestion(r)
	post, days, wrong := in.post(look, grid)
	if len(wrong) > 0 {
		return p.question(w, r, http.StatusUnprocessableEntity, in, wrong, "")
	}
	if think := write.Nudge(post.Happened, "", look.T.Street.Write); think != "" && !in.nudged {
		in.nudged = true
		return p.question(w, r, http.StatusOK, in, nil, think)
	}
	id, err := p.Service.Ask(look.Membership, post, days)
	if err != nil {
		return p.question(w, r, street.Status(err), in, street.Faults{"": street.Why(err, look.T.Street.Refused)}, "")
	}
	http.Redirect(w, r, street.Href(look.Membership, "")+"#"+street.Anchor(id), http.StatusSeeOther)
	return nil
}

// asking returns the grid whose squares can be asked about.
func (p Page) asking(r *http.Request, look street.Look) (frame, error) {
	coverage, err := p.Choices.Coverage(r.Context())
	return p.grid(look.Membership, coverage, nil), err
}

func (p Page) question(w http.ResponseWriter, r *http.Request, status int, in question, wrong street.Faults, think string) error {
	look, err := p.Look(r)
	if err != nil {
		return err
	}
	t, q := look.T.Street, look.T.Street.Asked.Question
	f, err := p.Frame(r, q.Title)
	if err != nil {
		return err
	}
	grid, err := p.asking(r, look)
	if err != nil {
		return err
	}
	m := questionModel{
		frame: f, back: street.Href(look.Membership, "/requests"), action: street.Href(look.Membership, "/ask"), lead: text.Fill(q.Lead, "title", look.Genesis().Title),
		problem: wrong.Problem(t.Write.Check), think: think, nudged: in.nudged, newcomer: street.NewcomerOf(look.Membership, look.Now, f.T),
		zone: text.Fill(q.WhenTip, "zone", look.Now.Format("MST")), wrong: wrong["cells"], coverage: street.Href(look.Membership, "/coverage"), submit: q.Submit,
	}
	if in.nudged {
		m.submit = t.Write.Anyway
	}
	m.words = component.Area{ID: "words", Name: "words", Label: q.Words, Hint: q.WordsTip, Value: in.words, Error: wrong["words"], Rows: "4", MaxLength: strconv.Itoa(wire.MaxText), Required: true}
	m.category = component.Select{ID: "category", Name: "category", Label: t.Write.Category, Error: wrong["category"]}
	for _, c := range questioned {
		name := street.CategoryNames[c]
		m.category.Options = append(m.category.Options, component.Option{Value: name, Label: t.Categories[name], On: name == in.category})
	}
	field := func(name, label, hint, value, kind string) component.Field {
		return component.Field{ID: name, Name: name, Label: label, Hint: hint, Value: value, Error: wrong[name], Type: kind, Autocomplete: "off", MaxLength: "32"}
	}
	m.from, m.to = field("from", q.From, "", in.from, "datetime-local"), field("to", q.To, "", in.to, "datetime-local")
	m.days = field("days", t.Write.Days, t.Write.DaysHint, in.days, "number")
	if grid != (frame{}) {
		m.scale, m.squares = grid.sized(t.Asked.Coverage.Scale), grid.table("cell", in.cells, nil, t.Asked.Coverage)
	}
	return layout.Render(w, r, status, questionView(m))
}
