package fedtest

import (
	"flag"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"nvrd/federation/feed"
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

// TestCatchUp: a home that was away for a month is up to date within moments.
func TestCatchUp(t *testing.T) {
	entries := 1500
	if *homes > 0 {
		entries = 6000 // a month of a busy street
	}
	w := New(Plan{Seed: 1, Streets: 1, Homes: 30, Stewards: 3, Links: 5})
	s := w.Streets[0]
	away := s.Homes[20]
	away.on = false
	past := s.Remember(entries, away)
	w.Run(time.Minute)
	away.On()
	took := w.now
	for away.core.Feed().Len() < len(past) && w.now-took < time.Minute {
		w.Run(10 * time.Millisecond)
	}
	took = w.now - took
	w.Run(time.Minute)
	size, once := 0, 0
	for _, l := range away.links {
		size += l.sent[1-l.side(away)].Bytes
	}
	for _, i := range past {
		once += len(i.Raw) + len(i.Payload)
	}
	t.Logf("%d entries in %v; %d bytes from %d neighbors, of entries of %d; checking them takes %v", entries, took, size, len(away.links), once, checking(t, past))
	if took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	s.same(t)
}

// checking is how long it takes to check entries.
func checking(t *testing.T, past []*feed.Item) time.Duration {
	t.Helper()
	began := time.Now()
	for _, i := range past {
		if _, err := feed.Open(i.Raw, i.Payload); err != nil {
			t.Fatal(err)
		}
	}
	return time.Since(began)
}

func heapInUse() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
