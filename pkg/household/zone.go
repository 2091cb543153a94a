package household

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

const selectZones = `SELECT c.id, coalesce(m.zones, '') FROM camera c LEFT JOIN motion m ON m.camera_id = c.id`

// AllZones returns where motion counts in the pictures of each camera. What is not
// there counts in all of the picture. [DB.Watch] tells of changes.
func (h *DB) AllZones(ctx context.Context) (map[nvr.CameraID]nvr.Zones, error) {
	type drawn struct {
		id    nvr.CameraID
		zones nvr.Zones
	}
	list, err := sqlite.All(ctx, h.db.Reader(), func(row sqlite.Row) (d drawn, err error) {
		d.id, d.zones, err = scanZones(row)
		return d, err
	}, selectZones)
	if err != nil {
		return nil, fmt.Errorf("list zones: %w", err)
	}
	all := make(map[nvr.CameraID]nvr.Zones, len(list))
	for _, d := range list {
		all[d.id] = d.zones
	}
	return all, nil
}

// Zones returns where motion counts in the picture of a camera; [nvr.ErrNotFound]
// if there is none of that id.
func (h *DB) Zones(ctx context.Context, id nvr.CameraID) (nvr.Zones, error) {
	_, z, err := scanZones(h.db.Reader().QueryRowContext(ctx, selectZones+` WHERE c.id = ?`, int64(id)))
	if errors.Is(err, sql.ErrNoRows) {
		return nvr.Zones{}, noCamera(id)
	}
	if err != nil {
		return nvr.Zones{}, fmt.Errorf("zones of camera %d: %w", id, err)
	}
	return z, nil
}

func scanZones(row sqlite.Row) (id nvr.CameraID, z nvr.Zones, err error) {
	var text string
	if err := row.Scan(&id, &text); err != nil {
		return 0, nvr.Zones{}, err
	}
	z, err = nvr.ParseZones(text)
	return id, z, err
}

// SetZones stores where motion counts in the picture of a camera, in the place of
// what was drawn before. It fails with [nvr.ErrNotFound] if there is no camera of
// that id, and with [nvr.ErrInvalid] and a message that says what to do.
func (h *DB) SetZones(ctx context.Context, id nvr.CameraID, z nvr.Zones) error {
	if err := z.Check(); err != nil {
		return err
	}
	err := h.db.Update(ctx, func(tx *sqlite.Tx) error {
		if err := tx.QueryRowContext(ctx, `SELECT id FROM camera WHERE id = ?`, int64(id)).Scan(&id); err != nil {
			return err
		}
		if z.Empty() {
			_, err := tx.ExecContext(ctx, `DELETE FROM motion WHERE camera_id = ?`, int64(id))
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO motion (camera_id, zones) VALUES (?, ?)
			ON CONFLICT DO UPDATE SET zones = excluded.zones`, int64(id), z.String())
		return err
	})
	if errors.Is(err, sql.ErrNoRows) {
		return noCamera(id)
	}
	return h.told(err, id, "set the zones")
}
