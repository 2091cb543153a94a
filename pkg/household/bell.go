package household

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

// BellKind is a way in which a device tells what happened at it.
type BellKind string

// The ways.
const (
	ONVIFBell     BellKind = "onvif"
	DahuaBell     BellKind = "dahua"
	HikvisionBell BellKind = "hikvision"
	TwoNBell      BellKind = "2n"
	DoorBirdBell  BellKind = "doorbird"
	SIPBell       BellKind = "sip"
	WebhookBell   BellKind = "webhook"
	MQTTBell      BellKind = "mqtt"
)

var (
	bellKinds = []BellKind{ONVIFBell, DahuaBell, HikvisionBell, TwoNBell, DoorBirdBell, SIPBell, WebhookBell, MQTTBell}
	// askedBells are those that are asked at an address of their own.
	askedBells = []BellKind{ONVIFBell, DahuaBell, HikvisionBell, TwoNBell, DoorBirdBell}
)

// Bell is one way in which a camera's device tells that its button was pressed,
// or what else happened at it. A camera has at most one of each kind.
type Bell struct {
	Camera nvr.CameraID
	Kind   BellKind
	// Address is what is asked, http or https, without user and password, for the
	// kinds that are asked; for others a text of their own, which may be empty.
	Address string
	// AsCamera tells that user and password are those of the camera. They are
	// left empty if the address leads to another machine than the camera's does.
	AsCamera bool
	User     string
	Password Secret
	Settings json.RawMessage // what only this kind knows of; null for nothing
}

const (
	useBell     = "bell password"
	bellColumns = `b.camera_id, b.kind, b.address, b.as_camera, b.user, b.password_sealed, b.settings, c.url, c.user, c.password_sealed`
	maxSettings = 16 << 10 // bytes; the longest has some tokens of 64 bytes
)

// Bells returns the bells of all cameras, by camera and kind. [DB.Watch] tells of
// changes.
func (h *DB) Bells(ctx context.Context) ([]Bell, error) {
	all, err := sqlite.All(ctx, h.db.Reader(), h.scanBell,
		`SELECT `+bellColumns+` FROM bell b JOIN camera c ON c.id = b.camera_id ORDER BY b.camera_id, b.kind`)
	if err != nil {
		return nil, fmt.Errorf("list bells: %w", err)
	}
	return all, nil
}

func (h *DB) scanBell(row sqlite.Row) (b Bell, err error) {
	var settings, cameraURL, cameraUser string
	var sealed, cameraSealed []byte
	if err := row.Scan(&b.Camera, &b.Kind, &b.Address, &b.AsCamera, &b.User, &sealed, &settings, &cameraURL, &cameraUser, &cameraSealed); err != nil {
		return Bell{}, err
	}
	use := useBell
	if b.AsCamera {
		sealed, use = nil, usePassword
		if sameHost(b.Address, cameraURL) {
			b.User, sealed = cameraUser, cameraSealed
		}
	}
	if len(sealed) > 0 {
		b.Password, err = h.seal.open(sealed, use)
	}
	b.Settings = json.RawMessage(settings)
	return b, err
}

// sameHost tells whether two addresses lead to the same machine, as they are
// written: no name is looked up.
func sameHost(a, b string) bool {
	host := known(a).Hostname()
	return host != "" && strings.EqualFold(host, known(b).Hostname())
}

// SetBell stores a bell in the place of the one of its kind that the camera has,
// if any. It does not try whether anything answers. It fails with
// [nvr.ErrNotFound] if there is no such camera, and with [nvr.ErrInvalid] and a
// message that says what to do; that one repeats no password.
func (h *DB) SetBell(ctx context.Context, b Bell) error {
	b, err := b.check()
	if err != nil {
		return err
	}
	sealed := []byte{}
	if b.Password != "" {
		sealed = h.seal.seal(b.Password, useBell)
	}
	err = h.db.Update(ctx, func(tx *sqlite.Tx) error {
		var address string
		if err := tx.QueryRowContext(ctx, `SELECT url FROM camera WHERE id = ?`, int64(b.Camera)).Scan(&address); err != nil {
			return err
		}
		if b.AsCamera && !sameHost(b.Address, address) {
			return invalid("the bell's address leads to another machine than the camera's, and the camera's password does not go there: give the bell its own user and password")
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO bell (camera_id, kind, address, as_camera, user, password_sealed, settings) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET (address, as_camera, user, password_sealed, settings) =
				(excluded.address, excluded.as_camera, excluded.user, excluded.password_sealed, excluded.settings)`,
			int64(b.Camera), string(b.Kind), b.Address, b.AsCamera, b.User, sealed, string(b.Settings))
		if err != nil {
			return err
		}
		return renewed(ctx, tx, b.Camera, true)
	})
	return h.told(err, b.Camera, "set a bell")
}

// check returns b as it is stored.
func (b Bell) check() (Bell, error) {
	switch {
	case !slices.Contains(bellKinds, b.Kind):
		return Bell{}, invalid("there is no kind of bell of that name")
	case len(b.Address) > maxURL || !printable(b.Address):
		return Bell{}, invalid("the bell's address has at most %d bytes and no control characters", maxURL)
	case slices.Contains(askedBells, b.Kind) && !webAddress(b.Address):
		return Bell{}, invalid("the bell's address is one of the web, such as http://192.168.1.20/, without user and password")
	case len(b.User) > maxCredential || len(b.Password) > maxCredential:
		return Bell{}, invalid("user and password have at most %d bytes each", maxCredential)
	case !printable(b.User) || !printable(b.Password.Reveal()):
		return Bell{}, invalid("user and password must not hold control characters")
	}
	if len(b.Settings) == 0 {
		b.Settings = json.RawMessage("null")
	}
	if len(b.Settings) > maxSettings || !json.Valid(b.Settings) {
		return Bell{}, invalid("the bell's settings are JSON of at most %d bytes", maxSettings)
	}
	if b.AsCamera {
		b.User, b.Password = "", ""
	}
	return b, nil
}

// webAddress tells whether an address is one of the web, without user and password.
func webAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil && validPort(u.Port())
}

// RemoveBell forgets a bell and its password. It fails with [nvr.ErrNotFound] if
// the camera has none of that kind.
func (h *DB) RemoveBell(ctx context.Context, id nvr.CameraID, kind BellKind) error {
	err := h.db.Update(ctx, func(tx *sqlite.Tx) error {
		return tx.QueryRowContext(ctx, `DELETE FROM bell WHERE camera_id = ? AND kind = ? RETURNING camera_id`, int64(id), string(kind)).Scan(&id)
	})
	return h.told(err, id, "remove a bell")
}

// told wakes who watches after a change, or says what became of it.
func (h *DB) told(err error, id nvr.CameraID, what string) error {
	switch {
	case errors.Is(err, nvr.ErrInvalid):
		return err
	case errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("%s of camera %d: %w", what, id, nvr.ErrNotFound)
	case err != nil:
		return fmt.Errorf("%s of camera %d: %w", what, id, err)
	}
	h.wake()
	return nil
}
