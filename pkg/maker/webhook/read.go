package webhook

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"nvrd/pkg/device"
	"nvrd/pkg/nvr"
)

// Kinds are what a call may say that it is.
var Kinds = []string{nvr.RingEvent, nvr.MotionEvent, nvr.DoorEvent, nvr.WindowEvent, nvr.AlarmEvent}

// over are the words for a state that has ended.
var over = []string{"off", "closed", "false", "0", "idle"}

// begun are those for one that begins.
var begun = []string{"on", "open", "true", "1", "active", "pressed"}

// read returns the body of a call. One that is too long counts as none, since the
// makers of doorbells send what they like, unless it has to be signed.
func read(w http.ResponseWriter, r *http.Request, whole bool) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil && whole {
		return nil, fmt.Errorf("more than %d bytes: %w", maxBody, nvr.ErrTooLarge)
	}
	if err != nil {
		body = nil
	}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "multipart/form-data" {
		return nil, nil // a picture
	}
	return body, nil
}

// parse says what a call means: by its query, or else by a JSON object or a form
// in its body that has the same names. Everything else in there is ignored.
//
//	kind=ring       one of Kinds; otherwise the kind of the address
//	state=on        or off; otherwise on
//	name=back door  which of several things calls
func parse(query url.Values, body []byte, kind string) (nvr.Signal, error) {
	word := func(name string) string {
		if v := query.Get(name); v != "" {
			return v
		}
		return said(body, name)
	}
	s := nvr.Signal{Kind: kind, On: true, Source: device.Source("webhook", word("name"))}
	if k := word("kind"); k != "" {
		s.Kind = strings.ToLower(k)
	}
	if !slices.Contains(Kinds, s.Kind) {
		return nvr.Signal{}, fmt.Errorf("kind is one of %s", strings.Join(Kinds, ", "))
	}
	switch state := strings.ToLower(word("state")); {
	case slices.Contains(over, state):
		s.On = false
	case state != "" && !slices.Contains(begun, state):
		return nvr.Signal{}, fmt.Errorf("state is one of %s, %s", strings.Join(begun, ", "), strings.Join(over, ", "))
	}
	return s, nil
}

// said returns a value of a body that is a JSON object or a form.
func said(body []byte, name string) string {
	var object map[string]json.RawMessage
	if json.Unmarshal(body, &object) == nil {
		var v any
		if json.Unmarshal(object[name], &v) != nil {
			return ""
		}
		switch v := v.(type) {
		case string:
			return v
		case bool, float64:
			return fmt.Sprint(v)
		}
		return ""
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return ""
	}
	return form.Get(name)
}
