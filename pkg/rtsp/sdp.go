package rtsp

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/sdp"
)

// repair takes those media out of a description (RFC 8866) that the client
// library cannot read, since it would refuse the whole for one of them, and
// says what they were. A medium that is only described badly keeps its place
// without the format's parameters, which video also carries in band.
func repair(body []byte) (repaired []byte, missing []string) {
	head, rest, found := bytes.Cut(normal(body), []byte("\nm="))
	if !found {
		return body, nil
	}
	out := bytes.Clone(head)
	for _, m := range bytes.Split(rest, []byte("\nm=")) {
		section := append([]byte("\nm="), m...)
		err := readable(head, section)
		if err != nil {
			if plain := without(section, "a=fmtp:"); readable(head, plain) == nil {
				section, err = plain, nil
			}
		}
		if err == nil {
			out = append(out, section...)
			continue
		}
		kind, _, _ := strings.Cut(string(m), " ")
		if kind == "audio" || kind == "video" {
			missing = append(missing, fmt.Sprintf("%s: %v", kind, err))
		}
	}
	return append(bytes.ReplaceAll(out, []byte("\n"), []byte("\r\n")), "\r\n"...), missing
}

// normal ends lines with \n and leaves out names and groups of media, which
// nothing here needs and which the library checks against each other.
func normal(body []byte) []byte {
	body = bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n"))
	body = bytes.TrimRight(body, "\n\x00 ")
	return without(without(body, "a=mid:"), "a=group:")
}

// without leaves out lines that begin so; the first line always stays.
func without(text []byte, prefix string) []byte {
	lines := bytes.Split(text, []byte("\n"))
	kept := lines[:1]
	for _, line := range lines[1:] {
		if !bytes.HasPrefix(line, []byte(prefix)) {
			kept = append(kept, line)
		}
	}
	return bytes.Join(kept, []byte("\n"))
}

func readable(head, section []byte) error {
	text := bytes.ReplaceAll(append(bytes.Clone(head), section...), []byte("\n"), []byte("\r\n"))
	var parsed sdp.SessionDescription
	if err := parsed.Unmarshal(append(text, "\r\n"...)); err != nil {
		return err
	}
	var session description.Session
	if err := session.Unmarshal(&parsed); err != nil {
		if cause := errors.Unwrap(err); cause != nil {
			return cause // without the library's "media 1 is invalid"
		}
		return err
	}
	return nil
}
