package push

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"nvrd/pkg/notify/push/pushsim"
	"nvrd/pkg/nvr"
)

func raw(t *testing.T, s string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The example of RFC 8291, section 5 and appendix A.
const (
	rfcText = "When I grow up, I want to be a watermelon"
	rfcOwn  = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
	rfcHers = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
	rfcAuth = "BTBZMqHH6r4Tts7J_aSIgg"
	rfcSalt = "DGv6ra1nlYgDCS1FRnbzlw"
	rfcBody = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
	rfcRead = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
)

func TestExampleOfTheRFC(t *testing.T) {
	own, err := ecdh.P256().NewPrivateKey(raw(t, rfcOwn))
	if err != nil {
		t.Fatal(err)
	}
	s, err := ParseSubscription(rfcHers, rfcAuth)
	if err != nil {
		t.Fatal(err)
	}
	got, err := seal(s, []byte(rfcText), len(rfcText), own, raw(t, rfcSalt))
	if err != nil || base64.RawURLEncoding.EncodeToString(got) != rfcBody {
		t.Errorf("%s, %v", base64.RawURLEncoding.EncodeToString(got), err)
	}
	reader, err := ecdh.P256().NewPrivateKey(raw(t, rfcRead))
	if err != nil {
		t.Fatal(err)
	}
	if text, err := (pushsim.Browser{Key: reader, Auth: raw(t, rfcAuth)}).Open(raw(t, rfcBody)); err != nil || string(text) != rfcText {
		t.Errorf("%q, %v", text, err)
	}
}

func TestEveryMessageHasOneLength(t *testing.T) {
	reader, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	auth := []byte("0123456789abcdef")
	s := Subscription{reader.PublicKey(), auth}
	seen := map[string]bool{}
	for _, n := range []int{0, 1, 41, MaxText - 1, MaxText} {
		text := bytes.Repeat([]byte("x"), n)
		body, err := Seal(s, text)
		if err != nil || len(body) != Length || len(body) > 4096 {
			t.Fatalf("%d bytes are sealed in %d, %v", n, len(body), err)
		}
		if got, err := (pushsim.Browser{Key: reader, Auth: auth}).Open(body); err != nil || !bytes.Equal(got, text) {
			t.Errorf("%d bytes: %q, %v", n, got, err)
		}
		if head := string(body[:headerBytes]); seen[head] {
			t.Error("a key or a salt is used again")
		} else {
			seen[head] = true
		}
	}
	if _, err := Seal(s, make([]byte, MaxText+1)); !errors.Is(err, nvr.ErrTooLarge) {
		t.Error(err)
	}
}

func TestBadSubscriptions(t *testing.T) {
	for _, c := range [][2]string{
		{"", rfcAuth}, {rfcHers, ""}, {rfcHers, "AAAA"}, {"!!", rfcAuth}, {rfcHers[:80], rfcAuth},
		{"BA" + strings.Repeat("A", 85), rfcAuth}, // not on the curve
		{rfcHers, strings.Repeat("A", 4000)},
	} {
		if _, err := ParseSubscription(c[0], c[1]); !errors.Is(err, nvr.ErrInvalid) {
			t.Errorf("%q: %v", c, err)
		}
	}
	if _, err := ParseSubscription(rfcHers+"=", rfcAuth+"=="); err != nil {
		t.Errorf("with padding: %v", err)
	}
}

func FuzzParseSubscription(f *testing.F) {
	f.Add(rfcHers, rfcAuth)
	f.Add("", "")
	f.Fuzz(func(t *testing.T, key, auth string) {
		s, err := ParseSubscription(key, auth)
		if err != nil {
			return
		}
		if body, err := Seal(s, nil); err != nil || len(body) != Length {
			t.Errorf("%d, %v", len(body), err)
		}
	})
}

func TestAuthorization(t *testing.T) {
	k, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	text, err := k.Text()
	if err != nil {
		t.Fatal(err)
	}
	if k, err = ParseKey(text); err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1_800_000_000, 0)
	header, err := k.Authorization("https://push.example:8443/send/abc?x=1", "mailto:nobody@example.com", now)
	if err != nil {
		t.Fatal(err)
	}
	token, public, ok := strings.Cut(strings.TrimPrefix(header, "vapid t="), ", k=")
	parts := strings.Split(token, ".")
	if !ok || len(parts) != 3 {
		t.Fatal(header)
	}
	var claims struct {
		Aud, Sub string
		Exp      int64
	}
	if err := json.Unmarshal(raw(t, parts[1]), &claims); err != nil || claims.Aud != "https://push.example:8443" ||
		claims.Sub != "mailto:nobody@example.com" || claims.Exp <= now.Unix() || claims.Exp > now.Unix()+24*3600 {
		t.Errorf("%+v, %v", claims, err)
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), raw(t, public))
	if err != nil {
		t.Fatal(err)
	}
	sum, signature := sha256.Sum256([]byte(parts[0]+"."+parts[1])), raw(t, parts[2])
	if !ecdsa.Verify(key, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
		t.Error("the signature does not verify")
	}
	one, _ := k.Topic("ring-1")
	two, _ := k.Topic("ring-2")
	if len(one) != 32 || one == two || strings.ContainsAny(one, "+/=") {
		t.Errorf("topics %q %q", one, two)
	}
	if _, err := ParseKey("AAAA"); !errors.Is(err, nvr.ErrDamaged) {
		t.Error(err)
	}
}
