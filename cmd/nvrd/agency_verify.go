package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"nvrd/federation/agency/audit"
	"nvrd/pkg/nvr"
)

func agencyVerify(ctx context.Context, c *call) error {
	f := c.flags()
	log := f.String("log", "", "file, directory or address of the log")
	asJSON := f.Bool("json", false, "print JSON")
	if err := c.parse(f, "log"); err != nil {
		return err
	}
	r, err := verify(ctx, *log)
	if err != nil {
		return err
	}
	if *asJSON {
		err = printJSON(c.out, verifiedOf(r))
	} else {
		_, err = fmt.Fprint(c.out, findings(r))
	}
	if err == nil && !r.OK() {
		err = fmt.Errorf("the files are what the agency published, and that is not as it should be: %w", nvr.ErrInvalid)
	}
	return err
}

// verify checks a log, wherever it lies.
func verify(ctx context.Context, log string) (audit.Report, error) {
	if strings.HasPrefix(log, "https://") || strings.HasPrefix(log, "http://") {
		return audit.Check(audit.NewWeb(ctx, log))
	}
	info, err := os.Stat(log)
	if err != nil {
		return audit.Report{}, fmt.Errorf("--log: %w: %w", nvr.ErrNotFound, err)
	}
	if info.IsDir() {
		d, err := audit.OpenDir(log)
		if err != nil {
			return audit.Report{}, fmt.Errorf("--log: %w", err)
		}
		r, err := audit.Check(d)
		return r, errors.Join(err, d.Close())
	}
	b, err := readUpTo(log, audit.MaxArchive)
	if err != nil {
		return audit.Report{}, fmt.Errorf("--log: %w", err)
	}
	a, err := audit.OpenArchive(b)
	if err != nil {
		return audit.Report{}, fmt.Errorf("--log: %w", err)
	}
	return audit.Check(a)
}

// verified is a report as it is printed for programs.
type verified struct {
	Agency    string   `json:"agency"` // its key
	Title     string   `json:"title"`
	Class     string   `json:"class"`
	Entries   int      `json:"entries"`
	Withheld  int      `json:"withheld"`
	Broken    []broken `json:"broken"`
	Cosigners int      `json:"cosigners"`
	Fraud     bool     `json:"fraud"`
}

// broken is an entry that breaks a rule.
type broken struct {
	Entry   int    `json:"entry"` // from 0
	ID      string `json:"id"`
	Verdict string `json:"verdict"`
	Why     string `json:"why,omitempty"`
}

func verifiedOf(r audit.Report) verified {
	v := verified{r.Says.Key.String(), r.Says.Title, r.Says.Class.String(), r.Entries, r.Withheld, make([]broken, 0, len(r.Broken)), r.Cosigners, r.Fraud}
	for _, b := range r.Broken {
		why := ""
		if b.Why != nil {
			why = b.Why.Error()
		}
		v.Broken = append(v.Broken, broken{b.Number, b.ID.String(), b.Verdict.String(), why})
	}
	return v
}

// findings is a report for people.
func findings(r audit.Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%v), key %s\n", r.Says.Title, r.Says.Class, r.Says.Key)
	fmt.Fprintf(&b, "%d entries, all of them signed, in this order and no other\n", r.Entries)
	if r.Withheld > 0 {
		fmt.Fprintf(&b, "%d of their texts are withheld\n", r.Withheld)
	}
	for _, e := range verifiedOf(r).Broken {
		fmt.Fprintf(&b, "entry %d breaks a rule: %s %s (%s)\n", e.Entry, e.Verdict, e.Why, e.ID)
	}
	if len(r.Broken) == 0 {
		fmt.Fprintln(&b, "every rule is kept that can be checked without knowing a neighborhood")
	}
	if r.Cosigners > 0 {
		fmt.Fprintf(&b, "%d keys say that they are homes' which saw this log\n", r.Cosigners)
	}
	if r.Fraud {
		fmt.Fprintln(&b, "the agency showed two logs, and a proof of it is here")
	}
	return b.String()
}
