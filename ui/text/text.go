// Package text holds every word the pages say, one file for each language.
// Templates take their words from a [Catalogue]; the scripts get the part of it
// named Script with the page.
package text

import (
	"bytes"
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

//go:embed *.json
var files embed.FS

// Texts is all languages. It is read-only and safe for concurrent use.
type Texts struct {
	byTag  map[string]*Catalogue
	region map[string]*Catalogue // where a region writes otherwise, by en-US
}

// Load returns the catalogues that are part of the program, which are read once.
func Load() (*Texts, error) { return load() }

var load = sync.OnceValues(func() (*Texts, error) {
	names, err := files.ReadDir(".")
	if err != nil {
		return nil, err
	}
	t := &Texts{byTag: make(map[string]*Catalogue)}
	for _, n := range names {
		b, err := files.ReadFile(n.Name())
		if err != nil {
			return nil, err
		}
		d := json.NewDecoder(bytes.NewReader(b))
		d.DisallowUnknownFields()
		c := new(Catalogue)
		if err := d.Decode(c); err != nil {
			return nil, fmt.Errorf("catalogue %s: %w", n.Name(), err)
		}
		t.byTag[strings.TrimSuffix(n.Name(), path.Ext(n.Name()))] = c
	}
	t.region = regional(t.byTag)
	return t, nil
})

// English returns the catalogue of English, which is always there.
func (t *Texts) English() *Catalogue { return t.byTag["en"] }

// In returns the catalogue of a language, such as de, and that of English if there is
// none.
func (t *Texts) In(language string) *Catalogue { return cmp.Or(t.byTag[language], t.English()) }

// For returns the catalogue of the first language in r's Accept-Language that
// there is one for, and English otherwise, as it is written in the first region that
// stands there with that language.
func (t *Texts) For(r *http.Request) *Catalogue {
	language := ""
	for part := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		lang, region := subtags(strings.TrimSpace(tag))
		if _, ok := t.byTag[lang]; !ok || language != "" && lang != language {
			continue
		}
		if language = lang; region == "" {
			continue
		}
		if c, ok := t.region[lang+"-"+region]; ok {
			return c
		}
		break
	}
	return t.In(language)
}

// Fill replaces {name} in s by its value; pairs is name, value, name, value.
func Fill(s string, pairs ...string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		value := "{"
		for i := 0; i+1 < len(pairs); i += 2 {
			if after, ok := strings.CutPrefix(rest, pairs[i]+"}"); ok {
				value, rest = pairs[i+1], after
				break
			}
		}
		b.WriteString(value)
		s = rest
	}
}

// Plural is a phrase with a number in it, written {n}.
type Plural struct {
	One   string `json:"one"`
	Other string `json:"other"`
}

// N returns the phrase for n.
func (p Plural) N(n int) string {
	if n == 1 {
		return Fill(p.One, "n", "1")
	}
	return Fill(p.Other, "n", strconv.Itoa(n))
}

// Within returns a name as it stands within a sentence: German nouns keep their capitals.
func (c *Catalogue) Within(name string) string {
	if c.Lang == "de" {
		return name
	}
	return strings.ToLower(name)
}
