package asked

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"nvrd/federation/choice"
	"nvrd/federation/membership"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/page/street"
	"nvrd/ui/page/street/share"
	"nvrd/ui/text"
)

// Bounds of an answer.
const (
	mostDays   = 365
	usualDays  = 30
	sendTime   = time.Minute
	mostHidden = 4_000_000 // bytes: more than homes send in one of their turns
)

type answerModel struct {
	frame   layout.Frame
	back    string
	title   string
	lead    string
	problem string
	action  string
	id      string // of the response
	preview *share.Preview
	words   component.Area
	days    component.Field
	now     bool   // it is to leave at once
	large   bool   // it can't be hidden
	tick    string // what is wrong with the tick; empty for nothing
}

// answering is what was typed.
type answering struct {
	id, words, days, draft string
	now                    bool
}

// Answer shows the form of what is handed over, beside the draft that the address names.
func (p Page) Answer(w http.ResponseWriter, r *http.Request) error {
	var id wire.Salt
	_, _ = rand.Read(id[:]) // it never fails
	in := answering{id: hex.EncodeToString(id[:]), days: strconv.Itoa(usualDays), draft: r.URL.Query().Get("draft")}
	return p.ask(w, r, http.StatusOK, in, nil)
}

// Hand hands over what was typed and the draft, once: it is written into the ledger
// before it leaves.
func (p Page) Hand(w http.ResponseWriter, r *http.Request) error {
	look, err := p.Look(r)
	if err != nil {
		return err
	}
	a, err := p.one(r, look.Membership)
	if err != nil {
		return err
	}
	get := r.PostFormValue
	in := answering{get("id"), wire.Tidy(get("words"), true), strings.TrimSpace(get("days")), get("draft"), get("way") == "now"}
	if r.PostFormValue("do") == "drop" {
		p.Drafts.Drop(r, in.draft)
		http.Redirect(w, r, href(look.Membership, a, ""), http.StatusSeeOther)
		return nil
	}
	t := look.T.Street.Asked.Answer
	id, days, wrong := in.check(r, t)
	draft, err := p.Drafts.Find(r, in.draft)
	switch {
	case in.draft != "" && err != nil:
		wrong[""] = look.T.Street.Share.Expired
	case in.draft == "" && in.words == "":
		wrong["words"] = t.NoWords
	case !a.Open(look.Membership.Now()) || p.Send == nil:
		wrong[""] = t.Closed
	case len(draft.Full) > mostHidden && !in.now:
		wrong[""] = t.Large
	}
	if len(wrong) > 0 {
		return p.ask(w, r, http.StatusUnprocessableEntity, in, wrong)
	}
	h, err := p.handed(r, look, a, draft)
	if err != nil {
		return err
	}
	h.ID, h.Words, h.Until = id, in.words, h.At+wire.Minute(days)*wire.Day
	if err := p.hand(w, r, look.Membership, a, h, draft, in.now); err != nil {
		return p.ask(w, r, street.Status(err), in, street.Faults{"": street.Why(err, look.T.Street.Refused)})
	}
	p.Drafts.Drop(r, in.draft)
	http.Redirect(w, r, street.Href(look.Membership, "/ledger?written=1"), http.StatusSeeOther)
	return nil
}

// hand writes into the ledger, then sends. What was handed over before is not again.
func (p Page) hand(w http.ResponseWriter, r *http.Request, m *membership.Membership, a Asked, h choice.Handed, d share.Draft, now bool) error {
	err := p.Choices.HandOver(r.Context(), h)
	if errors.Is(err, nvr.ErrExists) {
		return nil
	}
	if err != nil {
		return err
	}
	response := Response{ID: h.ID, Until: h.Until, Words: h.Words, Now: now}
	for _, f := range h.Files {
		response.Media = append(response.Media, Media{f.Name, f.Type, d.Full})
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(2 * sendTime)) // without one it waits anyhow
	if err := p.Send(r.Context(), m, a, response); err != nil {
		return errors.Join(err, p.Choices.Strike(r.Context(), h.ID)) // it did not leave
	}
	return nil
}

// handed is the entry of the ledger, but for what was typed.
func (p Page) handed(r *http.Request, look street.Look, a Asked, d share.Draft) (choice.Handed, error) {
	h := choice.Handed{
		Request: a.ID, Neighborhood: look.Name(), Agency: a.Agency.Key, Title: a.Title(), Case: a.Request.Case, Incident: a.Request.Incident, At: look.Membership.Now(),
	}
	if d.Name == "" {
		return h, nil
	}
	names, err := p.names(r)
	if err != nil {
		return h, err
	}
	f := choice.File{Name: "clip.mp4", Type: "video/mp4", SHA256: sha256.Sum256(d.Full), Bytes: int64(len(d.Full)), Camera: d.Cut.Camera, CameraName: names[d.Cut.Camera].Name, Span: d.Cut.Span}
	if d.Cut.Photo {
		f.Name, f.Type, f.Span.To = "photo.jpg", "image/jpeg", f.Span.From
	}
	h.Files = []choice.File{f}
	return h, nil
}

func (in answering) check(r *http.Request, t text.StreetAnswer) (id wire.Salt, days int, wrong street.Faults) {
	wrong = street.Faults{}
	b, err := hex.DecodeString(in.id)
	if err != nil || len(b) != len(id) {
		wrong[""] = t.Failed
	} else {
		id = wire.Salt(b)
	}
	street.CheckLength(wrong, "words", in.words, wire.MaxText, "", t.Long)
	days, ok := street.Days(in.days, mostDays)
	if !ok {
		wrong["days"] = t.BadDays
	}
	if r.PostFormValue("sure") == "" {
		wrong["sure"] = t.Tick
	}
	return id, days, wrong
}

func (p Page) ask(w http.ResponseWriter, r *http.Request, status int, in answering, wrong street.Faults) error {
	look, err := p.Look(r)
	if err != nil {
		return err
	}
	a, err := p.one(r, look.Membership)
	if err != nil {
		return err
	}
	t := look.T.Street.Asked.Answer
	f, err := p.Frame(r, text.Fill(t.Title, "name", a.Title()))
	if err != nil {
		return err
	}
	m := answerModel{
		frame: f, back: href(look.Membership, a, ""), title: text.Fill(t.Title, "name", a.Title()), lead: text.Fill(t.Lead, "name", a.Title()),
		problem: wrong.Problem(t.Check), action: href(look.Membership, a, "/answer"), id: in.id, tick: wrong["sure"], now: in.now,
		words: component.Area{ID: "words", Name: "words", Label: t.Words, Hint: t.WordsTip, Value: in.words, Error: wrong["words"], Rows: "4", MaxLength: strconv.Itoa(wire.MaxText)},
		days:  component.Field{ID: "days", Name: "days", Label: t.Days, Hint: t.DaysTip, Value: in.days, Error: wrong["days"], Type: "number", Autocomplete: "off", MaxLength: "3"},
	}
	if !a.Open(look.Membership.Now()) && m.problem == "" {
		m.problem = t.Closed
	}
	if in.draft != "" {
		d, err := p.Drafts.Find(r, in.draft)
		if err == nil {
			m.large = len(d.Full) > mostHidden
			m.now = m.now || m.large
			preview := d.Preview(street.Href(look.Membership, "/drafts/"+d.Name), "/share", look.T)
			preview.Again += "&" + url.Values{"answer": {a.ID.String()}, "street": {street.Short(look.Membership)}}.Encode()
			m.preview = &preview
		} else if m.problem == "" {
			m.problem = look.T.Street.Share.Expired
		}
	}
	return layout.Render(w, r, status, answerView(m))
}
