package ui_test

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"nvrd/federation/identity"
	"nvrd/federation/membership"
	"nvrd/federation/store"
	"nvrd/federation/wire"
	"nvrd/pkg/auth"
)

// reader may read the neighborhood and nothing else, and teller also write.
var (
	reader = auth.Subject{Name: "reader", Grants: []auth.Grant{{Action: auth.Watch, Object: auth.Cameras}, {Action: auth.Review, Object: auth.Neighborhood}}}
	teller = auth.Subject{Name: "teller", Grants: append([]auth.Grant{{Action: auth.Tell, Object: auth.Neighborhood}}, reader.Grants...)}
)

// TestWayIn has a home find its way from off to its own neighborhood.
func TestWayIn(t *testing.T) {
	n := newNeighbors(t).off()
	h := n.pages(auth.Household())
	page := func(checks ...check) string {
		t.Helper()
		body := get(h, "/street").Body.String()
		run(t, body, append(checks, everyPage...)...)
		return body
	}
	page(says("What never does", "What is not", "24 words"), has("a", "href", "/street"))
	if n.all != nil {
		t.Error("looking turned it on")
	}
	run(t, get(n.pages(reader), "/").Body.String(), says("Street"))
	run(t, get(n.pages(guest), "/").Body.String(), lacks("Street"))
	run(t, get(n.pages(reader), "/street").Body.String(), lacks("Turn it on"), says("Whoever manages this home"))
	for _, early := range []string{"/street/found", "/street/join", "/street/new"} {
		if w := get(h, early); w.Code != http.StatusNotFound {
			t.Errorf("%s while it is off: %d", early, w.Code)
		}
	}

	goes(t, h, "/street", "do", "on")
	paper := page(says("Write these words on paper", "without encryption"))
	local := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8080/street", nil)
	atHome := httptest.NewRecorder()
	h.ServeHTTP(atHome, local)
	run(t, atHome.Body.String(), append(everyPage, says("Write these words on paper"), lacks("without encryption"))...)
	run(t, get(n.pages(reader), "/street").Body.String(), lacks("Write these words"))
	goes(t, h, "/street", "do", "wrote")
	asked := page(says("Two of them, from the paper"))
	if strings.Contains(asked, wordOf(t, paper, 1)+"<") && strings.Contains(asked, wordOf(t, paper, 2)+"<") {
		t.Error("the words stand beside the question")
	}
	answers := answersTo(t, asked, paper)
	wrong := post(h, "/street", values("do", "check", "first", answers[1], "second", answers[0]))
	run(t, wrong.Body.String(), append(everyPage, says("That is not the word."))...)
	if wrong.Code != http.StatusUnprocessableEntity {
		t.Errorf("wrong words: %d", wrong.Code)
	}
	goes(t, h, "/street", "do", "again")
	if again := page(says("Write these words on paper")); wordOf(t, again, 7) != wordOf(t, paper, 7) {
		t.Error("other words")
	}
	if w := post(h, "/street", values("do", "check", "first", answers[0], "second", answers[1])); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("words that nobody was asked for: %d", w.Code)
	}
	n.served, n.all = nil, nil // a restart
	seed, _, err := store.Seed(n.dir)
	if err == nil {
		n.all, err = membership.Open(t.Context(), n.db, seed, func() time.Time { return n.now })
	}
	if err != nil {
		t.Fatal(err)
	}
	h = n.pages(auth.Household())
	if again := page(says("Write these words on paper")); wordOf(t, again, 7) != wordOf(t, paper, 7) {
		t.Error("other words after a restart")
	}
	goes(t, h, "/street", "do", "wrote")
	answers = answersTo(t, page(says("Two of them, from the paper")), paper)
	goes(t, h, "/street", "do", "check", "first", " "+strings.ToUpper(answers[0]), "second", answers[1])
	page(says("Start a neighborhood", "Join one"), lacksAll(answers...))
	goes(t, h, "/street", "do", "again") // too late
	page(lacksAll(wordOf(t, paper, 3), wordOf(t, paper, 4), wordOf(t, paper, 5)))
	goes(t, h, "/street", "do", "on") // it is on

	run(t, get(h, "/street/found").Body.String(), append(everyPage, keeps("days", "30"))...)
	form := []string{"title", " Maple\tRow ", "own", "Anna\u00a0and Tom", "invites", "stewards", "places", "North end\r\n\r\nPlayground\r\nNorth end", "contact", "Cafe\u0301", "days", "14"}
	for name, c := range map[string]struct {
		field, value, says string
	}{
		"no title":    {"title", " ", "A name is needed."},
		"long title":  {"title", strings.Repeat("x", 49), "48 characters at most"},
		"no name":     {"own", "\u200b", "A name is needed."},
		"long name":   {"own", strings.Repeat("x", 25), "24 characters at most"},
		"no days":     {"days", "0", "1 to 90"},
		"many days":   {"days", "91", "1 to 90"},
		"words":       {"days", "many", "1 to 90"},
		"many places": {"places", strings.Join(strings.Split("abcdefghijklmnopqrstuvwxy", ""), "\n"), "24 places at most"},
		"long place":  {"places", "North end\n" + strings.Repeat("y", 25), "is too long"},
	} {
		t.Run(name, func(t *testing.T) {
			bad := slices.Clone(form)
			bad[slices.Index(bad, c.field)+1] = c.value
			w := post(h, "/street/found", values(bad...))
			if w.Code != http.StatusUnprocessableEntity {
				t.Errorf("%d", w.Code)
			}
			run(t, w.Body.String(), append(everyPage, says(c.says, "Café", "Start it"))...)
		})
	}
	home := goes(t, h, "/street/found", form...)
	m := n.all.In()[0]
	want := wire.Policy{Invites: wire.InvitesByStewards, Contact: "Café", Places: []string{"North end", "Playground"}, ExpireDays: 14}
	if got := m.Genesis(); got.Title != "Maple Row" || got.Policy.Invites != want.Invites || got.Policy.Contact != want.Contact || !slices.Equal(got.Policy.Places, want.Places) || got.Policy.ExpireDays != want.ExpireDays {
		t.Errorf("founded %+v", got)
	}
	if got := m.State().Member(m.Author()); got == nil || got.Card.Name != "Anna and Tom" {
		t.Errorf("its founder is %+v", got)
	}
	if to := get(h, "/street").Header().Get("Location"); to != home {
		t.Errorf("/street leads to %s", to)
	}
	run(t, get(h, home).Body.String(), append(everyPage, says("Maple Row", "1 home", "Nothing new", "No other home can be reached"))...)
	run(t, get(h, "/street/new").Body.String(), append(everyPage, says("Join one"))...)
}

func TestTurningOnFails(t *testing.T) {
	n := newNeighbors(t).off()
	n.err = errors.New("disk full")
	if w := post(n.pages(auth.Household()), "/street", values("do", "on")); w.Code != http.StatusInternalServerError {
		t.Errorf("%d", w.Code)
	}
	if w := post(n.pages(auth.Household()), "/street", values("do", "something")); w.Code != http.StatusBadRequest {
		t.Errorf("something else: %d", w.Code)
	}
}

// TestJoin has a home look at an invite, ask to be let in, wait and come in.
func TestJoin(t *testing.T) {
	s := newNeighbors(t)
	s.now = time.Now()
	anna := s.found("Maple Row", "Anna and Tom")
	n := s.on()
	h := n.pages(auth.Household())
	v, err := anna.Invite(anna.in, 7, wire.Key{})
	if err != nil {
		t.Fatal(err)
	}
	invite, err := v.Text()
	if err != nil {
		t.Fatal(err)
	}
	run(t, get(h, "/street/join").Body.String(), append(everyPage, says("pasting always works"))...)
	for name, c := range map[string]struct{ pasted, says string }{
		"nothing": {"", "has to begin with STOOP:"},
		"words":   {"Come over!", "has to begin with STOOP:"},
		"a part":  {invite[:100], "A part of the invite is missing."},
	} {
		t.Run(name, func(t *testing.T) {
			w := post(h, "/street/join", values("do", "look", "invite", c.pasted))
			run(t, w.Body.String(), append(everyPage, says(c.says, c.pasted))...)
		})
	}
	var form bytes.Buffer
	parts := multipart.NewWriter(&form)
	file, err := parts.CreateFormFile("file", "invite.txt")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(file, "From Anna:\n"+invite); err != nil || parts.Close() != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/street/join", &form)
	r.Header.Set("Content-Type", parts.FormDataContentType())
	fromFile := httptest.NewRecorder()
	h.ServeHTTP(fromFile, r)
	run(t, fromFile.Body.String(), append(everyPage, says("Maple Row", "Anna and Tom invites you."))...)

	shown := post(h, "/street/join", values("do", "look", "invite", "Hi! "+strings.ToLower(invite)+" see you"))
	run(t, shown.Body.String(), append(everyPage, says("Maple Row", "Anna and Tom invites you.", "It ends in 7 days."), keeps("own", ""))...)
	nameless := post(h, "/street/join", values("do", "join", "invite", invite, "own", ""))
	run(t, nameless.Body.String(), append(everyPage, says("A name is needed.", "Maple Row"))...)
	if len(n.all.Joining()) > 0 {
		t.Error("it asked without a name")
	}

	if to := goes(t, h, "/street/join", "do", "join", "invite", invite, "own", "Ben"); to != "/street/waiting" {
		t.Errorf("leads to %s", to)
	}
	waiting := get(h, "/street/waiting").Body.String()
	run(t, waiting, append(everyPage, says("Waiting for Anna and Tom's home", "You ask as Ben."))...)
	if !strings.Contains(waiting, `<noscript><meta http-equiv="refresh" content="10"></noscript>`) {
		t.Error("without script nothing comes")
	}
	if to := get(h, "/street").Header().Get("Location"); to != "/street/waiting" {
		t.Errorf("/street leads to %q", to)
	}
	goes(t, h, "/street/waiting", "street", v.Neighborhood.String())
	if len(n.all.Joining()) > 0 {
		t.Error("it did not give up")
	}
	if to := get(h, "/street/waiting").Header().Get("Location"); to != "/street" {
		t.Errorf("nothing to wait for leads to %q", to)
	}
	goes(t, h, "/street/join", "do", "join", "invite", invite, "own", "Ben")
	n.knock(n.all.Joining()[0], anna)
	run(t, get(h, n.at("")).Body.String(), append(everyPage, says("You are let in."))...)
	s.carry()
	run(t, get(h, n.at("")).Body.String(), append(everyPage, says("2 homes"), lacks("You are let in."))...)
	again := post(h, "/street/join", values("do", "join", "invite", invite, "own", "Ben"))
	run(t, again.Body.String(), append(everyPage, says("This home is in Maple Row already."))...)

	late := s.on()
	goes(t, late.pages(auth.Household()), "/street/join", "do", "join", "invite", invite, "own", "Late")
	late.knock(late.all.Joining()[0], anna)
	run(t, get(late.pages(auth.Household()), "/street/waiting").Body.String(), append(everyPage, says("The invite was used by another home"))...)

	s.now = time.Now().Add(8 * 24 * time.Hour)
	old, _ := anna.Invite(anna.in, 1, wire.Key{})
	old.Expires = wire.MinuteOf(time.Now()) - 1
	text, err := old.Text()
	if err != nil {
		t.Fatal(err)
	}
	run(t, post(h, "/street/join", values("do", "look", "invite", text)).Body.String(), append(everyPage, says("This invite is too old. Ask Anna and Tom"), lacks("Ask to be let in"))...)
}

// A home whose machine was lost comes back: the words, and then the invite.
func TestWayBack(t *testing.T) {
	street, lost := newNeighbors(t), identity.New()
	anna := street.found("Elm Street", "Anna")
	again := street.off()
	h := again.pages(auth.Household())
	run(t, get(h, "/street").Body.String(), has("a", "href", "/street/restore"))
	words := strings.Join(lost.Words(), " ")
	wrong := post(h, "/street/restore", values("words", strings.Replace(words, lost.Words()[3], "zebra", 1)+" more"))
	if wrong.Code != http.StatusUnprocessableEntity {
		t.Errorf("wrong words: %d", wrong.Code)
	}
	run(t, wrong.Body.String(), append(everyPage, says("These are not the 24 words"), lacks("zebra"), lacks(lost.Words()[0]+" "+lost.Words()[1]))...)
	if again.all != nil {
		t.Error("wrong words turned it on")
	}
	goes(t, h, "/street/restore", "words", "  "+strings.ToUpper(words)+"\n")
	kept, ok, err := store.Seed(again.dir)
	if err != nil || !ok || kept != lost {
		t.Errorf("the key is not back: %v, %v", ok, err)
	}
	goes(t, h, "/street/restore", "words", words) // once more: it is on
	v, err := anna.Invite(anna.in, 7, wire.Key{})
	if err != nil {
		t.Fatal(err)
	}
	text, err := v.Text()
	if err != nil {
		t.Fatal(err)
	}
	run(t, post(h, "/street/join", values("invite", text, "do", "look")).Body.String(), has("input", "name", "returns"))
	goes(t, h, "/street/join", "invite", text, "own", "Ben", "returns", "1", "do", "join")
	if asked := again.all.Joining(); len(asked) != 1 || !asked[0].Returns {
		t.Errorf("it asks for %v", asked)
	}
}

// answersTo returns the two words that a page asks back.
func answersTo(t *testing.T, page, paper string) (answers []string) {
	t.Helper()
	for _, m := range regexp.MustCompile(`>Word (\d+)<`).FindAllStringSubmatch(page, -1) {
		number, _ := strconv.Atoi(m[1])
		answers = append(answers, wordOf(t, paper, number))
	}
	if len(answers) != 2 || answers[0] == answers[1] {
		t.Fatalf("asked back: %q", answers)
	}
	return answers
}
