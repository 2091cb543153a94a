package api

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/pkg/playback"
)

const (
	maxTimeline = 31 * 24 * time.Hour
	maxPlaylist = 24 * time.Hour

	mp4Type   = "video/mp4"
	immutable = "private, max-age=31536000, immutable"
	// A browser may keep film for an hour, in which one seeks in it, and no longer: it can be deleted.
	anHour = "private, max-age=3600"
)

func (a *api) timeline(w http.ResponseWriter, r *http.Request) error {
	id, span, _, err := streamSpan(r, maxTimeline)
	if err != nil {
		return err
	}
	t, err := a.Footage.Timeline(r.Context(), id, span, stepOf(span.Duration()))
	if err != nil {
		return err
	}
	b, err := json.Marshal(viewOf(id, t))
	if err != nil {
		return fmt.Errorf("timeline: %w", err)
	}
	writeText(w, r, "application/json", append(b, '\n'))
	return nil
}

// maxSteps is how many steps of activity a timeline has at most: more than a
// screen has columns to draw them in.
const maxSteps = 1500

// stepOf returns the length of a step for a span: the shortest round one that
// keeps to maxSteps, such as a minute for a day.
func stepOf(span time.Duration) time.Duration {
	for _, step := range []time.Duration{
		time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second,
		time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 30 * time.Minute,
	} {
		if span <= maxSteps*step {
			return step
		}
	}
	return time.Hour
}

func (a *api) playlist(w http.ResponseWriter, r *http.Request) error {
	id, span, _, err := streamSpan(r, maxPlaylist)
	if err != nil {
		return err
	}
	b, err := a.Footage.Playlist(r.Context(), id, span)
	if err != nil {
		return err
	}
	writeText(w, r, "application/vnd.apple.mpegurl", b)
	return nil
}

func (a *api) export(w http.ResponseWriter, r *http.Request) error {
	id, span, q, err := streamSpan(r, playback.MaxExport)
	if err != nil {
		return err
	}
	text, err := q.one("form")
	if err != nil {
		return err
	}
	form := playback.Fragmented
	switch text {
	case "":
	case string(playback.Progressive), string(playback.Silent):
		form = playback.Form(text)
	default:
		return fmt.Errorf("form %q is unknown: leave it out, or give progressive or silent: %w", text, nvr.ErrInvalid)
	}
	release, err := a.exporting.take()
	if err != nil {
		return err
	}
	defer release()
	f, err := a.Footage.Export(r.Context(), id, span, form)
	if err != nil {
		return err
	}
	defer f.Close()
	name := nvr.FileName(a.nameOf(r.Context(), id.Camera), span.From.Std()) + " UTC.mp4"
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	serveFile(w, r, f, "private, no-cache")
	return nil
}

// nameOf returns what a camera is called; one that was removed has its number.
func (a *api) nameOf(ctx context.Context, id nvr.CameraID) string {
	if c, err := a.Cameras.Get(ctx, id); err == nil {
		return c.Name
	}
	return "Camera " + id.String()
}

func (a *api) picture(w http.ResponseWriter, r *http.Request) error {
	id, q, err := streamOf(r)
	if err != nil {
		return err
	}
	at, err := q.time("at")
	if err != nil {
		return err
	}
	f, taken, err := a.Footage.Picture(r.Context(), id, at)
	if err != nil {
		return err
	}
	defer f.Close()
	if at == 0 { // a browser asks for the rest of it later, when another one is the newest
		v := r.URL.Query()
		v.Set("at", taken.String())
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, "picture.mp4?"+v.Encode(), http.StatusTemporaryRedirect)
		return nil
	}
	w.Header().Set("Stoop-Time", taken.String())
	serveFile(w, r, f, "private, no-cache")
	return nil
}

func (a *api) storyboard(w http.ResponseWriter, r *http.Request) error {
	id, span, q, err := streamSpan(r, playback.MaxExport)
	if err != nil {
		return err
	}
	text, err := q.one("most")
	if err != nil {
		return err
	}
	most, err := strconv.Atoi(text)
	if err != nil {
		return fmt.Errorf("most is the number of pictures, from 1 to %d: %w", playback.MaxStoryboard, nvr.ErrInvalid)
	}
	release, err := a.exporting.take()
	if err != nil {
		return err
	}
	defer release()
	f, err := a.Footage.Storyboard(r.Context(), id, span, most)
	if err != nil {
		return err
	}
	defer f.Close()
	serveFile(w, r, f, "private, no-cache")
	return nil
}

func (a *api) segment(w http.ResponseWriter, r *http.Request) error {
	id, _, err := streamOf(r)
	if err != nil {
		return err
	}
	start, err := number[nvr.Time](r, "segment", ".mp4")
	if err != nil {
		return err
	}
	f, err := a.Files.Segment(r.Context(), id, start)
	if err != nil {
		return err
	}
	defer f.Close()
	cache := anHour
	if !f.Sealed {
		cache = "no-store"
	}
	serveFile(w, r, f, cache)
	return nil
}

func (a *api) init(w http.ResponseWriter, r *http.Request) error {
	name, ok := strings.CutSuffix(r.PathValue("init"), ".mp4")
	b, err := hex.DecodeString(name)
	if !ok || err != nil || len(b) != sha256.Size {
		return fmt.Errorf("there is no init segment of this name: %w", nvr.ErrNotFound)
	}
	data, err := a.Files.InitWithSum(r.Context(), [sha256.Size]byte(b))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", mp4Type)
	w.Header().Set("Cache-Control", immutable)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	return nil
}

// serveFile answers with f or the ranges of it that are asked for.
func serveFile(w http.ResponseWriter, r *http.Request, f *playback.File, cache string) {
	h := w.Header()
	h.Set("Content-Type", mp4Type)
	h.Set("Cache-Control", cache)
	if f.ETag != "" {
		h.Set("ETag", f.ETag)
	}
	http.ServeContent(patient{w}, r, "", f.Modified, f)
}

// writeText answers with b, compressed if that is worth it and welcome.
func writeText(w http.ResponseWriter, r *http.Request, contentType string, b []byte) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Accept-Encoding")
	if len(b) > 1024 && acceptsGzip(r.Header.Get("Accept-Encoding")) {
		var small bytes.Buffer
		z := gzip.NewWriter(&small)
		_, _ = z.Write(b) // a buffer does not fail
		_ = z.Close()
		h.Set("Content-Encoding", "gzip")
		b = small.Bytes()
	}
	h.Set("Content-Length", strconv.Itoa(len(b)))
	_, _ = w.Write(b) // the caller left
}

// acceptsGzip reads an Accept-Encoding header (RFC 9110, 12.5.3).
func acceptsGzip(header string) bool {
	for coding := range strings.SplitSeq(header, ",") {
		name, weight, _ := strings.Cut(coding, ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			weight = strings.TrimPrefix(strings.TrimSpace(weight), "q=")
			return strings.Trim(weight, "0.") != "" || weight == ""
		}
	}
	return false
}
