package sip

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

const (
	realm = "stoop"
	// nonceTime is how long a challenge may be answered: a doorbell does at once.
	nonceTime = time.Minute
)

// nonces are challenges that need no memory: a time and a code over it.
type nonces struct {
	key [32]byte
	now func() time.Time
}

func newNonces() nonces {
	n := nonces{now: time.Now}
	rand.Read(n.key[:])
	return n
}

func (n nonces) make() string {
	t := strconv.FormatInt(n.now().Unix(), 16)
	return t + "." + n.code(t)
}

func (n nonces) code(t string) string {
	m := hmac.New(sha256.New, n.key[:])
	m.Write([]byte(t))
	return hex.EncodeToString(m.Sum(nil)[:12])
}

// judge tells whether a nonce is one of ours, and whether it is still good.
func (n nonces) judge(nonce string) (ours, good bool) {
	t, code, _ := strings.Cut(nonce, ".")
	if !hmac.Equal([]byte(code), []byte(n.code(t))) {
		return false, false
	}
	seconds, err := strconv.ParseInt(t, 16, 64)
	age := n.now().Sub(time.Unix(seconds, 0))
	return err == nil, err == nil && age >= 0 && age < nonceTime
}

// known returns which doorbell asks, or answers what it takes to log in. Somebody
// unknown and a wrong password get the same answer.
func (x *Registrar) known(req *sip.Request, tx sip.ServerTransaction) (user string, ok bool) {
	stale := false
	if h := req.GetHeader("Authorization"); h != nil {
		user, stale, ok = x.check(req.Method.String(), h.Value())
		if ok {
			return user, true
		}
	}
	res := sip.NewResponseFromRequest(req, sip.StatusUnauthorized, "Unauthorized", nil)
	challenge := digest.Challenge{Realm: realm, Nonce: x.nonces.make(), Algorithm: "MD5", QOP: []string{"auth"}, Stale: stale}
	res.AppendHeader(sip.NewHeader("WWW-Authenticate", challenge.String()))
	_ = tx.Respond(res)
	return "", false
}

// check judges credentials (RFC 3261, 22; RFC 2617 for doorbells without qop).
func (x *Registrar) check(method, header string) (user string, stale, ok bool) {
	cred, err := digest.ParseCredentials(header)
	if err != nil || cred.Realm != realm || len(cred.URI) > 256 || cred.QOP != "" && cred.QOP != "auth" {
		return "", false, false
	}
	if ours, good := x.nonces.judge(cred.Nonce); !good {
		return "", ours, false
	}
	password := x.config.Password(cred.Username)
	challenge := &digest.Challenge{Realm: realm, Nonce: cred.Nonce, Algorithm: "MD5"}
	if cred.QOP != "" {
		challenge.QOP = []string{cred.QOP}
	}
	want, err := digest.Digest(challenge, digest.Options{
		Method: method, URI: cred.URI, Count: cred.Nc, Cnonce: cred.Cnonce, Username: cred.Username, Password: password,
	})
	if err != nil || password == "" || subtle.ConstantTimeCompare([]byte(want.Response), []byte(cred.Response)) != 1 {
		return "", false, false
	}
	return cred.Username, false, true
}
