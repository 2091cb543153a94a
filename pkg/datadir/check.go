package datadir

import (
	"context"
	"errors"
	"fmt"

	"nvrd/pkg/catalog"
	"nvrd/pkg/doctor"
	"nvrd/pkg/nvr"
)

// Check compares footage and catalog, and repairs what can be repaired if that
// is wanted. It may look while something records, but a repair fails with
// [nvr.ErrBusy] then. That they do not agree is a report, not an error.
func Check(ctx context.Context, data string, o doctor.Options, repair bool) (report doctor.Report, err error) {
	if err := expect(data, "home.db"); err != nil {
		return report, err
	}
	held, err := Lock(data)
	switch {
	case err == nil && repair:
		defer func() { err = errors.Join(err, held.Close()) }()
	case err == nil: // looking does not keep a recorder from starting
		if err := held.Close(); err != nil {
			return report, err
		}
	case errors.Is(err, nvr.ErrBusy) && !repair:
		o.Recording = true
	case errors.Is(err, nvr.ErrBusy):
		return report, fmt.Errorf("%w; stop it to repair, since a repair needs the data directory for itself", err)
	default:
		return report, err
	}
	return examine(ctx, data, o, repair)
}

// examine checks a data directory, whose lock the caller holds if it is to be
// repaired.
func examine(ctx context.Context, data string, o doctor.Options, repair bool) (report doctor.Report, err error) {
	if err := expect(data, "catalog.db"); err != nil {
		return report, fmt.Errorf("catalog.db is not in %s: %w; `nvrd rebuild` makes it again from the footage", data, nvr.ErrNotFound)
	}
	opening := Open
	if repair { // which holds the lock
		opening = openAlone
	}
	d, err := opening(ctx, data)
	if catalog.IsCorrupt(err) {
		report = doctor.Report{Level: o.Level, Findings: []doctor.Finding{{Kind: doctor.DamagedCatalog, Found: err.Error()}}}
		return report, nil
	}
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	who, err := d.doctor(ctx)
	if err != nil {
		return report, err
	}
	if report, err = who.Check(ctx, o); err == nil && repair {
		err = who.Repair(ctx, &report)
	}
	return report, err
}

// doctor returns who looks after the footage.
func (d *Dir) doctor(ctx context.Context) (*doctor.Doctor, error) {
	_, missing, err := d.directories(ctx)
	return &doctor.Doctor{Catalog: d.Catalog, Directories: d.Places.There(), Missing: missing, Home: d.Home.UUID()}, err
}
