package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"time"

	"nvrd/pkg/datadir"
	"nvrd/pkg/durable"
	"nvrd/pkg/nvr"
	"nvrd/pkg/playback"
)

// selection is the stretch of footage that a command is about.
type selection struct {
	data, camera, stream, from, to *string
}

func (c *call) selection(f *flag.FlagSet) selection {
	return selection{
		data:   dataFlag(f),
		camera: f.String("camera", "", "name of the camera, or its number; one that was removed has only that"),
		stream: f.String("stream", "main", "main or sub"),
		from:   f.String("from", "", "first instant, RFC 3339"),
		to:     f.String("to", "", "instant after the last, RFC 3339"),
	}
}

// open opens the data directory and looks the selection up in it.
func (s selection) open(ctx context.Context, c *call) (*datadir.Dir, nvr.StreamID, nvr.Span, error) {
	var stream nvr.StreamID
	var span nvr.Span
	var err error
	if stream.Quality, err = nvr.ParseQuality(*s.stream); err != nil {
		return nil, stream, span, err
	}
	if span.From, err = nvr.ParseTime(*s.from); err != nil {
		return nil, stream, span, fmt.Errorf("--from: %w", err)
	}
	if span.To, err = nvr.ParseTime(*s.to); err != nil {
		return nil, stream, span, fmt.Errorf("--to: %w", err)
	}
	if span.Empty() {
		return nil, stream, span, fmt.Errorf("--to has to be after --from: %w", nvr.ErrInvalid)
	}
	st, err := datadir.Open(ctx, *s.data)
	if err != nil {
		return nil, stream, span, err
	}
	if stream.Camera, err = st.FindCamera(ctx, *s.camera); err != nil {
		return nil, stream, span, errors.Join(err, st.Close())
	}
	return st, stream, span, nil
}

// line is one stretch of a timeline as it is printed.
type line struct {
	From   nvr.Time   `json:"from"`
	To     nvr.Time   `json:"to,omitzero"`
	Kind   string     `json:"kind"` // "footage" or "gap"
	Reason nvr.Reason `json:"reason,omitempty"`
	Detail string     `json:"detail,omitempty"`
}

func timeline(ctx context.Context, c *call) (err error) {
	f := c.flags()
	selected := c.selection(f)
	asJSON := f.Bool("json", false, "print JSON")
	if err := c.parse(f, "camera", "from", "to"); err != nil {
		return err
	}
	st, stream, span, err := selected.open(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	t, err := st.Player.Timeline(ctx, stream, span, time.Hour)
	if err != nil {
		return err
	}
	lines := []line{}
	for _, s := range t.Footage {
		lines = append(lines, line{From: s.From, To: s.To, Kind: "footage"})
	}
	for _, g := range t.Gaps {
		lines = append(lines, line{From: g.Span.From, To: g.Span.To, Kind: "gap", Reason: g.Reason, Detail: g.Detail})
	}
	slices.SortFunc(lines, func(a, b line) int { return cmp.Compare(a.From, b.From) })
	if *asJSON {
		return printJSON(c.out, lines)
	}
	for _, l := range lines {
		if err := l.print(c.out); err != nil {
			return err
		}
	}
	return nil
}

// print writes a line as "FROM  TO  LENGTH  footage" or "… gap REASON (DETAIL)".
func (l line) print(w io.Writer) error {
	const layout = "2006-01-02T15:04:05.000Z"
	to, length := "-", ""
	if l.To != 0 {
		to, length = l.To.Std().Format(layout), l.To.Sub(l.From).Round(time.Millisecond).String()
	}
	what := l.Kind
	if l.Kind == "gap" {
		what += " " + string(l.Reason)
	}
	if l.Detail != "" {
		what += " (" + l.Detail + ")"
	}
	_, err := fmt.Fprintf(w, "%s  %-24s  %12s  %s\n", l.From.Std().Format(layout), to, length, what)
	return err
}

func export(ctx context.Context, c *call) (err error) {
	f := c.flags()
	selected := c.selection(f)
	out := f.String("out", "", "file to write; it must not exist yet")
	progressive := f.Bool("progressive", false, "for editors and messengers; at most an hour")
	if err := c.parse(f, "camera", "from", "to", "out"); err != nil {
		return err
	}
	st, stream, span, err := selected.open(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	form := playback.Fragmented
	if *progressive {
		form = playback.Progressive
	}
	file, err := st.Player.Export(ctx, stream, span, form)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := save(*out, file); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "%s: %d bytes\n", *out, file.Size)
	return err
}

// save writes r to a new file that appears whole or not at all.
func save(path string, r io.Reader) error {
	err := durable.Create(path, 0o644, func(w io.Writer) error {
		_, err := io.Copy(w, r)
		return err
	})
	if errors.Is(err, nvr.ErrExists) {
		return fmt.Errorf("%w; choose another --out", err)
	}
	return err
}
