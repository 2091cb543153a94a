package feed

import (
	"fmt"
	"net/http"
	"strconv"

	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
	"nvrd/ui/page/street"
)

// Media serves a photo or a clip of a post, or parts of it.
func (p Page) Media(w http.ResponseWriter, r *http.Request) error { return p.media(w, r, false) }

// Thumbnail serves the small picture of one.
func (p Page) Thumbnail(w http.ResponseWriter, r *http.Request) error { return p.media(w, r, true) }

func (p Page) media(w http.ResponseWriter, r *http.Request, thumbnail bool) error {
	m, err := p.Of(r)
	if err != nil {
		return err
	}
	post, err := street.ParseID(r.PathValue("entry"))
	if err != nil {
		return err
	}
	place, err := strconv.ParseUint(r.PathValue("place"), 10, 8)
	if err != nil {
		return fmt.Errorf("no such place: %w", nvr.ErrNotFound)
	}
	file, is, err := p.Service.Media(m, post, int(place), thumbnail)
	if err != nil {
		return err
	}
	defer file.Close()
	photo := thumbnail || is.Type == wire.MediaPhoto
	if photo {
		if err := street.CheckPicture(file); err != nil {
			return err
		}
	}
	street.Serve(w, r, file, photo)
	return nil
}
