package ui_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"nvrd/federation/wire"
	"nvrd/pkg/auth"
)

// street is a neighborhood of three, out of the time in which they are new.
func maple(t *testing.T) (s *neighbors, anna, ben, cora *neighbor) {
	t.Helper()
	s = newNeighbors(t)
	anna = s.found("Maple Row", "Anna and Tom")
	ben, cora = s.join(anna, "The blue gate"), s.join(anna, "Cora")
	s.carry()
	s.pass(71 * time.Hour)
	return s, anna, ben, cora
}

// TestTalk has neighbors post, comment, react and take back, by the pages of
// three homes.
func TestTalk(t *testing.T) {
	s, anna, ben, cora := maple(t)
	atAnna, atBen, atCora := anna.pages(auth.Household()), ben.pages(auth.Household()), cora.pages(auth.Household())
	form := []string{"happened", "Grey tabby on our step\r\nsince noon.\u00a0 Yours? ", "category", "lost_found", "place", "North end", "when", "2026-11-20T12:00", "days", "7"}
	if to := goes(t, atAnna, anna.at("/new"), form...); to != anna.at("") {
		t.Errorf("a post leads to %s", to)
	}
	s.carry()
	cat := anna.in.Days()[0].Posts[0].Item
	if got := cat.Says.(wire.Post); got.Happened != "Grey tabby on our step\nsince noon.  Yours?" || got.Place != "North end" || got.When.Time().Format("2006-01-02T15:04") != "2026-11-20T11:00" {
		t.Errorf("posted %+v", got)
	}
	if got := cat.Entry.Expires - cat.Entry.Minute; got != 7*wire.Day {
		t.Errorf("it stays for %d minutes", got)
	}
	feed := func(h http.Handler, n *neighbor, checks ...check) string {
		t.Helper()
		body := get(h, n.at("")).Body.String()
		run(t, body, append(checks, everyPage...)...)
		return body
	}
	feed(atBen, ben, says("Anna and Tom", "Lost and found", "Grey tabby on our step", "North end", "gone in 7 days", "began this neighborhood", "Hide this"))
	feed(atAnna, anna, says("Take it back"), lacks("Hide this"))
	feed(ben.pages(reader), ben, says("Grey tabby"), lacks("Hide this"), lacks("Write"), lacks("Seen it"))

	entry := "/entries/" + cat.ID.String()
	if to := goes(t, atBen, ben.at(entry), "do", "thanks", "back", "feed"); to != ben.at("")+"#e-"+cat.ID.String()[:16] {
		t.Errorf("thanks lead to %s", to)
	}
	goes(t, atBen, ben.at(entry), "do", "thanks") // once is enough
	goes(t, atBen, ben.at(entry), "do", "comment", "text", "That is Momo!\tI am on my way.")
	s.carry()
	feed(atAnna, anna, says("1 comment", "Thanks 1"))
	if room, _ := ben.in.Room(); room.Reactions != 99 {
		t.Errorf("%d reactions left", room.Reactions)
	}
	run(t, get(atCora, cora.at(entry)).Body.String(), append(everyPage, says("Anna and Tom wrote", "That is Momo! I am on my way.", "The blue gate"), lacks("As a steward"))...)
	for name, c := range map[string]struct{ text, says string }{
		"nothing":  {" \u200b", "Write something first."},
		"too much": {strings.Repeat("x", 1001), "1,000 characters at most"},
	} {
		w := post(atCora, cora.at(entry), values("do", "comment", "text", c.text))
		if w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", name, w.Code)
		}
		run(t, w.Body.String(), append(everyPage, says(c.says, strings.TrimSpace(strings.Trim(c.text, "\u200b "))))...)
	}
	feed(atBen, ben, says("Thanks 1"), button("undo", "thanks", "true"), button("do", "seen", "false"))
	if to := goes(t, atBen, ben.at(entry), "undo", "thanks", "back", "feed"); to != ben.at("")+"#e-"+cat.ID.String()[:16] {
		t.Errorf("thanks taken back lead to %s", to)
	}
	goes(t, atBen, ben.at(entry), "undo", "thanks") // from a window that is behind
	s.carry()
	feed(atBen, ben, lacks("Thanks 1"), button("do", "thanks", "false"))
	feed(atAnna, anna, lacks("Thanks 1"))
	goes(t, atBen, ben.at(entry), "do", "thanks")
	s.carry()
	feed(atAnna, anna, says("Thanks 1"), button("do", "thanks", "false"))
	run(t, get(atBen, ben.at(entry)).Body.String(), append(everyPage, button("undo", "thanks", "true"))...)
	for _, form := range [][]string{{"undo", "dance"}, {"undo", ""}, {}} {
		if w := post(atBen, ben.at(entry), values(form...)); w.Code != http.StatusBadRequest {
			t.Errorf("%q: %d", form, w.Code)
		}
	}
	if w := post(ben.pages(reader), ben.at(entry), values("undo", "thanks")); w.Code != http.StatusForbidden {
		t.Errorf("a reader takes thanks back: %d", w.Code)
	}
	if w := post(cora.pages(reader), cora.at(entry), values("do", "comment", "text", "x")); w.Code != http.StatusForbidden {
		t.Errorf("a reader comments: %d", w.Code)
	}
	if w := post(atCora, cora.at(entry), values("do", "retract")); w.Code != http.StatusForbidden {
		t.Errorf("Cora takes back what Anna said: %d", w.Code)
	}
	if w := post(atCora, cora.at(entry), values("do", "dance")); w.Code != http.StatusBadRequest {
		t.Errorf("something else: %d", w.Code)
	}

	goes(t, atAnna, anna.at(entry), "do", "retract", "back", "feed")
	s.carry()
	feed(atBen, ben, says("Taken back by who wrote it.", "Anna and Tom"), lacks("Grey tabby"), lacks("North end"))
	run(t, get(atBen, ben.at(entry)).Body.String(), append(everyPage, says("Taken back"), lacks("Send to all"))...)
	late := post(atCora, cora.at(entry), values("do", "comment", "text", "Is it still there?"))
	run(t, late.Body.String(), append(everyPage, says("no longer there"))...)
}

// button: the reaction's button does what it says and is pressed or not.
func button(name, value, pressed string) check {
	return func(root *html.Node) (bad []string) {
		for _, b := range elements(root, "button") {
			if v, _ := attr(b, "value"); v != value {
				continue
			}
			n, _ := attr(b, "name")
			p, _ := attr(b, "aria-pressed")
			if n == name && p == pressed {
				return nil
			}
			bad = append(bad, fmt.Sprintf("button %s=%s has aria-pressed=%q", n, value, p))
		}
		return append(bad, fmt.Sprintf("no button %s=%s with aria-pressed=%q", name, value, pressed))
	}
}

func TestWrite(t *testing.T) {
	s, _, ben, _ := maple(t)
	h := ben.pages(teller)
	good := map[string]string{"happened": "No water since six.", "category": "outage"}
	with := func(pairs ...string) []string {
		v := map[string]string{}
		for k, s := range good {
			v[k] = s
		}
		for i := 0; i < len(pairs); i += 2 {
			v[pairs[i]] = pairs[i+1]
		}
		var all []string
		for k, s := range v {
			all = append(all, k, s)
		}
		return all
	}
	run(t, get(h, ben.at("/new")).Body.String(), append(everyPage, says("What happened?", "5 posts left today.", "Playground"), keeps("days", "30"))...)
	for name, c := range map[string]struct {
		form []string
		says []string
	}{
		"nothing":       {with("happened", ""), []string{"Write something first."}},
		"too much":      {with("happened", strings.Repeat("x", 1001)), []string{"1,000 characters at most"}},
		"no category":   {with("category", ""), []string{"Choose what it is about.", "No water since six."}},
		"some category": {with("category", "suspicious_person"), []string{"Choose what it is about."}},
		"no such place": {with("place", "Elm Street 5"), []string{"Choose one of the places", "No water since six."}},
		"no time":       {with("when", "yesterday"), []string{"That is no date and time."}},
		"many days":     {with("days", "91"), []string{"1 to 90", "No water since six."}},
	} {
		t.Run(name, func(t *testing.T) {
			w := post(h, ben.at("/new"), values(c.form...))
			if w.Code != http.StatusUnprocessableEntity {
				t.Errorf("%d", w.Code)
			}
			run(t, w.Body.String(), append(everyPage, says(append(c.says, "Please look at the marked fields.")...))...)
		})
	}

	// Who describes a person is asked to think once, and not twice.
	nudging := with("happened", "I saw a man", "person", "tall & <b>dark</b>")
	w := post(h, ben.at("/new"), values(nudging...))
	run(t, w.Body.String(), append(everyPage, says("Before you send it", "What did you see happen?", "I saw a man", "tall & <b>dark</b>", "Send it as it is"))...)
	if got := len(ben.in.Days()); got != 0 {
		t.Fatalf("%d days of posts", got)
	}
	wrong := post(h, ben.at("/new"), values(append(nudging, "nudged", "1", "days", "x")...))
	run(t, wrong.Body.String(), append(everyPage, says("1 to 90", "Send it as it is"))...)
	goes(t, h, ben.at("/new"), append(nudging, "nudged", "1")...)

	// What is refused is kept, with what to do.
	for range 4 {
		goes(t, h, ben.at("/new"), with()...)
	}
	s.pass(time.Minute) // of one minute, others might make room
	full := post(h, ben.at("/new"), values(with()...))
	if full.Code != http.StatusTooManyRequests {
		t.Errorf("a sixth post: %d", full.Code)
	}
	run(t, full.Body.String(), append(everyPage, says("Today's share is used up", "No water since six.", "Today's posts are used up."))...)
	if n := len(ben.in.Days()[0].Posts); n != 5 {
		t.Errorf("%d posts", n)
	}
	if w := post(ben.pages(reader), ben.at("/new"), values(with()...)); w.Code != http.StatusForbidden {
		t.Errorf("a reader writes: %d", w.Code)
	}
}

// TestDelivered: who posts sees that it left and that it is held, as a word and
// not as a number, and nobody else sees it.
func TestDelivered(t *testing.T) {
	s, anna, ben, cora := maple(t)
	cat := ben.says(wire.Post{Category: wire.CategoryLostFound, Happened: "A grey tabby."})
	pages := []string{"", "/entries/" + cat.String()}
	shows := func(n *neighbor, c ...check) {
		t.Helper()
		for _, page := range pages {
			run(t, get(n.pages(auth.Household()), n.at(page)).Body.String(), append(everyPage, c...)...)
		}
	}
	none := []check{lacks("Left your home"), lacks("Held by")}
	shows(ben, none...)
	away := cora.in
	cora.in = nil
	s.pass(2 * time.Minute)
	shows(ben, says("Left your home."), lacks("Held by"))
	cora.in = away
	s.pass(20 * time.Minute)
	shows(ben, says("Held by all other homes."), lacks("Left your home"), lacks("Held by 3"))
	shows(anna, none...)
	shows(cora, none...)
	for _, name := range []string{"Dora", "Emil"} {
		s.join(anna, name)
	}
	s.carry()
	s.pass(20 * time.Minute)
	shows(ben, says("Held by 3 or more homes."))
	s.pass(3 * 24 * time.Hour)
	shows(ben, says("Held by 3 or more homes."))
}

// TestDigest: what others posted since yesterday is one line of the feed and of
// the first page, and a fire or an outage stands out there for half a day.
func TestDigest(t *testing.T) {
	s, anna, ben, cora := maple(t)
	post := func(n *neighbor, c wire.Category, words string, ago time.Duration) wire.Hash {
		t.Helper()
		s.now = time.Now().Add(-ago)
		s.pass(0)
		return n.says(wire.Post{Category: c, Happened: words})
	}
	post(ben, wire.CategoryRoad, "A hole, long ago.", 49*time.Hour)
	post(ben, wire.CategoryOutage, "No power at noon.", 13*time.Hour)
	water := post(ben, wire.CategoryOutage, "No water now.", 11*time.Hour)
	post(cora, wire.CategoryHazard, "Glass on the path.", time.Hour)
	post(anna, wire.CategoryQuestion, "My own question.", time.Hour)
	h := anna.pages(auth.Household())
	urgent := has("a", "href", anna.at("/entries/"+water.String()))
	for _, page := range []string{"/", anna.at("")} {
		run(t, get(h, page).Body.String(), append(everyPage, says("Since yesterday 3 posts:", "Outage (2)", "Safety hazard (1)"), lacks("Road (1)"), lacks("Question (1)"), urgent, count("data-urgent", 1))...)
	}
	goes(t, h, anna.at("/quiet"), "do", "mute", "what", ben.in.Author().String())
	run(t, get(h, "/").Body.String(), append(everyPage, says("Since yesterday 1 post:", "Safety hazard (1)"), lacks("Outage"), count("data-urgent", 0))...)
	child := auth.Subject{Name: "child", Grants: []auth.Grant{{Action: auth.Watch, Object: auth.Cameras}}}
	run(t, get(anna.pages(child), "/").Body.String(), append(everyPage, says("Drive"), lacks("Since yesterday"))...)
	for _, n := range s.homes {
		if len(n.out) > 0 {
			t.Error("somebody is told what was looked at")
		}
	}
}

// count: so many elements of a page have an attribute.
func count(name string, n int) check {
	return func(root *html.Node) (bad []string) {
		found := 0
		for _, tag := range []string{"a", "p"} {
			for _, e := range elements(root, tag) {
				if _, ok := attr(e, name); ok {
					found++
				}
			}
		}
		if found != n {
			bad = append(bad, fmt.Sprintf("%d elements with %s, not %d", found, name, n))
		}
		return bad
	}
}

// TestThankComment: comments have the buttons of posts, and who pressed one sees
// it by more than a colour.
func TestThankComment(t *testing.T) {
	s, anna, ben, _ := maple(t)
	cat := anna.says(wire.Post{Category: wire.CategoryLostFound, Happened: "A grey tabby."})
	other := anna.says(wire.Post{Category: wire.CategoryRoad, Happened: "A hole."})
	entry := "/entries/" + cat.String()
	h := ben.pages(auth.Household())
	said, err := anna.in.Comment(cat, "It purrs.")
	if err != nil {
		t.Fatal(err)
	}
	s.carry()
	const check = "m5 12.5 4.5 4.5L19 7.5" // as the icon is drawn
	for _, c := range []struct{ does, then, pressed, marks string }{{"do", "undo", "true", "Thanks 1"}, {"undo", "do", "false", ""}, {"do", "undo", "true", "Thanks 1"}} {
		goes(t, h, ben.at(entry), "on", said.String(), c.does, "thanks")
		s.carry()
		body := get(h, ben.at(entry)).Body.String()
		_, comment, _ := strings.Cut(body, `class="comment"`)
		button := strings.Index(comment, `name="`+c.then+`" value="thanks" aria-pressed="`+c.pressed+`"`)
		if button < 0 {
			t.Fatalf("after %s the comment's button is not pressed=%s", c.does, c.pressed)
		}
		face, _, _ := strings.Cut(comment[button:], "</button>")
		if marked := strings.Contains(face, check); marked != (c.pressed == "true") {
			t.Errorf("after %s the button has a check mark: %t", c.does, marked)
		}
		run(t, body, append(everyPage, says(c.marks))...)
		if post := anna.in.Days()[0].Posts; len(post[0].Reactions)+len(post[1].Reactions) > 0 {
			t.Errorf("the post has it: %+v", post)
		}
	}
	run(t, get(anna.pages(auth.Household()), anna.at(entry)).Body.String(), append(everyPage, says("Thanks 1"))...)
	if w := post(h, ben.at("/entries/"+other.String()), values("on", said.String(), "do", "thanks")); w.Code != http.StatusNotFound {
		t.Errorf("a comment of another post: %d", w.Code)
	}
}

// TestJudged has a steward judge, the author appeal, and a second steward agree.
func TestJudged(t *testing.T) {
	s, anna, ben, cora := maple(t)
	rude := ben.says(wire.Post{Category: wire.CategoryVehicle, Happened: "The owner of the van is an idiot."})
	entry := "/entries/" + rude.String()
	atAnna, atBen := anna.pages(auth.Household()), ben.pages(auth.Household())
	run(t, get(atAnna, anna.at(entry)).Body.String(), says("As a steward: judge this"))
	w := post(atAnna, anna.at(entry+"/label"), values("label", "unkind", "reason", ""))
	run(t, w.Body.String(), append(everyPage, says("A label needs a reason"))...)
	goes(t, atAnna, anna.at(entry+"/label"), "label", "unkind", "reason", "It attacks\ta neighbor.")
	s.carry()
	body := get(atBen, ben.at("")).Body.String()
	run(t, body, append(everyPage, says("Stewards say: Unkind", "It attacks a neighbor.", "By the only steward", "Show it anyway"))...)
	if w := post(atBen, ben.at(entry+"/label"), values("label", "unkind", "reason", "So are you.")); w.Code != http.StatusForbidden {
		t.Errorf("Ben judges: %d", w.Code)
	}

	label := ben.in.Days()[0].Posts[0].Labels[0].Item.ID.String()
	empty := post(atBen, ben.at(entry), values("do", "comment", "on", label, "text", ""))
	run(t, empty.Body.String(), append(everyPage, says("Write something first."))...)
	goes(t, atBen, ben.at(entry), "do", "comment", "on", label, "text", "He took my place, again.")
	s.carry()
	run(t, get(cora.pages(auth.Household()), cora.at(entry)).Body.String(), append(everyPage, says("Appeals", "He took my place, again.", "It attacks a neighbor."))...)
	goes(t, atAnna, anna.at(entry), "do", "retract", "on", label)
	s.carry()
	run(t, get(atBen, ben.at("")).Body.String(), append(everyPage, says("Withdrawn by the steward."), lacks("Show it anyway"))...)
}

// TestQuiet hides, mutes and blocks at one home, of which no other hears.
func TestQuiet(t *testing.T) {
	s, anna, ben, cora := maple(t)
	first := ben.says(wire.Post{Category: wire.CategoryQuestion, Happened: "Does anybody have a ladder?"})
	ben.says(wire.Post{Category: wire.CategoryThanks, Happened: "Found one. Thank you!"})
	h := anna.pages(auth.Household())
	him := ben.in.Author().String()
	does := func(do, what string, checks ...check) {
		t.Helper()
		goes(t, h, anna.at("/quiet"), "do", do, "what", what)
		run(t, get(h, anna.at("")).Body.String(), append(checks, everyPage...)...)
		s.carry()
		for _, n := range s.homes {
			if len(n.out) > 0 {
				t.Errorf("after %s somebody is told", do)
			}
		}
	}
	does("hide", first.String(), lacks("ladder"), says("Found one", "Some posts are hidden in this home."))
	does("show", first.String(), says("ladder", "Found one"), lacks("Some posts are hidden"))
	does("mute", him, says("You muted The blue gate.", "Unmute The blue gate"))
	does("block", him, lacks("Found one"), lacks("ladder"))
	does("show", him, says("Found one", "ladder"))
	run(t, get(cora.pages(auth.Household()), cora.at("")).Body.String(), says("ladder", "Found one"))
	for name, form := range map[string][]string{
		"oneself": {"do", "block", "what", anna.in.Author().String()},
		"nothing": {"do", "hide", "what", "x"},
		"how":     {"do", "kill", "what", him},
	} {
		if w := post(h, anna.at("/quiet"), values(form...)); w.Code != http.StatusBadRequest && w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
	if w := post(anna.pages(teller), anna.at("/quiet"), values("do", "block", "what", him)); w.Code != http.StatusForbidden {
		t.Errorf("who may only write blocks: %d", w.Code)
	}
}

func TestElsewhere(t *testing.T) {
	_, anna, _, _ := maple(t)
	h := anna.pages(auth.Household())
	for _, address := range []string{"/street/0123456789abcdef", "/street/../x", anna.at("/entries/xyz"), anna.at("/entries/" + strings.Repeat("0", 64)), "/street/0123456789abcdef/new"} {
		w := get(h, address)
		if w.Code != http.StatusNotFound && w.Code != http.StatusMovedPermanently && w.Code != http.StatusTemporaryRedirect {
			t.Errorf("%s: %d", address, w.Code)
		}
	}
}
