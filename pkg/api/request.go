package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"nvrd/pkg/nvr"
)

const maxBody = 64 << 10 // bytes of JSON; the largest real one has 5 kB

// readJSON reads the body of r into v: one JSON value with known fields only.
func readJSON(w http.ResponseWriter, r *http.Request, v any) error {
	if t := r.Header.Get("Content-Type"); t != "" {
		// Other sites' pages can send the types of forms without asking.
		if got, _, err := mime.ParseMediaType(t); err != nil || got != "application/json" {
			return fmt.Errorf("send Content-Type: application/json: %w", nvr.ErrInvalid)
		}
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil {
		if _, end := d.Token(); end != io.EOF {
			err = errors.New("there is more behind the JSON value")
			if tooLong, ok := errors.AsType[*http.MaxBytesError](end); ok {
				err = tooLong
			}
		}
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return fmt.Errorf("a body has at most %d bytes: %w", maxBody, nvr.ErrTooLarge)
	}
	if err != nil {
		return fmt.Errorf("the body is not the JSON that is expected here: %s: %w", strings.TrimPrefix(err.Error(), "json: "), nvr.ErrInvalid)
	}
	return nil
}

// number reads a wildcard of the address that is an id, with or without .mp4
// behind it as the route has it. What is no id names nothing.
func number[ID ~int64](r *http.Request, name, ending string) (ID, error) {
	text, ok := strings.CutSuffix(r.PathValue(name), ending)
	n, err := strconv.ParseInt(text, 10, 64)
	if !ok || err != nil || n < 1 || text != strconv.FormatInt(n, 10) {
		return 0, fmt.Errorf("there is no %s of this number: %w", name, nvr.ErrNotFound)
	}
	return ID(n), nil
}

// known returns the camera that r names, if there is one.
func (a *api) known(r *http.Request) (nvr.CameraID, error) {
	id, err := number[nvr.CameraID](r, "camera", "")
	if err != nil {
		return 0, err
	}
	_, err = a.Cameras.Get(r.Context(), id)
	return id, err
}

// query is the part of an address behind the question mark. Unknown names are
// ignored; of those that are known, each may appear once.
type query struct{ values url.Values }

func parseQuery(raw string) (query, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return query{}, fmt.Errorf("what stands behind the question mark does not parse: %w", nvr.ErrInvalid)
	}
	return query{values}, nil
}

// one returns the value of name; the empty string if it is absent.
func (q query) one(name string) (string, error) {
	if len(q.values[name]) > 1 {
		return "", fmt.Errorf("%s is given more than once: %w", name, nvr.ErrInvalid)
	}
	return q.values.Get(name), nil
}

// time returns the instant called name; zero if it is absent.
func (q query) time(name string) (nvr.Time, error) {
	text, err := q.one(name)
	if err != nil || text == "" {
		return 0, err
	}
	// A plus sign that was not escaped, as in +01:00, arrives as a space.
	t, err := nvr.ParseTime(strings.ReplaceAll(text, " ", "+"))
	if err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	return t, nil
}

// span returns the span from "from" to "to", which may be of length most.
func (q query) span(most time.Duration) (nvr.Span, error) {
	from, err := q.time("from")
	if err != nil {
		return nvr.Span{}, err
	}
	to, err := q.time("to")
	if err != nil {
		return nvr.Span{}, err
	}
	span := nvr.Span{From: from, To: to}
	switch {
	case from == 0 || to == 0:
		return nvr.Span{}, fmt.Errorf("give from and to, such as from=2026-11-22T14:00:00Z&to=2026-11-22T15:00:00Z: %w", nvr.ErrInvalid)
	case span.Empty():
		return nvr.Span{}, fmt.Errorf("to must be later than from: %w", nvr.ErrInvalid)
	case span.To > span.From.Add(most):
		return nvr.Span{}, fmt.Errorf("from and to are at most %d hours apart here: %w", most/time.Hour, nvr.ErrTooLarge)
	}
	return span, nil
}

// quality returns the stream that is asked for.
func (q query) quality() (nvr.Quality, error) {
	text, err := q.one("stream")
	if err != nil {
		return 0, err
	}
	return nvr.ParseQuality(text)
}

// streamOf returns the stream that the address of r names, and its query.
func streamOf(r *http.Request) (nvr.StreamID, query, error) {
	camera, err := number[nvr.CameraID](r, "camera", "")
	if err != nil {
		return nvr.StreamID{}, query{}, err
	}
	q, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return nvr.StreamID{}, query{}, err
	}
	quality, err := q.quality()
	return nvr.StreamID{Camera: camera, Quality: quality}, q, err
}

// streamSpan returns the stream and the span that the address of r names.
func streamSpan(r *http.Request, most time.Duration) (nvr.StreamID, nvr.Span, query, error) {
	id, q, err := streamOf(r)
	if err != nil {
		return nvr.StreamID{}, nvr.Span{}, query{}, err
	}
	span, err := q.span(most)
	return id, span, q, err
}
