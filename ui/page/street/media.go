package street

import (
	"strconv"
	"time"

	"nvrd/federation/wire"
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

func (v View) here(post wire.Hash, place int, thumbnail bool) bool {
	r, _, err := v.service.Media(v.Membership, post, place, thumbnail)
	return err == nil && r.Close() == nil
}
