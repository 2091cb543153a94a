package wire

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ed25519"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// ReportVector is a report that is sealed for Key, an X25519 private key: Plain
// is the object in it, or empty where it must be refused with Error.
type ReportVector struct{ Name, Key, Plain, Error, Raw string }

func sealKey(t testing.TB, name string) *ecdh.PrivateKey {
	t.Helper()
	seed := hashOf(name)
	key, err := ecdh.X25519().NewPrivateKey(seed[:])
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// annas is the key for which reports are sealed here.
func annas(t testing.TB) (*ecdh.PrivateKey, Key) {
	key := sealKey(t, "anna's seal")
	return key, Key(key.PublicKey().Bytes())
}

// padded is what a report is before it is sealed.
func padded(object []byte) []byte {
	b := make([]byte, paddedReport)
	binary.BigEndian.PutUint16(b, uint16(len(object)))
	copy(b[2:], object)
	return b
}

// sealedReport is what somebody makes who has Anna's card, of whatever bytes.
func sealedReport(t testing.TB, plain []byte) []byte {
	t.Helper()
	_, to := annas(t)
	return must(sealTo(plain, to, "report"))
}

type reportRefusal struct {
	name string
	raw  []byte
	kind error
}

// refusedReports is what whoever carries a report makes of it, and what a member
// may seal.
func refusedReports(t testing.TB) []reportRefusal {
	objects, _ := street(t)
	object := objects["report"]
	whole := sealedReport(t, padded(object.Raw))
	flipped := func(at int) []byte {
		c := slices.Clone(whole)
		c[at] ^= 1
		return c
	}
	_, to := annas(t)
	other := must(sealTo(padded(object.Raw), Key(sealKey(t, "ben's seal").PublicKey().Bytes()), "report"))
	plain := func(change func([]byte)) []byte {
		b := padded(object.Raw)
		change(b)
		return sealedReport(t, b)
	}
	as := func(change func(*Report)) []byte {
		r := object.Body.(Report)
		change(&r)
		body := encode(r)
		return sealedReport(t, padded(encode(envelope{Version: Version, Kind: KindReport, Body: body, Signature: Signature(ed25519.Sign(private("bob"), message(KindReport, body)))})))
	}
	return []reportRefusal{
		{"nothing", nil, ErrMalformed},
		{"a byte too few", whole[:len(whole)-1], ErrMalformed},
		{"a byte too many", append(slices.Clone(whole), 0), ErrTooLarge},
		{"far too large", make([]byte, 1<<20), ErrTooLarge},
		{"zeros", make([]byte, SealedReport), ErrSignature},
		{"another encapsulated key", flipped(0), ErrSignature},
		{"a bit of it", flipped(40), ErrSignature},
		{"a bit of its tag", flipped(SealedReport - 1), ErrSignature},
		{"for somebody else", other, ErrSignature},
		{"a shorter one", must(sealTo(padded(object.Raw)[:paddedReport-1], to, "report")), ErrMalformed},
		{"a longer one", must(sealTo(make([]byte, paddedReport+1), to, "report")), ErrTooLarge},

		{"of length 0", sealedReport(t, make([]byte, paddedReport)), ErrMalformed},
		{"said to be longer than it may be", plain(func(b []byte) { binary.BigEndian.PutUint16(b, maxReport+1) }), ErrMalformed},
		{"said to be longer than there is room", plain(func(b []byte) { binary.BigEndian.PutUint16(b, 1<<16-1) }), ErrMalformed},
		{"said to be a byte shorter", plain(func(b []byte) { binary.BigEndian.PutUint16(b, uint16(len(object.Raw)-1)) }), ErrMalformed},
		{"said to be a byte longer", plain(func(b []byte) { binary.BigEndian.PutUint16(b, uint16(len(object.Raw)+1)) }), ErrMalformed},
		{"something behind it", plain(func(b []byte) { b[paddedReport-1] = 1 }), ErrMalformed},
		{"a card", sealedReport(t, padded(objects["card"].Raw)), ErrUnknown},
		{"an entry", sealedReport(t, padded(objects["entry"].Raw)), ErrUnknown},
		{"no CBOR", sealedReport(t, padded([]byte("it is bad"))), ErrMalformed},

		{"of somebody else", as(func(r *Report) { r.Reporter = keyOf("eve") }), ErrSignature},
		{"a reason that nobody knows", as(func(r *Report) { r.Reason = LabelUnlawful + 1 }), ErrUnknown},
		{"something else without a word", as(func(r *Report) { r.Reason, r.Words = 0, "" }), ErrRange},
		{"301 characters", as(func(r *Report) { r.Words = strings.Repeat("é", MaxReportWords+1) }), ErrRange},
		{"words that hide", as(func(r *Report) { r.Words = "bad\u200b" }), ErrRange},
		{"words that are turned", as(func(r *Report) { r.Words = "\u202ebad" }), ErrRange},
		{"to oneself", as(func(r *Report) { r.Steward = r.Reporter }), ErrRange},
	}
}

// reportVectors are those of the file as long as they hold, since each sealing
// of the same report is another one.
func reportVectors(t testing.TB, stored Vectors) (good, refused []ReportVector) {
	key := hex.EncodeToString(sealKey(t, "anna's seal").Bytes())
	objects, _ := street(t)
	kept := func(all []ReportVector, v ReportVector, holds func(raw []byte) bool) ReportVector {
		i := slices.IndexFunc(all, func(o ReportVector) bool { return o.Name == v.Name })
		if i >= 0 {
			if raw, err := hex.DecodeString(all[i].Raw); err == nil && holds(raw) {
				v.Raw = all[i].Raw
			}
		}
		return v
	}
	open, _ := annas(t)
	for _, name := range []string{"report"} {
		o := objects[name]
		v := ReportVector{Name: name, Key: key, Plain: hex.EncodeToString(o.Raw), Raw: hex.EncodeToString(sealedReport(t, padded(o.Raw)))}
		good = append(good, kept(stored.Reports, v, func(raw []byte) bool {
			r, err := OpenReport(raw, open)
			return err == nil && reflect.DeepEqual(r, o.Body)
		}))
	}
	for _, c := range refusedReports(t) {
		v := ReportVector{Name: c.name, Key: key, Error: strings.TrimPrefix(c.kind.Error(), "wire: "), Raw: hex.EncodeToString(c.raw[:min(len(c.raw), SealedReport+1)])}
		refused = append(refused, kept(stored.RefusedReports, v, func(raw []byte) bool {
			_, err := OpenReport(raw, open)
			return errors.Is(err, c.kind)
		}))
	}
	return good, refused
}

// A report is read by whom it is for, and is as long as any other.
func TestReport(t *testing.T) {
	open, to := annas(t)
	r := Report{Neighborhood: hashOf("n"), Reporter: keyOf("bob"), Steward: keyOf("anna"), On: hashOf("post"), Minute: 1<<32 - 1}
	for name, words := range map[string]string{"short": "!", "long": strings.Repeat("🏠", MaxReportWords), "on lines": "First.\nSecond."} {
		r.Words = words
		signed, err := Sign(r, private("bob"))
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := SealReport(signed, to)
		if err != nil {
			t.Fatal(err)
		}
		if len(sealed) != SealedReport {
			t.Errorf("%s: it is %d bytes long, others %d", name, len(sealed), SealedReport)
		}
		if got, err := OpenReport(sealed, open); err != nil || got != r {
			t.Errorf("%s: it is read as %+v, %v", name, got, err)
		}
		for what, clear := range map[string][]byte{"the words": []byte(words), "the entry": r.On[:], "the reporter": r.Reporter[:]} {
			if len(clear) > 1 && bytes.Contains(sealed, clear) {
				t.Errorf("%s: who carries it reads %s", name, what)
			}
		}
		again, err := SealReport(signed, to)
		if err != nil || bytes.Equal(again[:32], sealed[:32]) {
			t.Errorf("%s: who carries it sees that it is the same again: %v", name, err)
		}
	}
	objects, _ := street(t)
	if _, err := SealReport(objects["card"], to); !errors.Is(err, ErrUnknown) {
		t.Errorf("a card is sealed as a report: %v", err)
	}
	if _, err := SealReport(objects["report"], Key{}); !errors.Is(err, ErrRange) {
		t.Errorf("sealed with a key of nobody: %v", err)
	}
}

// TestRefusedReports: nothing of it is read, for the reason told, and without
// more memory than a few times the largest.
func TestRefusedReports(t *testing.T) {
	open, _ := annas(t)
	for _, c := range refusedReports(t) {
		t.Run(c.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			got, err := OpenReport(c.raw, open)
			runtime.ReadMemStats(&after)
			if !errors.Is(err, c.kind) || got != (Report{}) {
				t.Errorf("%+v, error %v, want kind %v", got, err, c.kind)
			}
			if n := after.TotalAlloc - before.TotalAlloc; n > 1<<19 {
				t.Errorf("%d bytes were allocated", n)
			}
		})
	}
}

// FuzzReport opens what comes as it is, and what a member sealed.
func FuzzReport(f *testing.F) {
	open, to := annas(f)
	objects, _ := street(f)
	f.Add(padded(objects["report"].Raw))
	for _, c := range refusedReports(f) {
		f.Add(c.raw)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := OpenReport(b, open); err == nil {
			t.Errorf("%x is read as %+v: somebody guessed a tag", b, r)
		}
		r, err := OpenReport(must(sealTo(b, to, "report")), open)
		if err != nil {
			return
		}
		n := int(binary.BigEndian.Uint16(b))
		if again := encode(r); !bytes.Contains(b[2:2+n], again) {
			t.Errorf("%x is another way to write %x", b, again)
		}
	})
}
