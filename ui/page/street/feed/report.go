package feed

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	held "nvrd/federation/feed"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/page/street"
	"nvrd/ui/text"
)

type reportModel struct {
	frame   layout.Frame
	back    string
	action  string
	said    street.Said
	instead string // why there is no form
	goes    string // to whom
	reason  component.Select
	words   component.Area
	problem string
}

// reporting is what was typed on the page of a report, and what is wrong with it.
type reporting struct {
	reason, words string
	wrong         street.Faults
}

// other is the reason that no label stands for, as forms name it.
const other = "other"

// ReportForm asks what is wrong with a post or a comment.
func (p Page) ReportForm(w http.ResponseWriter, r *http.Request) error {
	return p.showReport(w, r, http.StatusOK, reporting{})
}

// Report tells the stewards, and nobody else.
func (p Page) Report(w http.ResponseWriter, r *http.Request) error {
	v, err := p.View(r)
	if err != nil {
		return err
	}
	post, said, err := findSaid(v, r.PathValue("entry"))
	if err != nil {
		return err
	}
	t := v.T.Street
	in := reporting{reason: r.PostFormValue("reason"), words: wire.Tidy(r.PostFormValue("words"), true), wrong: street.Faults{}}
	is, missing := street.Named(street.LabelNames, in.reason), ""
	switch {
	case in.reason == other:
		missing = t.Report.NoWords
	case is == 0:
		in.wrong["reason"] = t.Report.NoReason
	}
	street.CheckLength(in.wrong, "words", in.words, wire.MaxReportWords, missing, t.Report.Long)
	if len(in.wrong) > 0 {
		return p.showReport(w, r, http.StatusUnprocessableEntity, in)
	}
	if err := v.Membership.Report(said.Item.ID, is, in.words); err != nil && !errors.Is(err, nvr.ErrExists) { // a second press
		in.wrong[""] = street.Why(err, t.Refused)
		return p.showReport(w, r, street.Status(err), in)
	}
	http.Redirect(w, r, street.Href(v.Membership, "/entries/"+post.Item.ID.String())+"#"+v.Said(said).Anchor, http.StatusSeeOther)
	return nil
}

func (p Page) showReport(w http.ResponseWriter, r *http.Request, status int, in reporting) error {
	v, err := p.View(r)
	if err != nil {
		return err
	}
	post, said, err := findSaid(v, r.PathValue("entry"))
	if err != nil {
		return err
	}
	t := v.T.Street
	f, err := p.Frame(r, t.Report.Title)
	if err != nil {
		return err
	}
	m := reportModel{
		frame: f, back: street.Href(v.Membership, "/entries/"+post.Item.ID.String()),
		action: street.Href(v.Membership, "/entries/"+said.Item.ID.String()+"/report"), said: v.Said(said), problem: in.wrong[""],
	}
	var names []string
	for _, who := range v.Judges(said.Item.Entry.Author) {
		names = append(names, v.Who(who).Name)
	}
	switch {
	case m.said.Who.Self:
		m.instead = t.Report.Own
	case m.said.Report == "":
		m.instead = m.said.Reported
	case len(names) == 0:
		m.instead = t.Report.Nobody
	}
	m.goes = text.Fill(t.Report.Goes, "names", strings.Join(names, ", "))
	m.reason = component.Select{ID: "reason", Name: "reason", Label: t.Report.Reason, Error: in.wrong["reason"], Options: slices.Concat(
		[]component.Option{{Label: t.Write.Choose}}, street.LabelOptions(in.reason, t),
		[]component.Option{{Value: other, Label: t.Report.Other.Name + ": " + t.Report.Other.What, On: in.reason == other}})}
	most := strconv.Itoa(wire.MaxReportWords)
	m.words = component.Area{ID: "words", Name: "words", Label: t.Report.Words, Hint: text.Fill(t.Report.Hint, "most", most), Value: in.words, Error: in.wrong["words"], Rows: "3", MaxLength: most}
	return layout.Render(w, r, status, report(m))
}

// findSaid returns what was said and is still there, and the post on whose page
// it stands, or nvr.ErrNotFound.
func findSaid(v street.View, entry string) (held.Post, held.Said, error) {
	id, err := street.ParseID(entry)
	if err != nil {
		return held.Post{}, held.Said{}, err
	}
	for p, s := range v.Spoken {
		if s.Item.ID == id && s.Dead == held.Alive {
			return p, s, nil
		}
	}
	return held.Post{}, held.Said{}, nvr.ErrNotFound
}
