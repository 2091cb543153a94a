package wire

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func invitation() Invite {
	return Invite{
		Version: Version, Neighborhood: hashOf("n"), Title: "Elm Street", From: "Anna", Head: hashOf("head"), Secret: Salt{9}, Expires: 29_700_000,
		Doors: []Door{
			{Node: keyOf("anna's node"), Addresses: []string{"/ip4/203.0.113.7/udp/4001/quic-v1", "/ip4/192.168.1.20/tcp/4001"}},
			{Node: keyOf("ben's node"), Addresses: []string{"/ip6/2001:db8::7/udp/4001/quic-v1"}},
		},
	}
}

func TestInvite(t *testing.T) {
	text, err := invitation().Text()
	if err != nil {
		t.Fatal(err)
	}
	if len(text) > 640 || text != strings.ToUpper(text) {
		t.Errorf("%d letters: %s", len(text), text)
	}
	next := invitation()
	next.From = "Carla"
	other, err := next.Text()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for rest := text; rest != ""; {
		n := min(len(rest), 40)
		lines, rest = append(lines, rest[:n]), rest[n:]
	}
	for name, pasted := range map[string]string{
		"as it is":                     text,
		"in small letters":             strings.ToLower(text),
		"with spaces around":           "\n  " + text + " \n",
		"in lines":                     strings.Join(lines, "\r\n"),
		"in indented lines":            strings.Join(lines, "\n\u00a0\t"),
		"in a message":                 "Hi Ben, here it is: " + text + "\nSee you, Anna",
		"words right after it":         "Here: " + text + " hope it works",
		"behind the name and a colon":  "Join us on Stoop: " + text,
		"behind the name, on its line": "Stoop:\n\n" + text,
		"behind one that is cut":       text[:100] + " " + text,
		"behind one that is cut short": invitePrefix + text,
		"behind many":                  strings.Repeat("Stoop: ", 1000) + text,
		"before words that never end":  text + strings.Repeat(" a", 5000),
		"before another":               text + "\n" + other,
		"right before another":         text + other,
	} {
		got, err := ParseInvite(pasted)
		if err != nil || !reflect.DeepEqual(got, invitation()) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for _, around := range []string{"()", "[]", "{}", "<>", "\"\"", "''", "``", "**", "__", "~~", "“”", "„“", "‘’", "«»", "‹›", "「」", "（）"} {
		begin, end := []rune(around)[0], []rune(around)[1]
		for _, behind := range []string{"", ".", " bye", ",\nbye"} {
			pasted := "Here: " + string(begin) + strings.ToLower(text) + string(end) + behind
			if got, err := ParseInvite(pasted); err != nil || !reflect.DeepEqual(got, invitation()) {
				t.Errorf("between %s, before %q: %v", around, behind, err)
			}
		}
	}
	for _, end := range []string{".", ",", ";", ":", "!", "?", "…", "...", "。", "–", " -- Anna", "🏠", "\u200b", "</p>", "&nbsp;", "\\n", "="} {
		if got, err := ParseInvite(text + end); err != nil || !reflect.DeepEqual(got, invitation()) {
			t.Errorf("before %q: %v", end, err)
		}
	}
}

// TestInviteLargest: the longest invite is read whole.
func TestInviteLargest(t *testing.T) {
	v := invitation()
	v.Doors = nil
	for range MaxDoors {
		v.Doors = append(v.Doors, Door{Node: keyOf("node"), Addresses: []string{"/x"}})
	}
	fill := func(n int) { // the last address grows where the one before it is full
		for i := range v.Doors {
			grow := min(n, MaxAddress-2)
			v.Doors[i].Addresses = []string{"/x" + strings.Repeat("y", grow), "/z"}
			n -= grow
			grow = min(n, MaxAddress-2)
			v.Doors[i].Addresses[1] += strings.Repeat("y", grow)
			n -= grow
		}
	}
	n := 0
	for fill(n); len(encode(v)) < MaxInvite; fill(n) {
		n++
	}
	text, err := v.Text()
	if err != nil || len(text) != len(invitePrefix)+maxLetters {
		t.Fatalf("%d bytes as %d letters, of %d: %v", len(encode(v)), len(text), maxLetters, err)
	}
	if got, err := ParseInvite("Stoop: " + text + " bye"); err != nil || !reflect.DeepEqual(got, v) {
		t.Errorf("%+v, %v", got, err)
	}
}

// BenchmarkParseInvite reads the words that cost most: each may be the end of an invite.
func BenchmarkParseInvite(b *testing.B) {
	text := strings.Repeat(invitePrefix+strings.Repeat("A ", maxLetters), 16*MaxInvite/(2*maxLetters))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseInvite(text[:min(len(text), 16*MaxInvite)]); err == nil {
			b.Fatal("it is an invite")
		}
	}
}

func TestInviteRefused(t *testing.T) {
	whole, err := invitation().Text()
	if err != nil {
		t.Fatal(err)
	}
	raw := encode(invitation())
	wrong := []byte(whole)
	wrong[50] ^= 'A' ^ 'B' // from A to B, or the like
	if !strings.Contains("ABCDEFGHIJKLMNOPQRSTUVWXYZ", string(wrong[50])) {
		wrong[50] = 'A'
	}
	text := func(b []byte) string {
		sum := hashOf(string(b))
		return invitePrefix + inviteText.EncodeToString(append(append([]byte{}, b...), sum[:checksumLen]...))
	}
	changed := func(change func(*Invite)) string {
		v := invitation()
		change(&v)
		return text(encode(v))
	}
	for _, tt := range []struct {
		name, text string
		kind       error
	}{
		{"nothing", "", ErrMalformed},
		{"something else", "https://stoop.example/join", ErrMalformed},
		{"only its beginning", whole[:len(whole)/2], ErrMalformed},
		{"without its end", whole[:len(whole)-1], ErrMalformed},
		{"a letter wrong", string(wrong), ErrMalformed},
		{"broken by a sign", whole[:100] + "*" + whole[100:], ErrMalformed},
		{"only the name of the program", "Stoop: Stoop: stoop:", ErrMalformed},
		{"words that never end", invitePrefix + strings.Repeat("A ", 8100), ErrMalformed},
		{"letters that never end", invitePrefix + strings.Repeat("A", 16000), ErrMalformed},
		{"a picture", strings.Repeat("x", 1<<20), ErrTooLarge},
		{"more letters than any has", text(make([]byte, MaxInvite+1)), ErrMalformed},
		{"no CBOR", text([]byte("hello")), ErrMalformed},
		{"a field more", text(append([]byte{raw[0] + 1}, append(append([]byte{}, raw[1:]...), 0)...)), ErrMalformed},
		{"a later version", changed(func(v *Invite) { v.Version = 2 }), ErrUnknown},
		{"no title", changed(func(v *Invite) { v.Title = "" }), ErrRange},
		{"a title that turns text", changed(func(v *Invite) { v.Title = "Elm \u202eteertS" }), ErrRange},
		{"nobody invites", changed(func(v *Invite) { v.From = "" }), ErrRange},
		{"no door", changed(func(v *Invite) { v.Doors = nil }), ErrRange},
		{"four doors", changed(func(v *Invite) { v.Doors = append(v.Doors, v.Doors...) }), ErrRange},
		{"a door with five addresses", changed(func(v *Invite) { v.Doors[0].Addresses = slices.Repeat(v.Doors[0].Addresses[:1], 5) }), ErrRange},
		{"an address on two lines", changed(func(v *Invite) { v.Doors[0].Addresses[0] = "/ip4/1\n2" }), ErrRange},
		{"an address of 161 letters", changed(func(v *Invite) { v.Doors[0].Addresses[0] = strings.Repeat("a", 161) }), ErrRange},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v, err := ParseInvite(tt.text)
			if !errors.Is(err, tt.kind) || v.Doors != nil {
				t.Errorf("%+v, error %v, want kind %v", v, err, tt.kind)
			}
		})
	}
	v := invitation()
	v.Doors = nil
	if _, err := v.Text(); !errors.Is(err, ErrRange) {
		t.Errorf("an invite without a door is written: %v", err)
	}
	long := Door{Addresses: []string{strings.Repeat("a", 160), strings.Repeat("b", 160), strings.Repeat("c", 160), strings.Repeat("d", 160)}}
	v.Doors = []Door{long, long}
	if _, err := v.Text(); !errors.Is(err, ErrTooLarge) {
		t.Errorf("an invite of more than 1 KiB is written: %v", err)
	}
}

func FuzzParseInvite(f *testing.F) {
	text, err := invitation().Text()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add("Hi: " + strings.ToLower(text[:200]) + "\n" + text[200:] + " bye")
	f.Fuzz(func(t *testing.T, s string) {
		v, err := ParseInvite(s)
		if err != nil {
			return
		}
		again, err := v.Text()
		if err != nil {
			t.Fatalf("what was read can't be written: %v", err)
		}
		if w, err := ParseInvite(again); err != nil || !reflect.DeepEqual(v, w) {
			t.Errorf("%+v is read as %+v, %v", v, w, err)
		}
	})
}
