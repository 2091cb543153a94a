package api

import (
	"encoding/json"
	"testing"
)

func TestAlertsAreAskedFor(t *testing.T) {
	h := newHome(t)
	h.do("POST", "/api/v1/cameras", porch)
	const address = "/api/v1/alerts"
	const usual = `{"quiet_from":"","quiet_to":"","quiet_rings":false,"per_hour":4,"cooldown_s":300,"digest":"","asked":[],"recent":[]}`
	if got := text(t, h.do("GET", address, "")); got != usual+"\n" && got != usual {
		t.Error(got)
	}
	change := `{"quiet_from":"22:00","quiet_to":"07:00","digest":"08:00","per_hour":2,"cooldown_s":60,"asked":[{"camera":1,"kind":"person","modes":["away","night"]}]}`
	if r := h.do("PATCH", address, change); r.StatusCode != 200 {
		t.Fatal(text(t, r))
	}
	for body, want := range map[string]string{
		`{"quiet_from":"22:00"}`: "invalid", `{"quiet_from":"","quiet_to":"07:00"}`: "invalid", `{"digest":"8"}`: "invalid", `{"per_hour":0}`: "invalid", `{"cooldown_s":-1}`: "invalid",
		`{"asked":[{"camera":1,"kind":"ring","modes":["away"]}]}`: "invalid", `{"asked":[{"camera":1,"kind":"x","modes":[]}]}`: "invalid", `{"recent":[]}`: "invalid",
		`{"asked":[{"camera":1,"kind":"x","modes":["away"]},{"camera":1,"kind":"x","modes":["home"]}]}`: "invalid",
		`{"asked":[{"camera":7,"kind":"x","modes":["away"]}]}`:                                          "not_found",
	} {
		if kind, message := failure(t, h.do("PATCH", address, body)); kind != want {
			t.Errorf("%s: %s, %s", body, kind, message)
		}
	}
	var got alertsView
	if err := json.Unmarshal([]byte(text(t, h.do("PATCH", address, `{"quiet_from":"","quiet_to":"","quiet_rings":true}`))), &got); err != nil {
		t.Fatal(err)
	}
	if got.QuietFrom != "" || !got.QuietRings || got.Digest != "08:00" || got.PerHour != 2 || got.Cooldown != 60 || len(got.Asked) != 1 || len(got.Asked[0].Modes) != 2 {
		t.Errorf("%+v", got)
	}
}
