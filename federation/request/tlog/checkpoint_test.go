package tlog

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"nvrd/federation/wire"
)

// signText returns a note of any text, signed by the agency.
func signText(text string) []byte {
	n := bare(Checkpoint{Agency: agency}, wire.Signature(ed25519.Sign(agencyKey, []byte(text))))
	n.text = text
	return n.bytes()
}

// another returns a line of a key that nobody knows.
func another(name string, length int) string {
	return dash + name + " " + encoding.EncodeToString(bytes.Repeat([]byte{7}, length)) + "\n"
}

// notes is what Open says of each. It seeds the fuzz test.
func notes() map[string]struct {
	note []byte
	err  error // nil: it is the checkpoint of 7 entries
} {
	type row = struct {
		note []byte
		err  error
	}
	good := string(Sign(grow(7), agencyKey))
	text, own, _ := strings.Cut(good, "\n\n")
	text += "\n"
	lines := strings.Split(text, "\n")
	with := func(old, put string) row { return row{[]byte(strings.Replace(good, old, put, 1)), wire.ErrMalformed} }
	says := func(text string, err error) row { return row{signText(text), err} }
	root := lines[2]
	return map[string]row{
		"as signed":                      {[]byte(good), nil},
		"a line of an unknown key":       {[]byte(good + another("example.com/w", 68)), nil},
		"one before the agency's":        {[]byte(text + "\n" + another("example.com/w", 68) + own), nil},
		"63 of them":                     {[]byte(good + strings.Repeat(another("example.com/w", 68), 63)), nil},
		"16 that are large":              {[]byte(good + strings.Repeat(another("example.com/w", 5000), 16)), nil},
		"one of a single byte":           {[]byte(good + another("w", 5)), nil},
		"the agency's name, another key": {[]byte(good + another(Origin(agency), 68)), nil},
		"64 of them":                     {[]byte(good + strings.Repeat(another("example.com/w", 68), 64)), wire.ErrTooLarge},
		"too large":                      {[]byte(good + strings.Repeat(another("example.com/w", 5000), 20)), wire.ErrTooLarge},
		"of 100 MB":                      {bytes.Repeat([]byte(good), 300_000), wire.ErrTooLarge},
		"signed twice":                   {[]byte(good + own), wire.ErrSignature},
		"not signed":                     {[]byte(text + "\n" + another("example.com/w", 68)), wire.ErrSignature},
		"signed by another":              {Sign(grow(7), private("another agency")), wire.ErrMalformed},
		"another's signature":            {sign(Checkpoint{Agency: agency, Head: grow(7).Head()}, private("another agency")), wire.ErrSignature},
		"a bit of the signature":         {[]byte(strings.Replace(good, "zwnBtw8y", "zwnBtw8z", 1)), wire.ErrSignature},
		"a short signature": {note{text: text, lines: []line{{name: Origin(agency), id: keyID(Origin(agency), 1, agency), signature: []byte{1}}}}.bytes(),
			wire.ErrSignature},

		"empty":                           {nil, wire.ErrMalformed},
		"text alone":                      {[]byte(text), wire.ErrMalformed},
		"no signature":                    {[]byte(text + "\n"), wire.ErrMalformed},
		"no newline at the end":           {[]byte(strings.TrimSuffix(good, "\n")), wire.ErrMalformed},
		"a newline more":                  {[]byte(good + "\n"), wire.ErrMalformed},
		"no empty line":                   with("\n\n", "\n"),
		"two empty lines":                 with("\n\n", "\n\n\n"),
		"carriage returns":                {[]byte(strings.ReplaceAll(good, "\n", "\r\n")), wire.ErrMalformed},
		"one in the signature":            with("=\n", "=\r\n"),
		"a tab":                           with("\n7\n", "\n7\t\n"),
		"a zero byte":                     with("\n7\n", "\n7\x00\n"),
		"no UTF-8":                        with("\n7\n", "\n7\xff\n"),
		"a hyphen":                        with(dash, "- "),
		"no space after the dash":         with(dash, "—"),
		"a line that is none":             {[]byte(good + "hello\n"), wire.ErrMalformed},
		"a space at the end":              with("=\n\n", "=\n\n "),
		"two spaces":                      with(Origin(agency)+" ", Origin(agency)+"  "),
		"a name with a plus":              {[]byte(good + another("a+b", 68)), wire.ErrMalformed},
		"a name with a wide space":        {[]byte(good + another("a\u2003b", 68)), wire.ErrMalformed},
		"a name with a control character": {[]byte(good + another("a\x01b", 68)), wire.ErrMalformed},
		"a name that is no UTF-8":         {[]byte(good + another("a\xffb", 68)), wire.ErrMalformed},
		"no name":                         {[]byte(good + another("", 68)), wire.ErrMalformed},
		"an ID alone":                     {[]byte(good + another("w", 4)), wire.ErrMalformed},
		"base64 of another alphabet":      {[]byte(good + dash + "w " + "-_-_-_-_\n"), wire.ErrMalformed},
		"base64 without its padding":      {[]byte(good + dash + "w " + "AAAAAAA\n"), wire.ErrMalformed},
		"base64 with bits over":           {[]byte(good + dash + "w " + "AAAAAAB=\n"), wire.ErrMalformed},

		"another origin":         says("example.com/log\n7\n"+root+"\n", wire.ErrMalformed),
		"another agency's":       says(Origin(public("another agency"))+"\n7\n"+root+"\n", wire.ErrMalformed),
		"in capitals":            says(strings.ToUpper(lines[0])+"\n7\n"+root+"\n", wire.ErrMalformed),
		"a leading zero":         says(lines[0]+"\n07\n"+root+"\n", wire.ErrMalformed),
		"a sign":                 says(lines[0]+"\n+7\n"+root+"\n", wire.ErrMalformed),
		"below zero":             says(lines[0]+"\n-7\n"+root+"\n", wire.ErrRange),
		"hexadecimal":            says(lines[0]+"\n0x7\n"+root+"\n", wire.ErrMalformed),
		"no size":                says(lines[0]+"\n\n"+root+"\n", wire.ErrMalformed),
		"as many as can be":      says(lines[0]+"\n4294967296\n"+root+"\n", errAny),
		"one more":               says(lines[0]+"\n4294967297\n"+root+"\n", wire.ErrRange),
		"beyond 64 bits":         says(lines[0]+"\n18446744073709551623\n"+root+"\n", wire.ErrMalformed),
		"a root of 31 bytes":     says(lines[0]+"\n7\n"+encoding.EncodeToString(make([]byte, 31))+"\n", wire.ErrMalformed),
		"a root of 33 bytes":     says(lines[0]+"\n7\n"+encoding.EncodeToString(make([]byte, 33))+"\n", wire.ErrMalformed),
		"a root in hexadecimal":  says(lines[0]+"\n7\n"+grow(7).Root().String()+"\n", wire.ErrMalformed),
		"two lines":              says(lines[0]+"\n7\n", wire.ErrMalformed),
		"a line of extension":    says(text+"more\n", wire.ErrMalformed),
		"an empty line in it":    says(lines[0]+"\n\n7\n"+root+"\n", wire.ErrMalformed),
		"a space after the size": says(lines[0]+"\n7 \n"+root+"\n", wire.ErrMalformed),
		"an object":              says("stoop/1 bulletin\n7\n"+root+"\n", wire.ErrMalformed),
		"none, another root":     says(Checkpoint{Agency: agency, Head: Head{Root: grow(7).Root()}}.text(), wire.ErrRange),
	}
}

// errAny marks what is read, as another checkpoint.
var errAny = errors.New("another checkpoint")

func TestOpen(t *testing.T) {
	want := Checkpoint{Agency: agency, Head: grow(7).Head()}
	for name, tt := range notes() {
		t.Run(name, func(t *testing.T) {
			got, err := Open(tt.note, agency)
			switch {
			case errors.Is(tt.err, errAny):
				if err != nil || got == want {
					t.Errorf("read as %+v, %v", got, err)
				}
			case !errors.Is(err, tt.err):
				t.Errorf("error %v, want %v", err, tt.err)
			case err == nil && got != want || err != nil && got != Checkpoint{}:
				t.Errorf("read as %+v, want %+v", got, want)
			}
			if len(tt.note) < MaxNote { // nothing else reads what Open does not
				_, errSee := Cosigners(tt.note, agency, everybody)
				_, errSign := Cosign(tt.note, agency, private("anna"), 1)
				_, errMerge := Merge(Sign(grow(7), agencyKey), tt.note, agency, everybody)
				if (errSee == nil) != (err == nil) || (errSign == nil) != (err == nil) || (errMerge == nil) != (err == nil && got == want) {
					t.Errorf("cosigners: %v; cosign: %v; merge: %v; but open: %v", errSee, errSign, errMerge, err)
				}
			}
		})
	}
}

// TestEveryBitOfACheckpointCounts changes each, of text and signature.
func TestEveryBitOfACheckpointCounts(t *testing.T) {
	good := Sign(grow(7), agencyKey)
	for i := range len(good) * 8 {
		bad := bytes.Clone(good)
		bad[i/8] ^= 1 << (i % 8)
		if c, err := Open(bad, agency); err == nil {
			t.Errorf("bit %d of byte %d changed: %+v", i%8, i/8, c)
		}
	}
}

// TestSign tells that a checkpoint is a function of tree and key.
func TestSign(t *testing.T) {
	for _, size := range []int{0, 1, 2, 255, 256, 257, 3000} {
		b := Sign(grow(size), agencyKey)
		if again := Sign(Tree{}.Append(entries(size)...).At(int64(size)), agencyKey); !bytes.Equal(b, again) {
			t.Errorf("the checkpoint of %d entries is another the second time", size)
		}
		want := Checkpoint{Agency: agency, Head: grow(size).Head()}
		if c, err := Open(b, agency); c != want || err != nil {
			t.Errorf("of %d entries: %+v, %v", size, c, err)
		}
	}
}

// TestHostileNotesAreCheap measures the worst that a stranger can send.
func TestHostileNotesAreCheap(t *testing.T) {
	good := Sign(grow(7), agencyKey)
	lines := string(good)
	for i := range MaxLines - 1 {
		lines += another(fmt.Sprintf("example.com/%d/%s", i, strings.Repeat("n", 500)), 1000)
	}
	for name, b := range map[string][]byte{
		"100 MB":          bytes.Repeat([]byte(dash), 20_000_000),
		"only newlines":   bytes.Repeat([]byte("\n"), MaxNote),
		"only dashes":     append(bytes.Clone(good), bytes.Repeat([]byte(dash), (MaxNote-1000)/len(dash))...),
		"as full as may":  []byte(lines),
		"one large line":  append(bytes.Clone(good), another("w", 96_000)...),
		"one large word":  append(bytes.Repeat([]byte("a"), MaxNote-len(good)), good...),
		"all of one name": []byte(string(good) + strings.Repeat(another(cosignerName(public("anna")), 76), 63)),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _ = Open(b, agency)
		_, _ = Cosigners(b, agency, everybody)
		_, _ = Merge(b, b, agency, everybody)
		_, _ = OpenFraud(b)
		_, _ = ParseTile(string(b[:min(len(b), MaxNote)]))
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 8<<20 {
			t.Errorf("%s: %d bytes are allocated", name, used)
		}
	}
}

// FuzzOpen looks for a note that is read and is not the one form of what it says.
func FuzzOpen(f *testing.F) {
	for _, tt := range notes() {
		if len(tt.note) < MaxNote {
			f.Add(tt.note)
		}
	}
	f.Add(cosign(f, Sign(grow(7), agencyKey), "anna", "bob"))
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := parse(b)
		if err == nil && !bytes.Equal(n.bytes(), b) {
			t.Errorf("written again it is %q", n.bytes())
		}
		if c, err := Open(b, agency); err == nil && !strings.HasPrefix(string(b), c.text()+"\n") {
			t.Errorf("read as %+v", c)
		}
		if who, err := Cosigners(b, agency, everybody); err == nil && len(who) > 0 {
			merged, err := Merge(b, b, agency, everybody)
			again, errAgain := Merge(merged, b, agency, everybody)
			if err != nil || errAgain != nil || !bytes.Equal(merged, again) {
				t.Errorf("merged: %q, %v; again: %q, %v", merged, err, again, errAgain)
			}
		}
	})
}
