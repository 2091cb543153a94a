package prove_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	neighborhood "nvrd/federation/api"
)

// TestSponsorsKilled has an agency ask a street whose two sponsors' homes are killed in
// turn, in the middle of taking in what it asks and of keeping what a neighbor answers:
// everything comes through, once.
func TestSponsorsKilled(t *testing.T) {
	if os.Getenv(neighborsEnv) == "" {
		inNetwork(t)
		return
	}
	publicAddress(t)
	program := build(t)
	random := rand.New(rand.NewPCG(9, 9))
	home := func(name string, n int) *neighbor {
		h := &neighbor{t: t, name: name, program: program, data: scratch(t), random: random, page: fmt.Sprintf("127.0.0.1:%d", 8080+n), port: fmt.Sprint(7000 + 10*n)}
		h.start()
		return h
	}
	anna, ben, cleo := home("Anna", 1), home("Ben", 2), home("Cleo", 3)
	all := []*neighbor{anna, ben, cleo}
	for _, h := range all {
		h.turnOn()
	}
	anna.found("Elm Street")
	ben.joins(anna, anna, 2)
	cleo.joins(anna, cleo, 3)
	o := &office{t: t, program: program, dir: filepath.Join(scratch(t), "office")}
	o.run("init", "--title", "Brigade", "--class", "fire", "--contact", "Desk", "--policy", "Deleted.", "--jurisdiction", "40.6,-74 40.6,-73.7 40.9,-73.7 40.9,-74")
	anna.about(http.MethodPost, "/agencies", map[string]any{"card": o.run("card"), "cells": []string{"65356:53004"}, "unproved": true}, nil)
	for i, h := range []*neighbor{anna, ben} {
		eventually(t, time.Minute, h.name+" knows the agency", func() bool { return len(h.agencies()) == 1 })
		at := fmt.Sprintf("127.0.0.1:%d", 8443+i)
		if _, err := h.ask(http.MethodPut, "/api/v1/neighborhoods/gateway", neighborhood.Gateway{Listen: at, URL: "https://" + at}); err != nil {
			t.Fatal(err)
		}
		var is neighborhood.Sponsored
		h.about(http.MethodPut, "/sponsored/Brigade", map[string]string{}, &is)
		o.run("sponsor", "add", "--sponsor", is.Text)
	}
	for n := range often(1, 5) {
		for _, victim := range []*neighbor{anna, ben} {
			number := fmt.Sprint(victim.name, n)
			at := func(ago time.Duration) string { return time.Now().Add(-ago).UTC().Format(time.RFC3339) }
			_ = cleo.killed(victim, func() error {
				o.run("request", "--case", number, "--incident", "fire", "--from", at(2*time.Hour), "--to", at(time.Hour), "--area", "40.710,-73.994 40.710,-73.989 40.715,-73.989 40.715,-73.994", "--text", "Smoke?")
				return nil
			})
			var asked neighborhood.Request
			for _, h := range all {
				eventually(t, 2*time.Minute, h.name+" has "+number, func() bool {
					for _, r := range h.requests() {
						if r.Case == number && r.State == "open" {
							asked = r
							return true
						}
					}
					return false
				})
			}
			words := "I saw it for " + number + "."
			answer := func() error {
				return cleo.submits(cleo.street+"/requests/"+asked.ID+"/answer", "id", fmt.Sprintf("%032x", random.Uint64()), "words", words, "days", "30", "way", "now", "sure", "1")
			}
			if err := cleo.killed(victim, answer); err != nil {
				t.Fatal(err)
			}
			o.hears(words)
			o.run("resolve", "--request", asked.ID)
		}
	}
}

// about asks the API about the home's neighborhood.
func (h *neighbor) about(method, path string, body, into any) {
	h.t.Helper()
	b, err := h.ask(method, "/api/v1/neighborhoods/"+h.status().In[0].Name+path, body)
	if err == nil && into != nil {
		err = json.Unmarshal(b, into)
	}
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *neighbor) agencies() (all []neighborhood.Agency) {
	h.about(http.MethodGet, "/agencies", nil, &all)
	return all
}

func (h *neighbor) requests() (all []neighborhood.Request) {
	h.about(http.MethodGet, "/requests", nil, &all)
	return all
}

// office is the program of an agency, as those who work there use it.
type office struct {
	t            *testing.T
	program, dir string
}

func (o *office) run(args ...string) string {
	o.t.Helper()
	split := 1
	if args[0] == "sponsor" {
		split = 2
	}
	all := append([]string{"agency"}, args[:split]...)
	all = append(append(all, "--agency", o.dir), args[split:]...)
	var said, complaints strings.Builder
	cmd := exec.CommandContext(o.t.Context(), o.program, all...)
	cmd.Stdout, cmd.Stderr = &said, &complaints
	if err := cmd.Run(); err != nil {
		o.t.Fatalf("%v: %v\n%s", args, err, complaints.String())
	}
	return said.String()
}

// hears waits until the inbox has a response, and sees that it has it once.
func (o *office) hears(words string) {
	o.t.Helper()
	times := 0
	eventually(o.t, 2*time.Minute, "the agency hears "+words, func() bool {
		out, _ := exec.CommandContext(o.t.Context(), o.program, "agency", "inbox", "--agency", o.dir).Output() // while both are off it fails
		times = strings.Count(string(out), words)
		return times > 0
	})
	if times != 1 {
		o.t.Errorf("it hears %d times %q", times, words)
	}
}
