package rtsp

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"

	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp/dialog"
)

// described is what a camera's description (RFC 8866) says. Of its lines those
// are read that say something about packets; the others may hold anything.
type described struct {
	base    *base.URL // what its addresses are relative to
	medias  []*description.Media
	missing []string // what could not be understood
}

// section is the description of one medium.
type section struct {
	kind       string
	types      []string // payload types, as written
	attributes []attribute
}

type attribute struct{ name, value string }

// Bounds of what is read of a description.
const (
	maxSections   = 32
	maxTypes      = 16
	maxAttributes = 64
)

// readDescription reads a description that was found at an address.
func readDescription(body []byte, found *url.URL) (*described, error) {
	head, sections := readSections(string(body))
	if len(sections) == 0 {
		return nil, &Fault{nvr.BadStream, "what the camera sent is no description (SDP) of a stream"}
	}
	s := &described{base: (*base.URL)(found)}
	// What is relative to something else than the description is relative to
	// nothing that a camera ever meant.
	if control := head.value("control"); strings.Contains(control, "://") {
		if u := dialog.Absolute(found, control); u != nil {
			s.base = (*base.URL)(u)
		}
	}
	for _, one := range sections {
		if one.kind == string(description.MediaTypeVideo) || one.kind == string(description.MediaTypeAudio) {
			s.add(one)
		}
	}
	return s, nil
}

func (s *described) add(one section) {
	m := &description.Media{
		Type: description.MediaType(one.kind), Control: one.value("control"),
		// Nobody talks to a camera in pictures: there it is the camera who sends.
		IsBackChannel: one.kind == string(description.MediaTypeAudio) && one.has("sendonly"),
	}
	if m.Control == "*" {
		m.Control = ""
	}
	if strings.Contains(m.Control, "://") {
		if u := dialog.Absolute((*url.URL)(s.base), m.Control); u != nil {
			m.Control = u.String()
		}
	}
	if u, err := m.URL(s.base); err != nil || u == nil {
		s.missing = append(s.missing, one.kind+": its address cannot be understood")
		return
	}
	for _, text := range one.types {
		f, err := one.format(text)
		if err != nil {
			s.missing = append(s.missing, printable(fmt.Sprintf("%s: %v", one.kind, err)))
			continue
		}
		m.Formats = append(m.Formats, f)
	}
	s.medias = append(s.medias, m)
}

// readSections splits a description. Attributes of the head come as a section.
func readSections(text string) (head section, sections []section) {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "").Replace(text)
	for line := range strings.SplitSeq(text, "\n") {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		value = strings.TrimSpace(value)
		switch {
		case key == "m" && len(sections) < maxSections:
			words := strings.Fields(strings.ToLower(value))
			one := section{}
			if len(words) > 3 {
				one.kind, one.types = words[0], words[3:min(len(words), 3+maxTypes)]
			}
			sections = append(sections, one)
		case key == "a":
			in := &head
			if n := len(sections); n > 0 {
				in = &sections[n-1]
			}
			if len(in.attributes) < maxAttributes {
				name, rest, _ := strings.Cut(value, ":")
				in.attributes = append(in.attributes, attribute{strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(rest)})
			}
		}
	}
	return head, sections
}

func (s *section) has(name string) bool {
	return slices.ContainsFunc(s.attributes, func(a attribute) bool { return a.name == name })
}

func (s *section) value(name string) string {
	for _, a := range s.attributes {
		if a.name == name {
			return a.value
		}
	}
	return ""
}

// of returns what an attribute says of a payload type.
func (s *section) of(name string, payload int) string {
	for _, a := range s.attributes {
		words := strings.Fields(a.value)
		if a.name != name || len(words) < 2 {
			continue
		}
		if n, err := strconv.Atoi(words[0]); err == nil && n == payload {
			return strings.Join(words[1:], " ")
		}
	}
	return ""
}
