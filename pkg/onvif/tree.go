package onvif

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Bounds of what a device answers. A recorder of 32 channels tells of its
// profiles in 400 KiB and 12,000 elements, 12 deep.
const (
	maxBody     = 1 << 20 // bytes
	maxElements = 40000
	maxDepth    = 48
	maxContent  = 8 << 10 // bytes of an element's own text; a device's scopes have 2 KiB
	maxText     = 200     // bytes of one text that is shown
)

// element is an element of an answer with what is in it.
type element struct {
	space, name string // namespace and local name
	text        string // without space around it
	attrs       []xml.Attr
	children    []*element
}

// prefixes are those that some firmware uses without declaring them.
var prefixes = map[string]string{
	"s": nsSOAP, "soap": nsSOAP, "env": nsSOAP, "SOAP-ENV": nsSOAP, "soapenv": nsSOAP,
	"tds": nsDevice, "trt": nsMedia, "tr2": nsMedia2, "tev": nsEvents, "tt": nsSchema,
	"wsnt": nsNotify, "wsa": nsAddressing, "wsa5": nsAddressing, "d": nsDiscovery, "ter": nsError,
}

var errTooMuch = errors.New("the answer is larger than any that makes sense")

// parse reads an answer. It is generous where meaning is not in doubt: about what
// stands before the first element, character sets, prefixes that were not
// declared. Entities other than those of XML stay as they stand: nothing expands.
func parse(body []byte) (*element, error) {
	d := xml.NewDecoder(bytes.NewReader(readable(body)))
	d.Strict = false
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil } // readable did that
	root := &element{}
	open := []*element{root}
	for count := 0; ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("the answer is not XML: %w", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if count++; count > maxElements || len(open) > maxDepth {
				return nil, errTooMuch
			}
			e := &element{space: t.Name.Space, name: t.Name.Local, attrs: t.Attr}
			if known, ok := prefixes[e.space]; ok {
				e.space = known
			}
			in := open[len(open)-1]
			in.children = append(in.children, e)
			open = append(open, e)
		case xml.EndElement:
			e := open[len(open)-1]
			e.text = strings.TrimSpace(e.text)
			open = open[:len(open)-1]
		case xml.CharData:
			if e := open[len(open)-1]; len(e.text) < maxContent { // or comments between letters would cost a copy each
				e.text += string(t[:min(len(t), maxContent)])
			}
		}
	}
	if len(root.children) == 0 {
		return nil, errors.New("the answer is not XML")
	}
	return root.children[0], nil
}

// readable returns an answer as UTF-8 without what no XML may hold. Names of
// devices are all that another character set could spoil.
func readable(body []byte) []byte {
	switch {
	case bytes.HasPrefix(body, []byte{0xff, 0xfe}), bytes.HasPrefix(body, []byte{0xfe, 0xff}):
		units := make([]uint16, 0, len(body)/2)
		for i := 2; i+1 < len(body); i += 2 {
			if body[0] == 0xff {
				units = append(units, uint16(body[i])|uint16(body[i+1])<<8)
			} else {
				units = append(units, uint16(body[i])<<8|uint16(body[i+1]))
			}
		}
		body = []byte(string(utf16.Decode(units)))
	case latin(body) && !utf8.Valid(body):
		runes := make([]rune, len(body))
		for i, b := range body {
			runes[i] = rune(b)
		}
		body = []byte(string(runes))
	}
	// Before the first element: blank lines, a mark of byte order, parts of MIME.
	if i := bytes.IndexByte(body, '<'); i > 0 {
		body = body[i:]
	}
	return bytes.Map(func(r rune) rune { // also puts U+FFFD in the place of what is not UTF-8
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff {
			return -1
		}
		return r
	}, body)
}

// latin tells whether an answer says that it is in a character set of one byte a
// letter whose first half is ASCII.
func latin(body []byte) bool {
	head := strings.ToLower(string(body[:min(len(body), 200)]))
	return strings.Contains(head, "iso-8859") || strings.Contains(head, "windows-125")
}

// find returns the first element at a path of children, of one namespace; nil,
// which all methods take, if there is none.
func (e *element) find(space string, path ...string) *element {
	for _, name := range path {
		if e == nil {
			return nil
		}
		all := e.all(space, name)
		if len(all) == 0 {
			return nil
		}
		e = all[0]
	}
	return e
}

// all returns the children of a name.
func (e *element) all(space, name string) (found []*element) {
	if e == nil {
		return nil
	}
	for _, c := range e.children {
		if c.name == name && c.space == space {
			found = append(found, c)
		}
	}
	return found
}

// within returns the first element of a name at any depth below e.
func (e *element) within(space, name string) *element {
	if e == nil {
		return nil
	}
	for _, c := range e.children {
		if c.name == name && c.space == space {
			return c
		}
		if found := c.within(space, name); found != nil {
			return found
		}
	}
	return nil
}

// attr returns the value of an attribute, whatever its namespace.
func (e *element) attr(name string) string {
	if e == nil {
		return ""
	}
	for _, a := range e.attrs {
		if a.Name.Local == name && a.Name.Space != "xmlns" {
			return strings.TrimSpace(a.Value)
		}
	}
	return ""
}

// String returns the text of an element; nothing of nil.
func (e *element) String() string {
	if e == nil {
		return ""
	}
	return e.text
}

// write writes an element as it came, with its namespaces declared anew: so a
// reference parameter is echoed.
func (e *element) write(b *strings.Builder) {
	name, declared := e.name, ""
	if e.space != "" {
		name, declared = "p:"+e.name, ` xmlns:p="`+escape(e.space)+`"`
	}
	b.WriteString("<" + name + declared)
	for _, a := range e.attrs {
		if a.Name.Space == "" && a.Name.Local != "xmlns" {
			b.WriteString(" " + a.Name.Local + `="` + escape(a.Value) + `"`)
		}
	}
	b.WriteString(">" + escape(e.text))
	for _, c := range e.children {
		c.write(b)
	}
	b.WriteString("</" + name + ">")
}

// escape makes a text fit for XML.
func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a builder takes everything
	return b.String()
}
