package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"nvrd/federation/agency/audit"
	neighborhood "nvrd/federation/api"
	"nvrd/pkg/api"
	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
)

// neighborhoodAPI puts the neighborhood's part of the API behind the guards.
func (a *server) neighborhoodAPI() http.Handler {
	deny := api.Deny(a.log)
	mux := auth.NewMux(deny)
	for _, r := range neighborhood.Routes(a.neighbors) {
		action := auth.Review
		if r.Changes {
			action = auth.Manage
		}
		mux.Handle(r.Pattern, action, auth.On(auth.Home), http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			if err := r.Handle(w, req); err != nil {
				deny(w, req, err)
			}
		}))
	}
	return mux
}

// running is an nvrd that runs, as another one asks it.
type running struct{ listen, keyFile string }

// runningFlags are the flags of commands that ask it.
func runningFlags(c *call) (*running, *flag.FlagSet) {
	var r running
	f := c.flags()
	f.StringVar(&r.listen, "listen", defaultListen, "address of the pages of the nvrd that runs")
	f.StringVar(&r.keyFile, "access-key-file", "", "file with the key that browsers are asked for")
	return &r, f
}

// maxAnswer is the length of an answer in bytes: the longest record of an agency.
const maxAnswer = audit.MaxArchive

// ask asks the program that runs for a path below that of neighborhoods; see call.
func (r running) ask(ctx context.Context, method, path string, body, result any) error {
	return r.call(ctx, method, "/neighborhoods"+path, body, result)
}

// call asks the program that runs, and reads the answer into result unless it is nil;
// into bytes as it is.
func (r running) call(ctx context.Context, method, path string, body, result any) error {
	address, err := addressOf(r.listen)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var sent bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&sent).Encode(body); err != nil {
			return err
		}
	}
	q, err := http.NewRequestWithContext(ctx, method, "http://"+address+"/api/v1"+path, &sent)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	q.Header.Set("Content-Type", "application/json")
	if r.keyFile != "" {
		key, err := os.ReadFile(r.keyFile)
		if err != nil {
			return fmt.Errorf("--access-key-file: %w", err)
		}
		q.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(key)))
	}
	response, err := http.DefaultClient.Do(q)
	if err != nil {
		return fmt.Errorf("no nvrd runs at %s; start it with `nvrd run`, or say where it is with --listen: %w", r.listen, err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if len(answer) > maxAnswer {
		return fmt.Errorf("the answer is longer than %d bytes: %w", maxAnswer, nvr.ErrTooLarge)
	}
	if response.StatusCode >= 300 {
		return refusalOf(answer, response)
	}
	switch into := result.(type) {
	case nil:
		return nil
	case *[]byte:
		*into = answer
		return nil
	}
	return json.Unmarshal(answer, result)
}

// refusalOf makes an error of what the program answered.
func refusalOf(answer []byte, response *http.Response) error {
	var said struct {
		Error struct{ Kind, Message string }
	}
	if err := json.Unmarshal(answer, &said); err != nil || said.Error.Message == "" {
		return fmt.Errorf("it answers %s", response.Status)
	}
	for _, kind := range nvr.Kinds() {
		if kind.Name == said.Error.Kind {
			return told{said.Error.Message, kind.Err}
		}
	}
	return errors.New(said.Error.Message)
}

// told is an error of another process: its words, and its kind here.
type told struct {
	message string
	kind    error
}

func (t told) Error() string { return t.message }
func (t told) Unwrap() error { return t.kind }

func neighborhoodOn(ctx context.Context, c *call) error {
	r, f := runningFlags(c)
	if err := c.parse(f); err != nil {
		return err
	}
	var made struct{ Words []string }
	if err := r.ask(ctx, http.MethodPut, "/seed", nil, &made); err != nil {
		return err
	}
	fmt.Fprintf(c.err, "Write these words on paper and keep it: with it you come back if this machine is lost. They are not shown again.\n")
	for i := 0; i < len(made.Words); i += 6 {
		if _, err := fmt.Fprintln(c.out, strings.Join(made.Words[i:min(i+6, len(made.Words))], " ")); err != nil {
			return err
		}
	}
	return r.ask(ctx, http.MethodPut, "/seed/paper", nil, nil)
}

func neighborhoodRestore(ctx context.Context, c *call) error {
	r, f := runningFlags(c)
	if err := c.parse(f); err != nil {
		return err
	}
	fmt.Fprintln(c.err, "Type the 24 words from your paper, then press Enter and Ctrl-D.")
	words, err := io.ReadAll(io.LimitReader(c.in, 4<<10))
	if err != nil {
		return err
	}
	if err := r.ask(ctx, http.MethodPut, "/seed", map[string]string{"words": string(words)}, nil); err != nil {
		return err
	}
	_, err = fmt.Fprintln(c.out, "The keys are back. Ask any neighbor for an invite, and come in with `nvrd neighborhood join --returns`: this home is who it was.")
	return err
}

func neighborhoodFound(ctx context.Context, c *call) error {
	r, f := runningFlags(c)
	var in struct {
		Title   string   `json:"title"`
		Home    string   `json:"home"`
		Contact string   `json:"contact,omitempty"`
		Places  []string `json:"places,omitempty"`
		Invites string   `json:"invites,omitempty"`
	}
	f.StringVar(&in.Title, "title", "", "what people call the neighborhood")
	f.StringVar(&in.Home, "home", "", "what neighbors call this home")
	f.StringVar(&in.Contact, "contact", "", "for passers-by who were filmed")
	f.StringVar(&in.Invites, "invites", "members", "who lets others in")
	f.Func("place", "a coarse place that posts may name; may be given more than once", func(p string) error {
		in.Places = append(in.Places, p)
		return nil
	})
	var anew string
	f.StringVar(&anew, "anew", "", "title or name of the neighborhood that this one is in the place of, with its title, rules and name of this home")
	if err := c.parse(f); err != nil {
		return err
	}
	if anew != "" {
		return r.foundAnew(ctx, c, anew)
	}
	if in.Title == "" || in.Home == "" {
		return fmt.Errorf("say what it is called with --title and what neighbors call this home with --home, or which one it is in the place of with --anew: %w", nvr.ErrInvalid)
	}
	if err := r.ask(ctx, http.MethodPost, "", in, nil); err != nil {
		return err
	}
	_, err := fmt.Fprintf(c.out, "%s begins with %s. Let others in with `nvrd neighborhood invite`.\n", in.Title, in.Home)
	return err
}

func (r running) foundAnew(ctx context.Context, c *call, old string) error {
	of, err := r.one(ctx, old)
	if err != nil {
		return err
	}
	var made struct{ Name string }
	if err := r.ask(ctx, http.MethodPost, "/"+of.Name+"/anew", nil, &made); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "%s is founded anew, with %s as its steward. Each neighbor is asked once to go on there, for 30 days; what was said before stays in the old one until it expires.\n", of.Title, of.Home)
	return err
}

// neighborhoodFollow answers what the owner was asked.
func neighborhoodFollow(ctx context.Context, c *call) error {
	r, f := runningFlags(c)
	name := f.String("neighborhood", "", "which, by its title or name, if neighbors of several ask")
	decline := f.Bool("decline", false, "don't, and don't be asked again; nobody is told")
	if err := c.parse(f); err != nil {
		return err
	}
	var s neighborhood.Status
	if err := r.ask(ctx, http.MethodGet, "", nil, &s); err != nil {
		return err
	}
	var of []string
	var asked []neighborhood.Offer
	for _, n := range s.In {
		for _, o := range n.Ask {
			if *name == "" || *name == o.Title || *name == o.Name {
				of, asked = append(of, n.Name), append(asked, o)
			}
		}
	}
	if len(asked) != 1 {
		return fmt.Errorf("%d neighbors ask to go on with them; `nvrd neighborhood status --json` shows where, to be named with --neighborhood: %w", len(asked), nvr.ErrNotFound)
	}
	path := "/" + of[0] + "/anew/" + asked[0].Author
	if *decline {
		return r.ask(ctx, http.MethodDelete, path, nil, nil)
	}
	if err := r.ask(ctx, http.MethodPut, path, nil, nil); err != nil {
		return err
	}
	_, err := fmt.Fprintf(c.out, "This home knocks at the door of %s to go on in %s. `nvrd neighborhood status` tells how it goes.\n", asked[0].By, asked[0].Title)
	return err
}

func neighborhoodInvite(ctx context.Context, c *call) error {
	r, f := runningFlags(c)
	name := f.String("neighborhood", "", "which, by its title or name, if this home is in several")
	days := f.Int("days", 7, "how long it may be used")
	succeeds := f.String("succeeds", "", "the neighbor, by name or author key, who lost machine and paper: the invite lets them in as who they were, and puts their old keys out")
	if err := c.parse(f); err != nil {
		return err
	}
	of, err := r.one(ctx, *name)
	if err != nil {
		return err
	}
	var made struct{ Invite, Until string }
	if err := r.ask(ctx, http.MethodPost, "/"+of.Name+"/invites", map[string]any{"days": *days, "succeeds": *succeeds}, &made); err != nil {
		return err
	}
	fmt.Fprintf(c.err, "Send this to one home, by a way that others don't read. It lets in one home until %s.\n", made.Until)
	if *succeeds != "" {
		fmt.Fprintf(c.err, "Whoever uses it is %s to all neighbors: give it to nobody else.\n", *succeeds)
	}
	_, err = fmt.Fprintln(c.out, made.Invite)
	return err
}

func neighborhoodJoin(ctx context.Context, c *call) error {
	r, f := runningFlags(c)
	home := f.String("home", "", "what neighbors are to call this home")
	returns := f.Bool("returns", false, "this home was a member before its machine was lost")
	if err := c.parse(f, "home"); err != nil {
		return err
	}
	fmt.Fprintln(c.err, "Paste the invite, then press Enter and Ctrl-D.") // an invite on the command line would be seen by others
	invite, err := io.ReadAll(io.LimitReader(c.in, 64<<10))
	if err != nil {
		return err
	}
	var asked neighborhood.Joining
	if err := r.ask(ctx, http.MethodPost, "/joining", map[string]any{"invite": string(invite), "home": *home, "returns": *returns}, &asked); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "This home knocks at the door of %s to be let into %s. `nvrd neighborhood status` tells how it goes.\n", asked.From, asked.Title)
	return err
}

func neighborhoodMembers(ctx context.Context, c *call) error {
	members, printed, err := listOf[neighborhood.Member](ctx, c, "members")
	if printed || err != nil {
		return err
	}
	for _, m := range members {
		what := ""
		if m.Steward {
			what = ", steward"
		}
		if m.Was != "" {
			what += ", known as " + m.Was + " before"
		}
		fmt.Fprintf(c.out, "%s%s, since %s, let in by %s\n", m.Name, what, m.Since[:10], m.By)
	}
	return nil
}

func neighborhoodStatus(ctx context.Context, c *call) error {
	r, f := runningFlags(c)
	asJSON := f.Bool("json", false, "for programs")
	if err := c.parse(f); err != nil {
		return err
	}
	var s neighborhood.Status
	if err := r.ask(ctx, http.MethodGet, "", nil, &s); err != nil {
		return err
	}
	if *asJSON {
		return printJSON(c.out, s)
	}
	if !s.On {
		fmt.Fprintln(c.out, "The neighborhood is off: nothing leaves this home. `nvrd neighborhood on` begins.")
		return nil
	}
	for _, n := range s.In {
		fmt.Fprintf(c.out, "%s, as %s: %d homes, %d linked directly, %d through another home\n", n.Title, n.Home, n.Homes, n.Direct, n.Relayed)
		for _, o := range n.Ask {
			fmt.Fprintf(c.out, "  %s founded it anew, as %s: `nvrd neighborhood follow` goes on there, `follow --decline` does not\n", o.By, o.Title)
		}
		if n.Anew != "" {
			fmt.Fprintln(c.out, "  this home goes on in the one that was founded anew; this one stays until what was said in it has expired")
		}
		if n.Shut {
			fmt.Fprintln(c.out, "  No home of it can be reached from outside, so neighbors meet only in one network. One home has to open a port.")
		}
		if n.Port > 0 {
			fmt.Fprintf(c.out, "  To do that here, have the router forward ports %d and %d, UDP and TCP, to this machine.\n", n.Port, n.Port+1)
		}
		if n.Problem != "" {
			fmt.Fprintf(c.out, "  %s\n", n.Problem)
		}
	}
	for _, j := range s.Joining {
		fmt.Fprintf(c.out, "%s: %s\n", j.Title, map[string]string{
			"waiting": "nobody opens yet at the door of " + j.From, "later": "no steward's home can be reached; it asks again",
			"used": "this invite was used; ask " + j.From + " for another one", "refused": "this home is not let in",
		}[j.Answer])
	}
	if len(s.In)+len(s.Joining) == 0 {
		fmt.Fprintln(c.out, "This home is in no neighborhood yet: `nvrd neighborhood found` or `nvrd neighborhood join`.")
	}
	return nil
}

func neighborhoodLeave(ctx context.Context, c *call) error {
	r, f := runningFlags(c)
	name := f.String("neighborhood", "", "which, by its title or name")
	if err := c.parse(f, "neighborhood"); err != nil {
		return err
	}
	of, err := r.one(ctx, *name)
	if err != nil {
		return err
	}
	if err := r.ask(ctx, http.MethodDelete, "/"+of.Name, nil, nil); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "This home has left %s. What it said there is gone at every home that hears of it.\n", of.Title)
	return err
}

// one returns the neighborhood of this title or name, or the only one.
func (r running) one(ctx context.Context, name string) (neighborhood.Neighborhood, error) {
	var s neighborhood.Status
	if err := r.ask(ctx, http.MethodGet, "", nil, &s); err != nil {
		return neighborhood.Neighborhood{}, err
	}
	var found []neighborhood.Neighborhood
	for _, n := range s.In {
		if name == "" || name == n.Title || name == n.Name {
			found = append(found, n)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 2:
		for i, old := range found { // of one title, and one in the place of the other
			if old.Anew == found[1-i].Name {
				return found[1-i], nil
			}
		}
	case 0:
		return neighborhood.Neighborhood{}, fmt.Errorf("this home is in no such neighborhood: %w", nvr.ErrNotFound)
	}
	return neighborhood.Neighborhood{}, fmt.Errorf("this home is in %d of them; say which with --neighborhood: %w", len(found), nvr.ErrInvalid)
}
