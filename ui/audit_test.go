package ui_test

import (
	"context"
	"strings"
	"testing"

	"nvrd/pkg/nvr"

	real "nvrd/pkg/household"
)

// audit is what is written in the audit log, the latest first.
type audit []real.Audit

func (a audit) log(_ context.Context, before int64, limit int) (some []real.Audit, err error) {
	for _, e := range a {
		if (before == 0 || e.ID < before) && len(some) < limit {
			some = append(some, e)
		}
	}
	return some, nil
}

// Who opened a door, and what came of it, is told page by page.
func TestAuditPage(t *testing.T) {
	h := &household{cameras: []nvr.Camera{camera(1, hostileName)}}
	s := serve(t, h)
	run(t, get(s, "/settings/audit").Body.String(), append(everyPage, says("Nobody did yet."), lacks("Before that"))...)
	h.audit = audit{
		{ID: 4, At: at("2026-11-19T10:00:03Z"), Who: "household", What: real.OpenDoor, Camera: 1},
		{ID: 3, At: at("2026-11-19T10:00:02Z"), Who: "<Anna>", What: real.OpenDoor, Camera: 1, Outcome: "no_picture"},
		{ID: 2, At: at("2026-11-19T10:00:01Z"), Who: "household", What: real.OpenDoor, Camera: 9, Outcome: "failed"},
		{ID: 1, At: at("2026-11-19T10:00:00Z"), Who: "household", What: "<deed>", Camera: 1},
	}
	run(t, get(s, "/settings/audit").Body.String(), append(everyPage,
		says("The door was told to open", hostileName, "Somebody of the house", "Stayed shut: no present picture", "<Anna>",
			"The device did not open", "A camera that is gone", "<deed>", "Thursday 19 November, 11:00:03"), lacks("Before that"))...)
	american(t, s, "/settings/audit")
	for id := range int64(200) {
		h.audit = append(audit{{ID: id + 5, At: at("2026-11-19T11:00:00Z"), Who: "household", What: real.OpenDoor, Camera: 1}}, h.audit...)
	}
	rows := 0
	for pages, address := 0, "/settings/audit"; ; pages++ {
		page := get(s, address).Body.String()
		rows += strings.Count(page, `<li class="row">`)
		_, more, ok := strings.Cut(page, `href="/settings/audit?before=`)
		if !ok {
			if pages != 2 {
				t.Errorf("%d pages lead on", pages)
			}
			break
		}
		id, _, _ := strings.Cut(more, `"`)
		address = "/settings/audit?before=" + id
	}
	if rows != 204 {
		t.Errorf("%d of 204 entries are told", rows)
	}
	for _, bad := range []string{"x", "0", "-1", "99999999999999999999"} {
		if w := get(s, "/settings/audit?before="+bad); w.Code != 400 {
			t.Errorf("%s: %d", bad, w.Code)
		}
	}
	menu := `href="/settings/audit"`
	if strings.Contains(get(s, "/settings").Body.String(), menu) {
		t.Error("settings of cameras without doors lead there")
	}
	h.opens = true
	if !strings.Contains(get(s, "/settings").Body.String(), menu) {
		t.Error("settings of a camera with a door do not lead there")
	}
}
