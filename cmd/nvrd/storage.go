package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"nvrd/pkg/datadir"
	"nvrd/pkg/nvr"
)

const day = 24 * time.Hour

// storageReport is what `nvrd storage` prints.
type storageReport struct {
	Directories []listedDirectory `json:"directories"`
	Kept        []listedStock     `json:"kept"`
	Forecast    []listedOutlook   `json:"forecast"`
	Removed     []listedRemoval   `json:"removed"`
	Policy      listedPolicy      `json:"policy"`
}

// listedRemoval is what was removed within an hour, of a camera, a class and by a cause.
type listedRemoval struct {
	At       nvr.Time  `json:"at"` // of the last of it
	Camera   string    `json:"camera"`
	Class    string    `json:"class"`
	Cause    nvr.Cause `json:"cause"`
	Who      string    `json:"who,omitempty"` // deleted it
	Segments int64     `json:"segments"`
	Bytes    int64     `json:"bytes"`
	From     nvr.Time  `json:"from"` // of the oldest of it
	To       nvr.Time  `json:"to"`   // of the newest
}

type listedDirectory struct {
	Path  string         `json:"path"`
	State nvr.PlaceState `json:"state"`
	Why   string         `json:"why,omitempty"`
	Bytes int64          `json:"bytes"`                // of footage
	Free  int64          `json:"free_bytes,omitzero"`  // of its disk, if it is there, as what follows
	Total int64          `json:"total_bytes,omitzero"` // of its disk
	Floor int64          `json:"floor_bytes,omitzero"` // what stays free
}

type listedStock struct {
	Camera    string   `json:"camera"`
	Stream    string   `json:"stream"`
	Class     string   `json:"class"`
	Directory string   `json:"directory"`
	Segments  int64    `json:"segments"`
	Bytes     int64    `json:"bytes"`
	Seconds   int64    `json:"seconds"`
	Oldest    nvr.Time `json:"oldest"`
	length    time.Duration
}

type listedOutlook struct {
	Camera    string   `json:"camera"`
	Stream    string   `json:"stream"`
	Directory string   `json:"directory"`
	Kept      float64  `json:"kept_days"`
	InAMonth  float64  `json:"kept_days_in_a_month"`
	Below     nvr.Time `json:"below_7_days,omitzero"`
}

func storage(ctx context.Context, c *call) (err error) {
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
	stored, err := st.Storage(ctx)
	if err != nil {
		return err
	}
	names, err := st.CameraNames(ctx)
	if err != nil {
		return err
	}
	removed, err := st.RemovedSince(ctx, nvr.Now().Add(-nvr.RemovalsTold))
	if err != nil {
		return err
	}
	r := listStorage(stored, names)
	for _, x := range removed {
		r.Removed = append(r.Removed, listedRemoval{x.At, names(x.Camera), x.Class.String(), x.Cause, x.Who, x.Segments, x.Bytes, x.Span.From, x.Span.To})
	}
	if *asJSON {
		return printJSON(c.out, r)
	}
	return r.print(c.out)
}

// listStorage is s as it is printed.
func listStorage(s nvr.Storage, names func(nvr.CameraID) string) storageReport {
	r := storageReport{Policy: listPolicy(s.Policy)}
	for _, p := range s.Places {
		r.Directories = append(r.Directories, listedDirectory{p.Path, p.State, p.Detail, p.Bytes, p.Free, p.Total, p.Floor})
		for _, k := range p.Stocks {
			r.Kept = append(r.Kept, listedStock{
				names(k.Stream.Camera), k.Stream.Quality.String(), k.Class.String(), p.Path,
				k.Segments, k.Bytes, int64(k.Duration / time.Second), k.Oldest, k.Duration,
			})
		}
		for _, o := range p.Outlooks {
			r.Forecast = append(r.Forecast, listedOutlook{
				names(o.Stream.Camera), o.Stream.Quality.String(), p.Path, inDays(o.Kept), inDays(o.InAMonth), o.Below,
			})
		}
	}
	return r
}

// inDays returns d in days, to a tenth.
func inDays(d time.Duration) float64 { return float64(d/(day/10)) / 10 }

func (r storageReport) print(w io.Writer) error {
	p := printer{w: w}
	for _, d := range r.Directories {
		switch d.State {
		case nvr.PlaceReady:
			p.line("%s: %s of footage; %s of %s are free, %s stay free", d.Path, size(d.Bytes), size(d.Free), size(d.Total), size(d.Floor))
		case nvr.PlaceRemoved:
			p.line("%s: %s of footage; removed, nothing more is written there", d.Path, size(d.Bytes))
		default:
			p.line("%s: %s of footage; %s: %s", d.Path, size(d.Bytes), d.State, d.Why)
		}
	}
	in := func(string) string { return "" }
	if len(r.Directories) > 1 {
		in = func(directory string) string { return " in " + directory }
	}
	for _, k := range r.Kept {
		p.line("%-24s %-5s %-10s  %10s  %12s  since %s%s", k.Camera, k.Stream, k.Class, size(k.Bytes), k.length.Round(time.Second),
			k.Oldest.Std().Format(time.DateTime+"Z"), in(k.Directory))
	}
	for _, o := range r.Forecast {
		switch {
		case o.Below != 0:
			p.line("continuous footage of %s (%s)%s will go back less than 7 days from %s on", o.Camera, o.Stream, in(o.Directory), o.Below.Std().Format(time.DateOnly))
		default:
			p.line("continuous footage of %s (%s)%s goes back %.1f days, in a month %.1f", o.Camera, o.Stream, in(o.Directory), o.Kept, o.InAMonth)
		}
	}
	if len(r.Removed) > 0 {
		var bytes int64
		for _, x := range r.Removed {
			bytes += x.Bytes
		}
		p.line("%s went in the last 30 days, the last at %s; --json tells when, of which camera and why", size(bytes), r.Removed[0].At.Std().Format(time.DateTime+"Z"))
	}
	r.Policy.print(&p)
	return p.err
}

// printer writes lines until one fails.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}
