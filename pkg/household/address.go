package household

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"nvrd/pkg/nvr"
)

// CameraInput is what a person says about a camera.
type CameraInput struct {
	Name     string `json:"name"`
	URL      string `json:"url"`     // of the main stream: rtsp or rtsps
	SubURL   string `json:"sub_url"` // of the smaller stream; empty when there is none
	User     string `json:"user"`
	Password Secret `json:"password"`
}

const (
	maxName       = 64   // characters; fits one line of a phone's screen
	maxURL        = 2048 // bytes; cameras' addresses have less than 200
	maxCredential = 256  // bytes each; cameras allow 64 at most
)

// Normalize returns in with user and password moved out of its addresses, or
// [nvr.ErrInvalid] with a message that says what to do and does not repeat a
// password. It does not look at the name.
func (in CameraInput) Normalize() (CameraInput, error) {
	var err error
	if in.URL, err = in.address("url", in.URL); err != nil {
		return CameraInput{}, err
	}
	if strings.TrimSpace(in.SubURL) == "" {
		in.SubURL = ""
	} else if in.SubURL, err = in.address("sub_url", in.SubURL); err != nil {
		return CameraInput{}, err
	}
	if len(in.User) > maxCredential || len(in.Password) > maxCredential {
		return CameraInput{}, invalid("user and password have at most %d bytes each", maxCredential)
	}
	if !printable(in.User) || !printable(in.Password.Reveal()) {
		return CameraInput{}, invalid("user and password must not hold control characters")
	}
	if in.User == "" && in.Password != "" {
		return CameraInput{}, invalid("a password needs a user: give the camera's user too")
	}
	return in, nil
}

// address checks one address and moves the user and the password it may hold
// to in. The text is not repeated in errors, for a password may be in it.
func (in *CameraInput) address(field, text string) (string, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return "", invalid("%s is empty: give the camera's address, such as rtsp://192.168.1.20/stream1", field)
	}
	if len(text) > maxURL {
		return "", invalid("%s has more than %d bytes", field, maxURL)
	}
	u, err := url.Parse(text)
	if err != nil || !printable(text) {
		return "", invalid("%s is not an address: write it like rtsp://192.168.1.20/stream1 and give user and password apart from it", field)
	}
	if u.Scheme != "rtsp" && u.Scheme != "rtsps" {
		return "", invalid("%s must begin with rtsp:// or rtsps://", field)
	}
	if u.Hostname() == "" || u.Opaque != "" {
		return "", invalid("%s names no camera: write it like %s://192.168.1.20/stream1", field, u.Scheme)
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return "", invalid("%s has the port %s: ports go from 1 to 65535", field, port)
		}
	}
	if u.User != nil {
		if err := in.credentials(field, u.User); err != nil {
			return "", err
		}
		u.User = nil
	}
	u.Fragment, u.RawFragment = "", ""
	return u.String(), nil
}

func (in *CameraInput) credentials(field string, info *url.Userinfo) error {
	password, _ := info.Password()
	if in.User == "" && in.Password == "" {
		in.User, in.Password = info.Username(), Secret(password)
	}
	if info.Username() != in.User || Secret(password) != in.Password {
		return invalid("%s holds another user or password than was given: leave them out of it", field)
	}
	return nil
}

// checkName returns name without space around it.
func checkName(name string) (string, error) {
	name = strings.TrimSpace(name)
	if n := utf8.RuneCountInString(name); n == 0 || n > maxName {
		return "", invalid("a camera's name has 1 to %d characters, such as Front door", maxName)
	}
	if !printable(name) {
		return "", invalid("a camera's name must not hold control characters")
	}
	return name, nil
}

// printable refuses what breaks a line, ends a header or a string, or turns
// the direction of the text around it.
func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp, unicode.Bidi_Control)
	})
}

// fold maps texts that strings.EqualFold holds equal to one text.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			least = min(least, next)
		}
		return least
	}, s)
}

func invalid(format string, args ...any) error {
	return fmt.Errorf(format+": %w", append(args, nvr.ErrInvalid)...)
}
