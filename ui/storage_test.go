package ui_test

import (
	"context"
	"net/url"
	"slices"
	"testing"
	"time"

	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
)

// stored is what is kept, as plain values.
type stored struct {
	is       nvr.Storage
	since    nvr.Time // main streams are recorded from then on; zero for never
	gaps     []nvr.Gap
	locks    []nvr.Lock
	removals []nvr.Removal

	connected   nvr.Connected
	performance nvr.Performance
	unlocked    []int64
}

func (s *stored) Connected(context.Context, nvr.CameraID, nvr.Span) (nvr.Connected, error) {
	return s.connected, nil
}

func (s *stored) Performance(context.Context) (nvr.Performance, error) { return s.performance, nil }

func (s *stored) RemovedSince(context.Context, nvr.Time) ([]nvr.Removal, error) {
	return s.removals, nil
}

func (s *stored) Storage(context.Context) (nvr.Storage, error) { return s.is, nil }

func (s *stored) Covered(_ context.Context, stream nvr.StreamID, spans []nvr.Span) (all []nvr.Covered, err error) {
	var account nvr.Span
	if s.since != 0 && stream.Quality == nvr.Main {
		account = nvr.Span{From: s.since, To: nvr.Now()}
	}
	for _, span := range spans {
		of := slices.DeleteFunc(slices.Clone(s.gaps), func(g nvr.Gap) bool { return g.Stream != stream })
		all = append(all, nvr.Cover(span, account, of))
	}
	return all, nil
}

func (s *stored) Locks(context.Context) ([]nvr.Lock, error) { return s.locks, nil }

func (s *stored) Lock(_ context.Context, l nvr.Lock) (int64, error) {
	l.ID = int64(len(s.locks) + 1)
	s.locks = append(s.locks, l)
	return l.ID, l.Check()
}

func (s *stored) Unlock(_ context.Context, id int64) error {
	s.unlocked = append(s.unlocked, id)
	if i := slices.IndexFunc(s.locks, func(l nvr.Lock) bool { return l.ID == id }); i >= 0 {
		s.locks = slices.Delete(s.locks, i, i+1)
		return nil
	}
	return nvr.ErrNotFound
}

// What is kept is told as how far back it goes, what was missed and why, and what
// somebody wants to keep.
func TestStoragePage(t *testing.T) {
	const hour, gb = time.Hour, 1_000_000_000
	h := &household{cameras: []nvr.Camera{camera(1, hostileName)}, gone: []nvr.Camera{camera(9, "Old shed")}}
	s := serve(t, h)
	run(t, get(s, "/storage").Body.String(), append(everyPage, says("Nothing was recorded yet.", "none", "Nothing is kept on purpose yet.", "Nothing yet. The oldest footage goes by itself"))...)

	main, now := nvr.StreamID{Camera: 1, Quality: nvr.Main}, nvr.Now()
	h.kept = stored{
		since: now.Add(-30 * 24 * hour),
		gaps: []nvr.Gap{
			{Stream: main, Span: nvr.Span{From: now.Add(-30 * 24 * hour), To: now.Add(-5 * 24 * hour)}, Reason: nvr.Removed},
			{Stream: main, Span: nvr.Span{From: now.Add(-80 * hour), To: now.Add(-54 * hour)}, Reason: nvr.Unreachable},
			{Stream: main, Span: nvr.Span{From: now.Add(-3 * hour), To: now.Add(-3*hour + time.Second)}, Reason: nvr.Starting},
			{Stream: main, Span: nvr.Span{From: now.Add(-2 * hour), To: now.Add(-1 * hour)}, Reason: nvr.PausedByUser},
		},
		locks: []nvr.Lock{
			{ID: 3, Camera: 1, Span: nvr.Span{From: now.Add(-5 * hour), To: now.Add(-4 * hour)}, Who: "<Anna>", Why: "<b>Parcel</b>"},
			{ID: 4, Camera: 7, Span: nvr.Span{From: now.Add(-5 * hour), To: now.Add(-4 * hour)}, Who: "Ben", Why: "Cat", Until: now.Add(24 * hour)},
		},
		is: nvr.Storage{Places: []nvr.StoragePlace{
			{
				Path: "/mnt/<disk>", State: nvr.PlaceReady, Bytes: 60 * gb, Free: 30 * gb, Total: 100 * gb, Floor: 2 * gb,
				Stocks: []nvr.Stock{
					{Stream: main, Class: nvr.Continuous, Bytes: 50 * gb},
					{Stream: main, Class: nvr.Ring, Bytes: 2 * gb},
					{Stream: nvr.StreamID{Camera: 9}, Class: nvr.Continuous, Bytes: 8 * gb},
				},
				Outlooks: []nvr.Outlook{
					{Stream: main, Kept: 8 * 24 * hour, InAMonth: 9 * 24 * hour},
					{Stream: nvr.StreamID{Camera: 1, Quality: nvr.Sub}, Kept: 20 * 24 * hour, InAMonth: 40 * 24 * hour},
				},
			},
			{Path: "/mnt/away", State: nvr.PlaceMissing, Bytes: 0},
		}},
	}
	page := get(s, "/storage").Body.String()
	run(t, page, append(everyPage,
		says("the last 9 days are always here", hostileName, "Old shed", "This camera was removed.", "52 GB", "2 GB with rings", "Goes back 8 days, in a month 9 days.",
			"1 gap, 26 h 0 min:", "The camera did not answer", "/mnt/<disk>", "60 GB of footage", "30 GB of 100 GB are free", "The disk is not there.",
			"<b>Parcel</b>", "kept by <Anna>", "until you let it go", "A camera that is gone", "100", "removed"),
		lacks("Connecting to the camera"), lacks("Off for privacy"))...)
	american(t, s, "/storage")

	h.kept.is.Places[0].Outlooks[0] = nvr.Outlook{Stream: main, Kept: 8 * 24 * hour, InAMonth: 5 * 24 * hour, Below: at("2026-12-03T10:00:00Z")}
	run(t, get(s, "/storage").Body.String(), says("only the last 5 days will be here", "From Thursday 3 December on it will be less than a week."))

	for _, c := range []struct {
		nvr.Connected
		said, not string
	}{
		{nvr.Connected{}, "Goes back", "Connected"},
		{nvr.Connected{Known: 24 * hour}, "Connected without a break", "known."},
		{nvr.Connected{Known: 2 * hour}, "Connected without a break in the last 24 hours. Only 2 h 0 min of them are known.", "Wi-Fi"},
		{nvr.Connected{Known: 24 * hour, Lost: 3 * time.Minute, Losses: 1}, "Connected 99.79 % of the last 24 hours; lost once, for 3 min.", "Wi-Fi"},
		{nvr.Connected{Known: 24 * hour, Lost: 3 * time.Minute, Losses: 14}, "lost 14 times, for 3 min in all.", "lost once"},
		{nvr.Connected{Known: 24 * hour, Lost: hour, Losses: 1}, "If it uses Wi-Fi, the signal is weak there", "in all."},
		{nvr.Connected{Known: 24 * hour, Packets: nvr.Packets{Sent: 100_000, Lost: 99}}, "Connected without a break", "did not arrive"},
		{nvr.Connected{Known: 24 * hour, Packets: nvr.Packets{Sent: 100_000, Lost: 125}}, "in the last 24 hours. 0.12 % of what it sent did not arrive.", "Wi-Fi"},
		{nvr.Connected{Known: 2 * hour, Packets: nvr.Packets{Sent: 100_000, Lost: 1100}}, "Only 2 h 0 min of them are known. 1.1 % of what it sent did not arrive.", "lost once"},
		{nvr.Connected{Known: 24 * hour, Packets: nvr.Packets{Sent: 100_000, Lost: 1100}}, "If it uses Wi-Fi, the signal is weak there", "lost once"},
	} {
		h.kept.connected = c.Connected
		run(t, get(s, "/storage").Body.String(), append(everyPage, says(c.said), lacks(c.not))...)
	}
	day := at("2026-11-20T12:00:00Z")
	for _, who := range []string{"Ada", auth.Household().Name} { // what somebody deleted is told by itself
		h.kept.removals = append(h.kept.removals, nvr.Removal{
			Camera: 1, Cause: nvr.ByHand, Who: who, Part: day.Add(-hour), At: day, Span: nvr.Span{From: day.Add(-hour), To: day}, Segments: 2, Bytes: gb,
		})
	}
	for i := range 5 { // days, the newest first
		for _, c := range []nvr.CameraID{1, 9} {
			went := day.Add(time.Duration(-i) * 24 * hour)
			span := nvr.Span{From: went.Add(-200 * hour), To: went.Add(-180 * hour)}
			h.kept.removals = append(h.kept.removals,
				nvr.Removal{Camera: c, Cause: nvr.NoRoom, At: went, Span: span, Segments: 3, Bytes: gb},
				nvr.Removal{Camera: c, Cause: nvr.TooOld, At: went.Add(-hour), Span: nvr.Span{From: span.From.Add(-hour), To: span.From}, Segments: 3, Bytes: gb})
		}
	}
	run(t, get(s, "/storage").Body.String(), append(everyPage,
		says("22 GB in all.", "1 GB deleted by Ada", "1 GB deleted by somebody of the house", "Friday 20 November", "Monday 16 November", "2 GB", "to make room, by its age", "Earlier days", "Old shed"))...)

	for _, id := range []string{"3", "3"} { // pressed twice
		if w := post(s, "/storage", url.Values{"unlock": {id}}); w.Code != 303 || w.Header().Get("Location") != "/storage?unlocked=1#locks" {
			t.Errorf("%d %q", w.Code, w.Header().Get("Location"))
		}
	}
	run(t, get(s, "/storage?unlocked=1").Body.String(), says("It goes like all other footage now.", "Ben"), lacks("Parcel"))
	if !slices.Equal(h.kept.unlocked, []int64{3, 3}) {
		t.Error(h.kept.unlocked)
	}
	for _, bad := range []string{"", "x", "99999999999999999999"} {
		if w := post(s, "/storage", url.Values{"unlock": {bad}}); w.Code != 400 {
			t.Errorf("%q: %d", bad, w.Code)
		}
	}
}

// Why Stoop itself keeps a visit is said in the language of who reads; what people wrote
// stays as it is.
func TestWhyAVisitIsKept(t *testing.T) {
	h := &household{cameras: []nvr.Camera{camera(1, "Porch")}}
	h.kept.locks = []nvr.Lock{
		{ID: 1, Camera: 1, Span: nvr.Span{From: 1e15, To: 1e15 + 1e7}, Who: "Stoop", Why: nvr.WhyVisit, Made: 1e15},
		{ID: 2, Camera: 1, Span: nvr.Span{From: 2e15, To: 2e15 + 1e7}, Who: "Ben", Why: "the parcel", Made: 2e15},
	}
	for language, want := range map[string]string{"en": "a visitor whom nobody answered", "de": "Besuch, zu dem niemand ging"} {
		run(t, getIn(serveTo(t, h, auth.Household()), "/storage", language).Body.String(), says(want, "the parcel"))
	}
	body := getIn(serveTo(t, h, auth.Household()), "/storage", "de").Body.String()
	run(t, body, lacks(nvr.WhyVisit))
}
