package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"nvrd/pkg/datadir"
	"nvrd/pkg/nvr"
)

// listedPolicy is a policy as it is printed.
type listedPolicy struct {
	Free        int64        `json:"free_bytes"`
	FreePercent int          `json:"free_percent"`
	Max         int64        `json:"max_bytes,omitzero"`
	SpareYoung  bool         `json:"spare_young"`
	Rules       []listedRule `json:"rules"`
}

type listedRule struct {
	Class string `json:"class"`
	Min   string `json:"min_age"`
	Max   string `json:"max_age,omitempty"`
	Share int    `json:"share_percent,omitzero"`
}

func listPolicy(r nvr.Retention) listedPolicy {
	l := listedPolicy{Free: r.FreeBytes, FreePercent: r.FreePercent, Max: r.MaxBytes, SpareYoung: r.SpareYoung}
	for class, rule := range r.Rules {
		shown := listedRule{Class: nvr.Class(class).String(), Min: age(rule.MinAge), Share: rule.Share}
		if rule.MaxAge > 0 {
			shown.Max = age(rule.MaxAge)
		}
		l.Rules = append(l.Rules, shown)
	}
	return l
}

func (l listedPolicy) print(p *printer) {
	most, young := "", "goes last"
	if l.Max > 0 {
		most = ", at most " + size(l.Max) + " of footage"
	}
	if l.SpareYoung {
		young = "never goes"
	}
	p.line("keep %s or %d %% free%s; footage younger than its minimum age %s", size(l.Free), l.FreePercent, most, young)
	for _, r := range l.Rules {
		text := fmt.Sprintf("%-10s  at least %s", r.Class, r.Min)
		if r.Max != "" {
			text += ", at most " + r.Max
		}
		if r.Share > 0 {
			text += fmt.Sprintf(", up to %d %% of the footage", r.Share)
		}
		p.line("%s", text)
	}
}

// storageSet changes what is kept for how long. What is not given stays.
func storageSet(ctx context.Context, c *call) (err error) {
	f := c.flags()
	data := dataFlag(f)
	var changes []func(*nvr.Retention)
	change := func(name, usage string, parse func(string) (func(*nvr.Retention), error)) {
		f.Func(name, usage, func(s string) error {
			set, err := parse(s)
			changes = append(changes, set)
			return err
		})
	}
	change("free", "`SIZE` of each disk that stays free", sized(func(r *nvr.Retention, n int64) { r.FreeBytes = n }))
	change("free-percent", "`N` percent of each disk that stay free", counted(func(r *nvr.Retention, n int) { r.FreePercent = n }))
	change("max", "most bytes of footage; 0 for as many as there is room for", sized(func(r *nvr.Retention, n int64) { r.MaxBytes = n }))
	change("spare-young", "`BOOL`; true: footage younger than its minimum age never goes", func(s string) (func(*nvr.Retention), error) {
		spare, err := strconv.ParseBool(s)
		return func(r *nvr.Retention) { r.SpareYoung = spare }, err
	})
	rules(change)
	if err := c.parse(f); err != nil {
		return err
	}
	home, err := datadir.OpenHome(ctx, *data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, home.Close()) }()
	policy, err := home.ChangeRetention(ctx, func(r *nvr.Retention) {
		for _, set := range changes {
			set(r)
		}
	})
	if err != nil {
		return err
	}
	p := printer{w: c.out}
	listPolicy(policy).print(&p)
	return p.err
}

// rules adds the flags of each class, such as --motion-min.
func rules(change func(name, usage string, parse func(string) (func(*nvr.Retention), error))) {
	for class := range nvr.Locked {
		name := class.String()
		change(name+"-min", "`AGE` up to which "+name+" footage stays if there is any room, such as 36h or 7d", aged(func(r *nvr.Retention, d time.Duration) { r.Rules[class].MinAge = d }))
		change(name+"-max", "`AGE` at which "+name+" footage goes even if there is room; 0 for never", aged(func(r *nvr.Retention, d time.Duration) { r.Rules[class].MaxAge = d }))
		change(name+"-share", "`N` percent of the footage, up to which "+name+" footage pushes out other", counted(func(r *nvr.Retention, n int) { r.Rules[class].Share = n }))
	}
}

func sized(set func(*nvr.Retention, int64)) func(string) (func(*nvr.Retention), error) {
	return func(s string) (func(*nvr.Retention), error) {
		n, err := parseSize(s)
		return func(r *nvr.Retention) { set(r, n) }, err
	}
}

func counted(set func(*nvr.Retention, int)) func(string) (func(*nvr.Retention), error) {
	return func(s string) (func(*nvr.Retention), error) {
		n, err := strconv.Atoi(strings.TrimSuffix(s, "%"))
		return func(r *nvr.Retention) { set(r, n) }, err
	}
}

func aged(set func(*nvr.Retention, time.Duration)) func(string) (func(*nvr.Retention), error) {
	return func(s string) (func(*nvr.Retention), error) {
		d, err := parseAge(s)
		return func(r *nvr.Retention) { set(r, d) }, err
	}
}

// units are those of sizes, as disks are sold: powers of ten.
var units = []struct {
	name  string
	bytes float64
}{{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"B", 1}, {"", 1}}

// parseSize reads an amount of bytes, such as 20GB or 1.5TB.
func parseSize(s string) (int64, error) {
	for _, u := range units {
		number, ok := strings.CutSuffix(strings.ToUpper(s), strings.ToUpper(u.name))
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || n < 0 || n*u.bytes > math.MaxInt64/2 || math.IsNaN(n) {
			break
		}
		return int64(n * u.bytes), nil
	}
	return 0, fmt.Errorf("%q is not an amount of space, such as 20GB", s)
}

// size prints an amount of bytes.
func size(n int64) string {
	for _, u := range units {
		if float64(n) >= u.bytes && u.bytes > 1 {
			return fmt.Sprintf("%.1f %s", float64(n)/u.bytes, u.name)
		}
	}
	return fmt.Sprintf("%d B", n)
}

// parseAge reads an age, such as 36h or 7d.
func parseAge(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil || n < 0 || n > 36600 {
			return 0, fmt.Errorf("%q is not an age, such as 7d", s)
		}
		return time.Duration(n) * day, nil
	}
	return time.ParseDuration(s)
}

// age prints an age.
func age(d time.Duration) string {
	if d > 0 && d%day == 0 {
		return strconv.Itoa(int(d/day)) + "d"
	}
	return strings.TrimSuffix(strings.TrimSuffix(d.String(), "0s"), "0m")
}
