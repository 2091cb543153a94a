package feed

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"nvrd/federation/wire"
	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/page/street"
	"nvrd/ui/text"
)

type entryModel struct {
	frame    layout.Frame
	title    string
	back     string
	action   string
	card     card
	comments []street.Said
	problem  string
	comment  *component.Area // nil for who may not write, or if the post is gone
	appeals  map[string]component.Area
	judge    string // where a steward judges; empty for others
	label    component.Select
	reason   component.Area
	quiet    string
}

// typed is what was typed on the page of a post, and what is wrong with it.
type typed struct {
	on            string // id of what was commented on, or appealed against
	text          string
	label, reason string
	wrong         street.Faults
}

// about returns what was commented on or judged: the post, unless the form names
// an entry on it.
func (in typed) about(post wire.Hash) (wire.Hash, error) {
	if in.on == "" {
		return post, nil
	}
	return street.ParseID(in.on)
}

// Entry shows a post with all that was said about it.
func (p Page) Entry(w http.ResponseWriter, r *http.Request) error {
	return p.showEntry(w, r, http.StatusOK, typed{})
}

// Act comments on an entry, reacts to it, or takes back either of them or the
// entry, as the form says.
func (p Page) Act(w http.ResponseWriter, r *http.Request) error {
	v, err := p.View(r)
	if err != nil {
		return err
	}
	post, err := street.ParseID(r.PathValue("entry"))
	if err != nil {
		return err
	}
	t, in := v.T.Street, typed{on: r.PostFormValue("on"), wrong: street.Faults{}}
	on, err := in.about(post)
	if err != nil {
		return err
	}
	switch do := r.PostFormValue("do"); do {
	case "comment":
		in.text = wire.Tidy(r.PostFormValue("text"), true)
		street.CheckLength(in.wrong, "text", in.text, wire.MaxText, t.Entry.NoText, t.Entry.LongText)
		if len(in.wrong) > 0 {
			return p.showEntry(w, r, http.StatusUnprocessableEntity, in)
		}
		_, err = v.Comment(on, in.text)
	case "retract":
		_, err = v.Retract(on)
	case "":
		err = react(v, post, on, r.PostFormValue("undo"), v.Unreact)
	default:
		err = react(v, post, on, do, func(on wire.Hash, is wire.ReactionIs) error {
			_, err := v.React(on, is)
			return err
		})
	}
	if err != nil {
		in.wrong[""] = street.Why(err, t.Refused)
		return p.showEntry(w, r, street.Status(err), in)
	}
	http.Redirect(w, r, back(v.Look, post, r), http.StatusSeeOther)
	return nil
}

// react gives a post, or what was said on it, the reaction of that name, or takes it back. Forms say which
// of the two they mean, so that a second press, or one in a window that is behind,
// does not do the opposite.
func react(v street.View, post, on wire.Hash, name string, act func(wire.Hash, wire.ReactionIs) error) error {
	is := street.Named(street.ReactionNames, name)
	if is == 0 {
		return fmt.Errorf("%w: there is no such reaction", nvr.ErrInvalid)
	}
	for under, s := range v.Spoken {
		if under.Item.ID == post && s.Item.ID == on {
			return act(on, is)
		}
	}
	return fmt.Errorf("%w: it is no longer there", nvr.ErrNotFound)
}

// Judge gives an entry a label, as a steward.
func (p Page) Judge(w http.ResponseWriter, r *http.Request) error {
	look, err := p.Look(r)
	if err != nil {
		return err
	}
	post, err := street.ParseID(r.PathValue("entry"))
	if err != nil {
		return err
	}
	t := look.T.Street
	in := typed{on: r.PostFormValue("on"), label: r.PostFormValue("label"), reason: wire.Tidy(r.PostFormValue("reason"), true), wrong: street.Faults{}}
	street.CheckLength(in.wrong, "reason", in.reason, wire.MaxText, t.Entry.NoReason, t.Entry.LongText)
	is := street.Named(street.LabelNames, in.label)
	if len(in.wrong) > 0 || is == 0 {
		return p.showEntry(w, r, http.StatusUnprocessableEntity, in)
	}
	on, err := in.about(post)
	if err != nil {
		return err
	}
	if _, err := look.Label(on, is, in.reason); err != nil {
		in.wrong[""] = street.Why(err, t.Refused)
		return p.showEntry(w, r, street.Status(err), in)
	}
	http.Redirect(w, r, back(look, post, r), http.StatusSeeOther)
	return nil
}

func (p Page) showEntry(w http.ResponseWriter, r *http.Request, status int, in typed) error {
	v, err := p.View(r)
	if err != nil {
		return err
	}
	id, err := street.ParseID(r.PathValue("entry"))
	if err != nil {
		return err
	}
	post, err := find(v.Days(), id)
	if err != nil {
		if in.wrong[""] != "" {
			return errors.Join(err, nvr.ErrNotFound)
		}
		return err
	}
	c := newCard(v, post)
	title := text.Fill(v.T.Street.Entry.Title, "name", c.Who.Name)
	f, err := p.Frame(r, title)
	if err != nil {
		return err
	}
	m := entryModel{
		frame: f, title: title, back: street.Href(v.Membership, ""), action: c.href, card: c, quiet: street.Href(v.Membership, "/quiet"),
		comments: v.Comments(post.Comments), problem: in.wrong[""],
	}
	if c.Dead == "" {
		m.forms(in, street.May(r, auth.Tell), street.May(r, auth.Manage) && v.Steward())
	}
	return layout.Render(w, r, status, entry(m))
}

// forms are there for who may write, and for stewards.
func (m *entryModel) forms(in typed, write, judge bool) {
	t := m.frame.T.Street
	area := func(id, label, hint, value string) component.Area {
		return component.Area{ID: id, Name: "text", Label: label, Hint: hint, Value: value, Rows: "3", MaxLength: strconv.Itoa(wire.MaxText)}
	}
	if write {
		mine := ""
		if in.on == "" {
			mine = in.text
		}
		comment := area("comment", t.Entry.Say, t.Entry.SayHint, mine)
		if in.on == "" {
			comment.Error = in.wrong["text"]
		}
		m.comment, m.appeals = &comment, map[string]component.Area{}
		for _, l := range m.card.Labels {
			appeal := area("appeal-"+l.ID[:16], t.Entry.Appeal, t.Entry.AppealTip, "")
			if in.on == l.ID {
				appeal.Value, appeal.Error = in.text, in.wrong["text"]
			}
			m.appeals[l.ID] = appeal
		}
	}
	if judge {
		m.judge = m.action + "/label"
		m.label = component.Select{ID: "label", Name: "label", Label: t.Entry.Label, Options: street.LabelOptions(in.label, t)}
		m.reason = component.Area{ID: "reason", Name: "reason", Label: t.Entry.Reason, Hint: t.Entry.JudgeTip, Value: in.reason, Error: in.wrong["reason"], Rows: "2", MaxLength: strconv.Itoa(wire.MaxText)}
	}
}
