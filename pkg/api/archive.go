package api

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode"

	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
	"nvrd/pkg/playback"
)

const zipType = "application/zip"

// archive answers with one file of several excerpts, each made while it is sent.
func (a *api) archive(w http.ResponseWriter, r *http.Request) error {
	q, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return err
	}
	wanted, err := nvr.ParseExcerpts(q.values["clip"])
	if err != nil {
		return err
	}
	for _, e := range wanted {
		if err := auth.Check(r.Context(), auth.Export, auth.Camera(e.Camera)); err != nil {
			return err
		}
	}
	home, err := a.Household.Home(r.Context())
	if err != nil {
		return err
	}
	zone, err := home.Zone()
	if err != nil {
		return err
	}
	release, err := a.exporting.take()
	if err != nil {
		return err
	}
	defer release()
	p := packer{api: a, w: w, zone: zone, used: map[string]int{}}
	for _, e := range wanted {
		if err = p.pack(r, e); err != nil || p.zip != nil && r.Method == http.MethodHead {
			break
		}
	}
	switch {
	case p.zip == nil && err == nil:
		return fmt.Errorf("nothing was recorded of what is chosen: %w", nvr.ErrNotFound)
	case p.zip == nil:
		return err
	case r.Method == http.MethodHead:
		return nil
	case err == nil:
		err = p.end()
	}
	if err != nil {
		if r.Context().Err() == nil {
			a.Log.Error("an archive of clips is not whole", "err", err)
		}
		panic(http.ErrAbortHandler) // half an archive must not look like a whole one
	}
	return nil
}

// packer writes an archive of excerpts. Nothing is written before there is footage
// of one, and no more of it is in memory than of one export.
type packer struct {
	*api
	w    http.ResponseWriter
	zip  *zip.Writer // nil until something is written
	zone *time.Location
	used map[string]int // how often each name is there
	told strings.Builder
}

// pack writes an excerpt, or notes why there is none.
func (p *packer) pack(r *http.Request, e nvr.Excerpt) error {
	name := p.name(r.Context(), e)
	f, err := p.film(r.Context(), e)
	if errors.Is(err, nvr.ErrNotFound) {
		why, err := p.why(r.Context(), e)
		fmt.Fprintf(&p.told, "%s is not here: %s.\r\n", name, why)
		return err
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if p.zip == nil {
		h := p.w.Header()
		h.Set("Content-Type", zipType)
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Disposition", `attachment; filename="clips `+e.Span.From.Std().In(p.zone).Format("2006-01-02")+`.zip"`)
		p.zip = zip.NewWriter(patient{p.w})
	}
	if r.Method == http.MethodHead {
		return nil
	}
	// Film does not get smaller.
	to, err := p.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store, Modified: e.Span.From.Std().In(p.zone)})
	if err != nil {
		return err
	}
	fmt.Fprintf(&p.told, "%s\r\n", name)
	_, err = io.Copy(to, f)
	return err
}

// film returns an excerpt of the camera's main stream, or of its sub stream where
// that alone was recorded.
func (p *packer) film(ctx context.Context, e nvr.Excerpt) (*playback.File, error) {
	f, err := p.Footage.Export(ctx, nvr.StreamID{Camera: e.Camera, Quality: nvr.Main}, e.Span, playback.Progressive)
	if errors.Is(err, nvr.ErrNotFound) {
		return p.Footage.Export(ctx, nvr.StreamID{Camera: e.Camera, Quality: nvr.Sub}, e.Span, playback.Progressive)
	}
	return f, err
}

// why says why there is no footage of an excerpt.
func (p *packer) why(ctx context.Context, e nvr.Excerpt) (string, error) {
	line, err := p.Footage.Timeline(ctx, nvr.StreamID{Camera: e.Camera, Quality: nvr.Main}, e.Span, time.Second)
	if err != nil {
		return "", err
	}
	var longest nvr.Gap
	for _, g := range line.Gaps {
		if g.Span.To == 0 {
			g.Span.To = e.Span.To
		}
		if longest.Reason == "" || g.Span.Duration() > longest.Span.Duration() {
			longest = g
		}
	}
	if longest.Reason == "" {
		return "Nothing was recorded", nil
	}
	if longest.Cause == nvr.ByHand {
		return longest.Sentence() + " on " + longest.RemovedAt.Std().In(p.zone).Format(time.DateOnly), nil
	}
	return longest.Sentence(), nil
}

// end writes what is there and what is not, and the directory of the archive.
func (p *packer) end() error {
	to, err := p.zip.Create("contents.txt")
	if err == nil {
		_, err = fmt.Fprintf(to, "Times in names are those of %s.\r\n\r\n%s", p.zone, p.told.String())
	}
	if err != nil {
		return err
	}
	return p.zip.Close()
}

// name returns what an excerpt is called in the archive, which every file system
// takes: 2026-11-28_14-03-12_front-door_ring.mp4.
func (p *packer) name(ctx context.Context, e nvr.Excerpt) string {
	name := e.Span.From.Std().In(p.zone).Format("2006-01-02_15-04-05") + "_" + plainName(p.nameOf(ctx, e.Camera))
	if e.Kind != "" {
		name += "_" + e.Kind
	}
	if p.used[name]++; p.used[name] > 1 {
		name += fmt.Sprintf("_%d", p.used[name])
	}
	return name + ".mp4"
}

// longestName is how much of a camera's name stands in that of a file.
const longestName = 40

// plainName returns a name in small letters and digits, with hyphens between.
func plainName(s string) string {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	name := []rune(strings.Join(words, "-"))
	if len(name) == 0 {
		return "camera"
	}
	return strings.TrimRight(string(name[:min(len(name), longestName)]), "-")
}
