package ui_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// A check finds what is wrong with a page; it returns one line for each fault.
type check func(root *html.Node) []string

// everyPage holds for all pages, whatever is on them.
var everyPage = []check{oneHeading, titled, labelled, named, strict, ownOrigin, uniqueIDs, language, keptFields, oneClock}

func elements(root *html.Node, names ...string) []*html.Node {
	var out []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && (len(names) == 0 || slices.Contains(names, n.Data)) {
			out = append(out, n)
		}
	}
	return out
}

func attr(n *html.Node, key string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val, true
		}
	}
	return "", false
}

func content(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func oneHeading(root *html.Node) []string {
	if n := len(elements(root, "h1")); n != 1 {
		return []string{fmt.Sprintf("%d h1, want one", n)}
	}
	return nil
}

func titled(root *html.Node) []string {
	t := elements(root, "title")
	if len(t) == 0 || !strings.HasSuffix(content(t[0]), " · Stoop") {
		return []string{"no title that ends with the product's name"}
	}
	return nil
}

func language(root *html.Node) []string {
	if lang, _ := attr(elements(root, "html")[0], "lang"); lang == "" {
		return []string{"html has no lang"}
	}
	return nil
}

// labelled: every field that a person fills has a label.
func labelled(root *html.Node) (bad []string) {
	labels := map[string]bool{}
	for _, l := range elements(root, "label") {
		id, _ := attr(l, "for")
		labels[id] = content(l) != ""
	}
	for _, in := range elements(root, "input", "select", "textarea") {
		kind, _ := attr(in, "type")
		id, _ := attr(in, "id")
		if kind != "hidden" && !labels[id] {
			bad = append(bad, fmt.Sprintf("input %q has no label", id))
		}
	}
	return bad
}

// named: every control and every picture says what it is. Those that only the
// script shows get their names from it.
func named(root *html.Node) (bad []string) {
	for _, n := range elements(root, "a", "button", "summary", "video", "nav") {
		_, label := attr(n, "aria-label")
		_, silent := attr(n, "aria-hidden")
		_, scripted := attr(n, "data-do")
		if content(n) == "" && !label && !silent && !scripted {
			bad = append(bad, fmt.Sprintf("%s %v has no name", n.Data, n.Attr))
		}
	}
	return bad
}

// strict: nothing that the content security policy refuses.
func strict(root *html.Node) (bad []string) {
	for _, n := range elements(root) {
		for _, a := range n.Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
				bad = append(bad, fmt.Sprintf("%s has the attribute %s", n.Data, a.Key))
			}
		}
		src, _ := attr(n, "src")
		if n.Data == "style" || n.Data == "script" && (src == "" || content(n) != "") {
			bad = append(bad, "inline "+n.Data)
		}
	}
	return bad
}

// ownOrigin: nothing is loaded from, and nothing leads to, anywhere else.
func ownOrigin(root *html.Node) (bad []string) {
	for _, n := range elements(root) {
		for _, key := range []string{"src", "href", "action", "poster", "srcset"} {
			v, ok := attr(n, key)
			if ok && !(strings.HasPrefix(v, "/") && !strings.HasPrefix(v, "//")) && !strings.HasPrefix(v, "#") {
				bad = append(bad, fmt.Sprintf("%s %s=%q", n.Data, key, v))
			}
		}
	}
	return bad
}

func uniqueIDs(root *html.Node) (bad []string) {
	seen := map[string]bool{}
	for _, n := range elements(root) {
		id, ok := attr(n, "id")
		if ok && seen[id] {
			bad = append(bad, fmt.Sprintf("id %q twice", id))
		}
		seen[id] = seen[id] || ok
	}
	return bad
}

// keptFields: no part that scripts replace holds a field, unless it belongs to a
// form, whose parts only its own answer replaces: nothing typed is taken back.
func keptFields(root *html.Node) (bad []string) {
	for _, in := range elements(root, "input", "select", "textarea") {
		if kind, _ := attr(in, "type"); kind == "hidden" {
			continue
		}
		for p := range in.Ancestors() {
			if p.Type == html.ElementNode && p.Data == "form" {
				for q := range p.Ancestors() {
					if part, ok := attr(q, "data-part"); ok {
						name, _ := attr(in, "name")
						bad = append(bad, fmt.Sprintf("the field %q is replaced with the part %q", name, part))
					}
				}
			}
		}
	}
	return bad
}

// says: these words are on the page.
func says(words ...string) check {
	return func(root *html.Node) (bad []string) {
		text := content(elements(root, "body")[0])
		for _, w := range words {
			if !strings.Contains(text, w) {
				bad = append(bad, fmt.Sprintf("does not say %q", w))
			}
		}
		return bad
	}
}

// lacksAll wants one of some words not to be there: each alone may stand on any page.
func lacksAll(words ...string) check {
	return func(root *html.Node) []string {
		text := content(elements(root, "body")[0])
		for _, word := range words {
			if !strings.Contains(text, word) {
				return nil
			}
		}
		return []string{fmt.Sprintf("says %q", words)}
	}
}

// lacks: the word is nowhere on the page.
func lacks(word string) check {
	return func(root *html.Node) []string {
		if strings.Contains(content(elements(root, "body")[0]), word) {
			return []string{fmt.Sprintf("says %q", word)}
		}
		return nil
	}
}

// keeps: the field called name holds value.
func keeps(name, value string) check {
	return func(root *html.Node) []string {
		for _, in := range elements(root, "input") {
			if n, _ := attr(in, "name"); n == name {
				if v, _ := attr(in, "value"); v != value {
					return []string{fmt.Sprintf("%s holds %q, want %q", name, v, value)}
				}
				return nil
			}
		}
		return []string{"no field " + name}
	}
}

// blames: the field called name is marked, and the message is beside it.
func blames(name, message string) check {
	return func(root *html.Node) []string {
		for _, in := range elements(root, "input", "select", "textarea") {
			if n, _ := attr(in, "name"); n != name {
				continue
			}
			if v, _ := attr(in, "aria-invalid"); v != "true" {
				return []string{name + " is not marked"}
			}
			note, _ := attr(in, "aria-describedby")
			for _, p := range elements(root, "p") {
				if id, _ := attr(p, "id"); id == note && content(p) == message {
					return nil
				}
			}
		}
		return []string{fmt.Sprintf("nothing beside %s says %q", name, message)}
	}
}

// has: an element with the attribute set to value is there.
func has(element, key, value string) check {
	return func(root *html.Node) []string {
		for _, n := range elements(root, element) {
			if v, _ := attr(n, key); v == value {
				return nil
			}
		}
		return []string{fmt.Sprintf("no %s with %s=%q", element, key, value)}
	}
}

func run(t *testing.T, body string, checks ...check) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range checks {
		for _, fault := range c(root) {
			t.Error(fault)
		}
	}
	if t.Failed() {
		t.Log(body)
	}
}

func TestChecksFindFaults(t *testing.T) {
	for name, page := range map[string]struct {
		c    check
		body string
	}{
		"no heading":    {oneHeading, `<p>x`},
		"two headings":  {oneHeading, `<h1>a</h1><h1>b</h1>`},
		"no title":      {titled, `<title>x</title>`},
		"no label":      {labelled, `<input id=a>`},
		"empty label":   {labelled, `<label for=a></label><input id=a>`},
		"nameless link": {named, `<a href=/><svg></svg></a>`},
		"style":         {strict, `<p style="color:red">`},
		"handler":       {strict, `<img onerror=x>`},
		"inline script": {strict, `<script>x</script>`},
		"other host":    {ownOrigin, `<img src=https://example.org/x.png>`},
		"other scheme":  {ownOrigin, `<img src=//example.org/x.png>`},
		"script scheme": {ownOrigin, `<a href="javascript:x">x</a>`},
		"same id":       {uniqueIDs, `<p id=a><p id=a>`},
		"lost field":    {keptFields, `<div data-part=day><form><input name=day></form></div>`},
		"no language":   {language, `<html><p>x`},
		"PM at 24 h":    {oneClock, "<html data-locale=en-GB-u-hc-h23><p>2:07\u00a0PM"},
		"one digit":     {oneClock, "<html data-locale=en-GB-u-hc-h23><p>At 2:07."},
		"24 h":          {oneClock, "<html data-locale=en-US-u-hc-h12><p>2:07\u00a0PM–14:07"},
		"24 h, early":   {oneClock, "<html data-locale=en-US-u-hc-h12><p>02:07\u00a0AM"},
		"24 h and PM":   {oneClock, "<html data-locale=en-US-u-hc-h12><p>14:07\u00a0PM"},
		"p.m.":          {oneClock, "<html data-locale=en-US-u-hc-h12><p>2:07 p.m."},
		"read out":      {oneClock, "<html data-locale=en-US-u-hc-h12><a aria-label='At 14:07:33'>"},
		"unsaid":        {says("hello"), `<p>bye`},
		"said":          {lacks("hello"), `<p>hello`},
		"unblamed":      {blames("name", "no"), `<input name=name>`},
		"unkept":        {keeps("name", "x"), `<input name=name value=y>`},
		"lacking":       {has("a", "href", "/x"), `<a href=/y>`},
	} {
		t.Run(name, func(t *testing.T) {
			root, err := html.Parse(strings.NewReader(page.body))
			if err != nil {
				t.Fatal(err)
			}
			if len(page.c(root)) == 0 {
				t.Errorf("%s passes", page.body)
			}
		})
	}
}
