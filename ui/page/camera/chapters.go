package camera

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/ui/component"
	"nvrd/ui/page/events"
	"nvrd/ui/text"
)

// mostChapters bounds the moments of a list: more are on the page of what happened.
const mostChapters = 200

// chapter is a place in the film of a camera, in words: something that happened, a
// stretch without film, or where a day begins.
type chapter struct {
	at         nvr.Time
	from       component.Instant
	said       string
	href, film string // where one sees it, if there is something to see
}

// chapters returns what there is to say of a span, in order of time. The moments are
// what happened in it; gaps are closed, and those that are too short to be told, or
// only say that nothing happened, are left out.
func (d dayMaker) chapters(span nvr.Span, gaps []nvr.Gap, moments []events.Moment) (all []chapter) {
	for at := component.Day(span.From, d.zone).From; at < span.To; at = component.Day(at, d.zone).To {
		if at < span.From {
			continue
		}
		all = append(all, chapter{
			at: at, from: component.Clock(at, d.zone, d.t.Calendar), said: text.Fill(d.t.Camera.Begins, "day", d.t.Calendar.Date(at.Std().In(d.zone))),
			href: momentURL(d.stream.Camera, at), film: at.String(),
		})
	}
	for _, g := range gaps {
		if g.Span.Duration() < worthTelling || g.Reason == nvr.NoEvent {
			continue
		}
		length := d.t.Calendar.Length(g.Span.Duration())
		said := text.Fill(d.t.Camera.Missing, "duration", length) + ": " + component.GapReason(g, d.zone, d.t)
		if g.Reason.Planned() { // nothing is missing
			said = component.GapReason(g, d.zone, d.t) + ", " + length
		}
		all = append(all, chapter{at: g.Span.From, from: component.Seconds(g.Span.From, d.zone, d.t.Calendar), said: said})
	}
	for _, m := range moments {
		said := m.Said
		if m.Lack != "" {
			said += ". " + m.Lack
		}
		all = append(all, chapter{at: m.Began, from: component.Seconds(m.Began, d.zone, d.t.Calendar), said: said, href: m.Href, film: m.Film})
	}
	slices.SortStableFunc(all, func(a, b chapter) int { return cmp.Compare(a.at, b.at) })
	return all
}

// momentURL is where one sees a camera at an instant.
func momentURL(camera nvr.CameraID, at nvr.Time) string {
	return "/cameras/" + camera.String() + "?at=" + at.String()
}

// Chapters answers with the chapters of an exported span as WebVTT: on the clock of
// the film, in which time without footage takes none.
func (p Page) Chapters(w http.ResponseWriter, r *http.Request) error {
	id, err := nvr.ParseCameraID(r.PathValue("id"))
	if err != nil {
		return err
	}
	now, err := p.Now(r)
	if err != nil {
		return err
	}
	q, err := parseQuery(r.URL.Query())
	if err != nil {
		return err
	}
	if q.clip.Empty() || q.clip.To > q.clip.From.Add(longestClip) {
		return fmt.Errorf("the chapters of a film need its span: %w", nvr.ErrInvalid)
	}
	if _, err := p.camera(r.Context(), id); err != nil {
		return err
	}
	t := p.Texts.For(r)
	stream := nvr.StreamID{Camera: id, Quality: q.stream}
	line, err := p.Timelines.Timeline(r.Context(), stream, q.clip)
	if err != nil {
		return err
	}
	stamp := func(at nvr.Time) component.Instant { return component.Seconds(at, now.Location(), t.Calendar) }
	moments, _, err := p.Happened.List(r.Context(), events.Wish{Span: q.clip, Camera: id, Most: mostChapters, Zone: now.Location()}, stamp, t)
	if err != nil {
		return err
	}
	d := dayMaker{t, now.Location(), stream, nvr.TimeOf(now)}
	first := chapter{at: q.clip.From, said: t.Calendar.Moment(q.clip.From.Std().In(now.Location()))}
	all := append([]chapter{first}, d.chapters(q.clip, d.closed(line.Gaps, q.clip), moments)...)
	w.Header().Set("Content-Type", "text/vtt; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte(webVTT(all, line.Footage, q.clip))) // a browser that went away is nobody's error
	return nil
}

// webVTT writes chapters as WebVTT (W3C Candidate Recommendation of 2019, 1.5). Each
// lasts until the next; what is at the same place of the film is one.
func webVTT(all []chapter, footage []nvr.Span, span nvr.Span) string {
	played := func(to nvr.Time) (d time.Duration) {
		for _, f := range footage {
			d += max(0, f.Intersect(nvr.Span{From: span.From, To: to}).Duration())
		}
		return d
	}
	type cue struct {
		at   time.Duration
		said []string
	}
	var cues []cue
	for _, c := range all {
		said := c.said
		if c.from.Human != "" {
			said = c.from.Human + " " + said
		}
		at := played(max(c.at, span.From))
		if n := len(cues); n > 0 && cues[n-1].at == at {
			cues[n-1].said = append(cues[n-1].said, said)
			continue
		}
		cues = append(cues, cue{at, []string{said}})
	}
	end := played(span.To)
	var b strings.Builder
	b.WriteString("WEBVTT\n")
	for i, c := range cues {
		to := end
		if i+1 < len(cues) {
			to = cues[i+1].at
		}
		if to <= c.at { // at the very end: there is nothing to go to
			break
		}
		fmt.Fprintf(&b, "\n%s --> %s\n%s\n", cueTime(c.at), cueTime(to), plainCue.Replace(strings.Join(c.said, ", ")))
	}
	return b.String()
}

// plainCue makes text of a cue out of any text.
var plainCue = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", " ", "\n", " ")

func cueTime(d time.Duration) string {
	ms := d.Milliseconds()
	return fmt.Sprintf("%02d:%02d:%02d.%03d", ms/3_600_000, ms/60_000%60, ms/1000%60, ms%1000)
}
