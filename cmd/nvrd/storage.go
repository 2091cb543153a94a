package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/datadir"
	"nvrd/pkg/footage"
	"nvrd/pkg/nvr"
	"nvrd/pkg/retention"
)

const (
	day = 24 * time.Hour
	// mark is how far back footage should go; the forecast says when it won't.
	mark = 7 * day
)

// storageReport is what `nvrd storage` prints.
type storageReport struct {
	Directories []listedDirectory `json:"directories"`
	Kept        []listedStock     `json:"kept"`
	Forecast    []listedOutlook   `json:"forecast"`
	Policy      listedPolicy      `json:"policy"`
}

type listedDirectory struct {
	Path  string `json:"path"`
	State string `json:"state"` // "ready", "missing", "failing" or "removed"
	Why   string `json:"why,omitempty"`
	Bytes int64  `json:"bytes"`                // of footage
	Free  int64  `json:"free_bytes,omitzero"`  // of its disk, if it is there, as what follows
	Total int64  `json:"total_bytes,omitzero"` // of its disk
	Floor int64  `json:"floor_bytes,omitzero"` // what stays free
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
	r, err := report(ctx, st)
	if err != nil {
		return err
	}
	if *asJSON {
		return printJSON(c.out, r)
	}
	return r.print(c.out)
}

// report gathers what is kept and how it will go on.
func report(ctx context.Context, d *datadir.Dir) (storageReport, error) {
	var r storageReport
	names, err := d.CameraNames(ctx)
	if err != nil {
		return r, err
	}
	now, err := course(ctx, d)
	if err != nil {
		return r, err
	}
	r.Policy = listPolicy(now.Policy)
	known, err := d.Catalog.Directories(ctx)
	if err != nil {
		return r, err
	}
	rows, paths := map[footage.UUID]nvr.DirectoryID{}, map[nvr.DirectoryID]string{}
	for _, row := range known {
		rows[row.UUID], paths[row.ID] = row.ID, row.Path
	}
	bytes := map[nvr.DirectoryID]int64{}
	for _, k := range now.Stocks {
		bytes[k.Directory] += k.Bytes
		r.Kept = append(r.Kept, listedStock{
			names(k.Stream.Camera), k.Stream.Quality.String(), k.Class.String(), paths[k.Directory],
			k.Segments, k.Bytes, int64(k.Duration / time.Second), k.Oldest, k.Duration,
		})
	}
	for _, state := range d.Places.States() {
		now.Place = retention.Place{}
		at := listDirectory(state)
		if state.Directory != nil {
			now.Place.ID = rows[state.Directory.ID()]
		} else if i := slices.IndexFunc(known, func(k catalog.Directory) bool { return k.Path == state.Path }); i >= 0 {
			now.Place.ID = known[i].ID
		}
		at.Bytes = bytes[now.Place.ID]
		if at.State == "ready" {
			if now.Place.Free, now.Place.Total, err = state.Directory.Space(); err != nil {
				return r, err
			}
			at.Free, at.Total, at.Floor = now.Place.Free, now.Place.Total, retention.Floor(now.Policy, now.Place.Total)
			for _, o := range retention.Forecast(now, mark) {
				r.Forecast = append(r.Forecast, listedOutlook{
					names(o.Stream.Camera), o.Stream.Quality.String(), at.Path, inDays(o.Kept), inDays(o.InAMonth), o.Below,
				})
			}
		}
		if state.Written || at.Bytes > 0 {
			r.Directories = append(r.Directories, at)
		}
	}
	return r, nil
}

// listDirectory says how it stands with a directory, as far as this process
// can tell: one that only fails when it is written to is ready.
func listDirectory(s footage.State) listedDirectory {
	d := listedDirectory{Path: s.Path, State: "ready"}
	if s.Err != nil {
		d.State, d.Why = "failing", s.Err.Error()
	}
	switch s.Ill {
	case nvr.DiskMissing:
		d.State = "missing"
	case nvr.DiskForeign:
		d.State = "foreign"
	}
	if !s.Written {
		d.State = "removed"
	}
	return d
}

func course(ctx context.Context, d *datadir.Dir) (c retention.Course, err error) {
	c.Now = nvr.Now()
	c.Since = c.Now.Add(-day)
	if c.Policy, err = d.Home.Retention(ctx); err != nil {
		return c, err
	}
	if c.Stocks, err = d.Catalog.StocksWithOldest(ctx); err != nil {
		return c, err
	}
	c.Lately, err = d.Catalog.WrittenSince(ctx, c.Since)
	return c, err
}

// inDays returns d in days, to a tenth.
func inDays(d time.Duration) float64 { return float64(d/(day/10)) / 10 }

func (r storageReport) print(w io.Writer) error {
	p := printer{w: w}
	for _, d := range r.Directories {
		switch d.State {
		case "ready":
			p.line("%s: %s of footage; %s of %s are free, %s stay free", d.Path, size(d.Bytes), size(d.Free), size(d.Total), size(d.Floor))
		case "removed":
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
