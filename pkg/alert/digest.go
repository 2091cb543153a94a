package alert

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"nvrd/pkg/household"
	"nvrd/pkg/notify"
	"nvrd/pkg/nvr"
)

// DigestKind is the kind of the message that tells what was not told.
const DigestKind = "digest"

// digestCheck is how often it is looked whether a digest is due: the clock may be set.
const digestCheck = 20 * time.Second

// digests tells a digest whenever one is due.
func (a *Alerts) digests(ctx context.Context) {
	tick := time.NewTicker(digestCheck)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if m, ok := a.digest(); ok {
				a.send(ctx, m)
			}
		}
	}
}

// digest returns the digest if it is due and there is something in it, and begins to
// count anew.
func (a *Alerts) digest() (m notify.Message, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.known.rules.Digest == household.NoDigest {
		return m, false
	}
	now := time.Now().In(a.known.zone)
	due := lastDue(now, a.known.rules.Digest)
	if nvr.TimeOf(due) <= a.since {
		return m, false
	}
	a.since = nvr.TimeOf(due)
	if len(a.counts) == 0 {
		return m, false
	}
	words := a.words()
	lines, only := a.summary(due.Hour() < 12)
	clear(a.counts)
	d := decision(true, Daily, nil)
	m = notify.Message{
		ID: "digest-" + due.Format("2006-01-02"), Camera: only, CameraName: a.known.names[only], Kind: DigestKind, At: nvr.TimeOf(due),
		Title: words.Digest, Text: strings.Join(lines, "\n"), Why: words.Because(d), Link: "/settings/alerts#lately",
	}
	a.keep(Item{Message: m.ID, At: nvr.TimeOf(now), Camera: only, CameraName: m.CameraName, Kind: DigestKind, Why: m.Why, Decision: d})
	return m, true
}

// lastDue is when a digest was last due: once on each day, also when clocks are set
// for summer or back.
func lastDue(now time.Time, at nvr.Clock) time.Time {
	for back := 0; ; back++ {
		due := time.Date(now.Year(), now.Month(), now.Day()-back, int(at/60), int(at%60), 0, 0, now.Location())
		if !due.After(now) {
			return due
		}
	}
}

// summary has a line for each camera at which something was held, and says which
// camera that is if there is only one. a.mu is held.
func (a *Alerts) summary(morning bool) (lines []string, only nvr.CameraID) {
	kinds := map[nvr.CameraID][]household.Alerted{}
	for of := range a.counts {
		kinds[of.Camera] = append(kinds[of.Camera], of)
		only = of.Camera
	}
	var cameras []nvr.CameraID
	for camera, of := range kinds {
		cameras = append(cameras, camera)
		slices.SortFunc(of, func(x, y household.Alerted) int {
			return cmp.Or(cmp.Compare(a.counts[y], a.counts[x]), cmp.Compare(x.Kind, y.Kind))
		})
	}
	slices.Sort(cameras)
	words := a.words()
	form := words.Today
	if morning {
		form = words.Yesterday
	}
	for _, camera := range cameras {
		var counts []string
		for _, of := range kinds[camera] {
			counts = append(counts, words.counted(of.Kind, a.counts[of]))
		}
		lines = append(lines, fill(form, map[string]string{"camera": or(a.known.names[camera], camera.String()), "counts": strings.Join(counts, ", ")}))
	}
	if len(cameras) > 1 {
		only = 0
	}
	return lines, only
}
