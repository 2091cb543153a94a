package wire

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// SealedVector is what is said at a door: Plain is the encoding, or empty where
// what is sealed must be refused with Error.
type SealedVector struct{ Name, Sealed, Secret, Ticket, Plain, Error, Raw string }

var secret = Salt{9}

// sealing makes what [seal] does, with a nonce of its own and of whatever bytes.
func sealing(what string, plain []byte, secret Salt) []byte {
	nonce := hashOf(what)
	box := boxOf(what, secret)
	return box.Seal(nonce[:box.NonceSize():box.NonceSize()], nonce[:box.NonceSize()], plain, nil)
}

// opening is OpenKnock or OpenWelcome.
func opening(what string, raw []byte, secret Salt) (any, error) {
	if what == "knock" {
		return OpenKnock(raw, secret)
	}
	return OpenWelcome(raw, secret)
}

// doorway is what two homes say to each other at a door.
func doorway(t testing.TB) (Knock, []Welcome) {
	objects, _ := street(t)
	yes := Welcome{Answer: AnswerYes, Genesis: objects["genesis"].Raw, Admit: objects["admit"].Raw, Doors: invitation().Doors}
	return Knock{Card: objects["card"].Raw, Follow: objects["follow"].Raw}, []Welcome{yes, {Answer: AnswerUsed}, {Answer: AnswerLater}, {Answer: AnswerNo}}
}

type sealedRefusal struct {
	name, what string
	raw        []byte
	kind       error
}

// refusedSealed is what whoever carries a knock or a welcome makes of it, and
// what a home may seal that has the secret.
func refusedSealed(t testing.TB) []sealedRefusal {
	knock, welcomes := doorway(t)
	yes := welcomes[0]
	k, w := sealing("knock", encode(knock), secret), sealing("welcome", encode(yes), secret)
	flipped := func(b []byte, at int) []byte {
		c := slices.Clone(b)
		c[at] ^= 1
		return c
	}
	plain := func(b []byte) []byte { return sealing("knock", b, secret) }
	as := func(change func(*Welcome)) []byte {
		v := yes
		v.Doors = slices.Clone(v.Doors)
		change(&v)
		return sealing("welcome", encode(v), secret)
	}
	raw := encode(knock)
	return []sealedRefusal{
		{"nothing", "knock", nil, ErrMalformed},
		{"a byte", "welcome", []byte{1}, ErrMalformed},
		{"shorter than a nonce", "knock", k[:11], ErrMalformed},
		{"a nonce alone", "knock", k[:12], ErrSignature},
		{"a nonce and a tag", "knock", slices.Concat(k[:12], k[len(k)-16:]), ErrSignature},
		{"cut short", "knock", k[:len(k)-1], ErrSignature},
		{"a byte more", "knock", append(slices.Clone(k), 0), ErrSignature},
		{"twice", "knock", slices.Concat(k, k), ErrSignature},
		{"twice in one welcome", "welcome", slices.Concat(w, w), ErrSignature},
		{"another nonce", "knock", flipped(k, 0), ErrSignature},
		{"a bit of it", "knock", flipped(k, 20), ErrSignature},
		{"a bit of its tag", "welcome", flipped(w, len(w)-1), ErrSignature},
		{"of another secret", "knock", sealing("knock", raw, Salt{8}), ErrSignature},
		{"a welcome of another secret", "welcome", sealing("welcome", encode(yes), Salt{}), ErrSignature},
		{"a welcome given back as a knock", "knock", sealing("welcome", raw, secret), ErrSignature},
		{"a knock given back as a welcome", "welcome", sealing("knock", encode(yes), secret), ErrSignature},
		{"not sealed", "knock", raw, ErrSignature},
		{"too large", "knock", make([]byte, MaxKnock+28+1), ErrTooLarge},
		{"far too large", "welcome", make([]byte, 1<<20), ErrTooLarge},
		{"as large as may be, of nothing", "welcome", make([]byte, MaxWelcome+28), ErrSignature},

		{"no CBOR", "knock", plain([]byte("let me in")), ErrMalformed},
		{"an empty one", "knock", plain(nil), ErrMalformed},
		{"a list of no fields", "knock", plain([]byte{0x80}), ErrMalformed},
		{"a field that nobody knows", "knock", plain(append([]byte{raw[0] + 1}, append(slices.Clone(raw[1:]), 0)...)), ErrMalformed},
		{"a length in more bytes than it needs", "knock", plain(slices.Concat(raw[:1], []byte{0x5a, 0, 0}, raw[2:])), ErrMalformed},
		{"a list of open length", "knock", plain(slices.Concat([]byte{0x9f}, raw[1:], []byte{0xff})), ErrMalformed},
		{"a card said to be of 2^63 bytes", "knock", plain([]byte{0x81, 0x5b, 0x80, 0, 0, 0, 0, 0, 0, 0}), ErrMalformed},
		{"null for a card", "knock", plain([]byte{0x81, 0xf6}), ErrMalformed},
		{"a card as text", "knock", plain([]byte{0x81, 0x61, 'x'}), ErrMalformed},
		{"what follows it", "knock", plain(append(slices.Clone(raw), 0)), ErrMalformed},
		{"nested without end", "knock", plain(bytes.Repeat([]byte{0x81}, MaxKnock)), ErrMalformed},
		{"no card", "knock", plain(encode(Knock{})), ErrRange},
		{"a card of 641 bytes", "knock", plain(encode(Knock{Card: make([]byte, 641)})), ErrRange},
		{"a follow of 513 bytes", "knock", plain(encode(Knock{Card: knock.Card, Follow: make([]byte, 513)})), ErrRange},

		{"no answer", "welcome", as(func(w *Welcome) { *w = Welcome{} }), ErrUnknown},
		{"an answer that nobody knows", "welcome", as(func(w *Welcome) { *w = Welcome{Answer: 5} }), ErrUnknown},
		{"an answer beyond a byte", "welcome", sealing("welcome", []byte{0x84, 0x19, 1, 1, 0x40, 0x40, 0x80}, secret), ErrMalformed},
		{"an answer in two bytes", "welcome", sealing("welcome", []byte{0x84, 0x18, 4, 0x40, 0x40, 0x80}, secret), ErrMalformed},
		{"yes without a genesis", "welcome", as(func(w *Welcome) { w.Genesis = nil }), ErrRange},
		{"yes without an admission", "welcome", as(func(w *Welcome) { w.Admit = nil }), ErrRange},
		{"no with a genesis", "welcome", as(func(w *Welcome) { *w = Welcome{Answer: AnswerNo, Genesis: w.Genesis} }), ErrRange},
		{"no with an admission", "welcome", as(func(w *Welcome) { *w = Welcome{Answer: AnswerNo, Admit: w.Admit} }), ErrRange},
		{"later, with doors", "welcome", as(func(w *Welcome) { *w = Welcome{Answer: AnswerLater, Doors: w.Doors} }), ErrRange},
		{"a genesis of 4097 bytes", "welcome", as(func(w *Welcome) { w.Genesis = make([]byte, 4097) }), ErrRange},
		{"an admission of 1025 bytes", "welcome", as(func(w *Welcome) { w.Admit = make([]byte, 1025) }), ErrRange},
		{"nine doors", "welcome", as(func(w *Welcome) { w.Doors = slices.Repeat(w.Doors[:1], 9) }), ErrRange},
		{"257 doors", "welcome", as(func(w *Welcome) { w.Doors = slices.Repeat([]Door{{}}, 257) }), ErrMalformed},
		{"a door with five", "welcome", as(func(w *Welcome) { w.Doors[0].Addresses = slices.Repeat([]string{"/x"}, 5) }), ErrRange},
		{"an address of 161 letters", "welcome", as(func(w *Welcome) { w.Doors[0].Addresses = []string{strings.Repeat("a", 161)} }), ErrRange},
		{"an address on two lines", "welcome", as(func(w *Welcome) { w.Doors[0].Addresses = []string{"/ip4\n"} }), ErrRange},
	}
}

func sealedVectors(t testing.TB) (good, refused []SealedVector) {
	knock, welcomes := doorway(t)
	vector := func(name, what string, plain []byte) SealedVector {
		return SealedVector{Name: name, Sealed: what, Secret: hex.EncodeToString(secret[:]), Ticket: secret.Ticket().String(),
			Plain: hex.EncodeToString(plain), Raw: hex.EncodeToString(sealing(what, plain, secret))}
	}
	good = append(good, vector("knock", "knock", encode(knock)))
	for i, name := range []string{"yes", "used", "later", "no"} {
		good = append(good, vector(name, "welcome", encode(welcomes[i])))
	}
	for _, c := range refusedSealed(t) {
		refused = append(refused, SealedVector{Name: c.name, Sealed: c.what, Secret: hex.EncodeToString(secret[:]),
			Error: strings.TrimPrefix(c.kind.Error(), "wire: "), Raw: hex.EncodeToString(c.raw[:min(len(c.raw), MaxWelcome+29)])})
	}
	return good, refused
}

func TestSealed(t *testing.T) {
	knock, welcomes := doorway(t)
	raw, err := SealKnock(knock, secret)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := OpenKnock(raw, secret); err != nil || !reflect.DeepEqual(got, knock) {
		t.Errorf("a knock is read as %+v, %v", got, err)
	}
	if bytes.Contains(raw, knock.Card[:40]) || bytes.Contains(raw, secret[:]) {
		t.Error("who carries it reads it")
	}
	if again, err := SealKnock(knock, secret); err != nil || bytes.Equal(again[:12], raw[:12]) {
		t.Errorf("a nonce is used twice: %v", err)
	}
	if raw := sealing("knock", encode(knock), secret); !reflect.DeepEqual(must(OpenKnock(raw, secret)), knock) {
		t.Error("a vector is read as another")
	}
	for _, w := range welcomes {
		raw, err := SealWelcome(w, secret)
		if err != nil {
			t.Fatal(err)
		}
		if len(w.Doors) == 0 { // an empty list is read as one
			w.Doors, w.Genesis, w.Admit = []Door{}, []byte{}, []byte{}
		}
		if got, err := OpenWelcome(raw, secret); err != nil || !reflect.DeepEqual(got, w) {
			t.Errorf("a welcome is read as %+v, %v", got, err)
		}
	}
	if a, b := secret.Ticket(), (Salt{8}).Ticket(); a == b || bytes.Contains(a[:], secret[:8]) {
		t.Errorf("tickets %v and %v", a, b)
	}
}

// TestRefusedSealed: nothing of it is read, for the reason told, and without
// more memory than a few times the largest.
func TestRefusedSealed(t *testing.T) {
	for _, c := range refusedSealed(t) {
		t.Run(c.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			got, err := opening(c.what, c.raw, secret)
			runtime.ReadMemStats(&after)
			if !errors.Is(err, c.kind) || !reflect.ValueOf(got).IsZero() {
				t.Errorf("%+v, error %v, want kind %v", got, err, c.kind)
			}
			if n := after.TotalAlloc - before.TotalAlloc; n > 1<<19 {
				t.Errorf("%d bytes were allocated", n)
			}
		})
	}
}

// TestSealRefuses what would be refused where it is opened; the largest that the
// bounds allow is not.
func TestSealRefuses(t *testing.T) {
	if _, err := SealKnock(Knock{}, secret); !errors.Is(err, ErrRange) {
		t.Errorf("a knock without a card: %v", err)
	}
	if _, err := SealWelcome(Welcome{Answer: AnswerYes}, secret); !errors.Is(err, ErrRange) {
		t.Errorf("a welcome to nothing: %v", err)
	}
	largest := Welcome{Answer: AnswerYes, Genesis: make([]byte, 4096), Admit: make([]byte, 1024)}
	for range MaxWelcomes {
		largest.Doors = append(largest.Doors, Door{Addresses: slices.Repeat([]string{strings.Repeat("a", MaxAddress)}, MaxAddresses)})
	}
	if raw, err := SealWelcome(largest, secret); err != nil {
		t.Errorf("the largest welcome: %v", err)
	} else if _, err := OpenWelcome(raw, secret); err != nil {
		t.Errorf("the largest welcome: %v", err)
	}
	if raw, err := SealKnock(Knock{Card: make([]byte, 512)}, secret); err != nil {
		t.Errorf("the largest knock: %v", err)
	} else if _, err := OpenKnock(raw, secret); err != nil {
		t.Errorf("the largest knock: %v", err)
	}
	for i := range largest.Doors { // letters of four bytes: more than a welcome holds
		largest.Doors[i].Addresses = slices.Repeat([]string{strings.Repeat("🏠", MaxAddress)}, MaxAddresses)
	}
	if _, err := SealWelcome(largest, secret); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a welcome of 26 KiB: %v", err)
	}
}

// FuzzSealed opens what is sealed as it comes, and what was sealed by somebody
// who has the secret.
func FuzzSealed(f *testing.F) {
	knock, welcomes := doorway(f)
	f.Add(true, encode(knock))
	for _, w := range welcomes {
		f.Add(false, encode(w))
	}
	for _, c := range refusedSealed(f) {
		f.Add(c.what == "knock", c.raw)
		if plain, err := boxOf(c.what, secret).Open(nil, append(c.raw, make([]byte, 12)...)[:12], c.raw[min(len(c.raw), 12):], nil); err == nil {
			f.Add(c.what == "knock", plain)
		}
	}
	f.Fuzz(func(t *testing.T, isKnock bool, b []byte) {
		what := "welcome"
		if isKnock {
			what = "knock"
		}
		if v, err := opening(what, b, secret); err == nil {
			t.Errorf("%x is read as %+v: somebody forged it", b, v)
		}
		v, err := opening(what, sealing(what, b, secret), secret)
		if err != nil {
			return
		}
		if again := encode(v); !bytes.Equal(again, b) {
			t.Errorf("%x is another way to write %x", b, again)
		}
	})
}

// TestDoor: a door goes round as invites name it, and nothing else is read as one.
func TestDoor(t *testing.T) {
	d := Door{Node: keyOf("a door"), Addresses: []string{"/ip4/203.0.113.7/udp/4001/quic-v1"}}
	raw, err := WriteDoor(d)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ReadDoor(raw); err != nil || !reflect.DeepEqual(got, d) {
		t.Errorf("it is read as %+v, %v", got, err)
	}
	for name, c := range map[string]struct {
		raw  []byte
		kind error
	}{
		"nothing":                   {nil, ErrMalformed},
		"cut short":                 {raw[:len(raw)-1], ErrMalformed},
		"twice":                     {slices.Concat(raw, raw), ErrMalformed},
		"too large":                 {make([]byte, MaxInvite+1), ErrTooLarge},
		"five addresses":            {encode(Door{Addresses: slices.Repeat([]string{"/x"}, 5)}), ErrRange},
		"an empty address":          {encode(Door{Addresses: []string{""}}), ErrRange},
		"an address that hides":     {encode(Door{Addresses: []string{"/ip4/\u200b1"}}), ErrRange},
		"an address of 161 letters": {encode(Door{Addresses: []string{strings.Repeat("a", 161)}}), ErrRange},
	} {
		if got, err := ReadDoor(c.raw); !errors.Is(err, c.kind) {
			t.Errorf("%s: %+v, %v, want kind %v", name, got, err, c.kind)
		}
	}
	if _, err := WriteDoor(Door{Addresses: slices.Repeat([]string{"/x"}, 5)}); !errors.Is(err, ErrRange) {
		t.Errorf("a door with five addresses is written: %v", err)
	}
}
