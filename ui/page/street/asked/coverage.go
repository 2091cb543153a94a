package asked

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"nvrd/federation/choice"
	"nvrd/federation/membership"
	"nvrd/federation/request/area"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/page/street"
	"nvrd/ui/text"
)

// mostGrid is how many squares a side the grid has: more than any neighborhood.
const mostGrid = 20

type coverageModel struct {
	frame   layout.Frame
	back    string
	action  string
	problem string
	saved   string
	scale   string // empty if there is no grid
	find    component.Field
	found   string
	grid    string // what is drawn, as the form has it
	cameras []seeing
}

// seeing is the form of what one camera sees.
type seeing struct {
	ID, Name, Label string
	Open            bool
	Marked          string
	Others          string // how many marked squares lie outside of the grid; empty for none
	table
}

// table is a grid whose squares can be ticked.
type table struct {
	Columns []string
	Rows    []row
}

type row struct {
	Name    string
	Squares []square
}

type square struct {
	ID, Value, Label string
	On, Here         bool
}

// Coverage shows what the cameras see.
func (p Page) Coverage(w http.ResponseWriter, r *http.Request) error {
	return p.coverage(w, r, http.StatusOK, drawing{})
}

// drawing is what was typed, and what is wrong with it.
type drawing struct {
	place   string
	at      *wire.Cell
	wrong   string
	problem string
}

// Draw writes down what a camera sees, or shows in which square a place lies.
func (p Page) Draw(w http.ResponseWriter, r *http.Request) error {
	m, err := p.Of(r)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return errors.Join(nvr.ErrInvalid, err)
	}
	if r.PostFormValue("do") == "find" {
		return p.find(w, r)
	}
	id, err := nvr.ParseCameraID(r.PostFormValue("camera"))
	if err != nil {
		return err
	}
	if _, err := p.Cameras.Get(r.Context(), id); err != nil {
		return err
	}
	before, err := p.Choices.Coverage(r.Context())
	if err != nil {
		return err
	}
	f := parseFrame(r.PostFormValue("grid"))
	var cells []wire.Cell
	for _, c := range before[id] { // what the form did not show stays
		if _, _, in := f.Place(c); !in {
			cells = append(cells, c)
		}
	}
	for _, value := range r.PostForm["cell"] {
		c, err := area.ParseCell(value)
		if _, _, in := f.Place(c); err == nil && in {
			cells = append(cells, c)
		}
	}
	if err := p.Choices.Cover(r.Context(), id, cells); err != nil {
		return p.coverage(w, r, street.Status(err), drawing{problem: p.Texts.For(r).Street.Asked.NotStored})
	}
	http.Redirect(w, r, street.Href(m, "/coverage?saved="+id.String()+"#camera-"+id.String()), http.StatusSeeOther)
	return nil
}

// find shows in which square a place lies. The place is not kept.
func (p Page) find(w http.ResponseWriter, r *http.Request) error {
	d := drawing{place: strings.TrimSpace(r.PostFormValue("place"))}
	at, err := area.ParsePlace(d.place)
	if err != nil {
		d.wrong = p.Texts.For(r).Street.Asked.Coverage.BadPlace
		return p.coverage(w, r, http.StatusUnprocessableEntity, d)
	}
	cell := area.CellOf(at)
	d.at = &cell
	return p.coverage(w, r, http.StatusOK, d)
}

// grid returns what is drawn: where the neighborhood lies, with a square around it. As
// long as no agency was let in that is not known: then what is marked, or the owner's
// home, if that was said just now.
func (p Page) grid(m *membership.Membership, marked choice.Coverage, here *wire.Cell) frame {
	if cells := p.Asked.Cells(m); len(cells) > 0 {
		return around(cells, 1, mostGrid)
	}
	if here != nil {
		return around([]wire.Cell{*here}, 3, mostGrid)
	}
	var cells []wire.Cell
	for _, camera := range slices.Sorted(maps.Keys(marked)) {
		cells = append(cells, marked[camera]...)
	}
	return around(cells, 3, mostGrid)
}

func (p Page) coverage(w http.ResponseWriter, r *http.Request, status int, d drawing) error {
	look, err := p.Look(r)
	if err != nil {
		return err
	}
	t := look.T.Street.Asked.Coverage
	f, err := p.Frame(r, t.Title)
	if err != nil {
		return err
	}
	cameras, err := p.Cameras.List(r.Context())
	if err != nil {
		return err
	}
	all, err := p.Choices.Coverage(r.Context())
	if err != nil {
		return err
	}
	g := p.grid(look.Membership, all, d.at)
	m := coverageModel{
		frame: f, back: street.Href(look.Membership, "/requests"), action: street.Href(look.Membership, "/coverage"), problem: d.problem,
		find: component.Field{ID: "place", Name: "place", Label: t.Find, Hint: t.FindTip, Value: d.place, Error: d.wrong, Type: "text", Autocomplete: "off", MaxLength: "64"},
	}
	if g == (frame{}) {
		return layout.Render(w, r, status, coverageView(m))
	}
	m.scale, m.grid = g.sized(t.Scale), g.String()
	if d.at != nil {
		m.found = t.Elsewhere
		if row, col, in := g.Place(*d.at); in {
			m.found = text.Fill(t.Found, "square", g.name(row, col))
		}
	}
	for _, c := range cameras {
		name := component.CameraName(c, look.T)
		saved := r.Method == http.MethodGet && r.URL.Query().Get("saved") == c.ID.String()
		if saved {
			m.saved = text.Fill(t.Saved, "camera", name)
		}
		s := g.seeing(c.ID, name, all, d.at, t)
		s.Open = saved || len(cameras) == 1 || d.at != nil
		m.cameras = append(m.cameras, s)
	}
	return layout.Render(w, r, status, coverageView(m))
}

// seeing is the form of a camera on a grid.
func (f frame) seeing(id nvr.CameraID, name string, all choice.Coverage, here *wire.Cell, t text.StreetCoverage) seeing {
	s := seeing{ID: id.String(), Name: name, Label: text.Fill(t.Grid, "camera", name), Marked: t.Marked.N(len(all[id]))}
	others := 0
	for _, c := range all[id] {
		if _, _, in := f.Place(c); !in {
			others++
		}
	}
	if others > 0 {
		s.Others = t.Others.N(others)
	}
	s.table = f.table("cell-"+s.ID, all[id], here, t)
	return s
}

// table draws a frame with the squares of some cells ticked; ids of squares begin
// with id.
func (f frame) table(id string, on []wire.Cell, here *wire.Cell, t text.StreetCoverage) (is table) {
	ticked := map[wire.Cell]bool{}
	for _, c := range on {
		ticked[c] = true
	}
	for col := range f.Width {
		is.Columns = append(is.Columns, letters(col))
	}
	for r := range f.Height {
		line := row{Name: strconv.Itoa(r + 1)}
		for col := range f.Width {
			c := f.At(r, col)
			line.Squares = append(line.Squares, square{
				ID: id + "-" + strings.ReplaceAll(area.CellText(c), ":", "-"), Value: area.CellText(c), On: ticked[c], Here: here != nil && *here == c,
				Label: text.Fill(t.Square, "square", f.name(r, col), "lat", latitude(c), "lon", longitude(c)),
			})
		}
		is.Rows = append(is.Rows, line)
	}
	return is
}
