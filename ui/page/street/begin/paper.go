package begin

import (
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/text"
)

// paper holds the words of a new seed from when it was made until they are known
// to stand on paper, or the program ends: nothing else ever shows them.
type paper struct {
	mu    sync.Mutex
	words []string
	asks  [2]int // which words are asked back, from 0
	asked bool   // the words are hidden and two are asked back
}

func (p *paper) keep(words []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	two := rand.Perm(len(words))[:2]
	slices.Sort(two)
	p.words, p.asks, p.asked = words, [2]int(two), false
}

// open tells whether the words are not known to be on paper.
func (p *paper) open() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.words != nil
}

func (p *paper) ask(asked bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = asked
}

// check tells whether these are the words that were asked back, and forgets all
// of them then.
func (p *paper) check(first, second string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.words == nil {
		return true
	}
	is := func(typed string, n int) bool { return strings.EqualFold(strings.TrimSpace(typed), p.words[n]) }
	if !is(first, p.asks[0]) || !is(second, p.asks[1]) {
		return false
	}
	clear(p.words)
	p.words = nil
	return true
}

type paperModel struct {
	frame layout.Frame
	words []string          // empty once two are asked back
	open  string            // that others may read them on their way; empty if that is not so
	asks  []component.Field // which
}

func (p *paper) model(f layout.Frame, wrong string) paperModel {
	p.mu.Lock()
	defer p.mu.Unlock()
	m, t := paperModel{frame: f}, f.T.Street.Paper
	if !p.asked && wrong == "" {
		m.words = slices.Clone(p.words)
		return m
	}
	for i, name := range []string{"first", "second"} {
		m.asks = append(m.asks, component.Field{
			ID: name, Name: name, Label: text.Fill(t.Word, "n", strconv.Itoa(p.asks[i]+1)), Hint: t.Hint, Error: wrong,
			Type: "text", Autocomplete: "off", Required: true, MaxLength: "32",
		})
	}
	return m
}

func (p *Page) showPaper(w http.ResponseWriter, r *http.Request, status int, wrong string) error {
	f, err := p.Frame(r, p.T(r).Paper.Title)
	if err != nil {
		return err
	}
	m := p.paper.model(f, wrong)
	if overheard(r) {
		m.open = f.T.Street.Paper.Open
	}
	return layout.Render(w, r, status, onPaper(m))
}

// overheard tells whether an answer to r crosses a network as it is.
func overheard(r *http.Request) bool {
	host := (&url.URL{Host: r.Host}).Hostname()
	ip := net.ParseIP(host)
	return r.TLS == nil && !strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") && host != "localhost" && (ip == nil || !ip.IsLoopback())
}
