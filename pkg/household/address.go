package household

import (
	"fmt"
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

// Tidy returns in as it was meant, and what is wrong with its addresses: space
// around them is gone, and user and password are moved out of them, also out of
// one that is wrong. What cannot be read is returned empty, for a password may
// be in it.
func (in CameraInput) Tidy() (CameraInput, []*AddressError) {
	var wrong []*AddressError
	for _, field := range []struct {
		name     string
		text     *string
		optional bool
	}{{"url", &in.URL, false}, {"sub_url", &in.SubURL, true}} {
		if *field.text = strings.TrimSpace(*field.text); *field.text == "" && field.optional {
			continue
		}
		a := parseAddress(*field.text)
		*field.text = a.text
		if a.credentials && !in.takes(a) {
			a = a.wrong(OtherUser, "")
		}
		if a.mistake != "" {
			wrong = append(wrong, &AddressError{field.name, a.mistake, a.likely})
		}
	}
	return in, wrong
}

// takes takes over the credentials of an address, unless it contradicts what was
// given apart from it.
func (in *CameraInput) takes(a address) bool {
	if in.Password == "" && (in.User == "" || in.User == a.user) {
		in.User, in.Password = a.user, Secret(a.password)
	}
	return in.User == a.user && in.Password == Secret(a.password)
}

// Normalize returns in with user and password moved out of its addresses, or
// [nvr.ErrInvalid] with a message that says what to do and does not repeat a
// password, an [*AddressError] if it is of an address. It does not look at the name.
func (in CameraInput) Normalize() (CameraInput, error) {
	in, wrong := in.Tidy()
	if len(wrong) > 0 {
		return CameraInput{}, wrong[0]
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
