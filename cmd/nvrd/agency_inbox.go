package main

import (
	"context"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"nvrd/federation/agency"
	"nvrd/federation/response"
	"nvrd/federation/wire"
	"nvrd/pkg/durable"
	"nvrd/pkg/nvr"
)

func agencyKey(ctx context.Context, c *call) error {
	f := c.flags()
	dir := agencyFlag(f)
	out := f.String("out", "", "file to write the keys to")
	if err := c.parse(f, "out"); err != nil {
		return err
	}
	return withAgency(ctx, *dir, func(a *agency.Agency) error {
		all, err := a.Identities(ctx)
		if err != nil {
			return err
		}
		var text strings.Builder
		for _, key := range all {
			fmt.Fprintf(&text, "# for what is sealed to %s…\n%s\n", key.Recipient()[:20], key.Secret())
		}
		if err := durable.Create(*out, 0o600, durable.Bytes([]byte(text.String()))); err != nil {
			return err
		}
		_, err = fmt.Fprintf(c.out, "Whoever has %s opens what homes hand over: `age --decrypt --identity %s`\n", *out, *out)
		return err
	})
}

func agencyRotate(ctx context.Context, c *call) error {
	f := c.flags()
	dir := agencyFlag(f)
	if err := c.parse(f); err != nil {
		return err
	}
	return withAgency(ctx, *dir, func(a *agency.Agency) error {
		s, err := a.Rotate(ctx)
		return published(ctx, c, a, s, err)
	})
}

func agencyForget(ctx context.Context, c *call) error {
	f := c.flags()
	dir := agencyFlag(f)
	text := f.String("response", "", "id of the response, as the inbox lists it")
	if err := c.parse(f, "response"); err != nil {
		return err
	}
	id, err := idOf("response", *text, "`nvrd agency inbox` lists them")
	if err != nil {
		return err
	}
	return withAgency(ctx, *dir, func(a *agency.Agency) error {
		if err := a.Forget(ctx, id); err != nil {
			return err
		}
		_, err := fmt.Fprintf(c.out, "forgotten %s\n", id)
		return err
	})
}

// idOf reads an id that was given for a flag.
func idOf(flag, text, where string) (wire.Hash, error) {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != len(wire.Hash{}) {
		return wire.Hash{}, fmt.Errorf("--%s: %q is no id; %s: %w", flag, text, where, nvr.ErrInvalid)
	}
	return wire.Hash(b), nil
}

func agencyInbox(ctx context.Context, c *call) error {
	f := c.flags()
	dir := agencyFlag(f)
	asJSON := f.Bool("json", false, "print JSON")
	open := f.String("open", "", "id of a response to be written to files")
	out := f.String("out", "", "directory for the files of --open")
	files := several(f, "take", "file with a piece or a whole sealed response to be taken in; may be given more than once")
	if err := c.parse(f); err != nil {
		return err
	}
	if (*open == "") != (*out == "") {
		return fmt.Errorf("say what to open with --open and where to with --out: %w", nvr.ErrInvalid)
	}
	return withAgency(ctx, *dir, func(a *agency.Agency) error {
		if *open != "" {
			id, err := idOf("open", *open, "`nvrd agency inbox` lists them")
			if err != nil {
				return err
			}
			return openTo(ctx, c, a, id, *out)
		}
		visits, err := a.Collect(ctx)
		bad := errors.Join(err, visited(c, visits, ""), takeFiles(ctx, a, *files))
		all, err := a.Inbox(ctx)
		if err != nil {
			return errors.Join(bad, err)
		}
		return errors.Join(bad, listInbox(c, all, *asJSON, wire.MinuteOf(time.Now())))
	})
}

// several is a flag that may be given more than once.
func several(f *flag.FlagSet, name, usage string) *[]string {
	var all []string
	f.Func(name, usage, func(s string) error {
		all = append(all, s)
		return nil
	})
	return &all
}

// takeFiles takes in each of the files that can be.
func takeFiles(ctx context.Context, a *agency.Agency, files []string) (bad error) {
	for _, name := range files {
		b, err := readUpTo(name, response.MaxPieces*response.PieceLen)
		if err == nil {
			_, err = a.Take(ctx, b)
		}
		if err != nil {
			bad = errors.Join(bad, fmt.Errorf("--take %s: %w", name, err))
		}
	}
	return bad
}

// readUpTo reads a file of at most so many bytes.
func readUpTo(name string, most int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", nvr.ErrInvalid, err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if int64(len(b)) > most {
		err = errors.Join(err, fmt.Errorf("more than %d bytes: %w", most, nvr.ErrTooLarge))
	}
	return b, err
}

// openTo writes a response to files of a directory in which there are none of it.
func openTo(ctx context.Context, c *call, a *agency.Agency, id wire.Hash, dir string) error {
	r, err := a.Response(ctx, id)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	about := fmt.Sprintf("case %s, for request %s\nsent %s, may be kept until %s\n\n%s\n", r.Case, r.Request, readable(r.Minute), readable(r.Until), r.Words)
	names := append([]string{"words.txt"}, r.Names()...)
	bytes := [][]byte{[]byte(about)}
	for _, m := range r.Media {
		bytes = append(bytes, m.Bytes)
	}
	for i, name := range names {
		at := filepath.Join(dir, name)
		if err := durable.Create(at, 0o600, durable.Bytes(bytes[i])); err != nil {
			return fmt.Errorf("--out: %w", err)
		}
		fmt.Fprintln(c.out, at)
	}
	return nil
}

// arrival is a response in the inbox as it is printed.
type arrival struct {
	ID      string   `json:"id"`
	Came    string   `json:"came"` // RFC 3339, as below
	Have    int      `json:"have"` // of its pieces
	Count   int      `json:"count"`
	Trouble string   `json:"trouble,omitempty"`
	Request string   `json:"request,omitempty"`
	Case    string   `json:"case,omitempty"`
	Sent    string   `json:"sent,omitempty"`
	Until   string   `json:"until,omitempty"`
	Words   string   `json:"words,omitempty"`
	Files   []string `json:"files,omitempty"`
}

func listInbox(c *call, all []agency.Arrival, asJSON bool, now wire.Minute) error {
	list := make([]arrival, 0, len(all))
	over, soon := 0, 0
	for _, a := range all {
		v := arrival{ID: a.ID.String(), Came: stamp(a.Came), Have: a.Have, Count: a.Count, Trouble: a.Trouble, Case: a.Case, Words: a.Words, Files: a.Files}
		if a.Usable() {
			v.Request, v.Sent, v.Until = a.Request.String(), stamp(a.Sent), stamp(a.Until)
			switch {
			case a.Until <= now:
				over++
			case a.Until <= now+7*wire.Day:
				soon++
			}
		}
		list = append(list, v)
		if !asJSON {
			fmt.Fprint(c.out, shown(a, now))
		}
	}
	if over > 0 {
		fmt.Fprintf(c.err, "%d of them may no longer be kept. Delete each, and its copies: nvrd agency forget --response ID\n", over)
	}
	if soon > 0 {
		fmt.Fprintf(c.err, "%d of them may be kept for a week more at most.\n", soon)
	}
	if asJSON {
		return printJSON(c.out, list)
	}
	return nil
}

// shown is a response in the inbox as people read it.
func shown(a agency.Arrival, now wire.Minute) string {
	var b strings.Builder
	switch {
	case a.Trouble != "":
		fmt.Fprintf(&b, "%s  came %s and can't be used: %s\n", a.ID, readable(a.Came), a.Trouble)
	case !a.Usable():
		fmt.Fprintf(&b, "%s  came %s, %d of %d pieces so far\n", a.ID, readable(a.Came), a.Have, a.Count)
	default:
		keep := "may be kept until " + readable(a.Until)
		if a.Until <= now {
			keep = "may no longer be kept since " + readable(a.Until)
		}
		fmt.Fprintf(&b, "%s  case %s, sent %s, %s\n", a.ID, a.Case, readable(a.Sent), keep)
		for line := range strings.Lines(a.Words) {
			fmt.Fprintf(&b, "    %s\n", strings.TrimSuffix(line, "\n"))
		}
		if len(a.Files) > 0 {
			fmt.Fprintf(&b, "    with %s\n", strings.Join(a.Files, " "))
		}
	}
	return b.String()
}

func stamp(m wire.Minute) string { return m.Time().Format(time.RFC3339) }

func readable(m wire.Minute) string { return m.Time().Format("2006-01-02 15:04 UTC") }
