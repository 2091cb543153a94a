package datadir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/doctor"
	"nvrd/pkg/durable"
	"nvrd/pkg/nvr"
)

// soundIn is how long the start waits to learn whether the catalog is sound:
// long enough for all of a small one. A large one is looked at while cameras
// are recorded; a second of waiting would be a third of the start.
const soundIn = 300 * time.Millisecond

// brokenName marks a catalog that was found to be broken while it was in use:
// the next start sets it aside.
const brokenName = "catalog.db.broken"

// asideName holds the names of catalogs that were set aside, a line each, until
// all that could be read of them is in the new one, however often that is
// interrupted.
const asideName = "catalog.db.aside"

// SetAsideBroken moves a catalog that is no sound database out of the way. It
// returns the names of catalogs that were set aside, now or earlier, and are
// still needed. The caller holds the lock.
func SetAsideBroken(ctx context.Context, data string, log *slog.Logger) ([]string, error) {
	path := filepath.Join(data, "catalog.db")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return aside(data)
	}
	_, err := os.Stat(filepath.Join(data, brokenName))
	if errors.Is(err, fs.ErrNotExist) {
		if err = soundness(ctx, path); err == nil {
			return aside(data)
		}
		if !catalog.IsCorrupt(err) && !errors.Is(err, nvr.ErrDamaged) {
			return nil, err
		}
	} else if err != nil {
		return nil, fmt.Errorf("look at the catalog: %w", err)
	}
	return SetAside(data, err, log)
}

// aside returns the paths of the catalogs that were set aside and are still
// needed. If the file that names them says nothing, or names one that is not
// there, which a crash may have left, all that lie there are.
func aside(data string) ([]string, error) {
	b, err := os.ReadFile(filepath.Join(data, asideName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for catalogs that were set aside: %w", err)
	}
	names := strings.Fields(string(b))
	gone := func(name string) bool {
		_, err := os.Stat(filepath.Join(data, filepath.Base(name)))
		return errors.Is(err, fs.ErrNotExist)
	}
	if len(names) == 0 || slices.ContainsFunc(names, gone) {
		if names, err = damaged(data); err != nil {
			return nil, err
		}
	}
	paths := make([]string, len(names))
	for i, name := range names {
		paths[i] = filepath.Join(data, filepath.Base(name))
	}
	return paths, nil
}

// damaged returns the names of all catalogs that were set aside.
func damaged(data string) (names []string, err error) {
	entries, err := os.ReadDir(data)
	if err != nil {
		return nil, fmt.Errorf("look for catalogs that were set aside: %w", err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), damagedPrefix) && !strings.HasSuffix(e.Name(), "-wal") && !strings.HasSuffix(e.Name(), "-shm") {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// soundness returns what is wrong with a catalog, as far as can be told in a
// moment.
func soundness(ctx context.Context, path string) (err error) {
	c, err := catalog.Open(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	brief, cancel := context.WithTimeout(ctx, soundIn)
	defer cancel()
	err = c.Check(brief)
	if err != nil && !errors.Is(err, nvr.ErrDamaged) && !catalog.IsCorrupt(err) && brief.Err() != nil {
		return ctx.Err() // nothing was found in that time
	}
	return err
}

// damagedPrefix begins the names of catalogs that were set aside.
const damagedPrefix = "catalog.db.damaged-"

// SetAside keeps a broken catalog under another name, and returns the names of
// all that were set aside and are still needed: what can be read of them is
// until [Dir.Compare] has taken it over, however often that is interrupted. The
// caller holds the lock.
func SetAside(data string, cause error, log *slog.Logger) ([]string, error) {
	path, kept := filepath.Join(data, "catalog.db"), filepath.Join(data, damagedPrefix+time.Now().UTC().Format(stamp))
	all, err := aside(data)
	if err != nil {
		return nil, err
	}
	all = append(all, kept)
	names := ""
	for _, path := range all {
		names += filepath.Base(path) + "\n"
	}
	if err := durable.Replace(filepath.Join(data, asideName), 0o600, durable.Bytes([]byte(names))); err != nil {
		return nil, fmt.Errorf("set the broken catalog aside: %w", err)
	}
	for _, suffix := range companions {
		if err := os.Rename(path+suffix, kept+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("set the broken catalog aside: %w", err)
		}
	}
	if err := os.Remove(filepath.Join(data, brokenName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("set the broken catalog aside: %w", err)
	}
	log.Error("the catalog is broken and was set aside; it is made again from the footage", "kept", kept, "err", cause)
	return all, durable.Sync(data)
}

// Compare compares footage and catalog while cameras are recorded, indexes
// footage from before a time that the catalog does not have, and tells log what
// it found. A catalog that turns out to be broken is set aside at the next
// start. old are catalogs that were set aside.
func (d *Dir) Compare(ctx context.Context, old []string, before nvr.Time, log *slog.Logger) error {
	who, err := d.doctor(ctx)
	if err != nil {
		return err
	}
	report, err := who.Check(ctx, doctor.Options{Recording: true})
	if err != nil {
		return err
	}
	counts := map[doctor.Kind]int{}
	for _, f := range report.Findings {
		counts[f.Kind]++
	}
	if n := counts[doctor.DamagedCatalog]; n > 0 {
		log.Error("the catalog is broken; it is made again from the footage at the next start", "err", report.Findings[0].Found)
		return durable.Replace(filepath.Join(d.path, brokenName), 0o600, durable.Bytes([]byte(report.Findings[0].Found+"\n")))
	}
	if counts[doctor.UnlistedFile] > 0 || len(old) > 0 {
		if err := d.reindex(ctx, who, old, before, log); err != nil {
			return err
		}
		if err := os.Remove(filepath.Join(d.path, asideName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("forget the catalog that was set aside: %w", err)
		}
		delete(counts, doctor.UnlistedFile)
		delete(counts, doctor.Hole)
	}
	if len(counts) == 0 {
		log.Info("footage and catalog agree", "segments", report.Segments, "files", report.Files)
		return nil
	}
	attrs := make([]any, 0, 2*len(counts))
	for kind, n := range counts {
		attrs = append(attrs, string(kind), n)
	}
	log.Warn("footage and catalog do not agree; `nvrd check` says more", attrs...)
	return nil
}

// reindex indexes footage that the catalog does not have, and takes over what
// catalogs that were set aside still tell.
func (d *Dir) reindex(ctx context.Context, who *doctor.Doctor, aside []string, before nvr.Time, log *slog.Logger) error {
	told := time.Now()
	progress := func(done, total int) {
		if time.Since(told) >= 10*time.Second {
			told = time.Now()
			log.Info("footage is being indexed", "done", done, "of", total)
		}
	}
	if len(aside) == 0 {
		aside = []string{""}
	}
	for _, path := range aside {
		if err := d.reindexWith(ctx, who, path, doctor.Rebuilding{Before: before, Progress: progress}, log); err != nil {
			return err
		}
	}
	if err := restoreEvents(ctx, d.Home, d.Catalog); err != nil {
		return err
	}
	if err := moveLocks(ctx, d.Home, d.Catalog, true); err != nil { // all are in this one now
		return err
	}
	return applyLocks(ctx, d.Home, d.Catalog, nvr.Now())
}

func (d *Dir) reindexWith(ctx context.Context, who *doctor.Doctor, old string, r doctor.Rebuilding, log *slog.Logger) (err error) {
	start := time.Now()
	if old != "" {
		if r.Old = openOld(old, log); r.Old != nil {
			defer func() { err = errors.Join(err, r.Old.Close()) }()
		}
	}
	made, err := who.Rebuild(ctx, r)
	if err != nil {
		return err
	}
	tellLost(made, log)
	log.Info("footage was indexed", "segments", made.Segments, "bytes", made.Bytes, "took", time.Since(start), "unreadable", len(made.Unreadable))
	return nil
}
