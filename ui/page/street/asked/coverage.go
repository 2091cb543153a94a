package asked

import (
	"errors"
	"net/http"
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
	cameras []seeing
}

// seeing is the form of what one camera sees.
type seeing struct {
	ID, Name, Label string
	Open            bool
	Marked          string
	Others          string // how many marked squares lie outside of the grid; empty for none
	Columns         []string
	Rows            []row
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
	f := p.grid(m)
	var cells []wire.Cell
	for _, c := range before[id] { // what the form does not show stays
		if _, _, in := f.place(c); !in {
			cells = append(cells, c)
		}
	}
	for _, value := range r.PostForm["cell"] {
		c, err := parseCell(value)
		if _, _, in := f.place(c); err == nil && in {
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
	at, err := parsePlace(d.place)
	if err != nil {
		d.wrong = p.Texts.For(r).Street.Asked.Coverage.BadPlace
		return p.coverage(w, r, http.StatusUnprocessableEntity, d)
	}
	cell := area.CellOf(at)
	d.at = &cell
	return p.coverage(w, r, http.StatusOK, d)
}

// parsePlace reads degrees north and east.
func parsePlace(s string) (wire.Point, error) {
	north, east, ok := strings.Cut(s, ",")
	lat, err := strconv.ParseFloat(strings.TrimSpace(north), 64)
	lon, also := strconv.ParseFloat(strings.TrimSpace(east), 64)
	if !ok || err != nil || also != nil || !(-90 <= lat && lat <= 90) || !(-180 <= lon && lon <= 180) {
		return wire.Point{}, nvr.ErrInvalid
	}
	if lon == 180 {
		lon = -180
	}
	return wire.Point{Lat: int32(lat * 1e6), Lon: int32(lon * 1e6)}, nil
}

func parseCell(s string) (c wire.Cell, err error) {
	row, col, _ := strings.Cut(s, ".")
	r, err := strconv.ParseUint(row, 10, 32)
	if err != nil {
		return c, err
	}
	k, err := strconv.ParseUint(col, 10, 32)
	return wire.Cell{Row: uint32(r), Col: uint32(k)}, err
}

func cellText(c wire.Cell) string {
	return strconv.Itoa(int(c.Row)) + "." + strconv.Itoa(int(c.Col))
}

// grid is the neighborhood, and a square around it.
func (p Page) grid(m *membership.Membership) frame { return around(p.Asked.Cells(m), 1, mostGrid) }

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
	g := p.grid(look.Membership)
	m := coverageModel{
		frame: f, back: street.Href(look.Membership, "/requests"), action: street.Href(look.Membership, "/coverage"), problem: d.problem,
		find: component.Field{ID: "place", Name: "place", Label: t.Find, Hint: t.FindTip, Value: d.place, Error: d.wrong, Type: "text", Autocomplete: "off", MaxLength: "64"},
	}
	if g == (frame{}) {
		return layout.Render(w, r, status, coverageView(m))
	}
	m.scale = g.sized(t.Scale)
	if d.at != nil {
		m.found = t.Elsewhere
		if row, col, in := g.place(*d.at); in {
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
	on := map[wire.Cell]bool{}
	others := 0
	for _, c := range all[id] {
		on[c] = true
		if _, _, in := f.place(c); !in {
			others++
		}
	}
	if others > 0 {
		s.Others = t.Others.N(others)
	}
	for col := range f.width {
		s.Columns = append(s.Columns, letters(col))
	}
	for r := range f.height {
		line := row{Name: strconv.Itoa(r + 1)}
		for col := range f.width {
			c := f.at(r, col)
			line.Squares = append(line.Squares, square{
				ID: "cell-" + s.ID + "-" + cellText(c), Value: cellText(c), On: on[c], Here: here != nil && *here == c,
				Label: text.Fill(t.Square, "square", f.name(r, col), "lat", latitude(c), "lon", longitude(c)),
			})
		}
		s.Rows = append(s.Rows, line)
	}
	return s
}
