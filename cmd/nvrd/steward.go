package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"

	neighborhood "nvrd/federation/api"
	"nvrd/federation/request/area"
	"nvrd/pkg/nvr"
)

// What stewards decide: which agencies may ask, and who else is one.

// inNeighborhood are the flags of commands about one neighborhood.
func inNeighborhood(c *call) (r *running, f *flag.FlagSet, name *string) {
	r, f = runningFlags(c)
	return r, f, f.String("neighborhood", "", "which, by its title or name, if this home is in several")
}

// pasted reads a text from a file, or from standard input for "-".
func pasted(c *call, from string) (string, error) {
	in := c.in
	if from != "-" {
		file, err := os.Open(from)
		if err != nil {
			return "", err
		}
		defer file.Close()
		in = file
	}
	b, err := io.ReadAll(io.LimitReader(in, 64<<10))
	return string(b), err
}

// listOf asks for a list about one neighborhood, by a command without other flags, and
// prints it if that is for programs: then there is nothing more to print.
func listOf[T any](ctx context.Context, c *call, what string) (all []T, printed bool, err error) {
	r, f, name := inNeighborhood(c)
	asJSON := f.Bool("json", false, "for programs")
	if err := c.parse(f); err != nil {
		return nil, false, err
	}
	of, err := r.one(ctx, *name)
	if err != nil {
		return nil, false, err
	}
	if err := r.ask(ctx, http.MethodGet, "/"+of.Name+"/"+what, nil, &all); err != nil {
		return nil, false, err
	}
	if *asJSON {
		return nil, true, printJSON(c.out, all)
	}
	return all, false, nil
}

func neighborhoodAgencies(ctx context.Context, c *call) error {
	all, printed, err := listOf[neighborhood.Agency](ctx, c, "agencies")
	if printed || err != nil {
		return err
	}
	if len(all) == 0 {
		fmt.Fprintln(c.out, "No agency may ask homes here. A steward lets one in with `nvrd neighborhood admit-agency`.")
	}
	for _, is := range all {
		what := "since " + is.Since[:10]
		switch {
		case is.Heir != "":
			what = "goes on with another key, " + is.Heir
		case is.Suspended:
			what = "suspended: " + oneLine(is.Reason)
		}
		fmt.Fprintf(c.out, "%s (%s), %s\n", is.Title, is.Class, what)
		for _, did := range is.History {
			fmt.Fprintf(c.out, "  %s  %s\n", did.At[:10], inWords(did))
		}
	}
	return nil
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// inWords says what stewards decided, or may yet.
func inWords(d neighborhood.Decision) string {
	said := strings.ReplaceAll(d.Kind, "-", " ")
	if d.About != "" {
		said += " " + d.About
	}
	if d.Reason != "" {
		said += " (" + oneLine(d.Reason) + ")"
	}
	said += ", proposed by " + d.By
	if d.Need > 0 {
		said += fmt.Sprintf(", %d of %d votes", len(d.For), d.Need)
	}
	return said + ": " + strings.Join(d.For, "; ")
}

func neighborhoodAdmit(ctx context.Context, c *call) error {
	r, f, name := inNeighborhood(c)
	from := f.String("card", "", "file with what the agency says of itself, as `nvrd agency card` prints it; - for standard input")
	var in struct {
		Card     string   `json:"card"`
		Cells    []string `json:"cells,omitempty"`
		Succeeds string   `json:"succeeds,omitempty"`
		Unproved bool     `json:"unproved"`
	}
	cells := f.String("cells", "", "where the neighborhood lies: squares of the grid, ROW:COL, with spaces between; else where it lies for the agency that was let in last")
	at := f.String("at", "", "or a place in its middle, latitude and longitude in degrees")
	radius := f.Float64("radius", 0, "and how far it reaches from there, in metres")
	f.StringVar(&in.Succeeds, "succeeds", "", "the agency, by title or key, that goes on with this key: the old one ends")
	f.BoolVar(&in.Unproved, "unproved", false, "let it in though its domain does not show that it is its own")
	look := f.Bool("look", false, "show what it says of itself, and propose nothing")
	err := c.parse(f, "card")
	if err != nil {
		return err
	}
	if in.Cells, err = squares(*cells, *at, *radius); err != nil {
		return err
	}
	if in.Card, err = pasted(c, *from); err != nil {
		return fmt.Errorf("--card: %w", err)
	}
	of, err := r.one(ctx, *name)
	if err != nil {
		return err
	}
	if *look {
		return r.lookAt(ctx, c, of.Name, in.Card)
	}
	var made neighborhood.Decision
	if err := r.ask(ctx, http.MethodPost, "/"+of.Name+"/agencies", in, &made); err != nil {
		return err
	}
	return decided(c, made, "It may ask homes here.")
}

// decided says what became of a proposal; then is what holds if it counts.
func decided(c *call, made neighborhood.Decision, then string) error {
	if made.Need > 0 {
		then = fmt.Sprintf("It has %d of %d votes: another steward votes with `nvrd neighborhood vote`.", len(made.For), made.Need)
	}
	_, err := fmt.Fprintf(c.out, "%s. %s\n", inWords(made), then)
	return err
}

// squares returns where a neighborhood lies, as its steward says it.
func squares(cells, at string, radius float64) ([]string, error) {
	if at == "" {
		if radius != 0 {
			return nil, fmt.Errorf("--radius: it is measured from a place, to be given with --at: %w", nvr.ErrInvalid)
		}
		return strings.Fields(cells), nil
	}
	if cells != "" || radius <= 0 {
		return nil, fmt.Errorf("--at: give --radius too, in metres, and no --cells: %w", nvr.ErrInvalid)
	}
	place, err := area.ParsePlace(at)
	if err != nil {
		return nil, fmt.Errorf("--at: %w: %w", nvr.ErrInvalid, err)
	}
	around, err := area.Around(place, radius)
	if err != nil {
		return nil, fmt.Errorf("--radius: %w: %w", nvr.ErrInvalid, err)
	}
	var all []string
	for _, cell := range around {
		all = append(all, area.CellText(cell))
	}
	return all, nil
}

// lookAt shows what an agency says of itself.
func (r running) lookAt(ctx context.Context, c *call, name, card string) error {
	var says struct {
		neighborhood.Card
		Proved   bool
		Unproved string
	}
	if err := r.ask(ctx, http.MethodPost, "/"+name+"/agencies/look", map[string]string{"card": card}, &says); err != nil {
		return err
	}
	domain := "none"
	switch {
	case says.Proved:
		domain = says.Domain + ", which shows that it is its own"
	case says.Domain != "":
		domain = says.Domain + "; " + says.Unproved
	}
	for _, line := range [][2]string{
		{"title", says.Title}, {"class", says.Class}, {"domain", domain}, {"contact", oneLine(says.Contact)}, {"policy", oneLine(says.Policy)},
		{"may ask in", strconv.FormatFloat(says.SqKm, 'f', 1, 64) + " km²"}, {"said", says.Said}, {"key", says.Key},
	} {
		fmt.Fprintf(c.out, "%-11s %s\n", line[0], line[1])
	}
	return nil
}

func neighborhoodSuspend(ctx context.Context, c *call) error {
	r, f, name := inNeighborhood(c)
	who := f.String("agency", "", "its title or key")
	reason := f.String("reason", "", "why, for all members to read")
	if err := c.parse(f, "agency", "reason"); err != nil {
		return err
	}
	of, err := r.one(ctx, *name)
	if err != nil {
		return err
	}
	var made neighborhood.Decision
	if err := r.ask(ctx, http.MethodPost, "/"+of.Name+"/agencies/"+url.PathEscape(*who)+"/suspend", map[string]string{"reason": *reason}, &made); err != nil {
		return err
	}
	return decided(c, made, "Nothing of it is taken any more.")
}

func neighborhoodProposals(ctx context.Context, c *call) error {
	all, printed, err := listOf[neighborhood.Decision](ctx, c, "proposals")
	if printed || err != nil {
		return err
	}
	if len(all) == 0 {
		fmt.Fprintln(c.out, "Nothing is proposed.")
	}
	for _, d := range all {
		fmt.Fprintf(c.out, "%s\n  %s\n", inWords(d), d.ID)
	}
	return nil
}

func neighborhoodVote(ctx context.Context, c *call) error {
	r, f, name := inNeighborhood(c)
	id := f.String("proposal", "", "which, by its id, if there are several")
	if err := c.parse(f); err != nil {
		return err
	}
	of, err := r.one(ctx, *name)
	if err != nil {
		return err
	}
	var all, chosen []neighborhood.Decision
	if err := r.ask(ctx, http.MethodGet, "/"+of.Name+"/proposals", nil, &all); err != nil {
		return err
	}
	for _, d := range all {
		if d.ID == *id || *id == "" && !d.Voted {
			chosen = append(chosen, d)
		}
	}
	if len(chosen) != 1 {
		return fmt.Errorf("%d proposals wait for this home's vote; `nvrd neighborhood proposals` lists them, to be named with --proposal: %w", len(chosen), nvr.ErrNotFound)
	}
	if err := r.ask(ctx, http.MethodPut, "/"+of.Name+"/proposals/"+chosen[0].ID+"/vote", nil, nil); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "This home voted for it: %s\n", inWords(chosen[0]))
	return err
}

func neighborhoodSeat(ctx context.Context, c *call) error {
	r, f, name := inNeighborhood(c)
	if err := c.parse(f); err != nil {
		return err
	}
	of, err := r.one(ctx, *name)
	if err != nil {
		return err
	}
	var told struct{ Seat string }
	if err := r.ask(ctx, http.MethodGet, "/"+of.Name+"/seat", nil, &told); err != nil {
		return err
	}
	fmt.Fprintln(c.err, "Tell this to a steward who wants this home to be one, too.")
	_, err = fmt.Fprintln(c.out, told.Seat)
	return err
}

func neighborhoodAddSteward(ctx context.Context, c *call) error {
	r, f, name := inNeighborhood(c)
	home := f.String("home", "", "the home, by its name or author key")
	from := f.String("seat", "", "file with its seat key, as `nvrd neighborhood seat` prints it there; - for standard input; not needed to renew a seat")
	if err := c.parse(f, "home"); err != nil {
		return err
	}
	seat := ""
	if *from != "" {
		told, err := pasted(c, *from)
		if err != nil {
			return fmt.Errorf("--seat: %w", err)
		}
		seat = strings.Join(strings.Fields(told), "")
	}
	of, err := r.one(ctx, *name)
	if err != nil {
		return err
	}
	if err := r.ask(ctx, http.MethodPost, "/"+of.Name+"/stewards", map[string]string{"home": *home, "seat": seat}, nil); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "A seat for %s is proposed; this home voted for it.\n", *home)
	return err
}
