package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"nvrd/pkg/datadir"
	"nvrd/pkg/doctor"
	"nvrd/pkg/nvr"
)

func check(ctx context.Context, c *call) (err error) {
	f := c.flags()
	data := dataFlag(f)
	level := f.String("level", "presence", "how thoroughly: presence, size or hash")
	repair := f.Bool("repair", false, "repair what can be repaired")
	asJSON := f.Bool("json", false, "print JSON")
	if err := c.parse(f); err != nil {
		return err
	}
	o := doctor.Options{Progress: newProgress(c.err, "checking").tell}
	if o.Level, err = doctor.ParseLevel(*level); err != nil {
		return fmt.Errorf("--level: %w", err)
	}
	report, err := datadir.Check(ctx, *data, o, *repair)
	if err != nil {
		return err
	}
	if *asJSON {
		err = printReportJSON(c.out, report)
	} else {
		err = printReport(c.out, report, *repair)
	}
	if n := report.Open(); err == nil && n > 0 {
		err = fmt.Errorf("%d findings: %w", n, nvr.ErrDamaged)
	}
	return err
}

// advice is what to do about findings that Repair cannot mend.
func advice(f doctor.Finding) string {
	switch f.Kind {
	case doctor.DamagedCatalog:
		return "run `nvrd rebuild`"
	case doctor.DamagedMedia:
		return "nothing can be done; the rest of the file plays"
	case doctor.MissingDirectory:
		return "mount its disk, or `nvrd storage remove` it if it is gone for good"
	case doctor.UnreadableDisk:
		return "copy what matters, and replace the disk"
	}
	return f.Repair()
}

func printReport(w io.Writer, r doctor.Report, repair bool) error {
	for _, f := range r.Findings {
		where := f.Path
		if where == "" && f.Stream.Camera != 0 {
			where = f.Stream.String()
		}
		line := string(f.Kind)
		if where != "" {
			line += "  " + where
		}
		if f.Span.From != 0 && f.Path == "" {
			line += fmt.Sprintf("  %s (%s)", f.Span.From, f.Span.Duration())
		}
		line += ": " + f.Found
		switch {
		case f.Repaired:
			line += "; repaired"
		case f.Failed != nil:
			line += "; repair failed: " + f.Failed.Error()
		case repair:
			line += "; " + advice(f)
		default:
			line += "; repair: " + advice(f)
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	summary := fmt.Sprintf("%d streams, %d segments, %d files compared at level %s", r.Streams, r.Segments, r.Files, r.Level)
	switch open := r.Open(); {
	case len(r.Findings) == 0:
		summary += ": all in order"
	case repair:
		summary += fmt.Sprintf(": %d findings, %d repaired", len(r.Findings), len(r.Findings)-open)
	default:
		summary += fmt.Sprintf(": %d findings", len(r.Findings))
	}
	_, err := fmt.Fprintln(w, summary)
	return err
}

// reportJSON is a report as it is printed; see docs/ref/cli.md.
type reportJSON struct {
	Level    string        `json:"level"`
	Streams  int           `json:"streams"`
	Segments int           `json:"segments"`
	Files    int           `json:"files"`
	Bytes    int64         `json:"bytes"`
	Open     int           `json:"open"`
	Findings []findingJSON `json:"findings"`
}

type findingJSON struct {
	Kind     doctor.Kind `json:"kind"`
	Stream   string      `json:"stream,omitempty"`
	Path     string      `json:"path,omitempty"`
	From     nvr.Time    `json:"from,omitzero"`
	To       nvr.Time    `json:"to,omitzero"`
	Found    string      `json:"found"`
	Repair   string      `json:"repair,omitempty"`
	Repaired bool        `json:"repaired"`
	Failed   string      `json:"failed,omitempty"`
}

func printReportJSON(w io.Writer, r doctor.Report) error {
	out := reportJSON{
		Level: r.Level.String(), Streams: r.Streams, Segments: r.Segments, Files: r.Files, Bytes: r.Bytes,
		Open: r.Open(), Findings: []findingJSON{},
	}
	for _, f := range r.Findings {
		j := findingJSON{
			Kind: f.Kind, Path: filepath.ToSlash(f.Path), From: f.Span.From, To: f.Span.To,
			Found: f.Found, Repair: f.Repair(), Repaired: f.Repaired,
		}
		if f.Stream.Camera != 0 {
			j.Stream = f.Stream.String()
		}
		if f.Failed != nil {
			j.Failed = f.Failed.Error()
		}
		out.Findings = append(out.Findings, j)
	}
	return printJSON(w, out)
}
