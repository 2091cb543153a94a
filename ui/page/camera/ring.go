package camera

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/ui/component"
	"nvrd/ui/text"
)

// lately is how long a page says what became of a ring.
const lately = 2 * time.Minute

// ringing is that somebody rings, or did a moment ago.
type ringing struct {
	said   string
	at     component.Instant
	action string // where it is answered; empty if it rings no more
	value  string // of the press
}

func newRinging(p nvr.Press, now time.Time, t *text.Catalogue) *ringing {
	if p.Outcome == nvr.RingAgain || !p.Rings() && now.Sub(p.End.Std()) > lately {
		return nil
	}
	r := ringing{at: component.Recent(p.At, now, t.Calendar), value: p.At.String()}
	switch {
	case p.Rings():
		r.said, r.action = t.Ring.Now, "/cameras/"+p.Camera.String()+"/ring"
	case p.Outcome == nvr.RingMissed:
		r.said = t.Ring.Missed
	case p.Who != "":
		r.said = text.Fill(t.Ring.AnsweredBy, "who", p.Who)
	default:
		r.said = t.Ring.Answered
	}
	return &r
}

// Ring answers a ring, or notes that somebody knows of it, as the button that was
// pressed says, and shows the camera or the first page.
func (p Page) Ring(w http.ResponseWriter, r *http.Request) error {
	id, err := nvr.ParseCameraID(r.PathValue("id"))
	if err != nil {
		return err
	}
	to := "/"
	switch answer, seen := r.PostFormValue("answer"), r.PostFormValue("seen"); {
	case answer != "":
		at, err := nvr.ParseTime(answer)
		if err != nil {
			return err
		}
		to = "/cameras/" + id.String()
		// That somebody else was faster is told by the page.
		if _, err := p.Rings.Answer(id, at, r.PostFormValue("who")); err != nil && !errors.Is(err, nvr.ErrExists) {
			return err
		}
	case seen != "":
		until, err := nvr.ParseTime(seen)
		if err != nil {
			return err
		}
		if err := p.Rings.See(r.Context(), id, until); err != nil {
			return err
		}
	default:
		return fmt.Errorf("neither answered nor seen: %w", nvr.ErrInvalid)
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}
