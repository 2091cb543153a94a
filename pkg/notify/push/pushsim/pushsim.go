// Package pushsim is a browser and its push service, for tests and for trying it
// out. What it opens it opens by the text of RFC 8188, 8291 and 8292, and not by what
// package push has; it imports nothing of it.
package pushsim

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"net/http"
	"strings"
	"time"
)

// Browser has the keys of one subscription.
type Browser struct {
	Key  *ecdh.PrivateKey
	Auth []byte
}

// NewBrowser returns a browser with keys of its own.
func NewBrowser() (Browser, error) {
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	auth := make([]byte, 16)
	rand.Read(auth) // never fails
	return Browser{key, auth}, err
}

// Keys returns what a page gives away of the subscription: p256dh and auth.
func (b Browser) Keys() (p256dh, auth string) {
	return base64.RawURLEncoding.EncodeToString(b.Key.PublicKey().Bytes()), base64.RawURLEncoding.EncodeToString(b.Auth)
}

// derive is HKDF (RFC 5869) of at most one block, written out.
func derive(secret, salt []byte, info string, length int) []byte {
	extract := hmac.New(sha256.New, salt)
	extract.Write(secret)
	expand := hmac.New(sha256.New, extract.Sum(nil))
	expand.Write([]byte(info + "\x01"))
	return expand.Sum(nil)[:length]
}

// Open opens a message of one record.
func (b Browser) Open(body []byte) ([]byte, error) {
	const head = 16 + 4 + 1 + 65
	if len(body) < head || body[20] != 65 || int(binary.BigEndian.Uint32(body[16:20])) < len(body)-head {
		return nil, errors.New("a header that is none of RFC 8188 with a key of P-256, or more than one record")
	}
	sender, err := ecdh.P256().NewPublicKey(body[21:head])
	if err != nil {
		return nil, err
	}
	shared, err := b.Key.ECDH(sender)
	if err != nil {
		return nil, err
	}
	ikm := derive(shared, b.Auth, "WebPush: info\x00"+string(b.Key.PublicKey().Bytes())+string(body[21:head]), 32)
	block, err := aes.NewCipher(derive(ikm, body[:16], "Content-Encoding: aes128gcm\x00", 16))
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	record, err := aead.Open(nil, derive(ikm, body[:16], "Content-Encoding: nonce\x00", 12), body[head:], nil)
	if err != nil {
		return nil, err
	}
	record = bytes.TrimRight(record, "\x00")
	if len(record) == 0 || record[len(record)-1] != 2 {
		return nil, errors.New("no delimiter of the last record")
	}
	return record[:len(record)-1], nil
}

// Received is a message as the push service has it.
type Received struct {
	Path    string
	Header  http.Header
	Body    []byte // sealed
	Sender  string // the public key that it was signed with
	Subject string
}

// Service returns a push service as a handler: it takes what is signed and of a size
// that services take, and hands it to take, which returns the status of the answer.
func Service(take func(Received) int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 4097))
		got := Received{Path: r.URL.Path, Header: r.Header.Clone(), Body: body}
		switch {
		case err != nil || r.Method != http.MethodPost || r.Header.Get("TTL") == "" || r.Header.Get("Content-Encoding") != "aes128gcm":
			w.WriteHeader(http.StatusBadRequest)
		case len(body) > 4096:
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		case !got.signed("https://" + r.Host):
			w.WriteHeader(http.StatusUnauthorized)
		default:
			w.WriteHeader(take(got))
		}
	})
}

// signed verifies the token (RFC 8292, 2 and 3).
func (r *Received) signed(audience string) bool {
	token, public, ok := strings.Cut(strings.TrimPrefix(r.Header.Get("Authorization"), "vapid t="), ", k=")
	parts := strings.Split(token, ".")
	if !ok || len(parts) != 3 {
		return false
	}
	decode := base64.RawURLEncoding.DecodeString
	text, err1 := decode(parts[1])
	signature, err2 := decode(parts[2])
	point, err3 := decode(public)
	var claims struct {
		Aud, Sub string
		Exp      int64
	}
	if errors.Join(err1, err2, err3, json.Unmarshal(text, &claims)) != nil || len(signature) != 64 {
		return false
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	left := time.Until(time.Unix(claims.Exp, 0))
	r.Sender, r.Subject = public, claims.Sub
	return err == nil && claims.Aud == audience && left > 0 && left <= 24*time.Hour &&
		ecdsa.Verify(key, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:]))
}
