package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"text/tabwriter"

	"nvrd/federation/agency"
	"nvrd/federation/request/area"
	"nvrd/federation/wire"
	"nvrd/pkg/api"
	"nvrd/pkg/durable"
	"nvrd/pkg/nvr"
	"nvrd/ui/page/profile"
	"nvrd/ui/text"
)

// agencyFlag says where an agency keeps its key and its log.
func agencyFlag(f *flag.FlagSet) *string {
	return f.String("agency", filepath.Join(filepath.Dir(defaultData()), "stoop-agency"), "where the agency's key and log are kept")
}

func agencyInit(ctx context.Context, c *call) error {
	f := c.flags()
	dir := agencyFlag(f)
	var p wire.Agency
	f.StringVar(&p.Title, "title", "", "what people call the agency")
	class := f.String("class", "", "what kind of agency it is")
	f.StringVar(&p.Domain, "domain", "", "a domain that the agency can prove to be its own")
	f.StringVar(&p.Contact, "contact", "", "who answers questions")
	f.StringVar(&p.Policy, "policy", "", "what it does with what it is given, in plain words")
	jurisdiction := f.String("jurisdiction", "", "corners of where it may ask, latitude and longitude in degrees")
	err := c.parse(f, "title", "class", "contact", "policy", "jurisdiction")
	if err != nil {
		return err
	}
	if p.Class, err = wire.ParseAgencyClass(*class); err != nil {
		return fmt.Errorf("--class: %w: %w", nvr.ErrInvalid, err)
	}
	if p.Jurisdiction, err = corners("jurisdiction", *jurisdiction); err != nil {
		return err
	}
	a, err := agency.Init(ctx, *dir, p)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "%s is %s\n", p.Title, a.Key)
	fmt.Fprintf(c.err, "Its key is in %s. Keep a copy of the newest log only: an agency that goes back to an old one, and then publishes, shows two logs and is suspended.\n", *dir)
	return errors.Join(err, a.Close())
}

func agencyCard(ctx context.Context, c *call) error {
	f := c.flags()
	dir := agencyFlag(f)
	if err := c.parse(f); err != nil {
		return err
	}
	return withAgency(ctx, *dir, func(a *agency.Agency) error {
		card, err := a.Card()
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(c.out, wire.AgencyText(card))
		return err
	})
}

func corners(flag, text string) ([]wire.Point, error) {
	all, err := area.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("--%s: %w: %w", flag, nvr.ErrInvalid, err)
	}
	return all, nil
}

// withAgency does something with the agency in a directory.
func withAgency(ctx context.Context, dir string, do func(*agency.Agency) error) error {
	a, err := agency.Open(ctx, dir)
	if err != nil {
		return err
	}
	return errors.Join(do(a), a.Close())
}

func agencyRequest(ctx context.Context, c *call) error {
	f := c.flags()
	dir := agencyFlag(f)
	var r agency.Request
	f.StringVar(&r.Case, "case", "", "the agency's own number of what it looks into")
	incident := f.String("incident", "", "what it looks into")
	from := f.String("from", "", "begin of the window, RFC 3339")
	to := f.String("to", "", "end of the window, RFC 3339")
	where := f.String("area", "", "corners of the area, latitude and longitude in degrees")
	f.StringVar(&r.Text, "text", "", "what is asked")
	f.StringVar(&r.Contact, "contact", "", "who answers questions about it; else the agency's")
	days := f.Uint("days", 7, "for how many days it is open")
	err := c.parse(f, "case", "incident", "from", "to", "area", "text")
	if err != nil {
		return err
	}
	if r.Incident, err = wire.ParseIncident(*incident); err != nil {
		return fmt.Errorf("--incident: %w: %w", nvr.ErrInvalid, err)
	}
	for _, t := range []struct {
		flag, text string
		to         *wire.Minute
	}{{"from", *from, &r.From}, {"to", *to, &r.To}} {
		at, err := nvr.ParseTime(t.text)
		if err != nil {
			return fmt.Errorf("--%s: %w", t.flag, err)
		}
		*t.to = wire.MinuteOf(at.Std())
	}
	if r.Area, err = corners("area", *where); err != nil {
		return err
	}
	r.Open = minutes(*days)
	return withAgency(ctx, *dir, func(a *agency.Agency) error {
		s, err := a.Ask(ctx, r)
		return published(ctx, c, a, s, err)
	})
}

// minutes are those of so many days; more than any rule allows for what does not fit.
func minutes(days uint) wire.Minute { return wire.Minute(min(days, 1000)) * wire.Day }

// published prints the id of what was published, and gives it to the sponsors.
func published(ctx context.Context, c *call, a *agency.Agency, s wire.Signed, err error) error {
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "published %s\n", s.ID)
	return errors.Join(err, submit(ctx, c, a))
}

func agencyBulletin(ctx context.Context, c *call) error {
	f := c.flags()
	dir := agencyFlag(f)
	title := f.String("title", "", "what it is about, on a line")
	text := f.String("text", "", "what people should know")
	days := f.Uint("days", 7, "for how many days it stays")
	if err := c.parse(f, "title", "text"); err != nil {
		return err
	}
	return withAgency(ctx, *dir, func(a *agency.Agency) error {
		s, err := a.Tell(ctx, *title, *text, minutes(*days))
		return published(ctx, c, a, s, err)
	})
}

func agencyResolve(ctx context.Context, c *call) error {
	return agencyEnd(ctx, c, wire.ClosingResolved)
}

func agencyWithdraw(ctx context.Context, c *call) error {
	return agencyEnd(ctx, c, wire.ClosingWithdrawn)
}

func agencyEnd(ctx context.Context, c *call, is wire.ClosingIs) error {
	f := c.flags()
	dir := agencyFlag(f)
	id := f.String("request", "", "id of the request, as it was printed")
	if err := c.parse(f, "request"); err != nil {
		return err
	}
	on, err := idOf("request", *id, "`nvrd agency log` shows them")
	if err != nil {
		return err
	}
	return withAgency(ctx, *dir, func(a *agency.Agency) error {
		s, err := a.End(ctx, on, is)
		return published(ctx, c, a, s, err)
	})
}

// logged is an entry of an agency's log as it is printed.
type logged struct {
	ID      string `json:"id"`
	Minute  string `json:"minute"` // RFC 3339
	Kind    string `json:"kind"`
	Case    string `json:"case,omitempty"`
	Title   string `json:"title,omitempty"`
	On      string `json:"on,omitempty"`
	Expires string `json:"expires,omitempty"` // RFC 3339
}

func loggedOf(s wire.Signed) logged {
	l := logged{ID: s.ID.String(), Minute: stamp(s.Body.(wire.Publication).Agency().Minute), Kind: s.Body.Kind().String()}
	switch b := s.Body.(type) {
	case wire.Request:
		l.Case, l.Expires = b.Case, stamp(b.Expires)
	case wire.Bulletin:
		l.Title, l.Expires = b.Title, stamp(b.Expires)
	case wire.Reply:
		l.On = b.On.String()
	case wire.Closing:
		l.Kind, l.On = map[wire.ClosingIs]string{wire.ClosingResolved: "resolved", wire.ClosingWithdrawn: "withdrawn"}[b.Is], b.On.String()
	}
	return l
}

func agencyLog(ctx context.Context, c *call) error {
	f := c.flags()
	dir := agencyFlag(f)
	asJSON := f.Bool("json", false, "print JSON")
	if err := c.parse(f); err != nil {
		return err
	}
	return withAgency(ctx, *dir, func(a *agency.Agency) error {
		p, err := a.Published(ctx)
		if err != nil {
			return err
		}
		all := make([]logged, 0, len(p.All))
		for _, s := range p.All {
			all = append(all, loggedOf(s))
		}
		if *asJSON {
			return json.NewEncoder(c.out).Encode(all)
		}
		w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
		for _, l := range all {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", l.Minute, l.Kind, l.Case+l.Title+l.On, l.ID)
		}
		return w.Flush()
	})
}

func agencyExport(ctx context.Context, c *call) error {
	f := c.flags()
	dir := agencyFlag(f)
	out := f.String("out", "", "directory that a web server serves")
	file := f.String("file", "", "file to write the log to, for anybody to verify")
	if err := c.parse(f); err != nil {
		return err
	}
	if (*out == "") == (*file == "") {
		return fmt.Errorf("say where to with --out, or with --file: %w", nvr.ErrInvalid)
	}
	return withAgency(ctx, *dir, func(a *agency.Agency) error {
		p, err := a.Published(ctx)
		if err == nil && *out != "" {
			err = exportTo(ctx, a, p, *out)
		} else if err == nil {
			err = durable.Replace(*file, 0o644, p.Archive)
		}
		if err == nil {
			_, err = fmt.Fprintf(c.out, "%d entries are in %s\n", len(p.All), *out+*file)
		}
		return err
	})
}

// exportTo writes the log and the page for people into a directory.
func exportTo(ctx context.Context, a *agency.Agency, p *agency.Published, dir string) error {
	page, err := profilePage(ctx)
	if err != nil {
		return err
	}
	if p, err = a.WithPage(p, page); err != nil {
		return err
	}
	return p.Export(dir)
}

// profilePage writes the page of an agency for people.
func profilePage(ctx context.Context) (agency.Page, error) {
	texts, err := text.Load()
	if err != nil {
		return nil, err
	}
	return func(w io.Writer, says wire.Agency, log []wire.Signed, now wire.Minute) error {
		return profile.Write(ctx, w, texts.English(), says, log, now)
	}, nil
}

func agencyServe(ctx context.Context, c *call) error {
	f := c.flags()
	dir := agencyFlag(f)
	listen := f.String("listen", "127.0.0.1:8090", "address to serve the log at; put a web server with a certificate before it")
	if err := c.parse(f); err != nil {
		return err
	}
	return withAgency(ctx, *dir, func(a *agency.Agency) error {
		page, err := profilePage(ctx)
		if err != nil {
			return err
		}
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", *listen)
		if err != nil {
			return fmt.Errorf("--listen: %w", err)
		}
		s := api.Server(a.Handler(page), c.logger())
		defer context.AfterFunc(ctx, func() { _ = s.Close() })() // who reads, reads again
		fmt.Fprintf(c.out, "The log of %s is at http://%s/\n", a.Title, l.Addr())
		if err := s.Serve(api.Limit(l)); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
}
