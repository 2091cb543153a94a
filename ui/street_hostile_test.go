package ui_test

import (
	"crypto/ed25519"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"nvrd/federation/wire"
	"nvrd/pkg/auth"
)

// hostile is what a neighbor may call themselves and write, since objects can
// hold it: markup, quotes, addresses, marks, and letters that run the other way.
var hostile = map[string]struct{ name, text string }{
	"markup":   {`"><script>x()</script>`, `</textarea></p></article><script>alert(1)</script><img src=x onerror=alert(2)>`},
	"quotes":   {`' onload='x()`, `" autofocus onfocus="alert(1)" x="`},
	"style":    {`<style>*{all:unset}`, `<p style="position:fixed;inset:0">over all</p>`},
	"address":  {`javascript:alert(1)`, "https://evil.example/x http://evil.example javascript:alert(1) www.evil.example\nmailto:a@evil.example tel:112 /street //evil.example"},
	"fill":     {`{name} {title} {n}`, `{name} {detail} {time} %s %d {{ .Title }} ${x}`},
	"right":    {`שלום עולם (א)`, "مرحبا (abc) שלום 123 <b>"},
	"emoji":    {"👨‍👩‍👧❤️🏴", "👩🏽‍🚒 ❤️‍🔥 1️⃣"},
	"marks":    {"Z\u0335\u0336\u0337a\u0335\u0336\u0337l\u0335\u0336\u0337", "g\u0335\u0336\u0337o\u0335\u0336\u0337"},
	"long":     {strings.Repeat("W", 24), strings.Repeat("W", 1000)},
	"many":     {"Zoë Q.", "Oh dear" + strings.Repeat("\n", 900) + "the end"},
	"entities": {`&lt;b&gt;&amp;&#x27;`, `&lt;script&gt;alert(1)&lt;/script&gt; &nbsp;`},
	"comment":  {`<!-- --!> <![CDATA[ ]]>`, `<!-- <noscript><p title="</noscript><img src=x onerror=alert(1)>">`},
}

// plain: nothing that a neighbor wrote became an element, an attribute or an address.
func plain(root *html.Node) (bad []string) {
	for _, n := range elements(root) {
		switch n.Data {
		case "script":
			if src, _ := attr(n, "src"); !strings.HasPrefix(src, "/static/") {
				bad = append(bad, "a script of somebody else")
			}
		case "img":
			if src, _ := attr(n, "src"); !strings.HasPrefix(src, "/street/") || !strings.HasSuffix(src, "/thumbnail") && !strings.Contains(src, "/answers/") {
				bad = append(bad, "a picture of somebody else")
			}
		case "iframe", "object", "embed", "base", "style":
			bad = append(bad, "a "+n.Data)
		}
		for _, a := range n.Attr {
			if (a.Key == "href" || a.Key == "action" || a.Key == "src") && strings.Contains(a.Val, "evil") {
				bad = append(bad, n.Data+" leads to "+a.Val)
			}
		}
	}
	return bad
}

// isolated: what a neighbor wrote turns no words around it round.
func isolated(words string) check {
	return func(root *html.Node) (bad []string) {
		first, _, _ := strings.Cut(words, "\n")
		for _, n := range elements(root, "body") {
			for d := range n.Descendants() {
				if d.Type != html.TextNode || !strings.Contains(d.Data, first) || first == "" {
					continue
				}
				dir, _ := attr(d.Parent, "dir")
				if dir != "auto" && d.Parent.Data != "option" && d.Parent.Data != "title" {
					bad = append(bad, d.Parent.Data+" takes its direction from what a neighbor wrote")
				}
			}
		}
		return bad
	}
}

// TestHostileNeighbors has all of them in one street, and shows what they say on
// every page.
func TestHostileNeighbors(t *testing.T) {
	s, anna, ben, _ := maple(t)
	other := ben.says(wire.Post{Category: wire.CategoryThanks, Happened: "Thank you."})
	answer, err := ben.in.Comment(other, "All of you.")
	if err != nil {
		t.Fatal(err)
	}
	s.carry()
	entries, checks := []wire.Hash{other}, []check{plain}
	for name, is := range hostile {
		text := strings.TrimSpace(is.text)
		rude := s.join(anna, is.name)
		s.carry()
		said := rude.says(wire.Post{Category: wire.CategoryQuestion, Happened: text, Person: text, Place: is.name})
		label, err := anna.in.Label(said, wire.LabelOffTopic, text)
		s.carry()
		for _, err := range []error{
			err, anna.asksAll(name, is.name, text), second(rude.in.Comment(other, text)), second(rude.in.React(other, wire.ReactionThanks)), second(rude.in.Comment(label, text)),
			rude.in.Report(other, 0, short(text)), rude.in.Report(answer, wire.LabelUnkind, short(is.name)),
		} {
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		s.carry()
		entries, checks = append(entries, said), append(checks, isolated(is.name), isolated(text))
	}
	asking, replies := map[string]string{}, 0
	for name, is := range hostile {
		card := cardOf(t, byte(len(asking)+1), wire.Agency{
			Title: is.name, Class: wire.ClassTown, Domain: "town.example", Contact: some(is.text), Policy: some(is.text), Jurisdiction: brigade.Jurisdiction,
		})
		anna.err = errors.New(some(is.text))
		asking[name] = post(anna.pages(auth.Household()), anna.at("/agencies/new"), values("do", "look", "card", card, "at", "40.65,-73.95", "radius", "100")).Body.String()
		anna.err = nil
		anna.does("/agencies/new", "do", "propose", "card", card, "cell", "65325:53025")
		s.pass(time.Minute)
		if len(asking)%2 == 0 {
			parsed, err := wire.ParseAgency(card)
			if err != nil {
				t.Fatal(err)
			}
			anna.does("/agencies", "what", parsed.Body.(wire.Agency).Key.String(), "reason", some(is.text))
			s.pass(time.Minute)
			continue
		}
		o := &office{key: ed25519.NewKeyFromSeed(append(make([]byte, 31), byte(len(asking))))}
		open := []*neighbor{anna, ben}[len(asking)/2%2].says(wire.Post{Category: wire.CategoryHazard, Happened: "Open.", Opened: []wire.Key{o.is()}})
		o.replies(anna, open, some(is.text))
		entries = append(entries, open)
		if name != "address" { // agencies may not lead elsewhere
			replies++
		}
	}
	for name, is := range hostile {
		run(t, asking[name], append([]check{plain, isolated(is.name), isolated(some(is.text)), says(is.name)}, everyPage...)...)
	}
	s.deliver()
	everyGet(t, anna, entries, checks...)
	anna.shows("/entries/"+answer.String()+"/report", checks...)
	everyGet(t, ben, entries[:2], checks...)
	feed := get(anna.pages(auth.Household()), anna.at("")).Body.String()
	directory := get(anna.pages(auth.Household()), anna.at("/agencies")).Body.String()
	room := get(anna.pages(auth.Household()), anna.at("/stewards")).Body.String()
	requests := get(anna.pages(auth.Household()), anna.at("/requests")).Body.String()
	ledger := get(anna.pages(auth.Household()), anna.at("/ledger")).Body.String()
	answers := get(anna.pages(auth.Household()), anna.at("/answers")).Body.String()
	sponsor := get(anna.pages(auth.Household()), anna.at("/sponsor")).Body.String()
	if n := strings.Count(sponsor, `name="agency"`); n != len(hostile)/2 {
		t.Errorf("%d agencies on the page of sponsors", n)
	}
	if n := strings.Count(feed, `class="official"`); n != replies {
		t.Errorf("%d replies in the feed, want %d", n, replies)
	}
	for _, is := range hostile {
		run(t, answers, says(strings.Join(strings.Fields(is.text), " ")))
		run(t, requests, says(is.name, strings.Join(strings.Fields(is.text), " ")))
		run(t, ledger, says(is.name, strings.Join(strings.Fields(is.text), " ")))
		run(t, feed, says(is.name, strings.Join(strings.Fields(is.text), " ")))
		run(t, directory, says(is.name, strings.Join(strings.Fields(some(is.text)), " ")))
		run(t, room, says(is.name, strings.Join(strings.Fields(short(is.text)), " ")))
	}
}

// some is what fits into a line of an agency.
func some(text string) string {
	letters := []rune(text)
	return wire.Tidy(string(letters[:min(len(letters), wire.MaxContact)]), true)
}

// short is what fits into a report.
func short(text string) string {
	letters := []rune(text)
	return wire.Tidy(string(letters[:min(len(letters), wire.MaxReportWords)]), true)
}

// TestHostileInvites has each of them invite a home that knows nothing yet.
func TestHostileInvites(t *testing.T) {
	s := newNeighbors(t)
	s.now = time.Now()
	mean, n := s.on(), s.on()
	h := n.pages(auth.Household())
	for name, is := range hostile {
		t.Run(name, func(t *testing.T) {
			m, err := mean.all.Found(is.name, is.name, rules)
			if err != nil {
				t.Fatal(err)
			}
			v, err := mean.Invite(m, 7, wire.Key{})
			if err != nil {
				t.Fatal(err)
			}
			invite, err := v.Text()
			if err != nil {
				t.Fatal(err)
			}
			checks := append([]check{plain, isolated(is.name), says(is.name)}, everyPage...)
			run(t, post(h, "/street/join", values("do", "look", "invite", invite)).Body.String(), checks...)
			goes(t, h, "/street/join", "do", "join", "invite", invite, "own", is.name)
			run(t, get(h, "/street/waiting").Body.String(), checks...)
		})
	}
}

func second[T any](_ T, err error) error { return err }

// everyGet holds every page of a home's neighborhood against checks.
func everyGet(t *testing.T, n *neighbor, entries []wire.Hash, checks ...check) {
	t.Helper()
	h := n.pages(auth.Household())
	for _, route := range n.served.Routes() {
		address, ok := strings.CutPrefix(route.Pattern, "GET /street/{street}")
		if !ok || strings.Contains(address, "/media/") || strings.Contains(address, "/drafts/") || strings.HasPrefix(address, "/ledger.") { // no page
			continue
		}
		of := entries
		if strings.Contains(address, "{request}") {
			of = n.desk.ids()
		}
		for _, e := range of {
			w := get(h, strings.NewReplacer("{entry}", e.String(), "{request}", e.String()).Replace(n.at(address)))
			root, err := html.Parse(strings.NewReader(w.Body.String()))
			if err != nil || w.Code != http.StatusOK {
				t.Fatalf("%s: %d, %v", address, w.Code, err)
			}
			for _, c := range append(checks, everyPage...) {
				for _, fault := range c(root) {
					t.Errorf("%s: %s", address, fault)
				}
			}
			if !strings.Contains(address, "{") {
				break
			}
		}
	}
}
