package ui_test

import (
	"crypto/ed25519"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"nvrd/federation/request"
	"nvrd/federation/request/area"
	"nvrd/federation/request/tlog"
	"nvrd/federation/response"
	"nvrd/federation/wire"
	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
	"nvrd/ui/page/street/asked"
)

// zone is the zone of the homes.
var zone = func() *time.Location {
	is, err := time.LoadLocation("Europe/Vienna")
	must(err)
	return is
}()

// started is read once, so that no minute passes between two times of a form.
var started = time.Now().In(zone)

// ago is a time as forms hold it.
func ago(by time.Duration) string { return started.Add(-by).Format("2006-01-02T15:04") }

// questionAt is a form that asks about the hour before last.
func questionAt(pairs ...string) []string {
	form := map[string]string{"words": "Our grey tabby is gone.", "category": "lost_found", "from": ago(2 * time.Hour), "to": ago(time.Hour), "days": "7"}
	for i := 0; i < len(pairs); i += 2 {
		form[pairs[i]] = pairs[i+1]
	}
	var all []string
	for k, v := range form {
		for one := range strings.FieldsSeq(v) {
			if k == "cell" {
				all = append(all, k, one)
			}
		}
		if k != "cell" {
			all = append(all, k, v)
		}
	}
	return all
}

// TestQuestion has a neighbor ask whose camera saw something, and others read it.
func TestQuestion(t *testing.T) {
	_, anna, ben, _ := maple(t)
	ben.shows("/new", has("a", "href", ben.at("/ask")))
	ben.shows("/requests", has("a", "href", ben.at("/ask")))
	run(t, get(ben.pages(reader), ben.at("/requests")).Body.String(), lacks("Ask neighbors"))
	page := ben.shows("/ask", says("Ask whose camera saw something", "All homes of Maple Row can read this", "Only your home can open that.", "222 m from south to north"), keeps("days", "7"))
	if found, ticked := isTicked(t, page, "cell-"+strings.ReplaceAll(area.CellText(at40(1, 1)), ":", "-")); !found || ticked {
		t.Errorf("a square is there: %v, ticked: %v", found, ticked)
	}
	here := area.CellText(at40(1, 1))
	var many []string
	for n := range uint32(17) {
		many = append(many, area.CellText(at40(n/6, n%6)))
	}
	for name, c := range map[string]struct {
		form  []string
		check check
	}{
		"no words":       {[]string{"words", " "}, blames("words", "Write something first.")},
		"long words":     {[]string{"words", strings.Repeat("x", 1001)}, says("1,000 characters at most")},
		"other category": {[]string{"category", "fire"}, blames("category", "Choose what it is about.")},
		"no time":        {[]string{"from", "noon"}, blames("from", "That is no date and time.")},
		"backwards":      {[]string{"from", ago(time.Hour), "to", ago(2 * time.Hour)}, blames("to", "It ends before it begins.")},
		"short":          {[]string{"from", ago(74 * time.Minute), "to", ago(time.Hour)}, blames("to", "From 15 minutes to 12 hours.")},
		"long":           {[]string{"from", ago(14 * time.Hour), "to", ago(time.Hour)}, blames("to", "From 15 minutes to 12 hours.")},
		"to come":        {[]string{"to", ago(-time.Hour)}, blames("to", "It has to be over by now.")},
		"no square":      {[]string{"cell", ""}, says("Tick at least one square.")},
		"elsewhere":      {[]string{"cell", "1:1"}, says("Tick at least one square.")},
		"many squares":   {[]string{"cell", strings.Join(many, " ")}, says("Tick 16 squares at most.")},
		"no days":        {[]string{"days", "0"}, says("1 to 90")},
	} {
		t.Run(name, func(t *testing.T) {
			ben.t = t
			ben.fails("/ask", http.StatusUnprocessableEntity, questionAt(append([]string{"cell", here}, c.form...)...), c.check, says("Please look at the marked fields."))
		})
	}
	ben.t = t
	if w := post(ben.pages(reader), ben.at("/ask"), values(questionAt("cell", here)...)); w.Code != http.StatusForbidden {
		t.Errorf("a reader asks: %d", w.Code)
	}
	nudging := questionAt("cell", here, "words", "Some sketchy man")
	w := post(ben.pages(auth.Household()), ben.at("/ask"), values(nudging...))
	run(t, w.Body.String(), append(everyPage, says("Before you send it", "is a feeling", "Send it as it is"))...)
	if len(ben.in.Days()) > 0 {
		t.Fatal("it was sent without being thought over")
	}
	if _, ticked := isTicked(t, w.Body.String(), "cell-"+strings.ReplaceAll(here, ":", "-")); !ticked {
		t.Error("what was ticked is lost")
	}

	ben.does("/ask", questionAt("cell", here+" "+area.CellText(at40(0, 0))+" nonsense")...)
	said := ben.in.Days()[0].Posts[0].Item
	got := said.Says.(wire.Post)
	if !got.Asks() || got.To-got.From != 60 || len(got.Cells) != 2 || got.Cells[0] != at40(0, 0) || said.Entry.Expires-said.Entry.Minute != 7*wire.Day || got.Category != wire.CategoryLostFound {
		t.Errorf("asked %+v", got)
	}
	from := got.From.Time().In(zone).Format("15:04")
	request := "/requests/" + said.ID.String()
	anna.shows("", says("Asks whose camera saw something between", ", "+from+" and "), has("a", "href", anna.at(request)))
	anna.shows("/entries/"+said.ID.String(), has("a", "href", anna.at(request)))
	ben.shows("", says("Asks whose camera saw something between"), has("a", "href", ben.at("/answers#q-"+said.ID.String()[:16])))
	if page := get(ben.pages(teller), ben.at("")).Body.String(); strings.Contains(page, "/answers#") {
		t.Error("who may not read answers is led there")
	}
	if page := ben.shows(""); strings.Contains(page, ben.at(request)) {
		t.Error("who asks is asked, too")
	}
	// As long as nothing says where the neighborhood lies, nothing can be ticked.
	ben.desk.nowhere = true
	ben.shows("/ask", says("There is no grid yet."), has("a", "href", ben.at("/coverage")))
}

// TestAnswersPage: who asked reads, plays and deletes what was answered.
func TestAnswersPage(t *testing.T) {
	s, anna, ben, _ := maple(t)
	h := ben.pages(auth.Household())
	ben.shows("/answers", says("You have not asked your neighbors yet."), has("a", "href", ben.at("/ask")))
	id, err := ben.Ask(ben.in, wire.Post{Category: wire.CategoryQuestion, Happened: "Who saw our gate?", From: wire.MinuteOf(s.now) - 90, To: wire.MinuteOf(s.now) - 30, Cells: []wire.Cell{at40(0, 0)}}, 7)
	if err != nil {
		t.Fatal(err)
	}
	s.carry()
	ben.shows("/requests", says("Your questions", "Who saw our gate?", "Answers to your question: 0"), lacks("no longer"))
	anna.shows("/requests", lacks("Your questions"))
	ben.shows("/answers", says("Who saw our gate?", "No answer so far.", "Nobody knows who sent it unless the words say so"))

	now := ben.in.Now()
	answer := func(n byte, of wire.Hash, until wire.Minute, media ...response.Media) asked.Answer {
		return asked.Answer{ID: wire.Hash{n}, Response: response.Response{Request: of, Minute: now - 5, Until: until, Words: "Answer " + string('0'+rune(n)), Media: media}}
	}
	clip, photo := film(), picture(640, 360)
	ben.desk.answers = []asked.Answer{
		answer(1, id, now+wire.Day, response.Media{Type: wire.MediaClip, Bytes: clip}, response.Media{Type: wire.MediaPhoto, Bytes: photo}, response.Media{Type: wire.MediaPhoto, Bytes: []byte("<script>")}, response.Media{Type: wire.MediaPhoto, Bytes: picture(wire.MaxPixels+1, 1)}),
		answer(2, id, now), answer(3, wire.Hash{99}, now+1),
	}
	ben.shows("/requests", says("Answers to your question: 2", "Questions that are gone", "Answers to your question: 1", "You may keep 1 answer no longer. Please delete it."), has("a", "href", ben.at("/answers#q-"+id.String()[:16])))
	media := ben.at("/answers/" + wire.Hash{1}.String() + "/media/")
	page := ben.shows("/answers", says("Answer 1", "You may keep it until", "Answer 2", "You may keep this no longer", "Please delete it now", "Questions that are gone", "Answer 3"),
		has("video", "src", media+"0"), has("img", "src", media+"1"), sized(640, 360), plain)
	if n := strings.Count(page, "a picture that can&#39;t be shown"); n != 2 || strings.Contains(page, media+"2") || strings.Contains(page, media+"3") {
		t.Errorf("%d pictures can't be shown", n)
	}
	for place, want := range map[string]struct{ kind, body string }{"0": {"video/mp4", string(clip)}, "1": {"image/jpeg", string(photo)}} {
		w := get(h, media+place)
		if got := w.Header(); w.Code != http.StatusOK || got.Get("Content-Type") != want.kind || got.Get("X-Content-Type-Options") != "nosniff" || got.Get("Content-Security-Policy") != "default-src 'none'; sandbox" || got.Get("Cache-Control") != "no-store" || w.Body.String() != want.body {
			t.Errorf("%s: %d, %v, %d bytes", place, w.Code, got, w.Body.Len())
		}
	}
	if w := ask(h, media+"0", "bytes=0-9"); w.Code != http.StatusPartialContent || w.Body.Len() != 10 {
		t.Errorf("a part: %d, %d bytes", w.Code, w.Body.Len())
	}
	for _, bad := range []string{media + "2", media + "3", media + "4", media + "-1", media + "x", ben.at("/answers/" + wire.Hash{9}.String() + "/media/0"), ben.at("/answers/x/media/0")} {
		if w := get(h, bad); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", bad, w.Code)
		}
	}
	for _, who := range []auth.Subject{reader, teller} {
		for _, page := range []string{ben.at("/answers"), media + "0"} {
			if w := get(ben.pages(who), page); w.Code != http.StatusForbidden {
				t.Errorf("%s: %d to who may not", page, w.Code)
			}
		}
		if w := post(ben.pages(who), ben.at("/answers"), values("id", wire.Hash{1}.String())); w.Code != http.StatusForbidden {
			t.Errorf("%d to who may not delete", w.Code)
		}
		if body := get(ben.pages(who), ben.at("/requests")).Body.String(); strings.Contains(body, "Your questions") {
			t.Error("who may not read answers sees how many there are")
		}
	}
	ben.does("/answers", "id", wire.Hash{2}.String())
	if page := ben.shows("/answers?deleted=1", says("Deleted.", "Answer 1")); strings.Contains(page, "Answer 2") {
		t.Error("what was deleted is shown")
	}
	ben.shows("/requests", lacks("no longer. Please"))
	for _, bad := range []string{wire.Hash{2}.String(), "x", ""} {
		if w := post(h, ben.at("/answers"), values("id", bad)); w.Code != http.StatusNotFound {
			t.Errorf("%q deleted: %d", bad, w.Code)
		}
	}
}

// office publishes what an agency says, to be carried by hand.
type office struct {
	key  ed25519.PrivateKey
	all  []wire.Signed
	tree tlog.Tree
}

// letIn has a steward let an agency in, with a seed for its key.
func (n *neighbor) letIn(seed byte, says wire.Agency) *office {
	n.t.Helper()
	n.does("/agencies/new", "do", "propose", "card", cardOf(n.t, seed, says), "cell", "65325:53025", "anyway", "yes")
	n.pass(time.Minute)
	return &office{key: ed25519.NewKeyFromSeed(append(make([]byte, 31), seed))}
}

func (o *office) is() wire.Key { return wire.PublicKey(o.key) }

// replies has it answer a post, in its log, which a home takes.
func (o *office) replies(n *neighbor, on wire.Hash, text string) {
	n.t.Helper()
	signed, err := wire.Sign(wire.Reply{Head: wire.AgencyHead{Agency: o.is(), Minute: wire.MinuteOf(n.now)}, On: on, Text: text}, o.key)
	if err != nil {
		n.t.Fatal(err)
	}
	from := len(o.all)
	o.all, o.tree = append(o.all, signed), o.tree.Append(signed.ID)
	if is, _, err := n.in.Publish(o.is(), tlog.Sign(o.tree, o.key), from, []request.Entry{{ID: signed.ID, Text: wire.Signed{Raw: signed.Raw}}}); err != nil || is != request.Extended {
		n.t.Fatalf("%v, %v", is, err)
	}
	n.carry()
}

// TestOpened: a post is opened to an agency where its author ticks that, and what it
// answers in its record stands below.
func TestOpened(t *testing.T) {
	s, anna, ben, cora := maple(t)
	ben.shows("/new", lacks("Let an agency read this"))
	fire, town := anna.letIn(1, brigade), anna.letIn(2, wire.Agency{Minute: 1, Title: "Town hall", Class: wire.ClassTown, Contact: "x", Policy: "x", Jurisdiction: brigade.Jurisdiction})
	page := ben.shows("/new", says("Let an agency read this", "Fire brigade · Fire and rescue", "Nobody there is told who wrote them."))
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range elements(root, "input") {
		if name, _ := attr(in, "name"); name == "opened" {
			if _, on := attr(in, "checked"); on {
				t.Error("it is ticked before anybody did that")
			}
		}
	}
	words := []string{"happened", "The hydrant leaks.", "category", "hazard"}
	ben.fails("/new", http.StatusUnprocessableEntity, append(words, "opened", wire.Key{9}.String()), says("That agency may not ask here."))
	ben.does("/new", words...)
	ben.does("/new", append(words, "opened", fire.is().String(), "opened", fire.is().String())...)
	var shut, open wire.Hash
	for _, p := range ben.in.Days()[0].Posts {
		if is := p.Item.Says.(wire.Post); len(is.Opened) == 1 && is.Opened[0] == fire.is() {
			open = p.Item.ID
		} else if len(is.Opened) == 0 {
			shut = p.Item.ID
		}
	}
	if open == (wire.Hash{}) || shut == (wire.Hash{}) {
		t.Fatalf("posted %+v", ben.in.Days()[0].Posts)
	}
	cora.shows("/entries/"+open.String(), says("Fire brigade can read this."), lacks("Town hall"), lacks("in its public record"))
	cora.shows("/entries/"+shut.String(), lacks("can read this"))
	fire.replies(anna, open, "It is <b>closed</b> now.")
	fire.replies(anna, shut, "Nobody asked.")
	town.replies(anna, open, "We say so, too.")
	s.pass(time.Minute)
	for _, page := range []string{"", "/entries/" + open.String()} {
		cora.shows(page, says("Official", "Fire brigade, in its public record:", "It is <b>closed</b> now."), lacks("We say so, too."), lacks("Nobody asked."))
	}
	cora.shows("/entries/"+shut.String(), lacks("public record"))
	anna.does("/agencies", "what", fire.is().String(), "reason", "It does not answer.")
	s.pass(time.Minute)
	ben.fails("/new", http.StatusUnprocessableEntity, append(words, "opened", fire.is().String()), says("That agency may not ask here."))
}

// TestSponsorPage has an owner read what a sponsor does, become one, and end it.
func TestSponsorPage(t *testing.T) {
	_, anna, ben, _ := maple(t)
	ben.shows("/agencies", has("a", "href", ben.at("/sponsor")))
	ben.shows("/sponsor", says("No agency may ask homes here yet.", "You can stop at any time.", "You could refuse to pass it on.", "how many", "It knows the address of your home"))
	fire := anna.letIn(1, brigade)
	key := fire.is().String()
	if n := len(ben.in.Sponsors(fire.is())); n > 0 {
		t.Errorf("%d sponsors before anybody agreed", n)
	}
	ben.shows("/sponsor", says("Fire brigade", "You are not its sponsor", "Agencies can't reach your home."), lacks("STOOP-SPONSOR"), keeps("listen", ":8443"))
	for _, bad := range []string{"http://fire.example", "fire.example", "https://", "https://a:b@fire.example", "https://fire.example/?x", "https://fire.example/#x", "javascript:alert(1)", "https://" + strings.Repeat("x", 500)} {
		ben.fails("/sponsor", http.StatusUnprocessableEntity, []string{"do", "be", "agency", key, "poll", bad}, says("An address that begins with https://"), keeps("poll", bad))
	}
	ben.fails("/sponsor", http.StatusNotFound, []string{"do", "be", "agency", wire.Key{9}.String()})
	ben.fails("/sponsor", http.StatusBadRequest, []string{"do", "dance", "agency", key})
	ben.does("/sponsor", "do", "be", "agency", key, "poll", " https://fire.example/stoop ")
	ben.shows("/sponsor?saved=1", says("Saved.", "You are a sponsor", "The agency can't reach your home yet."), keeps("poll", "https://fire.example/stoop"))
	if n := len(anna.in.Sponsors(fire.is())); n != 1 {
		t.Errorf("neighbors know of %d sponsors", n)
	}

	for _, c := range [][3]string{{"8443", "https://home.example", "listen"}, {":0", "https://home.example", "listen"}, {":99999", "https://home.example", "listen"}, {":8443", "http://home.example", "url"}, {":8443", "https://home.example/x", "url"}, {":8443", "", "url"}} {
		message := "A port such as :8443."
		if c[2] == "url" {
			message = "Such as https://home.example:8443, with nothing behind the port."
		}
		ben.fails("/gateway", http.StatusUnprocessableEntity, []string{"do", "open", "listen", c[0], "url", c[1]}, blames(c[2], message))
	}
	ben.err = nvr.ErrInvalid
	ben.fails("/gateway", http.StatusBadRequest, []string{"do", "open", "listen", ":8443", "url", "https://home.example"}, says("It does not work"), keeps("url", "https://home.example"))
	ben.err = nil
	ben.does("/gateway", "do", "open", "listen", ":8443", "url", "https://Home.example:8443/")
	page := ben.shows("/sponsor", says("Agencies can reach your home."), has("button", "data-copy", "text-"+key[:16]), lacks("can't reach your home yet"))
	told, err := wire.ParseSponsor(html.UnescapeString(page))
	if err != nil || told.Agency != fire.is() || told.URL != "https://home.example:8443" {
		t.Errorf("the agency is told %+v, %v", told, err)
	}
	for _, who := range []auth.Subject{reader, teller} {
		if w := get(ben.pages(who), ben.at("/sponsor")); w.Code != http.StatusForbidden {
			t.Errorf("%d to who may not", w.Code)
		}
		for _, page := range []string{"/sponsor", "/gateway"} {
			if w := post(ben.pages(who), ben.at(page), values("do", "stop", "agency", key)); w.Code != http.StatusForbidden {
				t.Errorf("%s: %d to who may not", page, w.Code)
			}
		}
		if body := get(ben.pages(who), ben.at("/agencies")).Body.String(); strings.Contains(body, "/sponsor") {
			t.Error("who may not decide it is led there")
		}
	}
	ben.does("/sponsor", "do", "stop", "agency", key)
	ben.shows("/sponsor", says("You are not its sponsor"), lacks("STOOP-SPONSOR"))
	if n := len(anna.in.Sponsors(fire.is())); n > 0 {
		t.Errorf("neighbors know of %d sponsors after it ended", n)
	}
	ben.does("/gateway", "do", "shut")
	ben.shows("/sponsor", says("Agencies can't reach your home."))
}
