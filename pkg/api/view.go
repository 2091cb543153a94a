package api

import (
	"nvrd/pkg/nvr"
	"nvrd/pkg/playback"
)

type timelineView struct {
	Stream   string       `json:"stream"`
	From     nvr.Time     `json:"from"`
	To       nvr.Time     `json:"to"`
	Footage  []nvr.Span   `json:"footage"`
	Gaps     []gapView    `json:"gaps"`
	Activity activityView `json:"activity"`
}

type gapView struct {
	From    nvr.Time   `json:"from"`
	To      nvr.Time   `json:"to,omitzero"`
	Reason  nvr.Reason `json:"reason"`
	Message string     `json:"message"`
	Detail  string     `json:"detail,omitempty"`
	Planned bool       `json:"planned,omitempty"` // the household wanted it so
	// Of what was removed, when and why, as far as that is known.
	RemovedAt nvr.Time  `json:"removed_at,omitzero"`
	Cause     nvr.Cause `json:"cause,omitempty"`
	RemovedBy string    `json:"removed_by,omitempty"`
}

type activityView struct {
	Step   int64 `json:"step_us"`
	Scores []int `json:"scores"` // not bytes: those would be base64
}

func viewOf(id nvr.StreamID, t playback.Timeline) timelineView {
	v := timelineView{
		Stream: id.Quality.String(), From: t.Span.From, To: t.Span.To,
		Footage:  append([]nvr.Span{}, t.Footage...),
		Gaps:     make([]gapView, 0, len(t.Gaps)),
		Activity: activityView{Step: t.Step.Microseconds(), Scores: make([]int, 0, len(t.Scores))},
	}
	for _, g := range t.Gaps {
		v.Gaps = append(v.Gaps, gapView{g.Span.From, g.Span.To, g.Reason, g.Sentence(), g.Detail, g.Reason.Planned(), g.RemovedAt, g.Cause, g.RemovedBy})
	}
	for _, s := range t.Scores {
		v.Activity.Scores = append(v.Activity.Scores, int(s))
	}
	return v
}
