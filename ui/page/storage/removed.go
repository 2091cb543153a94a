package storage

import (
	"cmp"
	"slices"
	"strings"

	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
	"nvrd/ui/component"
	"nvrd/ui/text"
)

// glanced is of how many days that is told at a glance.
const glanced = 3

// removed is what was removed.
type removed struct {
	said          string
	lately, older []removedDay // the newest first
}

// removedDay is what was removed on one day.
type removedDay struct {
	day     component.Instant
	cameras []removedFrom
}

// removedFrom is what was removed of a camera on a day.
type removedFrom struct {
	camera, size, why string
	from, to          component.Instant
}

// removed groups removals, the newest of which comes first, by day and camera.
func (v viewer) removed(all []nvr.Removal, cameras []nvr.Camera) removed {
	if len(all) == 0 {
		return removed{said: v.t.Storage.NoneGone}
	}
	var days []removedDay
	var bytes int64
	for len(all) > 0 {
		today := component.Day(all[0].At, v.now.Location())
		n := slices.IndexFunc(all, func(r nvr.Removal) bool { return r.At < today.From || r.At >= today.To })
		if n < 0 {
			n = len(all)
		}
		for _, r := range all[:n] {
			bytes += r.Bytes
		}
		days = append(days, removedDay{component.Date(today.From, v.now.Location(), v.t.Calendar), v.byCamera(all[:n], cameras)})
		all = all[n:]
	}
	n := min(len(days), glanced)
	said := text.Fill(v.t.Storage.AllGone, "size", component.Size(bytes, v.t.Numbers))
	return removed{said, days[:n], days[n:]}
}

func (v viewer) byCamera(all []nvr.Removal, cameras []nvr.Camera) (out []removedFrom) {
	type stretch struct {
		camera nvr.CameraID
		who    string
		part   nvr.Time
	}
	of := map[stretch][]nvr.Removal{} // what somebody deleted is told by itself
	for _, r := range all {
		s := stretch{r.Camera, r.Who, r.Part}
		of[s] = append(of[s], r)
	}
	for _, removals := range of {
		sum := removals[0]
		var why []string
		for i, r := range removals {
			if i > 0 {
				sum.Bytes += r.Bytes
				sum.Span = nvr.Span{From: min(sum.Span.From, r.Span.From), To: max(sum.Span.To, r.Span.To)}
			}
			if said := v.why(r); !slices.Contains(why, said) {
				why = append(why, said)
			}
		}
		from, to := component.Moment(sum.Span.From, v.now.Location(), v.t.Calendar), component.Moment(sum.Span.To, v.now.Location(), v.t.Calendar)
		if sum.Span.To <= component.Day(sum.Span.From, v.now.Location()).To {
			to = component.Seconds(sum.Span.To, v.now.Location(), v.t.Calendar)
		}
		out = append(out, removedFrom{
			component.NameOf(sum.Camera, cameras, v.t), component.Size(sum.Bytes, v.t.Numbers),
			strings.Join(why, ", "), from, to,
		})
	}
	slices.SortFunc(out, func(a, b removedFrom) int {
		return cmp.Or(strings.Compare(a.camera, b.camera), strings.Compare(a.from.Machine, b.from.Machine), strings.Compare(a.why, b.why))
	})
	return out
}

// why says why footage went.
func (v viewer) why(r nvr.Removal) string {
	cause := r.Cause
	if cause == nvr.ByHand && r.Who == auth.Household().Name {
		cause = "by_house"
	}
	return text.Fill(v.t.Storage.Causes[cause], "who", r.Who)
}
