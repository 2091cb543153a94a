package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"nvrd/pkg/appliance"
	"nvrd/pkg/auth"
	"nvrd/pkg/datadir"
	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
	"nvrd/pkg/playback"
	"nvrd/pkg/ring"
	"nvrd/pkg/watch"
	"nvrd/ui"
	pages "nvrd/ui/appliance"
)

// pageCameras lets the pages see and change the cameras.
type pageCameras struct {
	*watch.Cameras
	dir *datadir.Dir
}

func (p pageCameras) Removed(ctx context.Context) ([]nvr.Camera, error) {
	return p.dir.RemovedCameras(ctx)
}

func (p pageCameras) Add(ctx context.Context, in pages.Input) (nvr.CameraID, error) {
	c, err := p.Cameras.Add(ctx, inputOf(in, ""))
	return c.ID, err
}

func (p pageCameras) Reach(ctx context.Context, id nvr.CameraID) (pages.Input, error) {
	c, err := p.dir.Home.Camera(ctx, id)
	return pages.Input{Name: c.Name, URL: c.URL, SubURL: c.SubURL, User: c.User}, err
}

func (p pageCameras) Change(ctx context.Context, id nvr.CameraID, in pages.Input) error {
	_, err := p.dir.Home.ChangeCamera(ctx, id, func(c *household.CameraInput) { *c = inputOf(in, c.Password) })
	return err
}

func (p pageCameras) Probe(ctx context.Context, id nvr.CameraID, in pages.Input) (nvr.Probe, error) {
	tried := inputOf(in, "")
	if id != 0 {
		var err error
		if tried, err = p.dir.Home.Completed(ctx, id, inputOf(in, household.Kept)); err != nil {
			return nvr.Probe{}, err
		}
	}
	return p.Cameras.Probe(ctx, id, tried)
}

func (p pageCameras) Tidy(in pages.Input) (pages.Input, []nvr.Doubt) {
	tidy, wrong := inputOf(in, "").Tidy()
	in.URL, in.SubURL, in.User, in.Password = tidy.URL, tidy.SubURL, tidy.User, tidy.Password.Reveal()
	var all []nvr.Doubt
	for _, e := range wrong {
		all = append(all, *e.Doubt())
	}
	return in, all
}

// inputOf is what was typed; a user without a password has the one that is kept.
func inputOf(in pages.Input, kept household.Secret) household.CameraInput {
	out := household.CameraInput{Name: in.Name, URL: in.URL, SubURL: in.SubURL, User: in.User, Password: household.Secret(in.Password)}
	if out.User != "" && out.Password == "" {
		out.Password = kept
	}
	return out
}

// pageStorage lets the pages tell what is kept.
type pageStorage struct {
	*datadir.Dir
	recorder *appliance.Appliance
}

func (p pageStorage) Performance(ctx context.Context) (nvr.Performance, error) {
	return p.recorder.Performance(ctx)
}

func (p pageStorage) Connected(ctx context.Context, camera nvr.CameraID, span nvr.Span) (nvr.Connected, error) {
	return p.recorder.Connected(ctx, camera, span)
}

func (p pageStorage) Locks(ctx context.Context) ([]nvr.Lock, error) {
	return p.Home.Locks(ctx, nvr.Now())
}

func (p pageStorage) Unlock(ctx context.Context, id int64) error {
	_, err := p.Dir.Unlock(ctx, id)
	return err
}

// deletions deletes footage, and has forgotten what is held of it elsewhere.
type deletions struct {
	*appliance.Appliance
	forget []func(nvr.CameraID, nvr.Span)
}

func forgetting(a *appliance.Appliance, forget ...func(nvr.CameraID, nvr.Span)) *deletions {
	return &deletions{a, forget}
}

// forgets has one more told what is deleted. It is called before anything is.
func (d *deletions) forgets(forget func(nvr.CameraID, nvr.Span)) { d.forget = append(d.forget, forget) }

func (d *deletions) Delete(ctx context.Context, chosen []nvr.Excerpt, digest, who string) (nvr.Deletion, error) {
	done, err := d.Appliance.Delete(ctx, chosen, digest, who)
	for _, s := range done.Goes {
		for _, forget := range d.forget {
			forget(s.Camera, s.Span)
		}
	}
	return done, err
}

// pageHousehold lets the pages see and change what is set.
type pageHousehold struct{ home *household.DB }

func (p pageHousehold) Recording(ctx context.Context, id nvr.CameraID) (nvr.Recording, error) {
	return p.home.Recording(ctx, id)
}

func (p pageHousehold) SetRecording(ctx context.Context, id nvr.CameraID, r nvr.Recording) error {
	_, err := p.home.ChangeRecording(ctx, id, func(old *nvr.Recording) error { *old = r; return nil })
	return err
}

func (p pageHousehold) Home(ctx context.Context) (pages.Home, error) {
	home, err := p.home.Home(ctx)
	if err != nil {
		return pages.Home{}, err
	}
	zone, err := home.Zone()
	now := nvr.Now()
	mode, _ := home.ModeAt(now, zone)
	chosen, until := home.Chosen(now)
	after, _ := home.ModeAt(max(until, now), zone)
	return pages.Home{Mode: mode, Chosen: chosen, Until: until, After: after, Modes: home.Modes, TimeZone: home.TimeZone, Zone: zone, Language: home.Language}, err
}

func (p pageHousehold) Choose(ctx context.Context, mode nvr.HouseMode, until nvr.Time) error {
	_, err := p.home.ChangeHome(ctx, func(h *household.Home) error { return h.Choose(mode, until, nvr.Now()) })
	return err
}

func (p pageHousehold) CamerasOn(ctx context.Context) error {
	_, err := p.home.ChangeHome(ctx, func(h *household.Home) error { return h.CamerasOn(nvr.Now()) })
	return err
}

func (p pageHousehold) SetModes(ctx context.Context, week nvr.Schedule[nvr.HouseMode]) error {
	_, err := p.home.ChangeHome(ctx, func(h *household.Home) error { h.Modes = week; return nil })
	return err
}

func (p pageHousehold) SetTimeZone(ctx context.Context, name string) error {
	_, err := p.home.ChangeHome(ctx, func(h *household.Home) error { h.TimeZone = name; return nil })
	return err
}

func (p pageHousehold) SetLanguage(ctx context.Context, language string) error {
	_, err := p.home.ChangeHome(ctx, func(h *household.Home) error { h.Language = language; return nil })
	return err
}

// pageRings lets the pages see and answer rings.
type pageRings struct {
	*ring.Rings
	home *household.DB
}

func (p pageRings) Rang(ctx context.Context, camera nvr.CameraID, at nvr.Time) (nvr.Press, bool, error) {
	if last, ok := p.Last(camera); ok && last.At == at {
		return last, true, nil
	}
	press, err := p.home.Press(ctx, camera, at)
	if errors.Is(err, nvr.ErrNotFound) {
		return nvr.Press{}, false, nil
	}
	return press, err == nil, err
}

// maxMissed is how many missed rings the first page lists: more is a game of children.
const maxMissed = 10

func (p pageRings) Missed(ctx context.Context) ([]nvr.Press, error) {
	return p.Rings.Missed(ctx, maxMissed)
}

// pageTimelines shows timelines to the pages.
type pageTimelines struct{ player *playback.Player }

func (p pageTimelines) Timeline(ctx context.Context, stream nvr.StreamID, span nvr.Span) (pages.Timeline, error) {
	t, err := p.player.Timeline(ctx, stream, span, time.Hour)
	return pages.Timeline{Footage: t.Footage, Gaps: t.Gaps}, err
}

func (p pageTimelines) Pictured(ctx context.Context, stream nvr.StreamID) (nvr.Time, error) {
	span, err := p.player.Newest(ctx, stream)
	if errors.Is(err, nvr.ErrNotFound) {
		return 0, nil
	}
	return span.To, err
}

// refusal answers people whose request was refused before it came to the pages.
func refusal(p *ui.Pages) auth.Deny {
	return func(w http.ResponseWriter, r *http.Request, err error) {
		if errors.Is(err, auth.ErrHost) {
			err = pages.ErrHost
		} else {
			err = pages.ErrProxy
		}
		p.Refuse(w, r, err)
	}
}

// door lets browsers in by the access key.
type door struct{ gate *auth.Gate }

func (d door) Enter(w http.ResponseWriter, r *http.Request, key string) error {
	err := d.gate.Login(w, r, key)
	var wait auth.RetryAfter
	switch {
	case errors.As(err, &wait):
		return pages.Wait(wait)
	case errors.Is(err, nvr.ErrUnauthorized):
		return fmt.Errorf("%w: %w", err, nvr.ErrInvalid)
	}
	return err
}

func (d door) Leave(w http.ResponseWriter, r *http.Request) error { return d.gate.Logout(w, r) }
