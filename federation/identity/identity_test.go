package identity

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// The first two are of BIP 39's own test vectors.
var paper = []struct{ seed, words string }{
	{strings.Repeat("00", 32), strings.Repeat("abandon ", 23) + "art"},
	{strings.Repeat("7f", 32), "legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth title"},
	{"68a79eaca2324873eacc50cb9c6eca8cc68ea5d936f98787c60c7ebc74e6ce7c", "hamster diagram private dutch cause delay private meat slide toddler razor book happy fancy gospel tennis maple dilemma loan word shrug inflict delay length"},
}

func TestWords(t *testing.T) {
	for _, p := range paper {
		want, err := hex.DecodeString(p.seed)
		if err != nil {
			t.Fatal(err)
		}
		s := Seed(want)
		if got := strings.Join(s.Words(), " "); got != p.words {
			t.Errorf("%s\nis written %s\nwant       %s", p.seed, got, p.words)
		}
		for name, text := range map[string]string{
			"as written":        p.words,
			"in capitals":       strings.ToUpper(p.words),
			"with commas":       strings.ReplaceAll(p.words, " ", ", "),
			"on lines":          "\n" + strings.ReplaceAll(p.words, " ", "\r\n") + "\n",
			"with numbers":      numbered(p.words),
			"four letters each": short(p.words),
		} {
			got, err := ParseWords(text)
			if err != nil || got != s {
				t.Errorf("%s: %x, %v", name, got[:], err)
			}
		}
	}
}

func numbered(words string) string {
	var b strings.Builder
	for i, w := range strings.Fields(words) {
		fmt.Fprintf(&b, "%2d. %s\n", i+1, w)
	}
	return b.String()
}

func short(words string) string {
	fields := strings.Fields(words)
	for i, w := range fields {
		fields[i] = w[:min(len(w), 4)]
	}
	return strings.Join(fields, " ")
}

func TestWrongWords(t *testing.T) {
	good := strings.Fields(paper[2].words)
	with := func(i int, w string) string {
		c := slices.Clone(good)
		c[i] = w
		return strings.Join(c, " ")
	}
	for _, tt := range []struct{ name, text, says string }{
		{"nothing", "", "these are 0 words of 24"},
		{"one left out", strings.Join(good[1:], " "), "these are 23 words of 24"},
		{"one more", strings.Join(good, " ") + " abandon", "these are 25 words of 24"},
		{"a slip", with(2, "privat e"), "word 4: "},
		{"a letter wrong", with(0, "hampster"), `word 1: "hampster" is not one of the words; is it "hamster"?`},
		{"two letters change places", with(5, "dealy"), `word 6: "dealy" is not one of the words; is it "deal"?`},
		{"no such word", with(23, "xylophone"), `word 24: "xylophone" is not one of the words`},
		{"another word of the list", with(0, "abandon"), "not all of them are the right ones in the right order"},
		{"two exchanged", with(0, good[1]) + "", "not all of them are the right ones"},
		{"another alphabet", with(3, "слово"), "word 4: "},
		{"very long", with(3, strings.Repeat("a", 1<<16)), "word 4: "},
		{"three letters of several", with(0, "aba nd"), "word"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseWords(tt.text)
			if !errors.Is(err, nvr.ErrInvalid) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %v, want %q", err, tt.says)
			}
		})
	}
}

// Keys are the same from the same paper, for ever: these must not change.
func TestKeys(t *testing.T) {
	s := Seed(bytes.Repeat([]byte{7}, 32))
	k := s.Keys(Place{Neighborhood: 1, Generation: 2})
	for name, c := range map[string]struct{ got, want string }{
		"author": {wire.PublicKey(k.Author).String(), "2af3b1bb348de8b3a57d638245bc88235f903d9322bccee576ed2066501ac78e"},
		"seat":   {wire.PublicKey(k.Seat).String(), "97198e1f1cc47ef7ee6edf1ba55e9237e5569b90d1f0a54975634aea0b8bd7c1"},
		"seal":   {hex.EncodeToString(k.Seal.PublicKey().Bytes()), "f44568895b71a913dde898c626116d4a67a27eb92731de4001f2e06926ae837e"},
		"node":   {wire.PublicKey(s.Node(Place{1, 2}, 3)).String(), "debc379f5cafe770b06223e4a53b81cf9c2a17a43677684ecc371cd66c0ae453"},
	} {
		if c.got != c.want {
			t.Errorf("the %s key is %s, and was %s", name, c.got, c.want)
		}
	}
}

// No two keys of a seed are one, nor of two seeds.
func TestKeysDiffer(t *testing.T) {
	seen := map[string]string{}
	put := func(key []byte, of string) {
		if other, ok := seen[string(key)]; ok {
			t.Errorf("%s is %s", of, other)
		}
		seen[string(key)] = of
	}
	for seed := range byte(3) {
		s := Seed{seed}
		for n := range uint32(3) {
			for g := range uint32(3) {
				p := Place{n, g}
				k, of := s.Keys(p), fmt.Sprint(seed, p)
				put(k.Author.Seed(), of+" author")
				put(k.Seat.Seed(), of+" seat")
				put(k.Seal.Bytes(), of+" seal")
				for m := range uint32(3) {
					put(s.Node(p, m).Seed(), fmt.Sprint(of, " node ", m))
				}
			}
		}
	}
}

func TestNextMachine(t *testing.T) {
	s, p := New(), Place{}
	for m := range uint32(3) {
		if next, ok := s.NextMachine(p, wire.PublicKey(s.Node(p, m))); !ok || next != m+1 {
			t.Errorf("after machine %d comes %d, %v", m, next, ok)
		}
	}
	if _, ok := s.NextMachine(p, wire.PublicKey(New().Node(p, 0))); ok {
		t.Error("a key of another seed is known")
	}
}

func TestSeedIsNotPrinted(t *testing.T) {
	s := New()
	if s == New() {
		t.Error("two seeds are one")
	}
	secret := hex.EncodeToString(s[:4])
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(verb, struct{ S Seed }{s}); strings.Contains(got, secret) || !strings.Contains(got, "***") {
			t.Errorf("%s prints %s", verb, got)
		}
	}
}

// What the keys sign is what neighbors open.
func TestSign(t *testing.T) {
	s := New()
	k := s.Keys(Place{})
	n, author, node := wire.Hash{1}, wire.PublicKey(k.Author), s.Node(Place{}, 0)
	card := wire.Card{Neighborhood: n, Author: author, Node: wire.PublicKey(node), Proof: wire.ProveNode(node, n, author), Seal: wire.Key(k.Seal.PublicKey().Bytes()), Name: "Anna"}
	if _, err := wire.Sign(card, k.Author); err != nil {
		t.Error(err)
	}
	if _, err := wire.Sign(card, k.Seat); !errors.Is(err, wire.ErrSignature) {
		t.Errorf("signed with the seat: %v", err)
	}
}

func FuzzParseWords(f *testing.F) {
	for _, p := range paper {
		f.Add(p.words)
		f.Add(numbered(p.words))
	}
	f.Add("abandon \u200b, ABOUT 1.")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseWords(text)
		if err != nil {
			return
		}
		if again, err := ParseWords(strings.Join(s.Words(), " ")); err != nil || again != s {
			t.Errorf("%q is another seed when written again: %v", text, err)
		}
	})
}
