//go:build bench

package prove_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"nvrd/federation/membership"
	"nvrd/federation/online"
	"nvrd/federation/wire"
)

// settled is how long homes that have just met reach for each other.
const settled = time.Minute

// TestCostBesideNeighbors measures two recorders of the same eight cameras at the
// same time, of which one takes part in a street of ten homes that talk.
func TestCostBesideNeighbors(t *testing.T) {
	if os.Getenv(neighborsEnv) == "" {
		inNetwork(t)
		return
	}
	publicAddress(t)
	program := build(t)
	alone, street := scratch(t), &neighbor{t: t, name: "Anna", program: program, data: scratch(t), page: "127.0.0.1:8081", port: "7010"}
	simulate(t, alone, 8)
	simulate(t, street.data, 8)
	other := startAt(t, program, alone, "127.0.0.1:8080")
	street.start()
	street.must("PUT", "/api/v1/neighborhoods/seed", nil)
	street.must("POST", "/api/v1/neighborhoods", map[string]string{"title": "Elm Street", "home": "Anna"})
	street.in(1)
	var homes []*online.Online
	for i := range 9 {
		h, err := online.Open(online.Config{Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		defer h.Close()
		if err := h.TurnOn(); err != nil {
			t.Fatal(err)
		}
		invite, err := street.invites()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.All().Join(invite, fmt.Sprint("home ", i)); err != nil {
			t.Fatal(err)
		}
		homes = append(homes, h)
		street.in(2 + i)
	}
	var talks *membership.Membership
	eventually(t, time.Minute, "all are linked", func() bool {
		for _, talks = range homes[8].All().In() {
			return street.status().In[0].Direct >= 8 && talks.State().Member(talks.Author()) != nil
		}
		return false
	})
	post, err := talks.Post(wire.Post{Category: wire.CategoryHazard, Happened: "Ice."}, 0)
	if err != nil {
		t.Fatal(err)
	}
	<-time.After(settled)
	pids := [2]int{other.Process.Pid, street.cmd.Process.Pid}
	for _, say := range []bool{false, true} {
		var before [2]cost
		for i, pid := range pids {
			before[i] = costOf(t, pid)
		}
		for n := range 10 {
			if say {
				if _, err := talks.Comment(post, fmt.Sprint("comment ", n)); err != nil {
					t.Error(err)
				}
			}
			<-time.After(time.Minute / 10)
		}
		for i, pid := range pids {
			c := costOf(t, pid)
			t.Logf("talk %-5t %-18s %6.2f %% of a core  %6.1f MB anonymous", say, [2]string{"alone", "in a street of 10"}[i], 100*(c.cpu-before[i].cpu).Seconds()/time.Minute.Seconds(), float64(c.anon)/1e6)
		}
	}
	if shown := street.feed(entryOf.FindString(street.feed(""))); strings.Count(shown, "comment ") < 10 {
		t.Error("what was said is not there")
	}
}

func (h *neighbor) must(method, path string, body any) []byte {
	h.t.Helper()
	b, err := h.ask(method, path, body)
	if err != nil {
		h.t.Fatal(err)
	}
	return b
}

type cost struct {
	cpu  time.Duration
	anon int64 // bytes
}

// costOf asks the kernel what a program took of processors, and holds of memory.
func costOf(t *testing.T, pid int) (c cost) {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:])) // from the third field on, proc(5)
	for _, ticks := range fields[11:13] {                                     // utime and stime, in 1/100 s
		n, err := strconv.ParseInt(ticks, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		c.cpu += time.Duration(n) * 10 * time.Millisecond
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if n, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			_, _ = fmt.Sscan(n, &c.anon)
		}
	}
	c.anon <<= 10
	return c
}
