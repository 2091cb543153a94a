package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"time"

	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
)

const (
	// eventPage and maxEventPage are how many events one answer lists, if
	// nothing is said and at most: 100 kB.
	eventPage    = 100
	maxEventPage = 1000
)

type eventView struct {
	Camera nvr.CameraID `json:"camera"`
	Stream string       `json:"stream"`
	Kind   string       `json:"kind"`
	From   nvr.Time     `json:"from"`
	To     nvr.Time     `json:"to"`
	Detail string       `json:"detail,omitempty"`
}

func viewOfEvent(e nvr.Event) eventView {
	return eventView{e.Stream.Camera, e.Stream.Quality.String(), e.Kind, e.Span.From, e.Span.To, e.Detail}
}

type eventsView struct {
	Events []eventView `json:"events"`
	Next   string      `json:"next,omitempty"` // names the next page; empty if there is none
}

// mark is a position in a list of events from the latest on: behind one of them.
type mark struct {
	from nvr.Time
	id   int64
}

func (m mark) String() string { return fmt.Sprintf("%d-%d", int64(m.from), m.id) }

// passed tells whether e stands up to the mark; the zero mark is before all.
func (m mark) passed(e nvr.Event) bool {
	return m != mark{} && (e.Span.From > m.from || e.Span.From == m.from && e.ID >= m.id)
}

var markForm = regexp.MustCompile(`^([0-9]{1,18})-([0-9]{1,18})$`)

// mark returns the page that is asked for; the zero mark is the first.
func (q query) mark() (mark, error) {
	text, err := q.one("page")
	if err != nil || text == "" {
		return mark{}, err
	}
	m := markForm.FindStringSubmatch(text)
	if m == nil {
		return mark{}, fmt.Errorf("page is what next said: %w", nvr.ErrInvalid)
	}
	from, _ := strconv.ParseInt(m[1], 10, 64) // 18 digits fit
	id, _ := strconv.ParseInt(m[2], 10, 64)
	return mark{nvr.Time(from), id}, nil
}

// count returns how many are asked for.
func (q query) count() (int, error) {
	text, err := q.one("limit")
	if err != nil || text == "" {
		return eventPage, err
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxEventPage {
		return 0, fmt.Errorf("limit is a number from 1 to %d: %w", maxEventPage, nvr.ErrInvalid)
	}
	return n, nil
}

// camera returns the camera that alone is asked for; zero for all.
func (q query) camera() (nvr.CameraID, error) {
	one, err := q.one("camera")
	if err != nil || one == "" {
		return 0, err
	}
	return nvr.ParseCameraID(one)
}

// wanted returns which events are asked for, of those that who asks may see.
func (q query) wanted(ctx context.Context) (func(nvr.Event) bool, error) {
	camera, err := q.camera()
	if err != nil {
		return nil, err
	}
	kind, err := q.one("kind")
	return func(e nvr.Event) bool {
		return (camera == 0 || camera == e.Stream.Camera) && (kind == "" || kind == e.Kind) && auth.May(ctx, auth.Review, auth.Camera(e.Stream.Camera))
	}, err
}

func (a *api) events(w http.ResponseWriter, r *http.Request) error {
	q, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return err
	}
	span, err := q.span(31 * 24 * time.Hour)
	if err != nil {
		return err
	}
	page, err := q.mark()
	if err != nil {
		return err
	}
	limit, err := q.count()
	if err != nil {
		return err
	}
	wanted, err := q.wanted(r.Context())
	if err != nil {
		return err
	}
	if (page != mark{}) {
		span.To = min(span.To, page.from+1)
	}
	view, last := eventsView{Events: []eventView{}}, mark{}
	err = a.History.LatestEvents(r.Context(), span, func(e nvr.Event) bool {
		if page.passed(e) || !wanted(e) {
			return true
		}
		if len(view.Events) == limit { // there is one more
			view.Next = last.String()
			return false
		}
		view.Events = append(view.Events, viewOfEvent(e))
		last = mark{e.Span.From, e.ID}
		return true
	})
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, view)
}

// heardUntil returns up to when a page that comes back, or begins where a list
// ended, knows what happened; zero if it asks for nothing that was.
func heardUntil(r *http.Request, q query) (nvr.Time, error) {
	if id := r.Header.Get("Last-Event-ID"); id != "" {
		t, err := nvr.ParseTime(id)
		if err != nil {
			return 0, fmt.Errorf("Last-Event-ID: %w", err)
		}
		return t, nil
	}
	return q.time("after")
}

func (a *api) liveEvents(w http.ResponseWriter, r *http.Request) error {
	q, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return err
	}
	wanted, err := q.wanted(r.Context())
	if err != nil {
		return err
	}
	after, err := heardUntil(r, q)
	if err != nil {
		return err
	}
	release, err := a.listening.take()
	if err != nil {
		return err
	}
	defer release()
	heard := a.Events.Subscribe(after)
	defer heard.Close()
	var old []nvr.Event
	if !heard.Whole {
		if old, err = a.since(r.Context(), after, wanted); err != nil {
			return err
		}
	}
	to, more := newPush(w, r)
	if !more {
		return nil
	}
	send := func(e nvr.Event, id string) error {
		if !wanted(e) {
			return nil
		}
		data, err := json.Marshal(viewOfEvent(e))
		if err != nil {
			return err
		}
		return to.send("happened", id, data)
	}
	err = to.beat() // the answer begins though nothing happens
	for _, e := range old {
		if err == nil {
			err = send(e, "")
		}
	}
	for _, p := range heard.Missed {
		if err == nil {
			err = send(p.Event, p.At.String())
		}
	}
	ctx, cancel := untilShutdown(r)
	defer cancel()
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for err == nil {
		select {
		case <-ctx.Done():
			return nil
		case p, ok := <-heard.Events():
			if !ok {
				return nil // too slow, or we are stopping: it may come back
			}
			err = send(p.Event, p.At.String())
		case <-beat.C:
			err = to.beat()
		}
	}
	return nil // the page is gone
}

// since returns what happened after a time and is in the catalog, oldest first:
// the latest of it, if it is too much.
func (a *api) since(ctx context.Context, after nvr.Time, wanted func(nvr.Event) bool) (events []nvr.Event, err error) {
	span := nvr.Span{From: after, To: nvr.Now().Add(soon)}
	err = a.History.LatestEvents(ctx, span, func(e nvr.Event) bool {
		if wanted(e) {
			events = append(events, e)
		}
		return len(events) < maxEventPage
	})
	slices.Reverse(events)
	return events, err
}
