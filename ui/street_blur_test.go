package ui_test

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"nvrd/pkg/auth"
)

const blurring = "/cameras/1/blur"

// What is blurred for one's own use is made once, seen, and is the file; it goes
// to nobody, and needs no neighborhood.
func TestBlurForOneself(t *testing.T) {
	_, anna, _, _ := maple(t)
	exporter := auth.Subject{Name: "keeper", Grants: []auth.Grant{{Action: auth.Watch, Object: auth.Everything}, {Action: auth.Review, Object: auth.Everything}, {Action: auth.Export, Object: auth.Everything}}}
	h := &window{Handler: anna.pages(exporter)}
	body := get(h, "/cameras/1").Body.String()
	run(t, body, append(everyPage, says("Blur parts of it"), lacks("Share with the street"))...)
	run(t, get(h, blurring+"?from=2026-11-20T11:00:00Z&to=2026-11-20T12:00:00Z&kind=photo&region="+url.QueryEscape(painted)).Body.String(),
		append(everyPage, says("What to make", "It stays as it is"), lacks("Nothing leaves yet"), keeps("from", "2026-11-20T12:00:00.000"), keeps("to", "2026-11-20T12:00:30.000"), keeps("region", painted))...)

	w := post(h, blurring, anna.chosen("region", painted, "sound", "1"))
	page := w.Header().Get("Location")
	_, name, ok := strings.Cut(page, blurring+"?draft=")
	if w.Code != http.StatusSeeOther || !ok {
		t.Fatalf("%d, to %s\n%s", w.Code, page, w.Body)
	}
	body = get(h, page).Body.String()
	at := blurring + "/" + name
	run(t, body, append(everyPage, says("Exactly this is in the file", "Blurred in the pixels, for good: 1 part.", "Voices can be recognized", "Download"), sized(1280, 720))...)
	for _, want := range []string{`src="` + at + `"`, `poster="` + at + `/thumbnail"`, `download="Drive 2026-11-20 12.00.00.mp4"`, "region=" + url.QueryEscape(painted), "sound=1"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s\n%s", want, body)
		}
	}
	if w := get(h, at); w.Code != http.StatusOK || w.Header().Get("Content-Type") != "video/mp4" || !bytes.HasPrefix(w.Body.Bytes(), film()) {
		t.Errorf("the file: %d %v", w.Code, w.Header())
	}
	for what, address := range map[string]string{"another camera's": strings.Replace(at, "/1/", "/2/", 1), "its small picture": strings.Replace(at, "/1/", "/2/", 1) + "/thumbnail"} {
		if w := get(h, address); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", what, w.Code)
		}
	}
	if w := get(&window{Handler: anna.pages(exporter)}, at); w.Code != http.StatusNotFound {
		t.Errorf("another browser has it: %d", w.Code)
	}
	run(t, get(h, blurring+"?draft=gone").Body.String(), append(everyPage, says("was forgotten", "What to make"))...)
	run(t, post(h, blurring, anna.chosen("to", "2026-11-20T12:00:31")).Body.String(), append(everyPage, says("at most 30 seconds", "What to make"))...)

	viewer := auth.Subject{Name: "viewer", Grants: exporter.Grants[:2]}
	run(t, get(anna.pages(viewer), "/cameras/1").Body.String(), append(everyPage, lacks("Blur parts of it"))...)
	for name, who := range map[string]auth.Subject{"looks back, and takes nothing away": viewer, "reads the street": reader, "writes there": teller} {
		b := &window{Handler: anna.pages(who), cookies: h.cookies}
		for _, code := range []int{get(b, blurring).Code, post(b, blurring, anna.chosen()).Code, get(b, at).Code} {
			if code != http.StatusForbidden {
				t.Errorf("who %s: %d", name, code)
			}
		}
	}
	anna.studio.lacks = "install it with: apt install ffmpeg"
	run(t, get(h, blurring).Body.String(), append(everyPage, says("the program ffmpeg is needed", "apt install ffmpeg"), lacks("What to make"))...)
}
