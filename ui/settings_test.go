package ui_test

import (
	"strings"
	"testing"

	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
)

// Settings and the navigation lead to what who asks may see, and to nothing else.
func TestSettingsLeadWhereOneMay(t *testing.T) {
	watch := []auth.Grant{{Action: auth.Watch, Object: auth.Cameras}}
	of := func(more ...auth.Grant) auth.Subject {
		return auth.Subject{Name: "some", Grants: append(watch[:1:1], more...)}
	}
	for name, c := range map[string]struct {
		who     auth.Subject
		leads   []string
		nowhere []string
	}{
		"the household":         {auth.Household(), []string{"/events", "/settings", "/cameras/new", "/cameras/1/recording", "/cameras/2/remove", "/storage", "/replies", "/trust"}, []string{"/settings/audit"}},
		"who may only watch":    {of(), []string{"/settings", "/trust"}, []string{"/events", "/cameras/new", "/cameras/1/recording", "/storage", "/replies", "/settings/audit"}},
		"who may look back":     {of(auth.Grant{Action: auth.Review, Object: auth.Cameras}), []string{"/events", "/settings"}, []string{"/cameras/new", "/storage"}},
		"who manages one alone": {of(auth.Grant{Action: auth.Manage, Object: auth.Camera(1)}), []string{"/cameras/1/recording"}, []string{"/cameras/2/recording", "/cameras/new", "/storage"}},
	} {
		t.Run(name, func(t *testing.T) {
			page := get(serveTo(t, &household{cameras: []nvr.Camera{camera(1, "Drive"), camera(2, "Front door")}}, c.who), "/settings").Body.String()
			run(t, page, append(everyPage, says("Settings", "Sign out"))...)
			for _, to := range c.leads {
				if !strings.Contains(page, `href="`+to+`"`) {
					t.Errorf("it does not lead to %s", to)
				}
			}
			for _, to := range c.nowhere {
				if strings.Contains(page, `href="`+to+`"`) {
					t.Errorf("it leads to %s", to)
				}
			}
		})
	}
}
