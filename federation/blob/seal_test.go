package blob

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"golang.org/x/crypto/chacha20poly1305"

	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

var update = flag.Bool("update", false, "write testdata/vectors.json anew")

func hashOf(name string) wire.Hash { return sha256.Sum256([]byte(name)) }

// content is n bytes in which no two chunks are alike. They are shared.
func content(n int) []byte { return all()[:n:n] }

var all = sync.OnceValue(func() []byte {
	b := make([]byte, wire.MaxClip)
	for i := range 251 {
		b[i] = byte(i)
	}
	for n := 251; n < len(b); n *= 2 {
		copy(b[n:], b[:n])
	}
	return b
})

func sealed(t testing.TB, plain []byte) ([]byte, wire.Blob) {
	t.Helper()
	s, b, err := Seal(plain)
	if err != nil {
		t.Fatal(err)
	}
	return s, b
}

// lengths are those at which chunks begin and end.
var lengths = []int{1, 2, wire.ChunkLen - 1, wire.ChunkLen, wire.ChunkLen + 1, 2 * wire.ChunkLen, 3*wire.ChunkLen - 7, wire.MaxThumbnail, wire.MaxPhoto, wire.MaxClip}

func TestSeal(t *testing.T) {
	s := shelf(t, t.TempDir())
	for _, n := range lengths {
		plain := content(n)
		sealed, b := sealed(t, plain)
		if len(sealed) != int(b.Length) || b.Length != wire.Sealed(uint32(n)) {
			t.Errorf("%d bytes are sealed as %d, told as %d", n, len(sealed), b.Length)
		}
		if got, err := Open(b, sealed); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes are opened as %d, %v", n, len(got), err)
		}
		if err := s.Add(b, sealed); err != nil {
			t.Fatal(err)
		}
		r, err := s.Open(b)
		if err != nil {
			t.Fatal(err)
		}
		if n < 200_000 {
			if err := iotest.TestReader(r, plain); err != nil {
				t.Errorf("%d bytes: %v", n, err)
			}
		}
		if r.Size() != int64(n) {
			t.Errorf("%d bytes are said to be %d", n, r.Size())
		}
		r.Close()
		reads(t, s, b, plain)
	}
	for n, kind := range map[int]error{0: nvr.ErrInvalid, wire.MaxClip + 1: nvr.ErrTooLarge} {
		if _, _, err := Seal(make([]byte, n)); !errors.Is(err, kind) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	// The same twice has neither key nor address in common.
	_, a := sealed(t, content(9))
	if _, b := sealed(t, content(9)); a.Key == b.Key || a.Address == b.Address {
		t.Error("a key is used twice")
	}
}

// piece is a chunk as somebody may have sealed it: some of the content, by some nonce.
type piece struct {
	Nonce    string
	From, To int
}

// nonce is written by hand here, as docs/ref/wire.md tells it.
func nonce(i byte, last byte) string {
	return hex.EncodeToString([]byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, i, last})
}

// assemble is a second implementation of sealing, from the page.
func assemble(t testing.TB, key wire.Hash, plain []byte, pieces []piece) (all []byte) {
	t.Helper()
	aead, err := chacha20poly1305.New(key[:])
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pieces {
		n, err := hex.DecodeString(p.Nonce)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, aead.Seal(nil, n, plain[p.From:p.To], nil)...)
	}
	return all
}

// forged are files that are what their address says, and not what anybody sealed.
func forged() map[string][]piece {
	const c = wire.ChunkLen
	one, two, end := piece{nonce(0, 0), 0, c}, piece{nonce(1, 0), c, 2 * c}, piece{nonce(2, 1), 2 * c, 2*c + 9}
	return map[string][]piece{
		"the last chunk is missing":         {one, two},
		"the end of the last is missing":    {one, two, {nonce(2, 0), 2 * c, 2*c + 8}},
		"two chunks change places":          {two, one, end},
		"a chunk twice":                     {one, one, end},
		"a chunk in the middle is missing":  {one, end},
		"a chunk behind the last":           {one, {nonce(1, 1), c, 2 * c}, end},
		"a last chunk that is not the last": {{nonce(0, 1), 0, c}, two, end},
		"one chunk that says more follow":   {{nonce(0, 0), 0, 9}},
		"one chunk that is the second":      {{nonce(1, 1), 0, 9}},
	}
}

// What an author forged is refused by the sealing itself, chunk by chunk: nothing
// of a wrong chunk is read.
func TestForged(t *testing.T) {
	s := shelf(t, t.TempDir())
	plain, key := content(3*wire.ChunkLen), hashOf("key")
	check := func(name string, b wire.Blob, file []byte) {
		t.Helper()
		if got, err := Open(b, file); !errors.Is(err, nvr.ErrDamaged) || got != nil {
			t.Errorf("%s: %d bytes are opened, %v", name, len(got), err)
		}
		if err := s.Add(b, file); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		r, err := s.Open(b)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		got, err := io.ReadAll(r)
		if !errors.Is(err, nvr.ErrDamaged) || !bytes.HasPrefix(plain, got) || len(got)%wire.ChunkLen != 0 {
			t.Errorf("%s: %d bytes are read, %v", name, len(got), err)
		}
	}
	for name, pieces := range forged() {
		file := assemble(t, key, plain, pieces)
		check(name, wire.Blob{Key: key, Length: uint32(len(file)), Address: wire.Address(uint32(len(file)), hashesOf(file))}, file)
	}
	file, b := sealed(t, plain)
	b.Key = key
	check("another key", b, file)
	file, b = seal(key, plain)
	again, _ := seal(key, plain[1:])
	if _, err := Open(wire.Blob{Address: b.Address, Key: key, Length: uint32(len(again))}, again); !errors.Is(err, nvr.ErrDamaged) {
		t.Errorf("what the same key sealed under another address: %v", err)
	}
	for name, change := range map[string]func([]byte) []byte{
		"a bit":         func(f []byte) []byte { f[70000] ^= 1; return f },
		"a byte less":   func(f []byte) []byte { return f[:len(f)-1] },
		"a byte more":   func(f []byte) []byte { return append(f, 0) },
		"another file":  func([]byte) []byte { f, _ := sealed(t, plain); return f },
		"nothing of it": func([]byte) []byte { return nil },
	} {
		changed := change(slices.Clone(file))
		if _, err := Open(b, changed); !errors.Is(err, nvr.ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
		if err := s.Add(b, changed); !errors.Is(err, nvr.ErrDamaged) || s.Has(b.Address, b.Length) {
			t.Errorf("%s is kept: %v", name, err)
		}
	}
}

// Vectors is the form of testdata/vectors.json, for other implementations.
type Vectors struct {
	About   string
	Files   []FileVector
	Refused []RefusedVector
}

// FileVector is a file of the first Plain bytes.
type FileVector struct {
	Plain, Length int
	Key           string
	Chunks        []string // SHA-256 of each
	Address       string
	Sealed        string // SHA-256 of all of it
}

// RefusedVector is a file that is put together of chunks which are sealed otherwise.
type RefusedVector struct {
	Name, Key, Address string
	Length             int
	Chunks             []piece
}

func TestVectors(t *testing.T) {
	v := Vectors{About: "Sealed files; docs/ref/wire.md says how. The bytes of all content are i mod 251, i from 0. " +
		"Refused files are what their address says and must not be opened: their chunks are the content From, To (exclusive), sealed with Key and Nonce."}
	plain := content(wire.MaxClip)
	for _, n := range lengths {
		key := hashOf("key " + string(rune('a'+len(v.Files))))
		file, b := seal(key, plain[:n])
		var pieces []piece
		f := FileVector{Plain: n, Length: len(file), Key: key.String(), Address: b.Address.String()}
		for i, h := range hashesOf(file) {
			f.Chunks = append(f.Chunks, h.String())
			pieces = append(pieces, piece{nonce(byte(i), 0), i * wire.ChunkLen, min((i+1)*wire.ChunkLen, n)})
		}
		pieces[len(pieces)-1].Nonce = nonce(byte(len(pieces)-1), 1)
		if !bytes.Equal(file, assemble(t, key, plain, pieces)) {
			t.Errorf("%d bytes are sealed otherwise than docs/ref/wire.md tells", n)
		}
		all := wire.Hash(sha256.Sum256(file))
		f.Sealed = all.String()
		v.Files = append(v.Files, f)
	}
	pieces := forged()
	names := make([]string, 0, len(pieces))
	for name := range pieces {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		file := assemble(t, hashOf("key"), plain, pieces[name])
		v.Refused = append(v.Refused, RefusedVector{name, hashOf("key").String(), wire.Address(uint32(len(file)), hashesOf(file)).String(), len(file), pieces[name]})
	}
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	const name = "testdata/vectors.json"
	if *update {
		if err := os.WriteFile(name, append(text, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	stored, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(stored, append(text, '\n')) {
		t.Errorf("%s differs from how this code seals: files that homes hold would no longer be opened; if that is meant, it is another version, and -update", name)
	}
}

// A browser asks for ranges of a clip.
func TestServeContent(t *testing.T) {
	s := shelf(t, t.TempDir())
	plain := content(3*wire.ChunkLen + 100)
	file, b := sealed(t, plain)
	if err := s.Add(b, file); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		ask    string
		status int
		want   []byte
	}{
		{"", 200, plain},
		{"bytes=0-0", 206, plain[:1]},
		{"bytes=65530-65545", 206, plain[65530:65546]},
		{"bytes=131072-", 206, plain[131072:]},
		{"bytes=-50", 206, plain[len(plain)-50:]},
		{"bytes=196708-", 416, nil},
	} {
		r, err := s.Open(b)
		if err != nil {
			t.Fatal(err)
		}
		w, ask := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/clip", nil)
		if ask.Header.Set("Range", c.ask); c.ask == "" {
			ask.Header.Del("Range")
		}
		http.ServeContent(w, ask, "clip.mp4", time.Time{}, r)
		r.Close()
		if w.Code != c.status || c.want != nil && !bytes.Equal(w.Body.Bytes(), c.want) {
			t.Errorf("%q: status %d, %d bytes, want %d and %d", c.ask, w.Code, w.Body.Len(), c.status, len(c.want))
		}
	}
	r, err := s.Open(b)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := r.Seek(-1, io.SeekStart); !errors.Is(err, nvr.ErrInvalid) {
		t.Errorf("before the beginning: %v", err)
	}
}

func FuzzOpen(f *testing.F) {
	plain, key := content(3*wire.ChunkLen), hashOf("key")
	for _, pieces := range forged() {
		f.Add(assemble(f, key, plain, pieces))
	}
	file, _ := seal(key, plain[:100])
	f.Add(file)
	f.Fuzz(func(t *testing.T, file []byte) {
		b := wire.Blob{Key: key, Length: uint32(len(file)), Address: wire.Address(uint32(len(file)), hashesOf(file))}
		got, err := Open(b, file)
		if err == nil {
			if again, _ := seal(key, got); !bytes.Equal(again, file) {
				t.Errorf("%d bytes are opened that nobody sealed", len(file))
			}
		}
	})
}
