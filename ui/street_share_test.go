package ui_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"nvrd/federation/blob"
	"nvrd/federation/wire"
	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
	"nvrd/ui/page/street/share"
)

// studio makes something different each time.
type studio struct {
	lacks string
	err   error
	made  []share.Cut
	extra int // bytes of each clip
}

func (s *studio) Lacks() string { return s.lacks }

func (s *studio) Make(_ context.Context, c share.Cut) (blob.Plain, error) {
	if s.err != nil {
		return blob.Plain{}, s.err
	}
	s.made = append(s.made, c)
	p := blob.Plain{Type: wire.MediaClip, Full: append(append(film(), make([]byte, s.extra)...), byte(len(s.made))), Thumbnail: picture(160, 90), Width: 1280, Height: 720, Seconds: 7}
	if c.Photo {
		p.Type, p.Full, p.Seconds = wire.MediaPhoto, picture(640, 360), 0
	}
	return p, nil
}

// window is a browser, which keeps what it is told to.
type window struct {
	http.Handler
	cookies []*http.Cookie
}

func (b *window) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for _, c := range b.cookies {
		if strings.HasPrefix(r.URL.Path, c.Path) {
			r.AddCookie(c)
		}
	}
	b.Handler.ServeHTTP(w, r)
	if rec, ok := w.(*httptest.ResponseRecorder); ok {
		b.cookies = append(b.cookies, rec.Result().Cookies()...)
	}
}

const (
	sharing = "/cameras/1/share"
	painted = "in 0 100 200 300 400 2000 150 200 300 400"
)

// chosen is the form as it comes back.
func (n *neighbor) chosen(pairs ...string) url.Values {
	v := values("street", strings.TrimPrefix(n.at(""), "/street/"), "kind", "clip", "from", "2026-11-20T12:00:00.250", "to", "2026-11-20T12:00:07")
	for i := 0; i < len(pairs); i += 2 {
		v[pairs[i]] = nil
	}
	for k, all := range values(pairs...) {
		v[k] = all
	}
	return v
}

// preview makes a draft and returns where it is shown, and its name.
func (n *neighbor) preview(h http.Handler, pairs ...string) (page, name string) {
	n.t.Helper()
	w := post(h, sharing, n.chosen(pairs...))
	page = w.Header().Get("Location")
	_, name, ok := strings.Cut(page, n.at("/new?draft="))
	if w.Code != http.StatusSeeOther || !ok {
		n.t.Fatalf("%d, to %s\n%s", w.Code, page, w.Body)
	}
	return page, name
}

func TestShareClip(t *testing.T) {
	s, anna, ben, _ := maple(t)
	h := &window{Handler: anna.pages(auth.Household())}
	run(t, get(h, "/cameras/1").Body.String(), append(everyPage, says("Share with the street"))...)
	run(t, get(h, sharing+"?from=2026-11-20T11:00:00Z&to=2026-11-20T11:00:20Z").Body.String(),
		append(everyPage, says("Show what would leave", "Nothing leaves yet."), keeps("from", "2026-11-20T12:00:00.000"), keeps("to", "2026-11-20T12:00:20.000"))...)

	page, name := anna.preview(h, "region", painted)
	made := anna.studio.made[0]
	from := nvr.TimeOf(time.Date(2026, 11, 20, 11, 0, 0, 250e6, time.UTC))
	want := share.Region{From: share.Place{X: .1, Y: .2, W: .3, H: .4}, To: share.Place{At: 2 * time.Second, X: .15, Y: .2, W: .3, H: .4}}
	if made.Camera != 1 || made.Span != (nvr.Span{From: from, To: from.Add(6750 * time.Millisecond)}) || made.Sound || made.Photo || len(made.Regions) != 1 || made.Regions[0] != want {
		t.Errorf("made %+v", made)
	}
	at := anna.at("/drafts/" + name)
	body := get(h, page).Body.String()
	run(t, body, append(everyPage, says("Exactly this would leave", "196 KiB", "Taken out: the sound.", "Blurred in the pixels, for good: 1 part.", "Clip, 7 s", "What happened?"), sized(1280, 720), keeps("when", "2026-11-20T12:00"))...)
	for _, want := range []string{`src="` + at + `"`, `poster="` + at + `/thumbnail"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the preview lacks %s", want)
		}
	}
	seen := get(h, at)
	if seen.Code != http.StatusOK || seen.Header().Get("Content-Type") != "video/mp4" || seen.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("the preview's clip: %d %v", seen.Code, seen.Header())
	}
	if w := ask(h, at, "bytes=10-19"); w.Code != http.StatusPartialContent || !bytes.Equal(w.Body.Bytes(), seen.Body.Bytes()[10:20]) {
		t.Errorf("a part of it: %d", w.Code)
	}
	stranger := &window{Handler: anna.pages(auth.Household())}
	for _, address := range []string{at, at + "/thumbnail"} {
		if w := get(stranger, address); w.Code != http.StatusNotFound {
			t.Errorf("another browser sees what is not shared yet: %d", w.Code)
		}
	}
	if w := post(stranger, anna.at("/new"), values("draft", name, "happened", "A parcel was taken.", "category", "package")); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("another browser sends it: %d", w.Code)
	}

	words := []string{"draft", name, "happened", "I saw a man", "person", "tall", "category", "package"}
	run(t, post(h, anna.at("/new"), values(words...)).Body.String(), append(everyPage, says("Before you send it", "Exactly this would leave"))...)
	goes(t, h, anna.at("/new"), append(words, "nudged", "1")...)
	s.carry()
	ben.fetch(anna)
	shared := ben.in.Days()[0].Posts[0].Item
	got := get(ben.pages(reader), ben.at("/entries/"+shared.ID.String()+"/media/0"))
	if a, b := sha256.Sum256(seen.Body.Bytes()), sha256.Sum256(got.Body.Bytes()); a != b || got.Code != http.StatusOK {
		t.Errorf("%x was confirmed, %x is at the neighbor's", a[:4], b[:4])
	}
	if len(anna.studio.made) != 1 {
		t.Error("it was made again")
	}
	if w := get(h, at); w.Code != http.StatusNotFound {
		t.Errorf("after it was sent the draft is held: %d", w.Code)
	}
	again := post(h, anna.at("/new"), values(append(words, "nudged", "1")...))
	run(t, again.Body.String(), append(everyPage, says("What you chose was forgotten"))...)
}

func TestShareIsCancelled(t *testing.T) {
	s, anna, _, _ := maple(t)
	h := &window{Handler: anna.pages(auth.Household())}
	_, name := anna.preview(h, "kind", "photo", "sound", "1")
	if made := anna.studio.made[0]; !made.Photo || made.Sound {
		t.Errorf("made %+v", made)
	}
	at := anna.at("/drafts/" + name)
	if w := get(h, at); w.Header().Get("Content-Type") != "image/jpeg" {
		t.Errorf("a photo is %v", w.Header())
	}
	if to := goes(t, h, anna.at("/new"), "draft", name, "do", "drop", "happened", ""); to != "/cameras/1" {
		t.Errorf("cancel leads to %s", to)
	}
	if w := get(h, at); w.Code != http.StatusNotFound {
		t.Errorf("after cancel: %d", w.Code)
	}
	s.carry()
	if n := len(anna.in.Days()); n != 0 || len(anna.sealed) != 0 {
		t.Errorf("%d days of posts, %d files", n, len(anna.sealed))
	}
}

// TestShareRefuses has forms that can't be, and footage that can't.
func TestShareRefuses(t *testing.T) {
	_, anna, _, _ := maple(t)
	h := &window{Handler: anna.pages(auth.Household())}
	many := []string{}
	for range 17 {
		many = append(many, "region", painted)
	}
	for name, c := range map[string]struct {
		form []string
		says string
	}{
		"no time":        {[]string{"from", "soon"}, "That is no date and time."},
		"backwards":      {[]string{"to", "2026-11-20T11:00:00"}, "The end has to come after the start."},
		"too long":       {[]string{"to", "2026-11-20T12:00:31"}, "A clip is at most 30 seconds long."},
		"many regions":   {many, "At most 16 parts"},
		"half a region":  {[]string{"region", "in 0 1 2"}, "Paint it anew"},
		"no kind":        {[]string{"region", "over 0 100 200 300 400"}, "Paint it anew"},
		"out of it":      {[]string{"region", "in 0 900 200 300 400"}, "Paint it anew"},
		"empty":          {[]string{"region", "in 0 100 200 0 400"}, "Paint it anew"},
		"negative":       {[]string{"region", "in 0 -100 200 300 400"}, "Paint it anew"},
		"at two places":  {[]string{"region", "in 5 100 200 300 400 5 200 200 300 400"}, "Paint it anew"},
		"no number":      {[]string{"region", "in 0 NaN 200 300 400"}, "Paint it anew"},
		"late":           {[]string{"region", "in 31000 100 200 300 400"}, "Paint it anew"},
		"script in form": {[]string{"from", `"><script>x</script>`}, "That is no date and time."},
	} {
		t.Run(name, func(t *testing.T) {
			w := post(h, sharing, anna.chosen(c.form...))
			if w.Code != http.StatusUnprocessableEntity {
				t.Errorf("%d", w.Code)
			}
			run(t, w.Body.String(), append(everyPage, says(c.says))...)
		})
	}
	for _, c := range []struct {
		err  error
		says string
	}{{nvr.ErrNotFound, "Nothing was recorded then."}, {nvr.ErrTooLarge, "Choose a shorter part."}, {context.DeadlineExceeded, "That took too long."}, {io.ErrUnexpectedEOF, "could not be made"}} {
		anna.studio.err = fmt.Errorf("studio: %w", c.err)
		run(t, post(h, sharing, anna.chosen("region", painted)).Body.String(), append(everyPage, says(c.says), keeps("region", painted), keeps("to", "2026-11-20T12:00:07"))...)
	}
	anna.studio.err, anna.studio.lacks = nil, "install it with: apt install ffmpeg"
	run(t, get(h, sharing).Body.String(), append(everyPage, says("No blur and no photos", "apt install ffmpeg"))...)
	for _, form := range [][]string{{"kind", "photo"}, {"region", painted}} {
		run(t, post(h, sharing, anna.chosen(form...)).Body.String(), append(everyPage, says("needs ffmpeg"))...)
	}
	anna.preview(h) // what is possible is done

	for name, who := range map[string]auth.Subject{"reads": reader, "writes, and sees no camera": teller} {
		for _, code := range []int{get(anna.pages(who), sharing).Code, post(anna.pages(who), sharing, anna.chosen()).Code} {
			if code != http.StatusForbidden {
				t.Errorf("who %s: %d", name, code)
			}
		}
	}
	if w := post(h, sharing, anna.chosen("street", "0123456789abcdef")); w.Code != http.StatusNotFound {
		t.Errorf("another neighborhood: %d", w.Code)
	}
}

// TestShareNewcomer: others would not fetch the clip of a home that is new.
func TestShareNewcomer(t *testing.T) {
	s, anna, _, _ := maple(t)
	dora := s.join(anna, "Dora")
	s.carry()
	h := &window{Handler: dora.pages(auth.Household())}
	end := s.now.Add(48 * time.Hour).Truncate(time.Minute).UTC().Format("2006-01-02T15:04")
	said := []check{says("your home is new in Maple Row: one post a day"), newUntil(end)}
	for _, address := range []string{sharing, dora.at("/new")} {
		run(t, get(h, address).Body.String(), append(everyPage, said...)...)
		run(t, get(anna.pages(auth.Household()), strings.Replace(address, dora.at(""), anna.at(""), 1)).Body.String(), lacks("your home is new"))
	}
	_, name := dora.preview(h)
	w := post(h, dora.at("/new"), values("draft", name, "happened", "A parcel was taken.", "category", "package"))
	run(t, w.Body.String(), append(everyPage, says("New homes share no clips", "Exactly this would leave"))...)
	_, name = dora.preview(h, "kind", "photo")
	goes(t, h, dora.at("/new"), "draft", name, "happened", "A parcel was taken.", "category", "package")
}

// newUntil: a page says when a home is new no longer, to the minute.
func newUntil(minute string) check {
	return func(root *html.Node) (bad []string) {
		for _, p := range elements(root, "p") {
			if _, ok := attr(p, "data-newcomer"); !ok {
				continue
			}
			for _, at := range elements(p, "time") {
				v, _ := attr(at, "datetime")
				if strings.HasPrefix(v, minute) {
					return nil
				}
				bad = append(bad, "it ends at "+v)
			}
		}
		return append(bad, "it does not end at "+minute)
	}
}
