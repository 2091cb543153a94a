package online_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"nvrd/federation/node"
)

// watch looks at homes again and again, and notes when what was the case first.
type watch struct {
	t      *testing.T
	places map[string]*place
	start  time.Time
	now    map[string]report
	first  map[string]time.Duration    // in which a home was in
	linked map[[2]string]time.Duration // in which two were linked, from when the later was in
	direct map[[2]string]time.Duration
}

// begin has homes join, all at once.
func (w *watch) begin(homes []string) {
	invites := map[string]string{}
	for _, k := range homes {
		invites[k] = w.places[open].do(open, "invite", "").Invite
	}
	w.start = time.Now()
	var joining sync.WaitGroup
	for _, k := range homes {
		joining.Go(func() { w.places[k].do(k, "join", invites[k]) })
	}
	joining.Wait()
}

func (w *watch) look() {
	var mu sync.Mutex
	w.now = map[string]report{}
	var looking sync.WaitGroup
	for k, p := range w.places {
		looking.Go(func() {
			r := p.do(k, "tell", "")
			mu.Lock()
			defer mu.Unlock()
			w.now[k] = r
		})
	}
	looking.Wait()
	since := time.Since(w.start)
	note := func(m map[[2]string]time.Duration, at [2]string) {
		if _, ok := m[at]; !ok {
			m[at] = since
		}
	}
	for a, r := range w.now {
		if _, ok := w.first[a]; !ok && slices.Contains(r.Members, a) {
			w.first[a] = since
		}
		for b, way := range r.Linked {
			note(w.linked, pair(a, b))
			if way == node.Direct {
				note(w.direct, pair(a, b))
			}
		}
	}
}

func (w *watch) all(is func(report) bool) bool {
	for _, r := range w.now {
		if !is(r) {
			return false
		}
	}
	return true
}

// until looks until something is so, and prints the table.
func (w *watch) until(within time.Duration, what string, is func() bool) {
	w.t.Helper()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(within); ; {
		w.look()
		if is() {
			w.t.Logf("after %.1f s %s", time.Since(w.start).Seconds(), what)
			return
		}
		select {
		case <-tick.C:
		case <-late:
			w.t.Errorf("after %v it is not yet so that %s\n%s", within, what, w.table())
			return
		}
	}
}

func (w *watch) table() string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(w.places)) {
		fmt.Fprintf(&b, "%-18s in after %.1f s, knows %d, heard %d\n", k, w.first[k].Seconds(), len(w.now[k].Members), len(w.now[k].Said))
	}
	for i, x := range kinds {
		for _, y := range kinds[i+1:] {
			at := pair(x, y)
			how, reason := "not linked", apart(x, y)
			switch w.now[x].Linked[y] {
			case node.Direct:
				how = "direct"
			case node.Relayed:
				how = "through a member"
			}
			if direct, ok := w.direct[at]; ok {
				reason = fmt.Sprintf("directly after %.1f s; %s", direct.Seconds(), reason)
			}
			fmt.Fprintf(&b, "%-18s %-18s %-16s after %.1f s  %s\n", x, y, how, w.linked[at].Seconds(), strings.TrimSuffix(reason, "; "))
		}
	}
	return b.String()
}
