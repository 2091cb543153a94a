package together

import (
	"net/url"
	"slices"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/ui/component"
)

// most is how many cameras are shown at once: as many as a browser of a small machine
// decodes, and as a desk has room for. A phone shows the first four of them.
const most = 9

// query is what an address of the page asks for.
type query struct {
	at      nvr.Time // zero: a moment ago
	typed   bool     // in a form, in the zone of the page
	cameras []nvr.CameraID
	zoom    string
}

func parseQuery(v url.Values, zone *time.Location) (q query, err error) {
	for _, s := range v["camera"] {
		id, err := nvr.ParseCameraID(s)
		if err != nil {
			return q, err
		}
		if !slices.Contains(q.cameras, id) && len(q.cameras) < most {
			q.cameras = append(q.cameras, id)
		}
	}
	q.zoom = component.ChosenZoom(v.Get("zoom"))
	if s := v.Get("when"); s != "" {
		q.typed = true
		q.at, err = component.ParseLocal(s, zone)
	} else if s := v.Get("at"); s != "" {
		q.at, err = nvr.ParseTime(s)
	}
	return q, err
}

// Of is the address of some cameras at once, to which a moment can be added with
// "&at="; empty if they are fewer than two.
func Of(cameras []nvr.CameraID) string {
	if len(cameras) < 2 {
		return ""
	}
	return query{cameras: cameras[:min(len(cameras), most)]}.address(0)
}

// address is that of the same cameras at another moment; at zero, of none.
func (q query) address(at nvr.Time) string {
	v := url.Values{}
	for _, id := range q.cameras {
		v.Add("camera", id.String())
	}
	if at != 0 {
		v.Set("at", at.String())
	}
	if q.zoom != "" && q.zoom != component.UsualZoom {
		v.Set("zoom", q.zoom)
	}
	return "/cameras?" + v.Encode()
}

// choose returns the cameras that are asked for, in that order, or the first of all.
func (q query) choose(all []nvr.Camera) (some []nvr.Camera, err error) {
	for _, id := range q.cameras {
		i := slices.IndexFunc(all, func(c nvr.Camera) bool { return c.ID == id })
		if i < 0 {
			return nil, nvr.ErrNotFound
		}
		some = append(some, all[i])
	}
	if some == nil {
		some = all[:min(len(all), most)]
	}
	return some, nil
}
