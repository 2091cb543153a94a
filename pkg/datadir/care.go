package datadir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/doctor"
	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

// soundIn is how long the start waits to learn whether the catalog is sound:
// long enough for all of a small one. A large one is looked at while cameras
// are recorded; a second of waiting would be a third of the start.
const soundIn = 300 * time.Millisecond

// brokenName marks a catalog that was found to be broken while it was in use:
// the next start sets it aside.
const brokenName = "catalog.db.broken"

// asideName holds the name of a catalog that was set aside until all that could
// be read of it is in the new one, however often that is interrupted.
const asideName = "catalog.db.aside"

// SetAsideBroken moves a catalog that is no sound database out of the way, and
// returns its new name. If it is sound as far as can be told in a moment, or not
// there, the name is that of one that was set aside earlier and is still needed,
// or empty. The caller holds the lock.
func SetAsideBroken(ctx context.Context, data string, log *slog.Logger) (string, error) {
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
			return "", err
		}
	} else if err != nil {
		return "", fmt.Errorf("look at the catalog: %w", err)
	}
	return SetAside(data, err, log)
}

// aside returns the path of the catalog that was set aside and is still needed,
// or nothing.
func aside(data string) (string, error) {
	name, err := os.ReadFile(filepath.Join(data, asideName))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("look for a catalog that was set aside: %w", err)
	}
	return filepath.Join(data, filepath.Base(string(name))), nil
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

// SetAside keeps a broken catalog under another name, which it returns. What
// can be read of it is needed until [Dir.Compare] has taken it over, however
// often that is interrupted. The caller holds the lock.
func SetAside(data string, cause error, log *slog.Logger) (string, error) {
	path := filepath.Join(data, "catalog.db")
	aside := path + ".damaged-" + time.Now().UTC().Format(stamp)
	if err := os.WriteFile(filepath.Join(data, asideName), []byte(filepath.Base(aside)), 0o600); err != nil {
		return "", fmt.Errorf("set the broken catalog aside: %w", err)
	}
	for _, suffix := range companions {
		if err := os.Rename(path+suffix, aside+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("set the broken catalog aside: %w", err)
		}
	}
	if err := os.Remove(filepath.Join(data, brokenName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("set the broken catalog aside: %w", err)
	}
	log.Error("the catalog is broken and was set aside; it is made again from the footage", "kept", aside, "err", cause)
	return aside, sqlite.SyncFolder(data)
}

// Compare compares footage and catalog while cameras are recorded, indexes
// footage from before a time that the catalog does not have, and tells log what
// it found. A catalog that turns out to be broken is set aside at the next
// start. old is a catalog that was set aside, or empty.
func (d *Dir) Compare(ctx context.Context, old string, before nvr.Time, log *slog.Logger) error {
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
		return os.WriteFile(filepath.Join(d.path, brokenName), []byte(report.Findings[0].Found+"\n"), 0o600)
	}
	if counts[doctor.UnlistedFile] > 0 || old != "" {
		if err := reindex(ctx, who, old, before, log); err != nil {
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

// reindex indexes footage that the catalog does not have.
func reindex(ctx context.Context, who *doctor.Doctor, old string, before nvr.Time, log *slog.Logger) (err error) {
	told, start := time.Now(), time.Now()
	r := doctor.Rebuilding{Before: before, Progress: func(done, total int) {
		if time.Since(told) >= 10*time.Second {
			told = time.Now()
			log.Info("footage is being indexed", "done", done, "of", total)
		}
	}}
	if old != "" {
		if r.Old = openOld(old, log); r.Old != nil {
			defer func() { err = errors.Join(err, r.Old.Close()) }()
		}
	}
	made, err := who.Rebuild(ctx, r)
	if err != nil {
		return err
	}
	log.Info("footage was indexed", "segments", made.Segments, "bytes", made.Bytes, "took", time.Since(start), "unreadable", len(made.Unreadable))
	return nil
}
