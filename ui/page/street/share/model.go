package share

import (
	"bytes"
	"io"
	"net/url"
	"strconv"
	"time"

	"nvrd/federation/membership"
	"nvrd/pkg/nvr"
	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/page/street"
	"nvrd/ui/text"
)

type model struct {
	frame   layout.Frame
	title   string
	answer  string // see input
	camera  string
	back    string
	action  string
	film    string // address of the footage that is chosen from; empty if it is not known
	lead    string // how many ms of it come before what is chosen, for the script
	problem string
	lacks   string // what to do for photos and blur
	in      bool   // this home is in a neighborhood
	own     bool   // see input
	street  *component.Select
	one     string // the neighborhood, if there is one only
	from    component.Field
	to      component.Field
	photo   bool
	sound   bool
	regions []string
	new     []*street.Newcomer // where this home is new
}

// around is how much footage is shown before and after what is chosen.
const around = 10 * time.Second

func newModel(f layout.Frame, all *membership.All, lacks string, c nvr.Camera, now time.Time, in input, wrong street.Faults) model {
	t := f.T.Street.Share
	m := model{
		frame: f, title: in.title(t), answer: in.answer, own: in.own, camera: component.CameraName(c, f.T), back: "/cameras/" + c.ID.String(), action: in.address(c.ID),
		problem: wrong.Problem(t.Check), lacks: lacks, photo: in.photo, sound: in.sound, regions: in.regions,
	}
	if len(m.regions) > maxRegions {
		m.regions = nil
	}
	if all != nil && !in.own {
		m.among(all.In(), in.street, t)
		for _, one := range all.In() {
			if in.answer != "" { // neighbors' rules are of what goes to them
				break
			}
			if n := street.NewcomerOf(one, now, f.T); n != nil {
				m.new = append(m.new, n)
			}
		}
	}
	field := func(name, label, hint, value string) component.Field {
		return component.Field{ID: name, Name: name, Label: label, Hint: hint, Value: value, Error: wrong[name], Type: "datetime-local", Autocomplete: "off"}
	}
	m.from = field("from", t.From, t.FromHint, in.from)
	m.to = field("to", t.To, t.ToHint, in.to)
	from, err := component.ParseLocal(in.from, now.Location())
	if err != nil {
		return m
	}
	span := nvr.Span{From: from.Add(-around), To: min(nvr.TimeOf(now), from.Add(maxLength+around))}
	if to, err := component.ParseLocal(in.to, now.Location()); err == nil && to > from && to.Sub(from) <= maxLength {
		span.To = min(nvr.TimeOf(now), to.Add(around))
	}
	if !span.Empty() {
		v := url.Values{"stream": {nvr.Sub.String()}, "from": {span.From.String()}, "to": {span.To.String()}, "form": {"progressive"}}
		m.film, m.lead = "/api/v1"+m.back+"/export.mp4?"+v.Encode(), strconv.FormatInt(from.Sub(span.From).Milliseconds(), 10)
	}
	return m
}

// among offers the neighborhoods that this home is in.
func (m *model) among(in []*membership.Membership, chosen string, t text.StreetShare) {
	m.in = len(in) > 0
	for _, one := range in {
		if len(in) == 1 || m.answer != "" && street.Short(one) == chosen { // a request is of one neighborhood
			m.one = street.Short(one)
			return
		}
	}
	s := component.Select{ID: "street", Name: "street", Label: t.Street}
	for _, one := range in {
		s.Options = append(s.Options, component.Option{Value: street.Short(one), Label: one.Genesis().Title, On: street.Short(one) == chosen})
	}
	m.street = &s
}

// reader reads what would leave.
func (d Draft) reader(thumbnail bool) io.ReadSeeker {
	if thumbnail {
		return bytes.NewReader(d.Thumbnail)
	}
	return bytes.NewReader(d.Full)
}

// Preview is a draft on the page of its post.
type Preview struct {
	Name          string
	Media         street.Media
	Size          string
	Gone, Stays   []string // what was taken out, and what is in it
	Again, Camera string   // addresses
}

// Preview returns how a draft is shown that is served at an address, and chosen
// again on a page of its camera.
func (d Draft) Preview(at, page string, t *text.Catalogue) Preview {
	s := t.Street.Share
	p := Preview{
		Name: d.Name, Size: text.Fill(s.Size, "size", strconv.Itoa((len(d.Full)+1023)/1024)),
		Media:  street.Media{Clip: !d.Cut.Photo, Kind: t.Street.Feed.Photo, Here: true, Full: at, Thumbnail: at + "/thumbnail", Width: strconv.Itoa(int(d.Width)), Height: strconv.Itoa(int(d.Height))},
		Camera: "/cameras/" + d.Cut.Camera.String(),
		Gone:   []string{s.GoneNames},
	}
	if !d.Cut.Photo {
		p.Media.Kind = text.Fill(t.Street.Feed.Clip, "duration", t.Calendar.Length(time.Duration(d.Seconds)*time.Second))
		if d.Cut.Sound {
			p.Stays = append(p.Stays, s.StaysSound)
		} else {
			p.Gone = append(p.Gone, s.GoneSound)
		}
	}
	if n := len(d.Cut.Regions); n > 0 {
		p.Gone = append(p.Gone, s.Blurred.N(n))
	} else {
		p.Stays = append(p.Stays, s.StaysAll)
	}
	p.Again = p.Camera + page + "?" + d.Cut.query().Encode()
	return p
}
