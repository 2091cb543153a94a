package response

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"nvrd/federation/wire"
)

const now = wire.Minute(29_700_000)

// answer is a response that is within its bounds, but for what change does to it.
func answer(change func(*Response)) Response {
	r := Response{Request: wire.Hash{1}, Agency: wire.Key{2}, Case: "2026-1184", Minute: now, Until: now + 30*wire.Day, Words: "A van, at 14:10.\nCall me: 555 0142 <Bob>"}
	if change != nil {
		change(&r)
	}
	return r
}

// film is media of so many bytes.
func film(n int) Media {
	b := make([]byte, n)
	for i := range b[:min(n, 65_521)] { // no chunk of anything
		b[i] = byte(i * i >> 7)
	}
	for done := 65_521; done < n; done *= 2 {
		copy(b[done:], b[:done])
	}
	return Media{wire.MediaClip, b}
}

func recipient(i Identity) wire.Recipient { return wire.Recipient{Recipient: i.Recipient()} }

// Whatever is handed over comes as it was, and its size says no more than which of
// four it is.
func TestSeal(t *testing.T) {
	identity := NewIdentity()
	for _, c := range []struct {
		what   string
		r      Response
		pieces int
	}{
		{"words", answer(nil), 1},
		{"the longest words", answer(func(r *Response) {
			r.Case, r.Words = strings.Repeat("🏠", wire.MaxName), strings.Repeat("🏠", MaxWords)
		}), 1},
		{"words that are all escaped", answer(func(r *Response) { r.Words = strings.Repeat(`"`, MaxWords) }), 1},
		{"a photo and no words", answer(func(r *Response) { r.Words, r.Media = "", []Media{{wire.MediaPhoto, []byte{0xff, 0xd8, 0xff}}} }), 1},
		{"as much as one piece takes", answer(func(r *Response) { r.Media = []Media{film(plainLen(1) - 3*512 - ending - blank - 512)} }), 1},
		{"and a byte", answer(func(r *Response) { r.Media = []Media{film(plainLen(1) - 3*512 - ending - blank + 1)} }), 4},
		{"two clips and two photos", answer(func(r *Response) {
			r.Media = []Media{film(900_000), {wire.MediaPhoto, film(100_000).Bytes}, film(2_000_000), {wire.MediaPhoto, film(1).Bytes}}
		}), 16},
		{"as much as there can be", answer(func(r *Response) {
			r.Case, r.Words, r.Until = strings.Repeat("🏠", wire.MaxName), strings.Repeat(`"`, MaxWords), r.Minute+MaxKept
			r.Media = []Media{film(1), film(1), film(1), film(MaxBytes - 3)}
		}), MaxPieces},
	} {
		t.Run(c.what, func(t *testing.T) {
			sealed, err := Seal(recipient(identity), c.r)
			if err != nil {
				t.Fatal(err)
			}
			if len(sealed) != c.pieces*pieceBody {
				t.Errorf("%d bytes, not those of %d pieces", len(sealed), c.pieces)
			}
			got, err := Open(identity, sealed)
			if err != nil || !reflect.DeepEqual(got, c.r) {
				t.Errorf("it comes as another (%v), with %d media", err, len(got.Media))
			}
		})
	}
}

// Nothing is the same in what is sealed twice.
func TestSealAnew(t *testing.T) {
	identity := NewIdentity()
	one, err := Seal(recipient(identity), answer(nil))
	if err != nil {
		t.Fatal(err)
	}
	other, err := Seal(recipient(identity), answer(nil))
	if err != nil {
		t.Fatal(err)
	}
	for at := 2_000; at+32 <= len(one); at += 32 {
		if bytes.Equal(one[at:at+32], other[at:at+32]) {
			t.Fatalf("from byte %d on they are the same", at)
		}
	}
}

// Who has the key needs no program of ours.
func TestByHand(t *testing.T) {
	identity, dir := NewIdentity(), t.TempDir()
	key := filepath.Join(dir, "key")
	if err := os.WriteFile(key, []byte(identity.Secret()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{1_000, plainLen(1) - 3*512 - ending - blank - 512, 900_000} {
		r := answer(func(r *Response) { r.Media = []Media{film(n), {wire.MediaPhoto, []byte("photo")}} })
		sealed, err := Seal(recipient(identity), r)
		if err != nil {
			t.Fatal(err)
		}
		opened := exec.CommandContext(t.Context(), "go", "tool", "age", "--decrypt", "--identity", key)
		opened.Stdin = bytes.NewReader(sealed)
		plain, err := opened.Output()
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(dir, fmt.Sprint(n))
		if err := os.Mkdir(to, 0o700); err != nil {
			t.Fatal(err)
		}
		unpacked := exec.CommandContext(t.Context(), "tar", "-x", "-C", to)
		unpacked.Stdin = bytes.NewReader(plain)
		if out, err := unpacked.CombinedOutput(); err != nil || len(out) > 0 {
			t.Fatalf("tar: %v\n%s", err, out)
		}
		for i, name := range r.Names() {
			if b, err := os.ReadFile(filepath.Join(to, name)); err != nil || !bytes.Equal(b, r.Media[i].Bytes) {
				t.Errorf("%s has %d bytes (%v)", name, len(b), err)
			}
		}
		about, err := os.ReadFile(filepath.Join(to, "response.json"))
		want := `{
  "version": 1,
  "request": "01` + strings.Repeat("0", 62) + `",
  "agency": "02` + strings.Repeat("0", 62) + `",
  "case": "2026-1184",
  "sent": "2026-06-21T00:00:00Z",
  "until": "2026-07-21T00:00:00Z",
  "words": "A van, at 14:10.\nCall me: 555 0142 <Bob>"
}
`
		if diff := cmp.Diff(want, string(about)); err != nil || diff != "" {
			t.Errorf("response.json (%v): %s", err, diff)
		}
	}
}

func TestSealRefuses(t *testing.T) {
	identity := NewIdentity()
	for what, c := range map[string]struct {
		change func(*Response)
		want   error
	}{
		"no case":                  {func(r *Response) { r.Case = "" }, wire.ErrRange},
		"a case that is too long":  {func(r *Response) { r.Case = strings.Repeat("x", wire.MaxName+1) }, wire.ErrRange},
		"a case of two lines":      {func(r *Response) { r.Case = "a\nb" }, wire.ErrRange},
		"nothing":                  {func(r *Response) { r.Words = "" }, wire.ErrRange},
		"too many words":           {func(r *Response) { r.Words = strings.Repeat("x", MaxWords+1) }, wire.ErrRange},
		"words that can't be seen": {func(r *Response) { r.Words = "a\u202eb" }, wire.ErrRange},
		"words that are no text":   {func(r *Response) { r.Words = "a\xff" }, wire.ErrRange},
		"kept for no time":         {func(r *Response) { r.Until = r.Minute }, wire.ErrRange},
		"kept for a year and more": {func(r *Response) { r.Until = r.Minute + MaxKept + 1 }, wire.ErrRange},
		"in ten thousand years":    {func(r *Response) { r.Minute, r.Until = 1<<32-2, 1<<32-1 }, wire.ErrRange},
		"five files":               {func(r *Response) { r.Media = slices.Repeat([]Media{film(1)}, 5) }, wire.ErrTooLarge},
		"an empty file":            {func(r *Response) { r.Media = []Media{{Type: wire.MediaClip}} }, wire.ErrRange},
		"a file of no type":        {func(r *Response) { r.Media = []Media{{Bytes: []byte("x")}} }, wire.ErrUnknown},
		"files that are too large": {func(r *Response) { r.Media = []Media{film(1), film(MaxBytes)} }, wire.ErrTooLarge},
	} {
		if _, err := Seal(recipient(identity), answer(c.change)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, key := range map[string]string{"no key": "", "half a key": identity.Recipient()[:1000], "the form of a key": "age1pq1" + strings.Repeat("q", wire.MaxRecipient-7)} {
		if _, err := Seal(wire.Recipient{Recipient: key}, answer(nil)); !errors.Is(err, wire.ErrRange) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if n := len(identity.Recipient()); n != wire.MaxRecipient {
		t.Errorf("a key is of %d letters", n)
	}
}

// What does not come as it was sealed does not open.
func TestOpenRefuses(t *testing.T) {
	identity := NewIdentity()
	sealed, err := Seal(recipient(identity), answer(nil))
	if err != nil {
		t.Fatal(err)
	}
	larger, err := Seal(recipient(identity), answer(func(r *Response) { r.Media = []Media{film(500_000)} }))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(NewIdentity(), sealed); !errors.Is(err, ErrSealed) {
		t.Errorf("with another key: %v", err)
	}
	for _, c := range []struct {
		what   string
		sealed []byte
		want   error
	}{
		{"nothing", nil, wire.ErrMalformed},
		{"a byte less", sealed[:len(sealed)-1], wire.ErrMalformed},
		{"a byte more", append(bytes.Clone(sealed), 0), wire.ErrMalformed},
		{"a size cut to another", larger[:len(sealed)], ErrSealed},
		{"zeros", make([]byte, len(sealed)), ErrSealed},
	} {
		if _, err := Open(identity, c.sealed); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.what, err)
		}
	}
	for _, at := range []int{0, 30, 100, 1600, 1630, 1700, 70_000, len(sealed) - 1} {
		changed := bytes.Clone(sealed)
		changed[at] ^= 1
		if _, err := Open(identity, changed); !errors.Is(err, ErrSealed) {
			t.Errorf("with byte %d changed: %v", at, err)
		}
	}
	// Less than a size takes, and zeros after it, which age does not look at.
	plain, err := write(answer(nil))
	if err != nil {
		t.Fatal(err)
	}
	to, err := age.ParseHybridRecipient(identity.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{len(plain) - 1, len(plain) - 1_000} {
		short, err := seal(to, plain[:n])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Open(identity, append(short, make([]byte, len(sealed)-len(short))...)); !errors.Is(err, ErrSealed) {
			t.Errorf("%d bytes, and zeros after what is sealed: %v", n, err)
		}
	}
}

// others is what a hostile home may seal.
func others(t testing.TB) map[string][]byte {
	plain, err := write(answer(func(r *Response) { r.Media = []Media{{wire.MediaPhoto, []byte("photo")}} }))
	if err != nil {
		t.Fatal(err)
	}
	swap := func(old, other string) []byte {
		if len(old) != len(other) || !bytes.Contains(plain, []byte(old)) {
			t.Fatalf("%q can't be %q", old, other)
		}
		return bytes.Replace(plain, []byte(old), []byte(other), 1)
	}
	archive := func(names ...string) []byte {
		files := [][]byte{plain[512 : 512+bytes.Index(plain[512:], []byte{0})]}
		for range names[1:] {
			files = append(files, []byte("x"))
		}
		return pack(len(plain), names, files, now)
	}
	end := bytes.Clone(plain)
	end[len(end)-1] = 1
	middle := bytes.Clone(plain)
	middle[512*4+100] = 1 // in the filling of a file
	return map[string][]byte{
		"zeros":                       make([]byte, len(plain)),
		"no response.json":            archive("1.jpg"),
		"a path":                      archive("response.json", "../../1.jpg"),
		"another name":                archive("response.json", "me.jpg"),
		"another order":               archive("response.json", "2.jpg", "1.jpg"),
		"a name twice":                archive("response.json", "1.jpg", "1.jpg"),
		"a page":                      archive("response.json", "1.html"),
		"five files":                  archive("response.json", "1.jpg", "2.jpg", "3.jpg", "4.jpg", "5.jpg"),
		"something behind its end":    end,
		"something behind a file":     middle,
		"a later version":             swap(`"version": 1`, `"version": 2`),
		"a field that nobody knows":   swap(`"words"`, `"wordz"`),
		"a key in capitals":           swap(`"case"`, `"CASE"`),
		"another way to write a word": swap(`<Bob>`, `\u0042`[:5]),
		"seconds":                     swap(`00:00:00Z`, `00:00:01Z`),
		"no time":                     swap(`2026-06-21`, `2026-16-21`),
		"kept until before":           swap(`2026-07-21`, `2026-06-20`),
		"kept for years":              swap(`2026-07-21`, `2028-07-21`),
		"a key that is none":          swap(`"request": "01`, `"request": "0x`),
		"words that can't be seen":    swap(`<Bob>`, "<\u202e>"),
		"another owner":               swap("0000600", "0000644"),
	}
}

// vast is a file that is said to have 8 GiB.
func vast(t testing.TB) []byte {
	plain := others(t)["a page"]
	b := bytes.NewBuffer(plain[:1024])
	if err := tar.NewWriter(b).WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "1.mp4", Size: 1<<33 - 1, Format: tar.FormatUSTAR}); err != nil {
		t.Fatal(err)
	}
	return append(b.Bytes(), make([]byte, len(plain)-b.Len())...)
}

// What is said to be large takes no memory.
func TestMemory(t *testing.T) {
	plain := vast(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := read(plain); !errors.Is(err, wire.ErrMalformed) {
		t.Error(err)
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("%d bytes were allocated", n)
	}
}

func TestReadRefuses(t *testing.T) {
	for what, plain := range others(t) {
		if r, err := read(plain); err == nil || !errors.Is(err, wire.ErrMalformed) && !errors.Is(err, wire.ErrRange) && !errors.Is(err, wire.ErrUnknown) && !errors.Is(err, wire.ErrTooLarge) {
			t.Errorf("%s: %+v (%v)", what, r, err)
		}
	}
}

// TestReference holds docs/ref/response.md to the sizes.
func TestReference(t *testing.T) {
	page, err := os.ReadFile("../../docs/ref/response.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := []string{fmt.Sprintf("\n| %d | the SHA-256", pieceHead-2), fmt.Sprintf("\n| %d | what it carries", pieceBody), fmt.Sprintf("a piece has %d bytes", PieceLen)}
	for _, pieces := range sizes {
		rows = append(rows, fmt.Sprintf("\n| %d | %d | %d |\n", pieces, plainLen(pieces), pieces*pieceBody))
	}
	for _, row := range rows {
		if !strings.Contains(string(page), row) {
			t.Errorf("docs/ref/response.md lacks %q", row)
		}
	}
}

func TestIdentity(t *testing.T) {
	i := NewIdentity()
	again, err := ParseIdentity(i.Secret())
	if err != nil || again.Recipient() != i.Recipient() {
		t.Errorf("it is read as another (%v)", err)
	}
	for _, secret := range []string{"", "AGE-SECRET-KEY-1QQ", i.Secret() + "Q", i.Recipient()} {
		if _, err := ParseIdentity(secret); !errors.Is(err, wire.ErrMalformed) || secret != "" && strings.Contains(err.Error(), secret) {
			t.Errorf("%q: %v", secret, err)
		}
	}
	if s := fmt.Sprintf("%v %+v %#v %s", i, i, i, i); strings.Contains(strings.ToUpper(s), "SECRET") {
		t.Errorf("it prints as %s", s)
	}
}

func pieces(t testing.TB, media int) (sealed []byte, all [][]byte) {
	t.Helper()
	sealed, err := Seal(recipient(NewIdentity()), answer(func(r *Response) { r.Media = []Media{film(media)} }))
	if err != nil {
		t.Fatal(err)
	}
	return sealed, Cut(sealed)
}

// Pieces come in any order, and some twice.
func TestJoin(t *testing.T) {
	for _, media := range []int{1, 500_000, 2_000_000} {
		sealed, cut := pieces(t, media)
		var all []Piece
		for i, b := range cut {
			p, err := ParsePiece(b)
			if err != nil || p.Number != i || p.Count != len(cut) || len(b) != PieceLen {
				t.Fatalf("piece %d is %d of %d (%v)", i, p.Number, p.Count, err)
			}
			all = append(all, p, p)
		}
		rand.New(rand.NewPCG(1, 2)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		if got, missing, err := Join(all); err != nil || missing != nil || !bytes.Equal(got, sealed) {
			t.Errorf("%d pieces are joined to %d bytes of %d (%v, %v)", len(cut), len(got), len(sealed), missing, err)
		}
		if len(cut) > 1 {
			without := slices.DeleteFunc(all, func(p Piece) bool { return p.Number == 2 })
			if got, missing, err := Join(without); err != nil || got != nil || !slices.Equal(missing, []int{2}) {
				t.Errorf("without one: %d bytes, %v, %v", len(got), missing, err)
			}
		}
	}
	_, one := pieces(t, 1)
	_, other := pieces(t, 1)
	a, _ := ParsePiece(one[0])
	b, _ := ParsePiece(other[0])
	if _, _, err := Join([]Piece{a, b}); !errors.Is(err, wire.ErrRange) {
		t.Errorf("of two responses: %v", err)
	}
	if _, _, err := Join(nil); !errors.Is(err, wire.ErrRange) {
		t.Errorf("of none: %v", err)
	}
}

// badPieces is what strangers may send for a piece, and why it is none.
func badPieces(t testing.TB) map[string]struct {
	b    []byte
	want error
} {
	_, all := pieces(t, 500_000)
	changed := func(at int, to byte) []byte {
		b := bytes.Clone(all[1])
		b[at] = to
		return b
	}
	return map[string]struct {
		b    []byte
		want error
	}{
		"nothing":                     {nil, wire.ErrMalformed},
		"a byte less":                 {all[1][:PieceLen-1], wire.ErrMalformed},
		"a byte more":                 {append(bytes.Clone(all[1]), 0), wire.ErrMalformed},
		"zeros":                       {make([]byte, PieceLen), wire.ErrRange},
		"of a count that is none":     {changed(1, 5), wire.ErrRange},
		"of more than there are":      {changed(1, 66), wire.ErrRange},
		"beyond the count":            {changed(0, 4), wire.ErrRange},
		"in another's place":          {changed(0, 2), wire.ErrSignature},
		"of a smaller count":          {changed(1, 1), wire.ErrRange},
		"another hash of itself":      {changed(2+32, all[1][2+32]^1), wire.ErrSignature},
		"one bit":                     {changed(PieceLen-1, all[1][PieceLen-1]^1), wire.ErrSignature},
		"something behind its hashes": {changed(pieceHead-1, 1), wire.ErrMalformed},
	}
}

func TestBadPieces(t *testing.T) {
	for what, c := range badPieces(t) {
		if p, err := ParsePiece(c.b); !errors.Is(err, c.want) {
			t.Errorf("%s: %+v (%v)", what, p.Number, err)
		}
	}
	// Who changes what a head says of the others makes a piece of another response.
	_, all := pieces(t, 500_000)
	right, err := ParsePiece(all[1])
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []int{1, 2, 2 + 2*32, 2 + 3*32 + 31} {
		b := bytes.Clone(all[1])
		if b[at] ^= 1; at == 1 {
			b[at] = 16
		}
		if p, err := ParsePiece(b); err != nil || p.Response == right.Response {
			t.Errorf("with byte %d changed it is a piece of %v (%v)", at, p.Response, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, plain := range others(f) {
		f.Add(bytes.TrimRight(plain, "\x00"))
	}
	for _, media := range []int{1, 1_000} {
		plain, err := write(answer(func(r *Response) { r.Media = []Media{film(media)} }))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(bytes.TrimRight(plain, "\x00"))
	}
	f.Fuzz(func(t *testing.T, begin []byte) {
		plain := make([]byte, plainLen(1))
		copy(plain, begin)
		r, err := read(plain)
		if err != nil {
			return
		}
		again, err := write(r)
		if err != nil || !bytes.Equal(again, plain) {
			t.Errorf("%q is another way to write a response (%v)", begin, err)
		}
	})
}

func FuzzPiece(f *testing.F) {
	_, all := pieces(f, 500_000)
	for _, b := range all {
		f.Add(b[:pieceHead], int64(1))
	}
	f.Add(append([]byte{0, 65}, make([]byte, pieceHead-2)...), int64(2))
	f.Fuzz(func(t *testing.T, head []byte, seed int64) {
		b := make([]byte, PieceLen)
		copy(b, head)
		b[PieceLen-1] = byte(seed)
		if sum := sha256.Sum256(b[pieceHead:]); int(b[0]) < MaxPieces {
			copy(b[2+32*int(b[0]):], sum[:]) // it carries what it says
		}
		p, err := ParsePiece(b)
		if err != nil {
			return
		}
		if sealed, missing, err := Join([]Piece{p}); err != nil || len(missing) != p.Count-1 || (sealed == nil) != (p.Count > 1) {
			t.Errorf("piece %d of %d alone: %d bytes, %v, %v", p.Number, p.Count, len(sealed), missing, err)
		}
	})
}
