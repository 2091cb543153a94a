package home

import (
	"net/http"

	"nvrd/ui/layout"
)

// Wall shows every camera and nothing else, for a screen that hangs on a wall.
func (p Page) Wall(w http.ResponseWriter, r *http.Request) error {
	t := p.Texts.For(r)
	f, err := p.Frames.Frame(r.Context(), t, t.Home.Wall, "home", "wall")
	if err != nil {
		return err
	}
	cameras, err := p.Cameras.List(r.Context())
	if err != nil {
		return err
	}
	now, err := p.Now(r)
	if err != nil {
		return err
	}
	m := model{frame: f}
	for _, c := range doorsFirst(cameras, t.Home.DoorWords) {
		tl := newTile(c, t, now.Location())
		taken, err := p.Timelines.Pictured(r.Context(), tl.stream)
		if err != nil {
			return err
		}
		if tl.off {
			taken = 0 // nothing is shown of a camera that is off
		}
		tl.date(taken, now, t)
		m.tiles = append(m.tiles, tl)
	}
	return layout.Render(w, r, http.StatusOK, wall(m))
}
