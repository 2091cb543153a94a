package asked

import (
	"bytes"
	"fmt"
	"image/jpeg"
	"net/http"
	"slices"
	"strconv"

	"nvrd/federation/membership"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
	"nvrd/ui/layout"
	"nvrd/ui/page/street"
	"nvrd/ui/text"
)

// yours is a question of this home in the list.
type yours struct{ Href, Words, Count string }

type answersModel struct {
	frame   layout.Frame
	back    string
	action  string
	ask     string
	problem string
	deleted bool
	all     []answered
}

// answered is a question with what was answered to it.
type answered struct {
	ID     string // of its place on the page
	Words  string // empty for questions that are gone
	Window street.Period
	Came   []came
}

// came is an answer as the page shows it.
type came struct {
	ID, Words   string
	Sent, Until street.Stamp
	Over        bool
	Media       []piece
}

// piece is a photo or a clip of an answer.
type piece struct {
	Clip, Bad           bool
	Full, Name, Save    string
	Width, Height, Says string
}

// asksOf returns what this home asked that is still there, the newest first.
func asksOf(m *membership.Membership) (own []membership.Asked) {
	for _, a := range m.NeighborRequests() {
		if a.Neighbor == m.Author() {
			own = append(own, a)
		}
	}
	return own
}

// place names where a question stands on the page of answers.
func place(id wire.Hash) string { return "q-" + id.String()[:16] }

// gone is where what was answered to questions stands that are gone.
const gone = "gone"

// yours fills in this home's questions, and how many answered each.
func (p Page) yours(r *http.Request, look street.Look, m *listModel) error {
	all, err := p.Answers(r.Context(), look.Membership)
	if err != nil {
		return err
	}
	t := look.T.Street.Asked.Answers
	m.answers = street.Href(look.Membership, "/answers")
	left := len(all)
	count := func(is func(Answer) bool) (n int) {
		for _, a := range all {
			if is(a) {
				n++
			}
		}
		return n
	}
	for _, q := range asksOf(look.Membership) {
		n := count(func(a Answer) bool { return a.Request == q.ID })
		left -= n
		m.yours = append(m.yours, yours{m.answers + "#" + place(q.ID), q.Request.Text, t.Count.N(n)})
	}
	if left > 0 {
		m.yours = append(m.yours, yours{m.answers + "#" + gone, t.Gone, t.Count.N(left)})
	}
	if late := count(func(a Answer) bool { return over(a, look) }); late > 0 {
		m.late = t.Late.N(late)
	}
	return nil
}

// over tells whether an answer may be kept no longer.
func over(a Answer, look street.Look) bool { return a.Until <= look.Membership.Now() }

// AnswersPage shows what neighbors answered.
func (p Page) AnswersPage(w http.ResponseWriter, r *http.Request) error {
	return p.answers(w, r, http.StatusOK, "")
}

// Delete deletes an answer for good.
func (p Page) Delete(w http.ResponseWriter, r *http.Request) error {
	m, err := p.Of(r)
	if err != nil {
		return err
	}
	id, err := street.ParseID(r.PostFormValue("id"))
	if err != nil {
		return err
	}
	switch err := p.Forget(r.Context(), m, id); {
	case err != nil && nvr.KindOf(err).Err != nil: // it was deleted before
		return err
	case err != nil:
		return p.answers(w, r, street.Status(err), p.Texts.For(r).Street.Asked.Answers.Failed)
	}
	http.Redirect(w, r, street.Href(m, "/answers?deleted=1"), http.StatusSeeOther)
	return nil
}

func (p Page) answers(w http.ResponseWriter, r *http.Request, status int, problem string) error {
	look, err := p.Look(r)
	if err != nil {
		return err
	}
	f, err := p.Frame(r, look.T.Street.Asked.Answers.Title)
	if err != nil {
		return err
	}
	all, err := p.Answers(r.Context(), look.Membership)
	if err != nil {
		return err
	}
	m := answersModel{
		frame: f, back: street.Href(look.Membership, "/requests"), action: street.Href(look.Membership, "/answers"), ask: street.Href(look.Membership, "/ask"),
		problem: problem, deleted: r.Method == http.MethodGet && r.URL.Query().Has("deleted"),
	}
	here := map[wire.Hash]int{} // places of questions
	for i, q := range asksOf(look.Membership) {
		here[q.ID] = i
		m.all = append(m.all, answered{ID: place(q.ID), Words: q.Request.Text, Window: look.Period(street.Minutes(q.Request.From, q.Request.To))})
	}
	left := answered{ID: gone}
	for _, a := range all {
		if i, ok := here[a.Request]; ok {
			m.all[i].Came = append(m.all[i].Came, cameOf(a, look))
		} else {
			left.Came = append(left.Came, cameOf(a, look))
		}
	}
	if len(left.Came) > 0 {
		m.all = append(m.all, left)
	}
	return layout.Render(w, r, status, answersView(m))
}

func cameOf(a Answer, look street.Look) came {
	t, stamp := look.T.Street.Asked.Answers, func(m wire.Minute) street.Stamp { return street.StampOf(m, look.Now, look.T.Calendar) }
	c := came{ID: a.ID.String(), Words: a.Words, Sent: stamp(a.Minute), Until: stamp(a.Until), Over: over(a, look)}
	names := a.Names()
	for i, is := range a.Media {
		one := piece{
			Clip: is.Type == wire.MediaClip, Full: street.Href(look.Membership, "/answers/"+c.ID+"/media/"+strconv.Itoa(i)), Name: names[i],
			Save: text.Fill(t.Save, "name", names[i]), Width: "1280", Height: "720", Says: t.Clip,
		}
		if !one.Clip {
			one.Says = t.Photo
			size, err := jpeg.DecodeConfig(bytes.NewReader(is.Bytes))
			one.Bad = err != nil || street.CheckPicture(bytes.NewReader(is.Bytes)) != nil
			one.Width, one.Height = strconv.Itoa(size.Width), strconv.Itoa(size.Height)
		}
		c.Media = append(c.Media, one)
	}
	return c
}

// AnswerMedia serves a photo or a clip of an answer, or parts of it.
func (p Page) AnswerMedia(w http.ResponseWriter, r *http.Request) error {
	m, err := p.Of(r)
	if err != nil {
		return err
	}
	id, err := street.ParseID(r.PathValue("answer"))
	if err != nil {
		return err
	}
	all, err := p.Answers(r.Context(), m)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(a Answer) bool { return a.ID == id })
	n, err := strconv.ParseUint(r.PathValue("place"), 10, 8)
	if err != nil || i < 0 || int(n) >= len(all[i].Media) {
		return fmt.Errorf("no such answer: %w", nvr.ErrNotFound)
	}
	is := all[i].Media[n]
	file, photo := bytes.NewReader(is.Bytes), is.Type == wire.MediaPhoto
	if photo {
		if err := street.CheckPicture(file); err != nil {
			return err
		}
	}
	street.Serve(w, r, file, photo)
	return nil
}
