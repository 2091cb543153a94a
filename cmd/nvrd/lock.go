package main

import (
	"context"
	"errors"
	"fmt"
	"os/user"
	"strconv"

	"nvrd/pkg/datadir"
	"nvrd/pkg/nvr"
)

func lockAdd(ctx context.Context, c *call) (err error) {
	f := c.flags()
	main := nvr.Main.String()
	selected := selection{
		data:   dataFlag(f),
		camera: f.String("camera", "", "name of the camera, or its number; one that was removed has only that"),
		stream: &main,
		from:   f.String("from", "", "first instant, RFC 3339"),
		to:     f.String("to", "", "instant after the last, RFC 3339"),
	}
	why := f.String("why", "", "what it is kept for")
	who := f.String("who", userName(), "who wants it")
	until := f.String("until", "", "when the lock ends by itself, RFC 3339")
	if err := c.parse(f, "camera", "from", "to", "why", "who"); err != nil {
		return err
	}
	st, stream, span, err := selected.open(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	l := nvr.Lock{Camera: stream.Camera, Span: span, Who: *who, Why: *why, Made: nvr.Now()}
	if *until != "" {
		if l.Until, err = nvr.ParseTime(*until); err != nil {
			return fmt.Errorf("--until: %w", err)
		}
	}
	id, err := st.Lock(ctx, l)
	if err != nil {
		return err
	}
	names, err := st.CameraNames(ctx)
	if err != nil {
		return err
	}
	end := "it is removed"
	if l.Until != 0 {
		end = l.Until.String()
	}
	_, err = fmt.Fprintf(c.out, "lock %d keeps the footage of %s from %s to %s until %s\n", id, names(stream.Camera), span.From, span.To, end)
	return err
}

// userName returns who runs the program, as far as that is known.
func userName() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return ""
}

// listedLock is a lock as it is printed.
type listedLock struct {
	ID     int64    `json:"id"`
	Camera string   `json:"camera"`
	From   nvr.Time `json:"from"`
	To     nvr.Time `json:"to"`
	Who    string   `json:"who"`
	Why    string   `json:"why"`
	Made   nvr.Time `json:"made"`
	Until  nvr.Time `json:"until,omitzero"`
}

func lockList(ctx context.Context, c *call) (err error) {
	f := c.flags()
	data := dataFlag(f)
	asJSON := f.Bool("json", false, "print JSON")
	if err := c.parse(f); err != nil {
		return err
	}
	st, err := datadir.Open(ctx, *data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	locks, err := st.Home.Locks(ctx, nvr.Now())
	if err != nil {
		return err
	}
	names, err := st.CameraNames(ctx)
	if err != nil {
		return err
	}
	listed := make([]listedLock, len(locks))
	for i, l := range locks {
		listed[i] = listedLock{l.ID, names(l.Camera), l.Span.From, l.Span.To, l.Who, l.Why, l.Made, l.Until}
	}
	if *asJSON {
		return printJSON(c.out, listed)
	}
	for _, l := range listed {
		until := ""
		if l.Until != 0 {
			until = " (until " + l.Until.String() + ")"
		}
		if _, err := fmt.Fprintf(c.out, "%-4d %-24s %s  %s  %s: %s%s\n", l.ID, l.Camera, l.From, l.To, l.Who, l.Why, until); err != nil {
			return err
		}
	}
	return nil
}

func lockRemove(ctx context.Context, c *call) (err error) {
	f := c.flags()
	data := dataFlag(f)
	number := f.String("id", "", "number of the lock")
	if err := c.parse(f, "id"); err != nil {
		return err
	}
	id, err := strconv.ParseInt(*number, 10, 64)
	if err != nil {
		return fmt.Errorf("--id %q is not a number; `nvrd lock list` shows them: %w", *number, nvr.ErrInvalid)
	}
	st, err := datadir.Open(ctx, *data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	l, err := st.Unlock(ctx, id)
	if errors.Is(err, nvr.ErrNotFound) {
		return fmt.Errorf("%w; `nvrd lock list` shows them", err)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "lock %d is removed; the footage from %s to %s goes when its time comes\n", l.ID, l.Span.From, l.Span.To)
	return err
}
