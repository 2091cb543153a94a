package push

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"nvrd/pkg/nvr"
)

// Key is what a home signs its messages with. It is the same for all its browsers.
type Key struct{ private *ecdsa.PrivateKey }

// NewKey makes a key.
func NewKey() (Key, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	return Key{private}, err
}

// ParseKey is the inverse of [Key.Text].
func ParseKey(text string) (Key, error) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return Key{}, fmt.Errorf("push key: %w", nvr.ErrDamaged)
	}
	private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), b)
	if err != nil {
		return Key{}, fmt.Errorf("push key: %w", nvr.ErrDamaged)
	}
	return Key{private}, nil
}

// Text returns the private key as it is kept, sealed.
func (k Key) Text() (string, error) {
	b, err := k.private.Bytes()
	return base64.RawURLEncoding.EncodeToString(b), err
}

// Public returns the public key as browsers take it: the point, base64url.
func (k Key) Public() (string, error) {
	b, err := k.private.PublicKey.Bytes()
	return base64.RawURLEncoding.EncodeToString(b), err
}

// Topic returns the name under which a push service keeps one message of those with
// this id, the latest (RFC 8030, 5.4). It says nothing of the id.
func (k Key) Topic(id string) (string, error) {
	secret, err := k.private.Bytes()
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha256.New, append([]byte("stoop push topic\x00"), secret...))
	mac.Write([]byte(id))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:24]), nil // 32 letters are the most
}

// tokenLife is how long a signature holds: less than the day that is allowed, and
// more than clocks differ.
const tokenLife = 12 * time.Hour

// Authorization returns the header that shows the service of an endpoint whose
// message it is. Subject says whom to ask about it: a mailto: or https: address.
func (k Key) Authorization(endpoint, subject string, now time.Time) (string, error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return "", fmt.Errorf("the address of a push service does not parse: %w", nvr.ErrInvalid)
	}
	claims, err := json.Marshal(map[string]any{"aud": u.Scheme + "://" + u.Host, "exp": now.Add(tokenLife).Unix(), "sub": subject})
	if err != nil {
		return "", err
	}
	encode := base64.RawURLEncoding.EncodeToString
	token := encode([]byte(`{"typ":"JWT","alg":"ES256"}`)) + "." + encode(claims)
	sum := sha256.Sum256([]byte(token))
	r, s, err := ecdsa.Sign(rand.Reader, k.private, sum[:])
	if err != nil {
		return "", fmt.Errorf("sign for a push service: %w", err)
	}
	signature := make([]byte, 64) // JWS has the two numbers as they are (RFC 7518, 3.4)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	public, err := k.Public()
	return "vapid t=" + token + "." + encode(signature) + ", k=" + public, err
}
