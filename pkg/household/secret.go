package household

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// Secret is a text that must not appear in a log, a page or an answer: however
// it is printed, logged or marshaled, it comes out as three stars. Keep it in
// exported fields only, and not as the key of a map: fmt prints an unexported
// field, and JSON a key, without asking its type.
type Secret string

const stars = "***"

// Reveal returns the text itself.
func (s Secret) Reveal() string { return string(s) }

// String returns three stars.
func (Secret) String() string { return stars }

// Format writes three stars, whatever the verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, stars) }

// LogValue returns three stars.
func (Secret) LogValue() slog.Value { return slog.StringValue(stars) }

// MarshalText returns three stars; JSON uses it too.
func (Secret) MarshalText() ([]byte, error) { return []byte(stars), nil }

// Value refuses to store a secret that was not sealed.
func (Secret) Value() (driver.Value, error) {
	return nil, errors.New("a secret cannot be stored unsealed")
}
