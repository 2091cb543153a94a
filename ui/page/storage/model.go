package storage

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/text"
)

type model struct {
	frame    layout.Frame
	said     string // how far back footage goes
	short    bool   // and that this is not much
	places   []place
	days     []component.Instant // that are accounted for, the oldest first
	cameras  []camera
	locks    []lock
	removed  removed
	doing    []measured
	unlocked bool // somebody has just ended one
}

// place is where footage lies.
type place struct {
	path, size, disk string
	trouble          string // why nothing is written there; empty if it is
	bars             []bar  // of its disk; none unless it is there
}

// bar is a part of a disk, in thousandths of it.
type bar struct{ kind, from, width string }

// camera is what is kept of a camera.
type camera struct {
	name, href, size string
	back             string // how far, and how that goes on
	short            bool   // it will go back less than a week
	classes          []string
	days             []cell
	missing          string // in all these days; empty for nothing
	worst            []gap
	connection       connection
}

// cell is a day of a camera.
type cell struct{ share, tone string }

// gap is a stretch that was missed.
type gap struct {
	at            component.Instant
	length, label string
	href          string
}

// lock is footage that somebody wants to keep.
type lock struct {
	id, camera, href string
	from             component.Instant
	length, why, who string
	until            component.Instant
	ends             bool
}

// worst bounds the gaps that are told of a camera: the others are on its own page.
const worst = 3

// told is how short a gap may be and still be told: a camera that begins anew.
const told = 2 * time.Second

func (v viewer) place(p nvr.StoragePlace) place {
	out := place{path: p.Path, size: component.Size(p.Bytes, v.t.Numbers)}
	if p.State != nvr.PlaceReady {
		out.trouble = cmp.Or(v.t.Storage.States[p.State], p.Detail)
		return out
	}
	out.disk = text.Fill(v.t.Storage.Disk, "free", component.Size(p.Free, v.t.Numbers), "total", component.Size(p.Total, v.t.Numbers), "floor", component.Size(p.Floor, v.t.Numbers))
	if p.Total <= 0 {
		return out
	}
	at := int64(0)
	for _, part := range []struct {
		kind  string
		bytes int64
	}{{"footage", p.Bytes}, {"other", p.Total - p.Free - p.Bytes}} {
		width := min(max(part.bytes, 0)*1000/p.Total, 1000-at)
		out.bars = append(out.bars, bar{part.kind, strconv.FormatInt(at, 10), strconv.FormatInt(width, 10)})
		at += width
	}
	return out
}

// camera is what is kept of c; covered is nil for one that was removed.
func (v viewer) camera(c nvr.Camera, covered []nvr.Covered) camera {
	out := camera{name: component.CameraName(c, v.t), href: "/cameras/" + c.ID.String()}
	var bytes int64
	var of [nvr.Locked + 1]int64
	for _, p := range v.stored.Places {
		for _, k := range p.Stocks {
			if k.Stream.Camera == c.ID {
				bytes += k.Bytes
				of[k.Class] += k.Bytes
			}
		}
	}
	out.size = component.Size(bytes, v.t.Numbers)
	for class := nvr.Motion; class <= nvr.Locked; class++ {
		if of[class] > 0 {
			out.classes = append(out.classes, text.Fill(v.t.Storage.Classes[class.String()], "size", component.Size(of[class], v.t.Numbers)))
		}
	}
	if o, ok := v.back(c.ID); ok {
		out.short = o.Below != 0 || o.InAMonth < nvr.EnoughKept
		form := v.t.Storage.Back
		if o.Below != 0 {
			form = v.t.Storage.Below
		}
		out.back = text.Fill(form, "duration", v.length(o.Kept), "later", v.length(o.InAMonth),
			"date", v.t.Calendar.Date(o.Below.Std().In(v.now.Location())))
	}
	if covered == nil {
		out.back = v.t.Storage.Left
		return out
	}
	var all []nvr.Gap
	var missing time.Duration
	for _, day := range covered {
		out.days = append(out.days, v.cell(day))
		missing += day.Missing
		all = append(all, day.Gaps...)
	}
	all = slices.DeleteFunc(joined(all), func(g nvr.Gap) bool { return g.Span.Duration() < told })
	if len(all) > 0 {
		out.missing = text.Fill(v.t.Storage.Missing.N(len(all)), "duration", v.t.Calendar.Length(missing))
	}
	slices.SortStableFunc(all, func(a, b nvr.Gap) int { return cmp.Compare(b.Span.Duration(), a.Span.Duration()) })
	for _, g := range all[:min(len(all), worst)] {
		out.worst = append(out.worst, gap{
			at:     component.Recent(g.Span.From, v.now, v.t.Calendar),
			length: v.t.Calendar.Length(g.Span.Duration()), label: component.GapReason(g, v.now.Location(), v.t),
			href: out.href + "?at=" + url.QueryEscape(g.Span.From.String()),
		})
	}
	return out
}

// joined is gaps as they were before midnights cut them.
func joined(gaps []nvr.Gap) (all []nvr.Gap) {
	for _, g := range gaps {
		if n := len(all); n > 0 && all[n-1].Span.To == g.Span.From && all[n-1].Reason == g.Reason {
			all[n-1].Span.To = g.Span.To
			continue
		}
		all = append(all, g)
	}
	return all
}

func (v viewer) cell(c nvr.Covered) cell {
	switch {
	case c.Recorded+c.Missing > 0:
		tone := "ok"
		if c.Missing > c.Span.Duration()/100 {
			tone = "bad"
		}
		return cell{strings.TrimSuffix(component.Percent(c.Recorded, c.Recorded+c.Missing, v.t.Numbers), " %"), tone}
	case c.Removed > 0:
		return cell{v.t.Storage.Gone, "rest"}
	}
	return cell{v.t.Storage.Off, "rest"}
}

func (v viewer) lock(l nvr.Lock, cameras []nvr.Camera) lock {
	out := lock{
		id: fmt.Sprint(l.ID), camera: component.NameOf(l.Camera, cameras, v.t), href: "/cameras/" + l.Camera.String() + "?at=" + url.QueryEscape(l.Span.From.String()),
		from: component.Recent(l.Span.From, v.now, v.t.Calendar), length: v.t.Calendar.Length(l.Span.Duration()),
		why: component.Why(l.Why, v.t), who: component.Who(l.Who, v.t), ends: l.Until != 0,
	}
	if out.ends {
		out.until = component.Date(l.Until, v.now.Location(), v.t.Calendar)
	}
	return out
}
