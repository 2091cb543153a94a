package ui_test

import (
	"net/http"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"nvrd/federation/wire"
	"nvrd/pkg/auth"
	"nvrd/ui"
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
	"many":     {"Zoë Q.", strings.Repeat("\n", 997) + "x"},
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
		case "img", "iframe", "object", "embed", "base", "style":
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

// TestHostileNeighbors shows what such neighbors say on every page.
func TestHostileNeighbors(t *testing.T) {
	for name, is := range hostile {
		t.Run(name, func(t *testing.T) {
			text := strings.TrimSpace(is.text)
			s, anna, ben, _ := maple(t)
			rude := s.join(anna, is.name)
			s.carry()
			said := rude.says(wire.Post{Category: wire.CategoryQuestion, Happened: text, Person: text, Place: is.name})
			other := ben.says(wire.Post{Category: wire.CategoryThanks, Happened: "Thank you."})
			for _, err := range []error{
				second(rude.in.Comment(other, text)), second(rude.in.React(other, wire.ReactionThanks)), second(anna.in.Label(said, wire.LabelOffTopic, text)),
			} {
				if err != nil {
					t.Fatal(err)
				}
			}
			s.carry()
			label := anna.in.Days()[0].Posts[0].Labels
			if len(label) == 0 {
				label = anna.in.Days()[0].Posts[1].Labels
			}
			if _, err := rude.in.Comment(label[0].Item.ID, text); err != nil {
				t.Fatal(err)
			}
			s.carry()
			for _, at := range []*neighbor{anna, ben} {
				everyGet(t, at.pages(auth.Household()), at, []wire.Hash{said, other}, plain, isolated(is.name), isolated(text))
			}
			run(t, get(anna.pages(auth.Household()), anna.at("")).Body.String(), says(is.name, strings.Join(strings.Fields(text), " ")))

			// One who only asks knows the title of the neighborhood and who invites.
			mean := s.found(is.name, is.name)
			v, err := mean.Invite(mean.in, 7)
			if err != nil {
				t.Fatal(err)
			}
			v.Expires += 9 * wire.Day
			invite, err := v.Text()
			if err != nil {
				t.Fatal(err)
			}
			n := s.on()
			h := n.pages(auth.Household())
			run(t, post(h, "/street/join", values("do", "look", "invite", invite)).Body.String(), append(everyPage, plain, isolated(is.name), says(is.name))...)
			goes(t, h, "/street/join", "do", "join", "invite", invite, "own", is.name)
			run(t, get(h, "/street/waiting").Body.String(), append(everyPage, plain, isolated(is.name), says(is.name))...)
		})
	}
}

func second[T any](_ T, err error) error { return err }

// everyGet holds every page of a home's neighborhood against checks.
func everyGet(t *testing.T, h http.Handler, n *neighbor, entries []wire.Hash, checks ...check) {
	t.Helper()
	h0 := &household{}
	p, err := ui.New(ui.Config{Cameras: h0, Setup: h0, Household: h0, Timelines: h0, Street: n})
	if err != nil {
		t.Fatal(err)
	}
	for _, route := range p.Routes() {
		address, ok := strings.CutPrefix(route.Pattern, "GET ")
		if !ok || !strings.HasPrefix(address, "/street/{street}") {
			continue
		}
		for _, e := range entries {
			page := strings.NewReplacer("/street/{street}", n.at(""), "{entry}", e.String()).Replace(address)
			w := get(h, page)
			if w.Code != http.StatusOK {
				t.Errorf("%s: %d", page, w.Code)
			}
			root, err := html.Parse(strings.NewReader(w.Body.String()))
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range append(checks, everyPage...) {
				for _, fault := range c(root) {
					t.Errorf("%s: %s", address, fault)
				}
			}
		}
	}
}
