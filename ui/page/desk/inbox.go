package desk

import (
	"bytes"
	"errors"
	"fmt"
	"image/jpeg"
	"net/http"
	"slices"
	"strconv"

	"nvrd/federation/agency"
	"nvrd/federation/response"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
	"nvrd/ui/layout"
	"nvrd/ui/page/street"
	"nvrd/ui/text"
)

type responseModel struct {
	frame   layout.Frame
	t       text.Desk
	arrival arrival
	sent    *street.Stamp
	request string
	media   []piece
}

// piece is a photo or a clip of a response.
type piece struct {
	Clip, Bad                             bool
	Full, Name, Save, Width, Height, Says string
}

// response shows what a home handed over, or how it stands with what is not whole.
func (p *Pages) response(w http.ResponseWriter, r *http.Request) error {
	a, err := p.arrival(r)
	if err != nil {
		return err
	}
	f, err := p.frame(r, func(t text.Desk) string { return t.Inbox }, "")
	if err != nil {
		return err
	}
	m := responseModel{frame: f, t: f.T.Desk, arrival: arrivalOf(a, f.T, p.Now())}
	if a.Usable() {
		is, err := p.Agency.Response(r.Context(), a.ID)
		if err != nil {
			return err
		}
		sent := street.StampOf(a.Sent, p.Now(), f.T.Calendar)
		m.sent, m.request, m.media = &sent, a.Request.String(), pieces(m.arrival.Href, is, m.t)
	}
	return layout.Render(w, r, http.StatusOK, responseView(m))
}

// pieces are the media of a response, as they are shown.
func pieces(href string, r response.Response, t text.Desk) (all []piece) {
	for i, name := range r.Names() {
		is := r.Media[i]
		one := piece{Clip: is.Type == wire.MediaClip, Full: href + "/media/" + strconv.Itoa(i), Name: name, Save: text.Fill(t.Save, "name", name), Width: "1280", Height: "720", Says: t.Clip}
		if !one.Clip {
			size, err := jpeg.DecodeConfig(bytes.NewReader(is.Bytes))
			one.Bad = err != nil || street.CheckPicture(bytes.NewReader(is.Bytes)) != nil
			one.Says, one.Width, one.Height = t.Photo, strconv.Itoa(size.Width), strconv.Itoa(size.Height)
		}
		all = append(all, one)
	}
	return all
}

// media serves a photo or a clip of a response, or parts of it: whatever is in it, it is
// nothing else to a browser. A photo that can't be shown can still be saved.
func (p *Pages) media(w http.ResponseWriter, r *http.Request) error {
	id, err := street.ParseID(r.PathValue("id"))
	if err != nil {
		return err
	}
	is, err := p.Agency.Response(r.Context(), id)
	if errors.Is(err, nvr.ErrInvalid) { // not whole: there is nothing to show
		return fmt.Errorf("no such response: %w", nvr.ErrNotFound)
	}
	if err != nil {
		return err
	}
	n, err := strconv.ParseUint(r.PathValue("place"), 10, 8)
	if err != nil || int(n) >= len(is.Media) {
		return fmt.Errorf("no such file: %w", nvr.ErrNotFound)
	}
	m := is.Media[n]
	photo := m.Type == wire.MediaPhoto
	if photo && street.CheckPicture(bytes.NewReader(m.Bytes)) != nil {
		w.Header().Set("Content-Disposition", `attachment; filename="`+is.Names()[n]+`"`)
	}
	street.Serve(w, r, bytes.NewReader(m.Bytes), photo)
	return nil
}

// forgetting asks whether a response is to be forgotten.
func (p *Pages) forgetting(w http.ResponseWriter, r *http.Request) error {
	a, err := p.arrival(r)
	if err != nil {
		return err
	}
	f, err := p.frame(r, func(t text.Desk) string { return t.Forget }, "")
	if err != nil {
		return err
	}
	return layout.Render(w, r, http.StatusOK, forgetView(responseModel{frame: f, t: f.T.Desk, arrival: arrivalOf(a, f.T, p.Now())}))
}

func (p *Pages) forget(w http.ResponseWriter, r *http.Request) error {
	a, err := p.arrival(r)
	if err != nil {
		return err
	}
	if err := p.Agency.Forget(r.Context(), a.ID); err != nil {
		return err
	}
	http.Redirect(w, r, "/?done=forgotten", http.StatusSeeOther)
	return nil
}

// arrival returns what came that an address names.
func (p *Pages) arrival(r *http.Request) (agency.Arrival, error) {
	id, err := street.ParseID(r.PathValue("id"))
	if err != nil {
		return agency.Arrival{}, err
	}
	all, err := p.Agency.Inbox(r.Context())
	if err != nil {
		return agency.Arrival{}, err
	}
	i := slices.IndexFunc(all, func(a agency.Arrival) bool { return a.ID == id })
	if i < 0 {
		return agency.Arrival{}, fmt.Errorf("no such response: %w", nvr.ErrNotFound)
	}
	return all[i], nil
}
