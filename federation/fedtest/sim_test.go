package fedtest

import (
	"flag"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"nvrd/federation/wire"
)

var homes = flag.Int("homes", 0, "how many homes TestSim has, in neighborhoods of 200; 0 for none")

// TestSim is a world of many neighborhoods of 200 homes, in each of which
// happens what happens in TestWorld. It prints what it measured.
func TestSim(t *testing.T) {
	const each = 200
	if *homes < each {
		t.Skip("make sim runs it")
	}
	began := time.Now()
	w := New(Plan{Seed: 1, Streets: *homes / each, Homes: each, Stewards: 7, Links: 5, Skew: 5 * time.Minute, Breaks: 2 * time.Hour, Liars: 4})
	founded := time.Since(began)
	for _, s := range w.Streets {
		life(s)
	}

	w.Run(6 * time.Hour)
	for _, s := range w.Streets {
		s.same(t)
		s.gone(t)
		s.within(t)
	}
	heap := heapInUse()

	var sent Traffic
	for _, s := range w.Streets {
		for _, h := range s.Homes {
			sent.Messages += h.Sent.Messages
			sent.Bytes += h.Sent.Bytes
		}
	}
	spread, revoked := w.Figures.Spread(), w.Figures.Revocations()
	w.fast(t)
	var b strings.Builder
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	row := func(name string, values ...any) {
		fmt.Fprintf(table, "%s\t%s\n", name, strings.TrimSuffix(fmt.Sprintln(values...), "\n"))
	}
	ms := func(d time.Duration) string { return d.Round(time.Millisecond).String() }
	n := len(w.Streets) * each
	row("homes", n, "in", len(w.Streets), "neighborhoods, 6 hours")
	row("entry to a home that is on", "p50", ms(spread.At(.5)), " p99", ms(spread.At(.99)), " max", ms(spread.At(1)))
	row("reach", w.Figures.Reach())
	row("revocation", "p50", ms(revoked.At(.5)), " p99", ms(revoked.At(.99)), " max", ms(revoked.At(1)))
	row("a home and hour", sent.Messages/n/6, "messages,", sent.Bytes/n/6, "bytes:", sent.Bytes/n/6/3600, "B/s")
	row("heap", heap/n/1024, "KiB a home")
	row("founded in", ms(founded), "all in", ms(time.Since(began)))
	row("transcript", fmt.Sprintf("%x", w.Transcript()))
	if err := table.Flush(); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + b.String())
}

// TestCatchUp: a home that was away for a month is up to date within moments,
// and was sent that month once, though all its neighbors are there at once. One
// that it asks first and that gives nothing, or is gone, costs it a minute, one
// that gives little two.
func TestCatchUp(t *testing.T) {
	entries := 1500
	if *homes > 0 {
		entries = 6000 // a month of a busy street
	}
	for _, tt := range []struct {
		name  string
		first lie // of the neighbor that is there first; none for an honest one
		off   bool
		most  time.Duration
	}{
		{name: "all are honest", most: 5 * time.Second},
		{name: "the first one withholds", first: lie{tell: withhold}, most: time.Minute + 5*time.Second},
		{name: "the first one is silent", first: lie{tell: func(*Home, wire.Message) []wire.Message { return nil }}, most: time.Minute + 5*time.Second},
		{name: "the first one trickles", first: lie{tell: trickle()}, most: 125 * time.Second},
		{name: "the first one goes off", off: true, most: time.Minute + 5*time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := New(Plan{Seed: 1, Streets: 1, Homes: 30, Stewards: 3, Links: 5})
			s := w.Streets[0]
			away := s.Homes[20]
			away.on = false
			past := s.Remember(entries, away)
			roster := s.grow(entries/10, away)
			w.Run(time.Minute)
			first := away.links[0].ends[1-away.links[0].side(away)]
			if tt.first.tell != nil {
				first.lie = &tt.first
			}
			away.on, away.since = true, w.now
			for _, l := range away.links {
				l.connect()
			}
			if tt.off {
				w.In(20*time.Millisecond, first.Off)
			}
			took := w.now
			for (away.core.Feed().Len() < len(past) || away.core.Roster().Len() < s.Homes[0].core.Roster().Len()) && w.now-took < 5*time.Minute {
				w.Run(10 * time.Millisecond)
			}
			took = w.now - took
			w.Run(3 * time.Minute)
			in, out, once := 0, 0, roster
			for _, l := range away.links {
				in += l.sent[1-l.side(away)].Bytes
				out += l.sent[l.side(away)].Bytes
			}
			for _, i := range past {
				once += len(i.Raw) + len(i.Payload)
			}
			t.Logf("%d entries, and a tenth of that of the roster, of %d bytes in %v; %d bytes from %d neighbors, %d to them", entries, once, took, in, len(away.links), out)
			if took > tt.most {
				t.Errorf("it took %v", took)
			}
			spare := once / 4
			if tt.first.tell != nil {
				spare += once // the liar may be given all, too
			}
			if tt.most < 2*time.Minute && (in > once+once/4 || out > spare) {
				t.Errorf("%d bytes were sent to it and %d by it, for %d that were missing", in, out, once)
			}
			s.same(t)
		})
	}
}

// grow has the founder admit homes of which all know but those that were away,
// and returns how many bytes that is.
func (s *Street) grow(homes int, away ...*Home) (size int) {
	for n := range homes {
		o := s.Homes[0].admit(s.Homes[0].phantom(n))
		size += len(o.Raw)
		for _, h := range s.Homes {
			if !slices.Contains(away, h) {
				_, _ = h.core.Roster().Add(o)
			}
		}
	}
	return size
}

// trickle gives what the other lacks, one entry a minute.
func trickle() func(h *Home, m wire.Message) []wire.Message {
	var next time.Duration
	return func(h *Home, m wire.Message) []wire.Message {
		switch m := m.(type) {
		case wire.Entries:
			if h.w.now < next {
				return nil
			}
			next = h.w.now + 30*time.Second
			return []wire.Message{wire.Entries{Entries: m.Entries[:1]}}
		}
		return []wire.Message{m}
	}
}

func heapInUse() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
