package street

import (
	"fmt"
	"image/jpeg"
	"io"
	"net/http"
	"strconv"
	"time"

	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
	"nvrd/ui/text"
)

// Media is a photo or a clip on a page. Addresses are of this home alone.
type Media struct {
	Clip          bool
	Kind          string
	Here          bool // all of it has arrived
	Full          string
	Thumbnail     string // empty until it has arrived
	Width, Height string // as the author says, within the bounds of [wire.Media]
}

// media returns what a post shows. It asks for nothing: what homes fetch is not
// for what is looked at.
func (v View) media(post wire.Hash, all []wire.Media) []Media {
	var shown []Media
	for i, m := range all {
		address := Href(v.Membership, "/entries/"+post.String()+"/media/"+strconv.Itoa(i))
		one := Media{
			Clip: m.Type == wire.MediaClip, Kind: v.T.Street.Feed.Photo, Here: v.here(post, i, false), Full: address,
			Width: strconv.Itoa(int(m.Width)), Height: strconv.Itoa(int(m.Height)),
		}
		if one.Clip {
			one.Kind = text.Fill(v.T.Street.Feed.Clip, "duration", v.T.Calendar.Length(time.Duration(m.Seconds)*time.Second))
		}
		if v.here(post, i, true) {
			one.Thumbnail = address + "/thumbnail"
		}
		shown = append(shown, one)
	}
	return shown
}

// Serve answers with a photo or a clip, or parts of it. Whatever is in it, it is
// nothing else to a browser.
func Serve(w http.ResponseWriter, r *http.Request, file io.ReadSeeker, photo bool) {
	h := w.Header()
	h.Set("Content-Type", "video/mp4")
	if photo {
		h.Set("Content-Type", "image/jpeg")
	}
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "no-store")
	http.ServeContent(w, r, "", time.Time{}, file)
}

func (v View) here(post wire.Hash, place int, thumbnail bool) bool {
	r, _, err := v.service.Media(v.Membership, post, place, thumbnail)
	return err == nil && r.Close() == nil
}

// CheckPicture says whether a neighbor's picture is one that can be shown: few
// bytes may claim to be so large that to show them takes all memory of who looks.
func CheckPicture(file io.ReadSeeker) error {
	c, err := jpeg.DecodeConfig(file)
	if err != nil {
		return fmt.Errorf("a picture that is none: %w: %w", nvr.ErrNotFound, err)
	}
	if c.Width > wire.MaxPixels || c.Height > wire.MaxPixels {
		return fmt.Errorf("a picture of %d by %d: %w", c.Width, c.Height, nvr.ErrNotFound)
	}
	_, err = file.Seek(0, io.SeekStart)
	return err
}
