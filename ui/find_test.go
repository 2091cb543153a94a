package ui_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
)

// The household of the tests finds cameras of these addresses.
func (h *household) Around(context.Context) ([]appliance.Device, error) {
	return []appliance.Device{
		{Address: "http://10.0.0.7/onvif/device_service", Name: "<b>Bell</b>"},
		{Address: "http://10.0.0.1/", Name: "Old", Camera: 1, Called: "<i>Door</i>"},
		{Address: "http://10.0.0.2/", Name: "Moved", Camera: 2, Called: "Garden", Moved: true},
	}, nil
}

func (h *household) Ask(_ context.Context, w appliance.Wanted) (appliance.Finding, error) {
	address, user, password := w.Address, w.User, w.Password
	switch {
	case strings.HasPrefix(address, "ftp:"):
		return appliance.Finding{Reason: nvr.Refused, Doubt: &nvr.Doubt{Field: "address", Mistake: "other_scheme"}}, nil
	case address == "10.0.0.8":
		return appliance.Finding{}, fmt.Errorf("ask: %w", nvr.ErrBusy)
	case address == "10.0.0.6":
		return appliance.Finding{NeedPassword: true, Refused: true, Wait: 28*time.Minute + time.Second, Reason: nvr.WrongPassword}, nil
	case password == "canary-again" && !w.Anew:
		return appliance.Finding{NeedPassword: true, Refused: true, Again: true, Reason: nvr.WrongPassword}, nil
	case !strings.Contains(address, "10.0.0.7"):
		return appliance.Finding{Reason: nvr.Unreachable, Detail: "no answer"}, nil
	case password != "right":
		return appliance.Finding{NeedPassword: true, Refused: user != "", Reason: nvr.WrongPassword}, nil
	}
	return h.Found("held")
}

func (h *household) Found(name string) (appliance.Finding, error) {
	if name != "held" {
		return appliance.Finding{}, fmt.Errorf("found: %w", nvr.ErrNotFound)
	}
	return appliance.Finding{Name: "held", Suggest: "Bell 2", Moved: true, Tells: true, Streams: []nvr.Stream{
		{Video: nvr.Video{Codec: "h265", Width: 2560, Height: 1440}}, {Quality: nvr.Sub, Video: nvr.Video{Codec: "h265", Width: 640, Height: 360}},
	}}, nil
}

func (h *household) AddFound(ctx context.Context, name, as string) (nvr.CameraID, error) {
	if _, err := h.Found(name); err != nil {
		return 0, err
	}
	return h.Add(ctx, appliance.Input{Name: as, URL: "rtsp://10.0.0.7/"})
}

func TestFind(t *testing.T) {
	form := func(pairs ...string) url.Values {
		v := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		return v
	}
	for name, c := range map[string]struct {
		form   url.Values
		status int
		says   []string
	}{
		"search":         {form("do", "search"), 200, []string{"&lt;b&gt;Bell&lt;/b&gt;", "http://10.0.0.7/onvif/device_service", "Added already: &lt;i&gt;Door&lt;/i&gt;", `href="/cameras/1"`, `href="/cameras/2/edit"`, "Garden, at another address"}},
		"nothing typed":  {form("do", "ask", "address", " "), 200, []string{"&lt;b&gt;Bell&lt;/b&gt;"}},
		"no address":     {form("do", "ask", "address", "ftp://10.0.0.7/"), 422, []string{`id="address-note"`, "begin with rtsp://"}},
		"a second one":   {form("do", "ask", "address", "10.0.0.8"), 503, []string{"looking for a camera already"}},
		"too often":      {form("do", "ask", "address", "10.0.0.6", "user", "admin", "password", "canary-wrong"), 200, []string{"leaves it alone for 29 minutes", `type="password"`}},
		"nobody there":   {form("do", "ask", "address", "10.0.0.9"), 422, []string{`value="10.0.0.9"`, "no answer"}},
		"one that is":    {form("use", "http://10.0.0.7/onvif/device_service"), 200, []string{`type="password"`, `value="admin"`}},
		"a wrong one":    {form("do", "ask", "address", "10.0.0.7", "user", "ada", "password", "canary-wrong"), 200, []string{"refuses this user or password", `value="ada"`}},
		"the same":       {form("do", "ask", "address", "10.0.0.7", "user", "ada", "password", "canary-again"), 200, []string{"refused this very password", `name="anew"`, `type="password"`}},
		"the same, anew": {form("do", "ask", "address", "10.0.0.7", "user", "ada", "password", "canary-again", "anew", "1"), 200, []string{"refuses this user or password"}},
		"the right one":  {form("do", "ask", "address", "10.0.0.7", "user", "ada", "password", "right"), 200, []string{"/api/v1/findings/held/picture.mp4", "This is it: add", `value="Bell 2"`, "H.265, 2560 × 1440", "640 × 360", "some browsers do not show"}},
		"added too late": {form("do", "add", "found", "another", "name", "Front"), 404, []string{"look for the camera again"}},
		"added":          {form("do", "add", "found", "held", "name", "Front"), 303, nil},
	} {
		w := post(serve(t, &household{}), "/cameras/new", c.form)
		if w.Code != c.status {
			t.Errorf("%s: %d, want %d", name, w.Code, c.status)
		}
		for _, text := range c.says {
			if !strings.Contains(w.Body.String(), text) {
				t.Errorf("%s: lacks %q:\n%s", name, text, w.Body)
			}
		}
		if strings.Contains(w.Body.String(), "canary") {
			t.Errorf("%s: the password came back", name)
		}
		if c.status != 303 {
			run(t, w.Body.String(), everyPage...)
		}
	}
	if w := get(serve(t, &household{}), "/cameras/find"); w.Code != 301 || w.Header().Get("Location") != "/cameras/new" {
		t.Errorf("where it was: %d %v", w.Code, w.Header())
	}
}
