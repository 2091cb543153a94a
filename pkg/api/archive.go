package api

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
	"nvrd/pkg/playback"
)

const zipType = "application/zip"

// archive answers with one file of several excerpts, put together while it is sent.
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
	p := packer{api: a, zone: zone, used: map[string]int{}}
	defer p.close()
	for _, e := range wanted {
		if err := p.add(r.Context(), e); err != nil {
			return err
		}
	}
	if len(p.films) == 0 {
		return fmt.Errorf("nothing was recorded of what is chosen: %w", nvr.ErrNotFound)
	}
	h := w.Header()
	h.Set("Content-Type", zipType)
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Disposition", `attachment; filename="clips `+p.films[0].from.Format("2006-01-02")+`.zip"`)
	if n := p.length(); n > 0 {
		h.Set("Content-Length", strconv.FormatInt(n, 10)) // so that the browser tells how much is left
	}
	if r.Method == http.MethodHead {
		return nil
	}
	if err := p.write(patient{w}, true); err != nil {
		if r.Context().Err() == nil {
			a.Log.Error("an archive of clips is not whole", "err", err)
		}
		panic(http.ErrAbortHandler) // half an archive must not look like a whole one
	}
	return nil
}

// packer makes an archive of excerpts: first it is known what there is, and held
// until close; then it is written. Of an hour it has in memory what an export has.
type packer struct {
	*api
	zone  *time.Location
	used  map[string]int // how often each name is there
	films []film
	told  strings.Builder // what is there, and what is not
}

// film is one of an archive.
type film struct {
	*playback.File
	name string
	from time.Time
}

// add adds an excerpt, or notes why there is none.
func (p *packer) add(ctx context.Context, e nvr.Excerpt) error {
	name := p.name(ctx, e)
	f, err := p.export(ctx, e)
	if errors.Is(err, nvr.ErrNotFound) {
		why, err := p.why(ctx, e)
		fmt.Fprintf(&p.told, "%s is not here: %s.\r\n", name, why)
		return err
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(&p.told, "%s\r\n", name)
	p.films = append(p.films, film{f, name, e.Span.From.Std().In(p.zone)})
	return nil
}

func (p *packer) close() {
	for _, f := range p.films {
		_ = f.Close() // it was only read
	}
}

// longForm is how much of film has an archive whose entries and directory are of the
// long form (APPNOTE 4.3.9.2, 4.5.3). Of those the length is not told.
const longForm = 1<<32 - 1<<20

// length returns how long the archive is; 0 if that is not known.
func (p *packer) length() int64 {
	var all int64
	for _, f := range p.films {
		all += f.Size
	}
	if all >= longForm {
		return 0
	}
	var frame counter
	if err := p.write(&frame, false); err != nil {
		return 0
	}
	return all + int64(frame)
}

// counter counts what is written to it.
type counter int64

func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}

// write writes the archive: its films unless they are left out, what is there and
// what is not, and the directory.
func (p *packer) write(w io.Writer, films bool) error {
	z := zip.NewWriter(w)
	for _, f := range p.films {
		// Film does not get smaller.
		to, err := z.CreateHeader(&zip.FileHeader{Name: f.name, Method: zip.Store, Modified: f.from})
		if err == nil && films {
			_, err = io.Copy(to, f)
		}
		if err != nil {
			return err
		}
	}
	to, err := z.Create("contents.txt")
	if err == nil {
		_, err = fmt.Fprintf(to, "Times in names are those of %s.\r\n\r\n%s", p.zone, p.told.String())
	}
	if err != nil {
		return err
	}
	return z.Close()
}

// export returns an excerpt of the camera's main stream, or of its sub stream where
// that alone was recorded.
func (p *packer) export(ctx context.Context, e nvr.Excerpt) (*playback.File, error) {
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
