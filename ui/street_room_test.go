package ui_test

import (
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"rsc.io/qr"

	"nvrd/federation/blob/exchange"
	"nvrd/federation/identity"
	"nvrd/federation/wire"
	"nvrd/pkg/auth"
)

// shows holds a page of a home's neighborhood against checks.
func (n *neighbor) shows(page string, checks ...check) string {
	n.t.Helper()
	w := get(n.pages(auth.Household()), n.at(page))
	if w.Code != http.StatusOK {
		n.t.Fatalf("%s: %d", page, w.Code)
	}
	run(n.t, w.Body.String(), append(checks, everyPage...)...)
	american(n.t, n.pages(auth.Household()), n.at(page))
	return w.Body.String()
}

// does posts a form to a page of a home's neighborhood, and carries what it says.
func (n *neighbor) does(page string, pairs ...string) {
	n.t.Helper()
	goes(n.t, n.pages(auth.Household()), n.at(page), pairs...)
	n.carry()
}

// fails posts a form that is refused, and holds the answer against checks.
func (n *neighbor) fails(page string, status int, form []string, checks ...check) {
	n.t.Helper()
	w := post(n.pages(auth.Household()), n.at(page), values(form...))
	if w.Code != status {
		n.t.Errorf("%s %q: %d, want %d", page, form, w.Code, status)
	}
	run(n.t, w.Body.String(), append(checks, everyPage...)...)
}

func key(n *neighbor) string { return n.in.Author().String() }

func TestMembers(t *testing.T) {
	s, anna, ben, cora := maple(t)
	s.join(anna, "Anna and T0m")
	s.carry()
	words := identity.Fingerprint(ben.in.Author())
	anna.shows("/members", says("Anna and Tom", "The blue gate", "Cora", "began this neighborhood", "let in by Anna and Tom", words, "Similar name", rules.Contact, "Mute Cora"), has("a", "href", anna.at("/invite")))
	run(t, get(anna.pages(reader), anna.at("/members")).Body.String(), append(everyPage, says("Cora"), lacks("Invite a neighbor"), lacks("Mute"))...)
	anna.does("/quiet", "do", "mute", "what", key(cora), "back", "members")
	anna.shows("/members", says("Muted in this home", "Unmute Cora"))
	anna.does("/quiet", "do", "block", "what", key(cora))
	anna.shows("/members", says("Blocked in this home", "Unblock Cora"))
	if err := ben.Leave(ben.in); err != nil {
		t.Fatal(err)
	}
	anna.shows("/members", says("No longer here", "Left"))
}

// TestInvite makes an invite, of which the square code and the text are the same.
func TestInvite(t *testing.T) {
	_, anna, ben, _ := maple(t)
	ben.shows("/invite", says("lets in one home"), keeps("days", "7"))
	ben.fails("/invite", http.StatusUnprocessableEntity, []string{"days", "15"}, blames("days", "A whole number of days, 1 to 14."))
	w := post(ben.pages(auth.Household()), ben.at("/invite"), values("days", "3"))
	body := w.Body.String()
	run(t, body, append(everyPage, says("Show this to your neighbor", "For one home, and shown only now."), has("svg", "aria-label", "Invite as a square code"))...)
	_, pasted, _ := strings.Cut(body, "STOOP:")
	pasted, _, _ = strings.Cut(pasted, "<")
	invite, err := wire.ParseInvite("STOOP:" + pasted)
	if err != nil {
		t.Fatal(err)
	}
	if days := invite.Expires - wire.MinuteOf(ben.now); invite.From != "The blue gate" || days != 3*wire.Day {
		t.Errorf("invited by %s for %d minutes", invite.From, days)
	}
	text, err := invite.Text()
	if err != nil {
		t.Fatal(err)
	}
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		t.Fatal(err)
	}
	drawn := squares(t, body)
	for y := range code.Size {
		for x := range code.Size {
			if drawn[[2]int{x + 4, y + 4}] != code.Black(x, y) {
				t.Fatalf("the square at %d, %d is wrong", x, y)
			}
		}
	}
	run(t, body, has("svg", "viewBox", "0 0 "+strconv.Itoa(code.Size+8)+" "+strconv.Itoa(code.Size+8)))

	ben.err = errors.New("no relay <b>yet</b>")
	ben.fails("/invite", http.StatusServiceUnavailable, []string{"days", "3"}, says("There can't be an invite yet: no relay <b>yet</b>."))
	ben.err = nil
	for range 19 {
		post(ben.pages(auth.Household()), ben.at("/invite"), values("days", "3"))
	}
	ben.fails("/invite", http.StatusTooManyRequests, []string{"days", "3"}, says("Twenty invites are open."))
	anna.does("/stewards", "do", "policy", "invites", "stewards", "days", "30")
	ben.shows("/members", says("Only stewards invite here."), lacks("Invite a neighbor"))
	ben.fails("/invite", http.StatusForbidden, []string{"days", "3"}, says("Only stewards invite here."))
}

// TestInviteLost has a steward let in a neighbor who lost machine and paper: on
// all pages it is who it was.
func TestInviteLost(t *testing.T) {
	s, anna, ben, cora := maple(t)
	ben.says(wire.Post{Category: wire.CategoryQuestion, Happened: "A word of before."})
	cora.shows("/invite", lacks("lost machine and paper"))
	cora.fails("/invite", http.StatusForbidden, []string{"days", "3", "lost", key(ben)}, says("Only stewards invite here."))
	anna.shows("/invite", says("For a neighbor who lost machine and paper", "The blue gate (", "No, for a new home"))
	anna.fails("/invite", http.StatusNotFound, []string{"days", "3", "lost", strings.Repeat("0", 64)})
	anna.does("/stewards", "do", "add", "who", key(cora), "seat", cora.in.Seat().String())
	anna.fails("/invite", http.StatusBadRequest, []string{"days", "3", "lost", key(cora)},
		blames("lost", "Cora holds a seat, and who holds one can't be put out. The other stewards have to take it away by a vote first."), has("option", "value", key(cora)), keeps("days", "3"))

	w := post(anna.pages(auth.Household()), anna.at("/invite"), values("days", "3", "lost", key(ben)))
	run(t, w.Body.String(), append(everyPage, says("Whoever uses it is The blue gate to all neighbors. Give it to nobody else."))...)
	_, pasted, _ := strings.Cut(w.Body.String(), "STOOP:")
	again := s.on()
	j, err := again.all.Join("STOOP:"+strings.SplitN(pasted, "<", 2)[0], "The green gate")
	if err != nil {
		t.Fatal(err)
	}
	lost := key(ben)
	ben.in = nil
	again.knock(j, anna)
	s.carry()
	for _, n := range []*neighbor{anna, cora, again} {
		n.shows("/members", says("The green gate", "Known as The blue gate until machine and paper were lost"), lacks("No longer here"))
		n.shows("", says("A word of before.", "The green gate"), lacks("The blue gate"), lacks("Take back"))
		n.shows("/stewards", says("Anna and Tom let in The green gate, who lost machine and paper and was known as The blue gate", "Anna and Tom put out The blue gate"))
	}
	anna.fails("/invite", http.StatusConflict, []string{"days", "3", "lost", lost}, blames("lost", "Somebody was let in as this neighbor already."))
}

// squares returns which squares of a page's code are black.
func squares(t *testing.T, page string) map[[2]int]bool {
	t.Helper()
	all := map[[2]int]bool{}
	for _, m := range regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-\d+z`).FindAllStringSubmatch(page, -1) {
		var n [3]int
		for i := range n {
			n[i], _ = strconv.Atoi(m[i+1])
		}
		for x := range n[2] {
			all[[2]int{n[0] + x, n[1]}] = true
		}
	}
	return all
}

// TestStewards has stewards propose, vote, put out and undo.
func TestStewards(t *testing.T) {
	s, anna, ben, cora := maple(t)
	seat := ben.in.Seat().String()
	ben.shows("/stewards", says("Your seat key", seat, "Nothing is proposed.", "Anna and Tom began Maple Row", "Anna and Tom let in Cora"), lacks("Give a neighbor a seat"))
	run(t, get(ben.pages(reader), ben.at("/stewards")).Body.String(), append(everyPage, lacks(seat), lacks("Undo"))...)
	ben.fails("/stewards", http.StatusForbidden, []string{"do", "add", "who", key(cora), "seat", seat}, says("Only stewards may do this."))
	anna.fails("/stewards", http.StatusUnprocessableEntity, []string{"do", "add", "who", key(ben), "seat", "abc"}, blames("seat", "A seat key has 64 letters and digits. Copy it again."), keeps("seat", "abc"))
	anna.does("/stewards", "do", "add", "who", key(ben), "seat", " "+strings.ToUpper(seat[:32])+" "+seat[32:])
	ben.shows("/stewards", says("Give a neighbor a seat", "proposed a seat for The blue gate", "Counts"))

	s.pass(time.Minute)
	anna.does("/stewards", "do", "policy", "invites", "stewards", "days", "14", "places", "South end")
	cora.shows("/stewards", says("Anna and Tom proposed other rules", "1 of 2 votes", "For it: Anna and Tom", "Have not voted: The blue gate", "South end", "Stewards only", "Open"), lacks("Vote for it"))
	anna.shows("/stewards", says("You voted for it."), lacks("Vote for it"))
	anna.fails("/stewards", http.StatusBadRequest, []string{"do", "policy", "invites", "members", "days", "9"}, says("which has to pass or fail first"))
	act := cora.in.State().Proposed[0].Act.String()
	cora.fails("/stewards", http.StatusForbidden, []string{"do", "vote", "what", act}, says("Only stewards may do this."))
	ben.does("/stewards", "do", "vote", "what", act)
	if got := cora.in.State().Policy; got.ExpireDays != 14 || got.Invites != wire.InvitesByStewards || len(got.Places) != 1 {
		t.Errorf("the rules are %+v", got)
	}
	anna.fails("/stewards", http.StatusUnprocessableEntity, []string{"do", "policy", "invites", "members", "days", "x"}, blames("days", "A whole number of days, 1 to 90."))

	cora.says(wire.Post{Category: wire.CategoryQuestion, Happened: "A word of before."})
	s.pass(time.Minute)
	ben.does("/stewards", "do", "revoke", "who", key(cora), "cut", "nothing")
	anna.shows("", lacks("A word of before."))
	anna.shows("/stewards", says("The blue gate put out Cora", "Undo"))
	anna.shows("/members", says("Put out by stewards"))
	var deed string
	for _, o := range anna.in.Objects() {
		if _, ok := o.Body.(wire.Revoke); ok {
			deed = o.ID.String()
		}
	}
	s.pass(time.Minute)
	anna.does("/stewards", "do", "annul", "what", deed)
	ben.does("/stewards", "do", "vote", "what", ben.in.State().Proposed[0].Act.String())
	if anna.in.State().Member(cora.in.Author()) == nil {
		t.Error("what was undone still stands")
	}
	s.pass(time.Minute)
	ben.does("/stewards", "do", "drop", "who", key(anna))
	anna.does("/stewards", "do", "vote", "what", anna.in.State().Proposed[0].Act.String())
	anna.shows("/stewards", says("The blue gate proposed to take the seat from Anna and Tom"), lacks("Give a neighbor a seat"))
	for name, form := range map[string][]string{
		"nothing":   {"do", "dance"},
		"no number": {"do", "vote", "what", "x"},
		"nobody":    {"do", "revoke", "who", strings.Repeat("0", 64), "cut", "now"},
		"no cut":    {"do", "revoke", "who", key(cora), "cut", "x"},
	} {
		if w := post(ben.pages(auth.Household()), ben.at("/stewards"), values(form...)); w.Code != http.StatusBadRequest && w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
}

// TestMine shows what a home shares, takes it back, changes the name and leaves.
func TestMine(t *testing.T) {
	s, anna, ben, cora := maple(t)
	ben.direct = 2
	ben.shows("/mine", says("Today 2 MB came and 1 MB went; this month 32 MB and 1 MB.", "Nothing of yours is at your neighbors' homes.", "5 posts, 60 comments, 100 reactions", "3 homes reachable, 1 of them through a neighbor's home."), keeps("name", "The blue gate"))
	post1 := ben.says(wire.Post{Category: wire.CategoryOutage, Happened: "No water since six."})
	if _, err := ben.in.Comment(post1, "It is back."); err != nil {
		t.Fatal(err)
	}
	anna.says(wire.Post{Category: wire.CategoryThanks, Happened: "Thank you."})
	ben.shows("/mine", says("No water since six.", "It is back.", "Until", "4 posts, 59 comments"), lacks("Thank you."))
	ben.does("/entries/"+post1.String(), "do", "retract", "on", post1.String(), "back", "mine")
	ben.shows("/mine", lacks("No water since six."), says("It is back."))
	run(t, get(ben.pages(reader), ben.at("/mine")).Body.String(), append(everyPage, lacks("Take back"), lacks("Leave"))...)

	ben.fails("/mine", http.StatusUnprocessableEntity, []string{"name", strings.Repeat("x", 25)}, blames("name", "That is too long: 24 characters at most."))
	s.pass(time.Minute)
	ben.does("/mine", "name", " The green\u00a0gate ")
	ben.shows("/mine?renamed=1", says("The name was changed."), keeps("name", "The green gate"))
	anna.shows("/members", says("The green gate"))

	ben.caps = exchange.Caps{Down: 1 << 30, Up: 70_000_000}
	ben.shows("/mine", keeps("down", "1074"), keeps("up", "70"))
	for _, bad := range []string{"", "-1", "1.5", "1000001", "99999999999999999999", "a lot"} {
		ben.fails("/mine/caps", http.StatusUnprocessableEntity, []string{"down", bad, "up", "5", "thumbnails", "1"}, blames("down", "Type a whole number from 0 to 1000000."), keeps("up", "5"), has("input", "checked", ""))
	}
	ben.does("/mine/caps", "down", " 500 ", "up", "0", "thumbnails", "1")
	if want := (exchange.Caps{Down: 500_000_000, ThumbnailsOnly: true}); ben.caps != want {
		t.Errorf("%v is in force, want %v", ben.caps, want)
	}
	ben.shows("/mine?limited=1", says("The limits hold from now on."), keeps("down", "500"), keeps("up", "0"), has("input", "checked", ""))
	run(t, get(ben.pages(reader), ben.at("/mine")).Body.String(), lacks("May come a day"))

	anna.shows("/leave", says("Leave Maple Row?", "You are the only steward."))
	ben.shows("/leave", says("Everything that you wrote here goes"), lacks("You are the only steward."))
	ben.fails("/leave", http.StatusUnprocessableEntity, nil, says("Tick the box"))
	if ben.in == nil || len(ben.all.In()) != 1 {
		t.Fatal("it left unasked")
	}
	address := ben.at("/leave")
	if w := post(ben.pages(teller), address, values("sure", "yes")); w.Code != http.StatusForbidden {
		t.Errorf("who may only write leaves: %d", w.Code)
	}
	if to := goes(t, ben.pages(auth.Household()), address, "sure", "yes"); to != "/street" || len(ben.all.In()) != 0 {
		t.Errorf("leaving leads to %s", to)
	}
	cora.shows("", lacks("It is back."))
	run(t, get(ben.pages(auth.Household()), "/street").Body.String(), says("Join one"))
}

func TestConnection(t *testing.T) {
	_, anna, ben, cora := maple(t)
	for direct, want := range map[int]string{0: "No other home can be reached now.", 1: "1 home reachable.", 4: "6 homes reachable, 2 of them through neighbors' homes."} {
		anna.direct = direct
		anna.shows("", says(want), lacks("open a port"))
	}
	node := func(n *neighbor) wire.Key { return wire.PublicKey(n.in.Node()) }
	anna.direct = 4
	for _, c := range []struct {
		through []wire.Key
		want    string
	}{
		{[]wire.Key{node(ben)}, "6 homes reachable, 2 of them through the home of \u2068The blue gate\u2069."},
		{[]wire.Key{node(ben), node(cora)}, "2 of them through neighbors' homes."},
		{[]wire.Key{{1}}, "2 of them through neighbors' homes."},
	} {
		anna.relays = c.through
		anna.shows("", says(c.want))
	}
	anna.port = 7669
	anna.shows("", says("No home here can be reached from outside", "One home has to open a port.", "forward ports 7669 and 7670, UDP and TCP"))
}
