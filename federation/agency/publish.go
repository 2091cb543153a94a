package agency

import (
	"context"
	"errors"
	"fmt"

	"nvrd/federation/request"
	"nvrd/federation/request/area"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

// Request is what an agency asks, without what is its own of all.
type Request struct {
	Case     string
	Incident wire.Incident
	From, To wire.Minute
	Area     []wire.Point
	Text     string
	Contact  string      // the agency's own if it is empty
	Open     wire.Minute // for how long
}

// Ask publishes a request. Errors are nvr.ErrInvalid for what no home would pass
// on, of which the message says why, and those of writing to disk; then nothing is
// published. Whether three are open in one neighborhood, or ten were in a month, is
// counted among those whose areas meet a cell that this one's does.
func (a *Agency) Ask(ctx context.Context, r Request) (wire.Signed, error) {
	if r.Contact == "" {
		r.Contact = a.Contact
	}
	var cells []wire.Cell
	if asked, err := area.Check(r.Area); err == nil { // what is wrong with it is said below
		cells = asked.Cells()
	}
	return a.publish(ctx, cells, func(h wire.AgencyHead) wire.Body {
		return wire.Request{Head: h, Case: r.Case, Incident: r.Incident, From: r.From, To: r.To, Area: r.Area, Text: r.Text, Contact: r.Contact, Expires: h.Minute + r.Open}
	})
}

// Tell publishes a bulletin, which stays for some time. Errors are those of
// [Agency.Ask].
func (a *Agency) Tell(ctx context.Context, title, text string, stays wire.Minute) (wire.Signed, error) {
	return a.publish(ctx, nil, func(h wire.AgencyHead) wire.Body {
		return wire.Bulletin{Head: h, Title: title, Text: text, Expires: h.Minute + stays}
	})
}

// End resolves or withdraws a request. Errors are those of [Agency.Ask], also for
// one that is closed, has expired or never was.
func (a *Agency) End(ctx context.Context, on wire.Hash, is wire.ClosingIs) (wire.Signed, error) {
	return a.publish(ctx, nil, func(h wire.AgencyHead) wire.Body { return wire.Closing{Head: h, On: on, Is: is} })
}

// publish signs what comes next in the log, if homes would take it, and writes it
// down. Another process that publishes at the same time comes before or after.
func (a *Agency) publish(ctx context.Context, cells []wire.Cell, body func(wire.AgencyHead) wire.Body) (signed wire.Signed, err error) {
	err = a.db.Update(ctx, func(tx *sqlite.Tx) error {
		signed, err = a.add(ctx, tx, cells, body)
		return err
	})
	if err != nil {
		return wire.Signed{}, fmt.Errorf("publish: %w", err)
	}
	return signed, nil
}

func (a *Agency) add(ctx context.Context, tx *sqlite.Tx, cells []wire.Cell, body func(wire.AgencyHead) wire.Body) (wire.Signed, error) {
	var none wire.Signed
	town, err := area.NewJurisdiction(a.Jurisdiction)
	if err != nil {
		return none, fmt.Errorf("jurisdiction: %w", err)
	}
	all, err := read(ctx, tx)
	if err != nil {
		return none, err
	}
	head, now := wire.AgencyHead{Agency: a.Key}, wire.MinuteOf(a.now())
	judge := request.NewJudge(request.Terms{Agency: a.Key, Jurisdiction: town, Cells: cells})
	for _, p := range all {
		_, _ = judge.Judge(p) // it was asked when it was published
		head.Minute = max(head.Minute, p.Body.(wire.Publication).Agency().Minute)
	}
	if head.Minute > now+request.Ahead {
		return none, fmt.Errorf("the clock is behind what was published at %s; set it right: %w", head.Minute.Time().Format("2006-01-02 15:04 UTC"), nvr.ErrInvalid)
	}
	head.Minute = max(head.Minute, now)
	signed, err := wire.Sign(body(head), a.key)
	if err != nil {
		return none, fmt.Errorf("%w: %w", nvr.ErrInvalid, err)
	}
	if v, why := judge.Judge(signed); !v.OK() {
		return none, refused(v, why)
	}
	if len(all) >= request.MaxEntries {
		return none, fmt.Errorf("the log is full with %d entries: %w", len(all), nvr.ErrTooLarge)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO publication (position, id, raw) VALUES (?, ?, ?)`, len(all), signed.ID[:], signed.Raw)
	return signed, err
}

// read returns what was published, in its order.
func read(ctx context.Context, from sqlite.Querier) ([]wire.Signed, error) {
	return published(ctx, from, `ORDER BY position`)
}

func published(ctx context.Context, from sqlite.Querier, which string, args ...any) ([]wire.Signed, error) {
	return sqlite.All(ctx, from, func(row sqlite.Row) (wire.Signed, error) {
		var raw []byte
		if err := row.Scan(&raw); err != nil {
			return wire.Signed{}, err
		}
		s, err := wire.Open(raw)
		if _, ok := s.Body.(wire.Publication); err == nil && !ok {
			err = errors.New("the log holds what is no publication")
		}
		return s, err
	}, `SELECT raw FROM publication `+which, args...)
}

// refused says why no home would pass something on, and what to do.
func refused(v request.Verdict, why error) error {
	advice := map[request.Verdict]string{
		request.Linked:          "leave out addresses of pages: all that homes need stands in the text",
		request.ShortWindow:     "ask for 15 minutes at least",
		request.LongWindow:      "ask for 12 hours at most",
		request.FutureWindow:    "ask for what has happened",
		request.LongOpen:        "14 days at most",
		request.OutOfBounds:     "draw the area within the jurisdiction",
		request.CaseSpent:       "two requests of one case are all",
		request.OpenSpent:       "three may be open where people live: resolve or withdraw one",
		request.MonthSpent:      "ten within 30 days are all that is asked of one place",
		request.BulletinsSpent:  "two bulletins a day are all",
		request.NothingToClose:  "no such request is open",
		request.RecipientsSpent: "two new keys within 30 days are all",
		request.RepliesSpent:    "twenty replies a day are all",
	}[v]
	if why != nil {
		advice = why.Error()
	}
	return fmt.Errorf("no home would pass it on, %v: %s: %w", v, advice, nvr.ErrInvalid)
}
