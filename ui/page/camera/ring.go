package camera

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"nvrd/pkg/alert"
	"nvrd/pkg/auth"
	"nvrd/pkg/notify"
	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
	"nvrd/ui/component"
	"nvrd/ui/page/events"
	"nvrd/ui/text"
)

// lately is how long a page says what became of a ring.
const lately = 2 * time.Minute

// coming is how long before a press the page that a message leads to begins: one sees
// them come, and does not wait for it.
const coming = 5 * time.Second

// ringing is that somebody rings, or did a moment ago.
type ringing struct {
	said   string
	at     component.Instant
	action string // where it is answered; empty if it rings no more
	value  string // of the press
	camera string
	why    string // where it is said why a message told of it; empty unless one did
	film   string // where one sees who it was; empty while it rings
	reply  string // where quick replies are played
	lines  []appliance.Reply
	came   nvr.Time // where its film begins, if the address leads to that; zero if it does not
	over   bool     // it rings no more
}

// ringing returns who rings at a camera or did lately, or, if nobody does, of whom a
// message told that led here.
func (p Page) ringing(r *http.Request, id nvr.CameraID, told nvr.Time, now time.Time) (*ringing, error) {
	if !auth.May(r.Context(), auth.Review, auth.Camera(id)) {
		return nil, nil
	}
	press, ok := p.Rings.Last(id)
	if told != 0 && !(ok && (press.Rings() || press.At == told)) {
		was, there, err := p.Rings.Rang(r.Context(), id, told)
		if err != nil {
			return nil, err
		}
		if there {
			press, ok = was, true
		}
	}
	over := !press.Rings() && now.Sub(press.End.Std()) > lately && press.At != told
	if !ok || over || press.Outcome == nvr.RingAgain {
		return nil, nil
	}
	lines, err := p.replies(r, id)
	if err != nil {
		return nil, err
	}
	m := newRinging(press, now, p.Texts.For(r), lines)
	m.over = !press.Rings()
	if told != 0 {
		m.came = press.At.Add(-coming)
	}
	if press.At == told {
		m.why = notify.Message{ID: alert.RingMessage(press), Why: string(alert.Rings)}.WhyLink()
	}
	return m, nil
}

func newRinging(p nvr.Press, now time.Time, t *text.Catalogue, lines []appliance.Reply) *ringing {
	page := "/cameras/" + p.Camera.String()
	r := ringing{at: component.Recent(p.At, now, t.Calendar), value: p.At.String(), camera: p.Camera.String(), reply: page + "/reply"}
	if visit := p.Visit(); p.Missed() && visit.To <= nvr.TimeOf(now) {
		r.film = events.Film(p.Camera, visit)
	} else if !p.Rings() {
		r.film = page + "?" + url.Values{"at": {visit.From.String()}}.Encode()
	}
	if p.Rings() || now.Sub(p.End.Std()) <= lately { // or nobody is there who could hear them
		r.lines = lines
	}
	switch {
	case p.Rings():
		r.said, r.action = t.Ring.Now, page+"/ring"
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

// replies returns what who asks may have played at a camera.
func (p Page) replies(r *http.Request, camera nvr.CameraID) ([]appliance.Reply, error) {
	if p.Voice == nil || !auth.May(r.Context(), auth.Talk, auth.Camera(camera)) {
		return nil, nil
	}
	return p.Voice.Replies(r.Context())
}

// Reply plays the quick reply whose button was pressed, and shows the camera again.
func (p Page) Reply(w http.ResponseWriter, r *http.Request) error {
	id, err := nvr.ParseCameraID(r.PathValue("id"))
	if err != nil {
		return err
	}
	reply, err := strconv.ParseInt(r.PostFormValue("reply"), 10, 64)
	if err != nil {
		return fmt.Errorf("no quick reply is named: %w", nvr.ErrInvalid)
	}
	if err := p.Voice.Play(r.Context(), id, reply); err != nil {
		return err
	}
	http.Redirect(w, r, "/cameras/"+id.String(), http.StatusSeeOther)
	return nil
}

// talk returns the number of a camera at which who asks may talk, or nothing, and
// whether they may open its door.
func (p Page) talk(r *http.Request, id nvr.CameraID, removed bool) (camera string, opens bool) {
	at := auth.Camera(id)
	if removed || p.Voice == nil || !auth.May(r.Context(), auth.Talk, at) {
		return "", false
	}
	return id.String(), p.Opens != nil && auth.May(r.Context(), auth.Open, at) && p.Opens(id)
}
