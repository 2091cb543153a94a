package bell

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"nvrd/pkg/household"
	"nvrd/pkg/maker/mqtt"
	"nvrd/pkg/maker/webhook"
	"nvrd/pkg/nvr"
)

// Kinds are the ways in which a press can be heard today.
var Kinds = []household.BellKind{
	household.ONVIFBell, household.DahuaBell, household.HikvisionBell, household.TwoNBell,
	household.DoorBirdBell, household.SIPBell, household.WebhookBell, household.MQTTBell,
}

// minKey is the length of a key that nobody guesses, in bytes.
const minKey = 16

// Means are what a signal can be bound to, and what a call can mean.
var Means = webhook.Kinds

// Choice is a bell as somebody chooses it.
type Choice struct {
	Camera   nvr.CameraID
	Kind     household.BellKind
	Address  string // of the device or the broker; of one that calls by SIP, where calls are taken
	AsCamera bool   // user and password are those of the camera
	User     string
	// Password stays as it was if it is empty and address and user stay. Of a bell
	// that calls it is the key that its calls are signed with, and is never kept: a
	// new address has a new one, or none.
	Password household.Secret
	Topics   []mqtt.Topic // of a broker
	Means    string       // what a call means that does not say; empty for a ring
}

// Secret is what is told once of a bell that calls, and to nobody again.
type Secret struct {
	Call           string // where a webhook calls, on whatever host this home is reached by
	User, Password string // that a doorbell registers with by SIP
}

// Store is where bells are kept; a [household.DB] is one.
type Store interface {
	Bells(ctx context.Context) ([]household.Bell, error)
	SetBell(ctx context.Context, b household.Bell) error
}

// Choose stores a bell in the place of the one of its kind that the camera has. Of
// one that calls it makes a new address or password. It fails with [nvr.ErrNotFound] if
// there is no such camera, and with [nvr.ErrInvalid] and a sentence for the owner.
func Choose(ctx context.Context, s Store, c Choice) (once Secret, err error) {
	b := household.Bell{Camera: c.Camera, Kind: c.Kind, Address: strings.TrimSpace(c.Address), AsCamera: c.AsCamera, User: c.User, Password: c.Password}
	if !slices.Contains(Kinds, c.Kind) {
		return Secret{}, fmt.Errorf("there is no way %q of hearing a press: %w", c.Kind, nvr.ErrInvalid)
	}
	if b.Password == "" && b.User != "" && !b.AsCamera {
		if err := keep(ctx, s, &b); err != nil {
			return Secret{}, err
		}
	}
	switch c.Kind {
	case household.WebhookBell:
		means := c.Means
		if means == "" {
			means = nvr.RingEvent
		}
		if !slices.Contains(Means, means) {
			return Secret{}, fmt.Errorf("a call means one of %s: %w", strings.Join(Means, ", "), nvr.ErrInvalid)
		}
		if n := len(b.Password); n > 0 && n < minKey {
			return Secret{}, fmt.Errorf("a key that calls are signed with has at least %d letters: %w", minKey, nvr.ErrInvalid)
		}
		b.Address, b.AsCamera, b.User = "", false, ""
		var token string
		b.Settings, token = NewHook(means)
		once.Call = "/api/v1/bells/" + token
	case household.SIPBell:
		if once.Password, err = newCaller(&b); err != nil {
			return Secret{}, err
		}
		once.User = b.User
	case household.MQTTBell:
		if err := (mqtt.Config{Address: b.Address, Topics: c.Topics}).Check(); err != nil {
			return Secret{}, err
		}
		b.AsCamera = false
		if b.Settings, err = json.Marshal(c.Topics); err != nil {
			return Secret{}, fmt.Errorf("the topics of a bell: %w", err)
		}
	}
	return once, s.SetBell(ctx, b)
}

// keep gives b the password of the bell in whose place it comes, if that is asked at
// the same address as the same user: a password goes nowhere else by itself.
func keep(ctx context.Context, s Store, b *household.Bell) error {
	all, err := s.Bells(ctx)
	if err != nil {
		return err
	}
	for _, old := range all {
		if old.Camera == b.Camera && old.Kind == b.Kind && old.Address == b.Address && old.User == b.User && !old.AsCamera {
			b.Password = old.Password
		}
	}
	return nil
}
