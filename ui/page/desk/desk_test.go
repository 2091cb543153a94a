package desk

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"nvrd/federation/agency"
	"nvrd/federation/response"
	"nvrd/federation/wire"
	"nvrd/pkg/auth"
	"nvrd/ui/component"
)

var brigade = wire.Agency{
	Title: `Brigade <b>&`, Class: wire.ClassFire, Contact: `Desk, 555 0100 "<i>`, Policy: "Deleted after 30 days.",
	Jurisdiction: []wire.Point{{Lat: 40_600_000, Lon: -74_000_000}, {Lat: 40_600_000, Lon: -73_700_000}, {Lat: 40_900_000, Lon: -73_700_000}, {Lat: 40_900_000, Lon: -74_000_000}},
}

// hostile is what a neighbor writes who wants the page to do something.
const hostile = `</p><script>alert(1)</script>"'><img src=x onerror=alert(1)>` + "\n" + `javascript:alert(1) {time} {name}`

// office is an agency with its pages.
type office struct {
	t *testing.T
	*agency.Agency
	pages http.Handler
	now   time.Time
}

func openOffice(t *testing.T) *office {
	t.Helper()
	a, err := agency.Init(t.Context(), t.TempDir(), brigade)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	o := &office{t: t, Agency: a, now: time.Now()}
	pages, err := New(Config{Agency: a, Now: func() time.Time { return o.now }, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	o.pages = auth.As(auth.Household(), pages)
	return o
}

func (o *office) do(method, path string, form url.Values) *httptest.ResponseRecorder {
	o.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	o.pages.ServeHTTP(w, r)
	return w
}

// shows gets a page that has to be there.
func (o *office) shows(path string, status int, says ...string) string {
	o.t.Helper()
	w := o.do(http.MethodGet, path, nil)
	body := w.Body.String()
	if w.Code != status {
		o.t.Fatalf("%s: status %d", path, w.Code)
	}
	for _, s := range says {
		if !strings.Contains(body, s) {
			o.t.Errorf("%s does not say %q", path, s)
		}
	}
	if got := w.Header().Get("Cache-Control"); got != "no-store" {
		o.t.Errorf("%s is kept: %q", path, got)
	}
	return body
}

func (o *office) entries() []wire.Signed {
	o.t.Helper()
	p, err := o.Published(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	return p.All
}

// form is a request that keeps the rules.
func (o *office) form() url.Values {
	return url.Values{
		"case": {"26-7"}, "incident": {"fire"}, "from": {component.LocalMinute(o.now.Add(-2 * time.Hour))}, "to": {component.LocalMinute(o.now.Add(-time.Hour))},
		"area": {"40.7,-73.99 40.7,-73.985 40.705,-73.985 40.705,-73.99"}, "text": {"Smoke behind the bakery?"}, "days": {"7"},
	}
}

// publishes publishes that and returns it.
func (o *office) publishes() wire.Signed {
	o.t.Helper()
	if w := o.do(http.MethodPost, "/request", o.form()); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/?done=published" {
		o.t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	all := o.entries()
	return all[len(all)-1]
}

// receives has a home answer a request.
func (o *office) receives(asked wire.Signed, change func(*response.Response)) agency.Arrival {
	o.t.Helper()
	now := wire.MinuteOf(o.now)
	r := response.Response{Request: asked.ID, Agency: o.Key, Case: asked.Body.(wire.Request).Case, Minute: now, Until: now + 30*wire.Day, Words: "A van."}
	change(&r)
	sealed, err := response.Seal(o.entries()[0].Body.(wire.Recipient), r)
	if err != nil {
		o.t.Fatal(err)
	}
	a, err := o.Take(o.t.Context(), sealed)
	if err != nil {
		o.t.Fatal(err)
	}
	return a
}

func photo(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 64, 48)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAsk(t *testing.T) {
	o := openOffice(t)
	o.shows("/", 200, "Brigade &lt;b&gt;&amp;", "Nothing is open.", "Nothing has come yet.", "no sponsor yet")
	o.shows("/request", 200, `name="area"`, "40.7,-73.99 40.7,-73.985", "Desk, 555 0100 &#34;&lt;i&gt;", `action="/request"`)
	asked := o.publishes()
	b := asked.Body.(wire.Request)
	if want := o.now.Add(-2 * time.Hour).Truncate(time.Minute); !b.From.Time().Equal(want) || b.Contact != brigade.Contact || b.Expires-b.Head.Minute != 7*wire.Day {
		t.Errorf("%+v is published, from %v", b, want)
	}
	o.shows("/?done=published", 200, "It is published", "Case 26-7", "Smoke behind the bakery?", "/requests/"+asked.ID.String()+"/end")
	if w := o.do(http.MethodPost, "/request", o.form()); w.Code != http.StatusConflict || len(o.entries()) != 2 {
		t.Errorf("a second press of the button: status %d, %d entries", w.Code, len(o.entries()))
	}

	end := "/requests/" + asked.ID.String() + "/end"
	o.shows(end, 200, "End case 26-7", `value="resolved"`, `value="withdrawn"`)
	if w := o.do(http.MethodPost, end, url.Values{"is": {"forgotten"}}); w.Code != http.StatusBadRequest || len(o.entries()) != 2 {
		t.Errorf("neither resolved nor withdrawn: status %d", w.Code)
	}
	if w := o.do(http.MethodPost, end, url.Values{"is": {"withdrawn"}}); w.Code != http.StatusSeeOther {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
	if is, ok := o.entries()[2].Body.(wire.Closing); !ok || is.On != asked.ID || is.Is != wire.ClosingWithdrawn {
		t.Errorf("it ends with %+v", o.entries()[2].Body)
	}
	o.shows(end, 404)
	o.shows("/", 200, "Nothing is open.")
}

// What breaks a rule is said where it was typed, with what to do; what was typed stays,
// and nothing is published.
func TestAskRefused(t *testing.T) {
	o := openOffice(t)
	at := func(d time.Duration) string { return component.LocalMinute(o.now.Add(d)) }
	for _, c := range []struct{ field, value, says string }{
		{"case", "", "Give it your number."},
		{"case", strings.Repeat("7", 25), "At most 24 characters."},
		{"incident", "protest", "Choose one."},
		{"from", "yesterday", "Give a day and a time."},
		{"from", at(-70 * time.Minute), "it is 15 minutes to 12 hours"},
		{"from", at(-20 * time.Hour), "it is 15 minutes to 12 hours"},
		{"to", at(time.Hour), "this is still to come"},
		{"area", "40.7,-73.99", "it has 1 corners"},
		{"area", "here", "write latitude and longitude"},
		{"area", "40.7,-73.99 40.7,-73.9899 40.7001,-73.9899", "smaller than 0.025 square miles"},
		{"area", "50.7,-73.99 50.7,-73.985 50.705,-73.985 50.705,-73.99", "draw the area within the jurisdiction."},
		{"text", "", "Say what you ask."},
		{"text", "See www.town", "leave out addresses of pages"},
		{"contact", strings.Repeat("5", 201), "At most 200 characters."},
		{"days", "15", "A number from 1 to 14."},
		{"days", "-1", "A number from 1 to 14."},
	} {
		form := o.form()
		form.Set(c.field, c.value)
		w := o.do(http.MethodPost, "/request", form)
		if body := w.Body.String(); w.Code != http.StatusUnprocessableEntity || !strings.Contains(body, c.says) || !strings.Contains(body, "Nothing is published") || !strings.Contains(body, "Smoke") && c.field != "text" {
			t.Errorf("%s %q: status %d, and it does not say %q", c.field, c.value, w.Code, c.says)
		}
	}
	for field, says := range map[string]string{"title": "Say what it is about.", "text": "Say what people should know.", "days": "A number from 1 to 14."} {
		form := url.Values{"title": {"Dry week"}, "text": {"No open fires."}, "days": {"7"}}
		form.Set(field, "")
		if w := o.do(http.MethodPost, "/bulletin", form); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), says) {
			t.Errorf("a bulletin without %s: status %d", field, w.Code)
		}
	}
	if n := len(o.entries()); n != 1 {
		t.Errorf("%d entries", n)
	}
}

func TestBulletin(t *testing.T) {
	o := openOffice(t)
	o.shows("/bulletin", 200, `action="/bulletin"`)
	form := url.Values{"title": {"Dry week"}, "text": {"No open fires."}, "days": {"7"}}
	for want, status := range []int{http.StatusSeeOther, http.StatusConflict} {
		if w := o.do(http.MethodPost, "/bulletin", form); w.Code != status || len(o.entries()) != 2 {
			t.Errorf("press %d: status %d, %d entries", want+1, w.Code, len(o.entries()))
		}
	}
	for _, n := range []string{"a", "b"} {
		form.Set("title", n)
		w := o.do(http.MethodPost, "/bulletin", form)
		if n == "b" && (w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "two bulletins a day")) {
			t.Errorf("the third of a day: status %d", w.Code)
		}
	}
}

// What a neighbor wrote or sent does nothing on any page.
func TestHostileResponse(t *testing.T) {
	o := openOffice(t)
	asked := o.publishes()
	a := o.receives(asked, func(r *response.Response) {
		r.Words = hostile
		r.Media = []response.Media{
			{Type: wire.MediaClip, Bytes: []byte("<html><script>alert(1)</script>")},
			{Type: wire.MediaPhoto, Bytes: []byte("<svg onload=alert(1)>")},
			{Type: wire.MediaPhoto, Bytes: photo(t)},
		}
	})
	at := "/inbox/" + a.ID.String()
	for _, path := range []string{"/", at, at + "/forget"} {
		body := o.shows(path, 200, "&lt;script&gt;alert(1)", "javascript:alert(1) {time} {name}")
		for _, bad := range []string{"<script", "onerror=alert(1)>", `href="javascript`, "<img src=x"} {
			if strings.Contains(strings.ReplaceAll(body, "onerror=alert(1)&gt;", ""), bad) {
				t.Errorf("%s has %q", path, bad)
			}
		}
		if strings.Contains(body, "//") && strings.Contains(body, `src="http`) {
			t.Errorf("%s loads from elsewhere", path)
		}
	}
	o.shows(at, 200, `<video controls`, at+"/media/0", "can&#39;t be shown here", `<img src="`+at+`/media/2" width="64" height="48"`, asked.ID.String())
	for place, want := range []struct{ kind, disposition string }{{"video/mp4", ""}, {"image/jpeg", `attachment; filename="2.jpg"`}, {"image/jpeg", ""}} {
		w := o.do(http.MethodGet, fmt.Sprintf("%s/media/%d", at, place), nil)
		h := w.Header()
		if w.Code != 200 || h.Get("Content-Type") != want.kind || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Content-Security-Policy") != "default-src 'none'; sandbox" || h.Get("Cache-Control") != "no-store" || h.Get("Content-Disposition") != want.disposition {
			t.Errorf("file %d: status %d, %v", place, w.Code, h)
		}
	}
	for _, path := range []string{at + "/media/3", at + "/media/-1", at + "/media/x", "/inbox/" + asked.ID.String(), "/inbox/x", "/inbox/" + asked.ID.String() + "/media/0", "/nowhere"} {
		if w := o.do(http.MethodGet, path, nil); w.Code != http.StatusNotFound {
			t.Errorf("%s: status %d", path, w.Code)
		}
	}
}

func TestInbox(t *testing.T) {
	o := openOffice(t)
	asked := o.publishes()
	a := o.receives(asked, func(r *response.Response) { r.Until = r.Minute + 10*wire.Day })
	at := "/inbox/" + a.ID.String()
	start := o.now
	for days, want := range map[int]string{1: "", 4: "That ends within 7 days.", 11: "Forget it now"} {
		o.now = start.AddDate(0, 0, days)
		for _, path := range []string{"/", at} {
			body := o.shows(path, 200, want, "Case 26-7")
			for _, other := range []string{"That ends within 7 days.", "Forget it now"} {
				if other != want && strings.Contains(body, other) {
					t.Errorf("after %d days %s says %q", days, path, other)
				}
			}
		}
	}
	o.now = start
	part := response.Cut(bytes.Repeat([]byte{1}, 1<<20))
	if _, err := o.Take(t.Context(), part[0]); err != nil {
		t.Fatal(err)
	}
	o.shows("/", 200, fmt.Sprintf("1 of %d parts are here", len(part)))
	all, err := o.Inbox(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(v agency.Arrival) bool { return v.ID != a.ID })
	half := "/inbox/" + all[i].ID.String()
	o.shows(half, 200, "parts are here", half+"/forget")
	if w := o.do(http.MethodGet, half+"/media/0", nil); w.Code != http.StatusNotFound {
		t.Errorf("a file of what is not whole: status %d", w.Code)
	}

	o.shows(at+"/forget", 200, "Forget it for good?", "A van.")
	if w := o.do(http.MethodPost, at+"/forget", nil); w.Code != http.StatusSeeOther {
		t.Errorf("status %d", w.Code)
	}
	o.shows(at, 404)
	o.shows("/?done=forgotten", 200, "It is forgotten for good.")
}

// A sponsor that is away is said, and what is published stays. To look asks nobody.
func TestSponsors(t *testing.T) {
	o := openOffice(t)
	if err := o.AddSponsor(t.Context(), wire.Sponsor{URL: "https://127.0.0.1:9", SPKI: wire.Hash{1}, Agency: o.Key}); err != nil {
		t.Fatal(err)
	}
	o.shows("/", 200, "127.0.0.1:9", "Not asked since this was started", `action="/sponsors"`)
	if w := o.do(http.MethodPost, "/sponsors", nil); w.Code != http.StatusSeeOther {
		t.Fatalf("status %d", w.Code)
	}
	o.shows("/", 200, "Not reached: ", "refused")
	o.publishes()
}

// Nothing changes by looking.
func TestOnlyPostsChange(t *testing.T) {
	o := openOffice(t)
	asked := o.publishes()
	a := o.receives(asked, func(*response.Response) {})
	for _, path := range []string{"/request?" + o.form().Encode(), "/bulletin?title=a&text=b&days=1", "/requests/" + asked.ID.String() + "/end?is=resolved", "/inbox/" + a.ID.String() + "/forget", "/sponsors"} {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete} {
			o.do(method, path, nil)
		}
	}
	// What stands in the address is not what was typed.
	for _, path := range []string{"/request?" + o.form().Encode(), "/bulletin?title=a&text=b&days=1", "/requests/" + asked.ID.String() + "/end?is=resolved"} {
		if w := o.do(http.MethodPost, path, nil); w.Code < 400 {
			t.Errorf("%s: status %d", path, w.Code)
		}
	}
	if all, err := o.Inbox(t.Context()); err != nil || len(all) != 1 || len(o.entries()) != 2 {
		t.Errorf("%d in the inbox, %d published: %v", len(all), len(o.entries()), err)
	}
	if w := o.do(http.MethodPost, "/request", url.Values{"text": {strings.Repeat("a", formBytes)}}); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a form that is too long: status %d", w.Code)
	}
}
