package household

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

// Camera is one camera of the home.
type Camera struct {
	ID       nvr.CameraID
	Name     string // unique in the home, also when capital letters are ignored
	URL      string // of the main stream, without user and password
	SubURL   string // of the smaller stream; empty when there is none
	User     string
	Password Secret
	Created  nvr.Time
}

const (
	usePassword = "camera password"
	columns     = `id, name, url, sub_url, user, password_sealed, created_us`
)

// Cameras returns every camera in the order they were added.
func (h *DB) Cameras(ctx context.Context) ([]Camera, error) {
	all, err := sqlite.All(ctx, h.db.Reader(), h.scan, `SELECT `+columns+` FROM camera ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("list cameras: %w", err)
	}
	return all, nil
}

// CameraIDs returns the numbers of the cameras.
func (h *DB) CameraIDs(ctx context.Context) ([]nvr.CameraID, error) {
	all, err := h.Cameras(ctx)
	ids := make([]nvr.CameraID, len(all))
	for i, c := range all {
		ids[i] = c.ID
	}
	return ids, err
}

// Camera returns one camera; [nvr.ErrNotFound] if there is none of that id.
func (h *DB) Camera(ctx context.Context, id nvr.CameraID) (Camera, error) {
	c, err := h.scan(h.db.Reader().QueryRowContext(ctx, `SELECT `+columns+` FROM camera WHERE id = ?`, int64(id)))
	if errors.Is(err, sql.ErrNoRows) {
		return Camera{}, noCamera(id)
	}
	if err != nil {
		return Camera{}, fmt.Errorf("camera %d: %w", id, err)
	}
	return c, nil
}

// CameraByName returns the camera with that name, ignoring capital letters;
// [nvr.ErrNotFound] if there is none.
func (h *DB) CameraByName(ctx context.Context, name string) (Camera, error) {
	c, err := h.scan(h.db.Reader().QueryRowContext(ctx, `SELECT `+columns+` FROM camera WHERE name_folded = ?`, fold(name)))
	if errors.Is(err, sql.ErrNoRows) {
		return Camera{}, fmt.Errorf("there is no camera named %q: %w", name, nvr.ErrNotFound)
	}
	if err != nil {
		return Camera{}, fmt.Errorf("camera %q: %w", name, err)
	}
	return c, nil
}

// AddCamera stores a camera and returns it with its id. It does not try
// whether the camera answers. It fails with [nvr.ErrInvalid] and a message that
// says what to do, or with [nvr.ErrExists] when the name is taken.
func (h *DB) AddCamera(ctx context.Context, in CameraInput) (Camera, error) {
	name, err := checkName(in.Name)
	if err != nil {
		return Camera{}, err
	}
	if in, err = in.Normalize(); err != nil {
		return Camera{}, err
	}
	c := Camera{Name: name, URL: in.URL, SubURL: in.SubURL, User: in.User, Password: in.Password, Created: nvr.Now()}
	err = h.db.Update(ctx, func(tx *sqlite.Tx) error {
		return tx.QueryRowContext(ctx, `INSERT INTO camera (name, name_folded, url, sub_url, user, password_sealed, created_us)
			VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id`,
			c.Name, fold(c.Name), c.URL, c.SubURL, c.User, h.sealed(c.Password), int64(c.Created)).Scan(&c.ID)
	})
	if sqlite.IsUnique(err) {
		return Camera{}, fmt.Errorf("there is a camera named %q: %w", c.Name, nvr.ErrExists)
	}
	if err != nil {
		return Camera{}, fmt.Errorf("add camera %q: %w", c.Name, err)
	}
	h.wake()
	return c, nil
}

// ChangeCamera lets f change what a person said about a camera, as it stands
// now, and stores the result. A stored password is shown to f as [Kept], and
// stays if f leaves it so; that is [nvr.ErrInvalid] if an address leads to
// another machine or port, because a password goes nowhere it was not given for.
// It fails with [nvr.ErrNotFound] if there is no camera of that id, and as
// [DB.AddCamera] does.
func (h *DB) ChangeCamera(ctx context.Context, id nvr.CameraID, f func(*CameraInput)) (c Camera, err error) {
	err = h.db.Update(ctx, func(tx *sqlite.Tx) error {
		if c, err = h.scan(tx.QueryRowContext(ctx, `SELECT `+columns+` FROM camera WHERE id = ?`, int64(id))); err != nil {
			return err
		}
		in := CameraInput{Name: c.Name, URL: c.URL, SubURL: c.SubURL, User: c.User}
		if c.Password != "" {
			in.Password = Kept
		}
		f(&in)
		if c.Name, err = checkName(in.Name); err != nil {
			return err
		}
		if in, err = in.complete(c); err != nil {
			return err
		}
		if in, err = in.Normalize(); err != nil {
			return err
		}
		if c.URL != in.URL || c.SubURL != in.SubURL || c.User != in.User || c.Password != in.Password {
			if err := renewed(ctx, tx, id, false); err != nil {
				return err
			}
		}
		c.URL, c.SubURL, c.User, c.Password = in.URL, in.SubURL, in.User, in.Password
		_, err = tx.ExecContext(ctx, `UPDATE camera SET (name, name_folded, url, sub_url, user, password_sealed) = (?, ?, ?, ?, ?, ?) WHERE id = ?`,
			c.Name, fold(c.Name), c.URL, c.SubURL, c.User, h.sealed(c.Password), int64(id))
		return err
	})
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Camera{}, noCamera(id)
	case sqlite.IsUnique(err):
		return Camera{}, fmt.Errorf("there is a camera named %q: %w", c.Name, nvr.ErrExists)
	case err != nil:
		return Camera{}, fmt.Errorf("change camera %d: %w", id, err)
	}
	h.wake()
	return c, nil
}

// sealed returns a password as it is stored.
func (h *DB) sealed(password Secret) []byte {
	if password == "" {
		return []byte{}
	}
	return h.seal.seal(password, usePassword)
}

// RemovedCameras returns what cameras were called that were removed.
func (h *DB) RemovedCameras(ctx context.Context) (map[nvr.CameraID]string, error) {
	rows, err := h.db.Reader().QueryContext(ctx, `SELECT id, name FROM removed_camera`)
	if err != nil {
		return nil, fmt.Errorf("list removed cameras: %w", err)
	}
	defer rows.Close()
	names := map[nvr.CameraID]string{}
	for rows.Next() {
		var id nvr.CameraID
		var name string
		if err := rows.Scan(&id, &name); err != nil {
			return nil, fmt.Errorf("list removed cameras: %w", err)
		}
		names[id] = name
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list removed cameras: %w", err)
	}
	return names, nil
}

// RemoveCamera forgets a camera and its password, but not its name. Its id is
// not given out again. It fails with [nvr.ErrNotFound] if there is none of that id.
func (h *DB) RemoveCamera(ctx context.Context, id nvr.CameraID) error {
	err := h.db.Update(ctx, func(tx *sqlite.Tx) error {
		return tx.QueryRowContext(ctx, `DELETE FROM camera WHERE id = ? RETURNING id`, int64(id)).Scan(&id)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return noCamera(id)
	}
	if err != nil {
		return fmt.Errorf("remove camera %d: %w", id, err)
	}
	h.wake()
	return nil
}

func noCamera(id nvr.CameraID) error {
	return fmt.Errorf("there is no camera %d: %w", id, nvr.ErrNotFound)
}

func (h *DB) scan(row sqlite.Row) (c Camera, err error) {
	var sealed []byte
	if err := row.Scan(&c.ID, &c.Name, &c.URL, &c.SubURL, &c.User, &sealed, &c.Created); err != nil {
		return Camera{}, err
	}
	if len(sealed) > 0 {
		c.Password, err = h.seal.open(sealed, usePassword)
	}
	return c, err
}
