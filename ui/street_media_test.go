package ui_test

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"nvrd/federation/blob"
	"nvrd/federation/membership"
	"nvrd/federation/wire"
	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
)

// shelf is where a home keeps media; what it shares is sealed as it really is.
func (n *neighbor) shelf(m *membership.Membership) *blob.Shelf {
	n.t.Helper()
	if n.media == nil {
		disk, err := blob.OpenDisk(n.t.TempDir(), blob.Limits{Neighborhood: 64 << 20, Total: 64 << 20})
		if err == nil {
			n.media, err = disk.Shelf(m.Name())
		}
		if err != nil {
			n.t.Fatal(err)
		}
	}
	return n.media
}

// Share keeps what is sealed for those who fetch it, see [neighbor.fetch].
func (n *neighbor) Share(m *membership.Membership, p wire.Post, media []blob.Plain, days int) (wire.Hash, error) {
	for _, one := range media {
		is := wire.Media{Type: one.Type, Width: one.Width, Height: one.Height, Seconds: one.Seconds}
		for plain, b := range map[*[]byte]*wire.Blob{&one.Full: &is.Full, &one.Thumbnail: &is.Thumbnail} {
			sealed, sealedAs, err := blob.Seal(*plain)
			if err != nil {
				return wire.Hash{}, err
			}
			*b = sealedAs
			n.sealed = append(n.sealed, sealedFile{sealedAs, sealed})
			if err := n.shelf(m).Add(sealedAs, sealed); err != nil {
				return wire.Hash{}, err
			}
		}
		p.Media = append(p.Media, is)
	}
	return m.Post(p, days)
}

type sealedFile struct {
	blob  wire.Blob
	bytes []byte
}

func (n *neighbor) Media(m *membership.Membership, post wire.Hash, place int, thumbnail bool) (*blob.Reader, wire.Media, error) {
	said, _ := m.Said(post)
	p, _ := said.(wire.Post)
	if place >= len(p.Media) {
		return nil, wire.Media{}, nvr.ErrNotFound
	}
	b := p.Media[place].Full
	if thumbnail {
		b = p.Media[place].Thumbnail
	}
	r, err := n.shelf(m).Open(b)
	return r, p.Media[place], err
}

// fetch has a home fetch what another shared.
func (n *neighbor) fetch(from *neighbor) {
	n.t.Helper()
	for _, f := range from.sealed {
		if err := n.shelf(n.in).Add(f.blob, f.bytes); err != nil {
			n.t.Fatal(err)
		}
	}
}

// shares has a home share something, of which others only hear.
func (n *neighbor) shares(p wire.Post, media ...blob.Plain) wire.Hash {
	n.t.Helper()
	id, err := n.Share(n.in, p, media, 0)
	if err != nil {
		n.t.Fatal(err)
	}
	n.carry()
	return id
}

func picture(w, h int) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, w, h)), nil); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// film is as good as one for whoever only hands it on.
func film() []byte {
	b := make([]byte, 200_000)
	_, _ = rand.NewChaCha8([32]byte{}).Read(b)
	return b
}

func ask(h http.Handler, address, span string) *httptest.ResponseRecorder {
	r, w := httptest.NewRequest(http.MethodGet, address, nil), httptest.NewRecorder()
	if span != "" {
		r.Header.Set("Range", span)
	}
	h.ServeHTTP(w, r)
	return w
}

// TestMedia has a photo and a clip come to a neighbor, be looked at, and go.
func TestMedia(t *testing.T) {
	s, anna, ben, _ := maple(t)
	photo, clip, small := picture(640, 480), film(), picture(160, 90)
	post := anna.shares(wire.Post{Category: wire.CategoryPackage, Happened: "A parcel was left at our door."},
		blob.Plain{Type: wire.MediaPhoto, Full: photo, Thumbnail: small, Width: 640, Height: 480},
		blob.Plain{Type: wire.MediaClip, Full: clip, Thumbnail: small, Width: 1280, Height: 720, Seconds: 12})
	h := ben.pages(reader)
	at := func(place string) string { return ben.at("/entries/" + post.String() + "/media/" + place) }
	for _, page := range []string{ben.at(""), ben.at("/entries/" + post.String())} {
		run(t, get(h, page).Body.String(), append(everyPage, says("Photo · Not here yet.", "Clip, 12 s · Not here yet."), sized(640, 480), sized(1280, 720), lacking("img", "video"))...)
	}
	if w := get(h, at("0")); w.Code != http.StatusNotFound {
		t.Errorf("what is not here yet: %d", w.Code)
	}

	ben.fetch(anna)
	for _, page := range []string{ben.at(""), ben.at("/entries/" + post.String())} {
		body := get(h, page).Body.String()
		run(t, body, append(everyPage, plain, lacks("Not here yet"), sized(640, 480), sized(1280, 720))...)
		for _, want := range []string{`href="` + at("0") + `"`, `src="` + at("0/thumbnail") + `"`, `src="` + at("1") + `"`, `poster="` + at("1/thumbnail") + `"`, `preload="none"`} {
			if !strings.Contains(body, want) {
				t.Errorf("%s lacks %s", page, want)
			}
		}
	}
	for name, c := range map[string]struct {
		place, span, kind string
		code              int
		want              []byte
	}{
		"photo":     {"0", "", "image/jpeg", http.StatusOK, photo},
		"thumbnail": {"0/thumbnail", "", "image/jpeg", http.StatusOK, small},
		"poster":    {"1/thumbnail", "", "image/jpeg", http.StatusOK, small},
		"clip":      {"1", "", "video/mp4", http.StatusOK, clip},
		"a part":    {"1", "bytes=65000-70000", "video/mp4", http.StatusPartialContent, clip[65000:70001]},
		"the end":   {"1", "bytes=-100", "video/mp4", http.StatusPartialContent, clip[len(clip)-100:]},
	} {
		w := ask(h, at(c.place), c.span)
		head := w.Header()
		if w.Code != c.code || !bytes.Equal(w.Body.Bytes(), c.want) || head.Get("Content-Type") != c.kind || head.Get("X-Content-Type-Options") != "nosniff" || head.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d, %d bytes, %v", name, w.Code, w.Body.Len(), head)
		}
	}
	for _, place := range []string{"2", "-1", "x", "0/full", "256"} {
		if w := get(h, at(place)); w.Code != http.StatusNotFound {
			t.Errorf("place %s: %d", place, w.Code)
		}
	}
	stranger := auth.Subject{Name: "child", Grants: []auth.Grant{{Action: auth.Watch, Object: auth.Cameras}}}
	if w := get(ben.pages(stranger), at("1")); w.Code != http.StatusForbidden {
		t.Errorf("who may not read the neighborhood looks at a clip: %d", w.Code)
	}

	goes(t, anna.pages(auth.Household()), anna.at("/entries/"+post.String()), "do", "retract")
	s.carry()
	run(t, get(h, ben.at("")).Body.String(), append(everyPage, says("Taken back"), lacking("video", "img"))...)
	if w := get(h, at("1")); w.Code != http.StatusNotFound {
		t.Errorf("a clip that was taken back: %d", w.Code)
	}
}

// TestHostileMedia has pictures that are none, or too large to be shown.
func TestHostileMedia(t *testing.T) {
	_, anna, ben, _ := maple(t)
	bomb := picture(64, 64)
	i := bytes.Index(bomb, []byte{0xff, 0xc0}) // the size stands 5 bytes behind
	copy(bomb[i+5:], []byte{0xff, 0xff, 0xff, 0xff})
	page := []byte("<html><script>alert(1)</script>")
	thumbnail := picture(16, 9)
	post := anna.shares(wire.Post{Category: wire.CategoryRoad, Happened: "Look."},
		blob.Plain{Type: wire.MediaPhoto, Full: page, Thumbnail: page, Width: 1, Height: 4096},
		blob.Plain{Type: wire.MediaPhoto, Full: bomb, Thumbnail: bomb, Width: 4096, Height: 1},
		blob.Plain{Type: wire.MediaClip, Full: page, Thumbnail: thumbnail, Width: 4096, Height: 4096, Seconds: 30})
	ben.fetch(anna)
	h := ben.pages(reader)
	run(t, get(h, ben.at("")).Body.String(), append(everyPage, plain)...)
	for _, place := range []string{"0", "0/thumbnail", "1", "1/thumbnail"} {
		if w := get(h, ben.at("/entries/"+post.String()+"/media/"+place)); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", place, w.Code)
		}
	}
	w := get(h, ben.at("/entries/"+post.String()+"/media/2"))
	if kind := w.Header().Get("Content-Type"); kind != "video/mp4" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("a page that says it is a clip is served as %s", kind)
	}
}

// sized: there is a picture, a film, or the place of one, that is so large.
func sized(w, h int) check {
	return func(root *html.Node) []string {
		for _, n := range elements(root, "img", "video", "svg") {
			width, _ := attr(n, "width")
			height, _ := attr(n, "height")
			if width == strconv.Itoa(w) && height == strconv.Itoa(h) {
				return nil
			}
		}
		return []string{fmt.Sprintf("no place for %d by %d", w, h)}
	}
}

// lacking: there is none of some elements.
func lacking(names ...string) check {
	return func(root *html.Node) (bad []string) {
		for _, n := range elements(root, names...) {
			bad = append(bad, "a "+n.Data)
		}
		return bad
	}
}
