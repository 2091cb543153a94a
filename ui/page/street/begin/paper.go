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

	"nvrd/federation/identity"
	"nvrd/pkg/auth"
	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/text"
)

// paper is which two words are asked back, from when somebody said that all are
// written down. Which stands in memory: after a restart the words are shown again.
type paper struct {
	mu    sync.Mutex
	asks  [2]int // from 0
	asked bool
}

func (p *paper) ask() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.asked {
		return // in another window
	}
	two := rand.Perm(identity.WordCount)[:2]
	slices.Sort(two)
	p.asks, p.asked = [2]int(two), true
}

func (p *paper) show() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = false
}

// holds tells whether these are the words that were asked back.
func (p *paper) holds(words []string, first, second string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	is := func(typed string, n int) bool { return strings.EqualFold(strings.TrimSpace(typed), words[n]) }
	return p.asked && is(first, p.asks[0]) && is(second, p.asks[1])
}

type paperModel struct {
	frame layout.Frame
	words []string          // empty once two are asked back
	open  string            // that others may read them on their way; empty if that is not so
	asks  []component.Field // which
}

func (p *paper) model(f layout.Frame, words []string, wrong string) paperModel {
	p.mu.Lock()
	defer p.mu.Unlock()
	m, t := paperModel{frame: f}, f.T.Street.Paper
	if !p.asked {
		m.words = words
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
	m := p.paper.model(f, p.Service.All().Words(), wrong)
	if overheard(r) {
		m.open = f.T.Street.Paper.Open
	}
	return layout.Render(w, r, status, onPaper(m))
}

// overheard tells whether an answer to r crosses a network as it is.
func overheard(r *http.Request) bool {
	host := (&url.URL{Host: r.Host}).Hostname()
	ip := net.ParseIP(host)
	return !auth.Secure(r) && host != "localhost" && (ip == nil || !ip.IsLoopback())
}
