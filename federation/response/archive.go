package response

import (
	"archive/tar"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"nvrd/federation/wire"
)

// version is of the plain part.
const version = 1

// What is in the archive beside the media.
const (
	about    = "response.json"
	maxAbout = 16 << 10  // words of 1,000 characters, each escaped
	blank    = 10 << 10  // zeros at least after the end, which is a record of tar: it reads no shorter ones
	block    = 512       // of tar
	ending   = 2 * block // of zeros, which end an archive
)

// told is response.json, with its fields in this order.
type told struct {
	Version int    `json:"version"`
	Request string `json:"request"` // hexadecimal, as keys are
	Agency  string `json:"agency"`
	Case    string `json:"case"`
	Sent    string `json:"sent"` // RFC 3339, whole minutes, Z
	Until   string `json:"until"`
	Words   string `json:"words"`
}

// write returns the plain part: a tar of response.json and the media, and zeros up to
// one of the sizes.
func write(r Response) ([]byte, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	at := func(m wire.Minute) string { return m.Time().Format(time.RFC3339) }
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(told{Version: version, Request: r.Request.String(), Agency: r.Agency.String(), Case: r.Case, Sent: at(r.Minute), Until: at(r.Until), Words: r.Words}); err != nil {
		panic(err) // it is text and a number
	}
	names := append([]string{about}, r.Names()...)
	files := [][]byte{b.Bytes()}
	length := ending + blank
	for _, m := range r.Media {
		files = append(files, m.Bytes)
	}
	for _, f := range files {
		length += block + (len(f)+block-1)/block*block
	}
	for _, pieces := range sizes {
		if n := plainLen(pieces); length <= n {
			return pack(n, names, files, r.Minute), nil
		}
	}
	panic("a response within its bounds is too long for its largest size")
}

// pack makes an archive of n bytes.
func pack(n int, names []string, files [][]byte, at wire.Minute) []byte {
	plain := bytes.NewBuffer(make([]byte, 0, n))
	w := tar.NewWriter(plain)
	for i, f := range files {
		err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: names[i], Mode: 0o600, Size: int64(len(f)), ModTime: at.Time(), Format: tar.FormatUSTAR})
		if err == nil {
			_, err = w.Write(f)
		}
		if err != nil {
			panic(err) // never: names are short and ours
		}
	}
	if err := w.Close(); err != nil {
		panic(err) // as above
	}
	return plain.Bytes()[:n] // zeros end an archive
}

// read reads the plain part: what write writes, and nothing else.
func read(plain []byte) (Response, error) {
	a := tar.NewReader(bytes.NewReader(plain))
	h, err := a.Next()
	if err != nil || h.Name != about || h.Size > maxAbout {
		return Response{}, fmt.Errorf("%w: a response begins with %s", wire.ErrMalformed, about)
	}
	text, err := io.ReadAll(a)
	if err != nil {
		return Response{}, fmt.Errorf("%w: %s is cut short", wire.ErrMalformed, about)
	}
	r, err := parse(text)
	if err != nil {
		return Response{}, err
	}
	for room := int64(MaxBytes); len(r.Media) <= MaxMedia; { // one more is refused by check
		h, err := a.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || h.Size > room {
			return Response{}, fmt.Errorf("%w: files of a response", wire.ErrMalformed)
		}
		room -= h.Size
		m := Media{Type: typeOf(h.Name), Bytes: make([]byte, h.Size)}
		if _, err := io.ReadFull(a, m.Bytes); err != nil {
			return Response{}, fmt.Errorf("%w: a file is cut short", wire.ErrMalformed)
		}
		r.Media = append(r.Media, m)
	}
	again, err := write(r)
	if err != nil {
		return Response{}, err
	}
	if !bytes.Equal(again, plain) {
		return Response{}, fmt.Errorf("%w: a response is not written in the one way", wire.ErrMalformed)
	}
	return r, nil
}

// parse reads response.json, as far as it is not compared when it is written again.
func parse(text []byte) (Response, error) {
	var t told
	if err := json.Unmarshal(text, &t); err != nil {
		return Response{}, fmt.Errorf("%w: %s: %w", wire.ErrMalformed, about, err)
	}
	if t.Version != version {
		return Response{}, fmt.Errorf("%w: version %d of a response", wire.ErrUnknown, t.Version)
	}
	r := Response{Case: t.Case, Words: t.Words}
	for _, f := range []struct {
		text string
		to   []byte
	}{{t.Request, r.Request[:]}, {t.Agency, r.Agency[:]}} {
		if n, err := hex.Decode(f.to, []byte(f.text[:min(len(f.text), 2*len(f.to))])); err != nil || n != len(f.to) {
			return Response{}, fmt.Errorf("%w: request and agency are of 64 digits", wire.ErrMalformed)
		}
	}
	for _, f := range []struct {
		text string
		to   *wire.Minute
	}{{t.Sent, &r.Minute}, {t.Until, &r.Until}} {
		at, err := time.Parse(time.RFC3339, f.text)
		if err != nil {
			return Response{}, fmt.Errorf("%w: time of a response", wire.ErrMalformed)
		}
		*f.to = wire.MinuteOf(at)
	}
	return r, nil
}

func typeOf(name string) wire.MediaType {
	for t, ending := range endings {
		if len(name) > len(ending) && name[len(name)-len(ending):] == ending {
			return t
		}
	}
	return 0
}
