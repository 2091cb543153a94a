package dialog

import (
	"bufio"
	"errors"
	"net/http"
	"strconv"
	"strings"
)

// Bounds of what a camera can make this program keep. Descriptions have 2 KiB.
const (
	maxHead = 32 << 10
	maxBody = 128 << 10
)

var errTooLong = errors.New("the camera sent a message without end")

// message is a request or an answer (RFC 2326, 6 and 7).
type message struct {
	first  string // the request line or the status line
	fields []field
	body   []byte
}

// field is one line of a header. No name and no value holds control characters.
type field struct{ name, value string }

// readHead reads up to the empty line. Lines may end with CR LF or LF and may
// be folded; a line that is no field is left out.
func readHead(r *bufio.Reader) (*message, error) {
	var m message
	for size := 0; ; {
		line, err := r.ReadSlice('\n')
		if size += len(line); size > maxHead || errors.Is(err, bufio.ErrBufferFull) {
			return nil, errTooLong
		}
		if err != nil {
			return nil, err
		}
		folded := line[0] == ' ' || line[0] == '\t'
		text := plain(line)
		switch {
		case m.first == "":
			m.first = text
		case text == "":
			return &m, nil
		case folded:
			if n := len(m.fields); n > 0 {
				m.fields[n-1].value += " " + text
			}
		default:
			if name, value, ok := strings.Cut(text, ":"); ok {
				m.fields = append(m.fields, field{strings.TrimSpace(name), strings.TrimSpace(value)})
			}
		}
	}
}

// plain is a line without its end and without control characters, which would
// otherwise come out again as lines of what is written.
func plain(line []byte) string {
	text := make([]byte, len(line))
	for i, b := range line {
		if text[i] = b; b < ' ' || b == 0x7f {
			text[i] = ' '
		}
	}
	return strings.TrimSpace(string(text))
}

// all returns the values of a field, which may be there more than once.
func (m *message) all(name string) (values []string) {
	for _, f := range m.fields {
		if strings.EqualFold(f.name, name) {
			values = append(values, f.value)
		}
	}
	return values
}

// get returns the first value of a field.
func (m *message) get(name string) string {
	if values := m.all(name); len(values) > 0 {
		return values[0]
	}
	return ""
}

// status reads a status line, which should be "RTSP/1.0 200 OK".
func (m *message) status() (code int, reason string, ok bool) {
	words := strings.Fields(m.first)
	if len(words) < 2 || !isVersion(words[0]) {
		return 0, "", false
	}
	code, err := strconv.Atoi(words[1])
	if err != nil || code < 100 || code > 999 {
		return 0, "", false
	}
	if reason = strings.Join(words[2:], " "); reason == "" {
		reason = http.StatusText(code)
	}
	if reason == "" {
		reason = "without a reason"
	}
	return code, reason[:min(len(reason), 100)], true
}

// request reads a request line, which should be "OPTIONS rtsp://host RTSP/1.0".
func (m *message) request() (method, uri string, ok bool) {
	words := strings.Fields(m.first)
	if len(words) < 2 || isVersion(words[0]) {
		return "", "", false
	}
	return words[0], words[1], true
}

func isVersion(word string) bool { return len(word) >= 5 && strings.EqualFold(word[:5], "RTSP/") }

// length returns how long the body is; known is false if nothing is said, or
// nothing that is a number.
func (m *message) length() (n int, known bool) { return number(m.get("Content-Length")) }

// number reads the number that a text begins with.
func number(text string) (n int, ok bool) {
	text = strings.TrimSpace(text)
	end := 0
	for end < len(text) && text[end] >= '0' && text[end] <= '9' {
		end++
	}
	n, err := strconv.Atoi(text[:end])
	return n, err == nil
}
