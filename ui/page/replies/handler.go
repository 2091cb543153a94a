// Package replies is the page of quick replies: sentences that people of the home
// record, to be played at a camera when somebody rings.
package replies

import (
	"fmt"
	"net/http"
	"strconv"

	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
	"nvrd/ui/layout"
	"nvrd/ui/text"
)

// Page serves /replies. What is recorded there comes by the API.
type Page struct {
	Voice  appliance.Voice
	Frames layout.Builder
	Texts  *text.Texts
}

type model struct {
	frame layout.Frame
	rows  []row
}

type row struct {
	id, name, length, sound string
}

// Get shows the quick replies, and how to record one.
func (p Page) Get(w http.ResponseWriter, r *http.Request) error {
	all, err := p.Voice.Replies(r.Context())
	if err != nil {
		return err
	}
	t := p.Texts.For(r)
	f, err := p.Frames.Frame(r.Context(), t, t.Replies.Title, "settings", "replies")
	if err != nil {
		return err
	}
	m := model{frame: f}
	for _, reply := range all {
		id := strconv.FormatInt(reply.ID, 10)
		seconds := strconv.FormatFloat(max(1, reply.Length.Round(1e9).Seconds()), 'f', 0, 64)
		m.rows = append(m.rows, row{id, reply.Name, text.Fill(t.Replies.Length, "n", seconds), "/api/v1/replies/" + id + ".wav"})
	}
	return layout.Render(w, r, http.StatusOK, view(m))
}

// Post removes the quick reply whose button was pressed.
func (p Page) Post(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PostFormValue("remove"), 10, 64)
	if err != nil {
		return fmt.Errorf("no quick reply is named: %w", nvr.ErrInvalid)
	}
	if err := p.Voice.RemoveReply(r.Context(), id); err != nil {
		return err
	}
	http.Redirect(w, r, "/replies", http.StatusSeeOther)
	return nil
}
