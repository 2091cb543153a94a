package household

import (
	"cmp"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"nvrd/pkg/nvr"
)

// Mistake is what is wrong with an address that a person typed or pasted.
type Mistake string

// The mistakes.
const (
	Unreadable  Mistake = "unreadable"   // no address can be made out
	NoAddress   Mistake = "no_address"   // nothing was typed
	TooLong     Mistake = "too_long"     // more than 2,048 bytes
	WebPage     Mistake = "web_page"     // http or https: the camera's page, not its pictures
	OtherScheme Mistake = "other_scheme" // another protocol than rtsp
	NoScheme    Mistake = "no_scheme"    // all but the rtsp:// in front
	OnlyHost    Mistake = "only_host"    // nothing but an IP address or a name
	OnlyPort    Mistake = "only_port"    // nothing but that and a port
	Label       Mistake = "label"        // an address among other words
	NoHost      Mistake = "no_host"      // it names no camera
	BadPort     Mistake = "bad_port"     // a port that does not exist
	OtherUser   Mistake = "other_user"   // user or password contradict those that were given apart from it
	WebPort     Mistake = "web_port"     // what answers at its port is a web server
	NoPath      Mistake = "no_path"      // the camera has nothing there, and the address has no path
	Redirect    Mistake = "redirect"     // the camera sends those who ask to another machine
)

// AddressError says what is wrong with an address. It is an [nvr.ErrInvalid].
type AddressError struct {
	Field   string // url or sub_url
	Mistake Mistake
	Likely  string // the address that was probably meant, without user and password; empty if unknown
}

// sentences say what to do about mistakes.
var sentences = map[Mistake]string{
	Unreadable:  "is not an address: write it like rtsp://192.168.1.20/stream1 and give user and password apart from it",
	NoAddress:   "is empty: give the camera's address, such as rtsp://192.168.1.20/stream1",
	TooLong:     "has more than 2048 bytes",
	WebPage:     "is the address of a web page: the address of the camera's pictures begins with rtsp:// and is shown in its settings under RTSP",
	OtherScheme: "must begin with rtsp:// or rtsps://",
	NoScheme:    "lacks rtsp:// at its beginning",
	OnlyHost:    "is only where the camera is: it needs rtsp:// before that and a path behind, which the camera's settings show under RTSP",
	OnlyPort:    "is only where the camera is, and a port: it needs rtsp:// before that and a path behind, which the camera's settings show under RTSP",
	Label:       "holds other words beside the address: leave them out",
	NoHost:      "names no camera: write it like rtsp://192.168.1.20/stream1",
	BadPort:     "has a port that does not exist: ports go from 1 to 65535, and cameras mostly use 554",
	OtherUser:   "holds another user or password than was given: leave them out of it",
	WebPort:     "leads to a web server: its port is that of a web page; cameras mostly use 554 for RTSP",
	NoPath:      "has no path: most cameras need one, such as /stream1, which their settings show under RTSP",
	Redirect:    "leads to a camera that redirects to another machine: if you trust that, give its address",
}

// Error implements error. It repeats no password.
func (e *AddressError) Error() string { return e.Advice() + ": " + nvr.ErrInvalid.Error() }

// Advice says what is wrong and what to do, in English; pages have their own words.
func (e *AddressError) Advice() string {
	text := e.Field + " " + sentences[e.Mistake]
	if e.Likely != "" {
		text += "; did you mean " + e.Likely + "?"
	}
	return text
}

// Doubt returns e as it is shown; nil of nil.
func (e *AddressError) Doubt() *nvr.Doubt {
	if e == nil {
		return nil
	}
	return &nvr.Doubt{Field: e.Field, Mistake: string(e.Mistake), Message: e.Advice(), Likely: e.Likely}
}

// Unwrap returns [nvr.ErrInvalid].
func (e *AddressError) Unwrap() error { return nvr.ErrInvalid }

// address is an address as it was typed, taken apart.
type address struct {
	text           string // without user and password, as far as it could be read
	user, password string
	credentials    bool // it held user or password
	mistake        Mistake
	likely         string
}

func (a address) wrong(m Mistake, likely string) address {
	a.mistake, a.likely = m, likely
	return a
}

var (
	scheme   = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*)://`)
	slashes  = regexp.MustCompile(`(?i)^(rtsps?):/?([^/])`)
	embedded = regexp.MustCompile(`(?i)rtsps?://[^\s"'<>]+`)
	// hostport is a machine and perhaps a port: an IPv4 address, a name, or an
	// IPv6 address in brackets.
	hostport = regexp.MustCompile(`^(\[[0-9A-Fa-f:.%a-z]+\]|[\pL\pN_](?:[\pL\pN_.-]*[\pL\pN_])?)?(?::([0-9]*))?$`)
)

// parseAddress takes an address apart as people mean it.
func parseAddress(text string) address {
	text = strings.TrimSpace(text)
	a := address{text: text}
	switch {
	case text == "":
		return a.wrong(NoAddress, "")
	case len(text) > maxURL:
		return address{}.wrong(TooLong, "")
	case !printable(text):
		return address{}.wrong(Unreadable, "")
	}
	begins := scheme.FindStringSubmatch(text)
	if at := embedded.FindStringIndex(text); at != nil && (at[0] > 0 || strings.ContainsAny(text, " \t")) {
		if in := parseAddress(text[at[0]:at[1]]); in.mistake == "" {
			in.text = strings.TrimSpace(text[:at[0]]) + " " + in.text
			return in.wrong(Label, strings.TrimPrefix(in.text, strings.TrimSpace(text[:at[0]])+" "))
		}
		return address{}.wrong(Unreadable, "")
	}
	if begins == nil {
		return a.bare()
	}
	name := strings.ToLower(begins[1])
	rest := a.takeCredentials(text[len(begins[0]):])
	a.text = begins[0] + rest
	host, path := cutHost(rest)
	parts := hostport.FindStringSubmatch(host)
	switch {
	case name == "http" || name == "https":
		return a.wrong(WebPage, likely("rtsp", parts, "", ""))
	case name != "rtsp" && name != "rtsps":
		return a.wrong(OtherScheme, likely("rtsp", parts, "", path))
	case parts == nil:
		return a.wrong(Unreadable, "")
	case parts[1] == "":
		return a.wrong(NoHost, "")
	case !validPort(parts[2]):
		return a.wrong(BadPort, likely(name, parts, "", path))
	}
	u, err := url.Parse(a.text)
	if err != nil {
		return address{user: a.user, password: a.password, credentials: a.credentials}.wrong(Unreadable, "")
	}
	u.Fragment, u.RawFragment = "", ""
	a.text = u.String()
	if !strings.Contains(u.Host, "%") { // a name keeps its letters: escaped it would be none
		a.text = strings.Replace(a.text, (&url.URL{Host: u.Host}).String(), "//"+u.Host, 1)
	}
	return a
}

// bare reads an address that does not begin with a scheme.
func (a address) bare() address {
	if m := slashes.FindStringSubmatchIndex(a.text); m != nil { // rtsp:host or rtsp:/host
		in := parseAddress(a.text[m[2]:m[3]] + "://" + a.text[m[4]:])
		if in.mistake == "" {
			return in.wrong(NoScheme, in.text)
		}
		return a.wrong(Unreadable, "")
	}
	rest := a.takeCredentials(a.text)
	a.text = rest
	host, path := cutHost(rest)
	parts := hostport.FindStringSubmatch(host)
	// One word may be anything.
	if parts == nil || parts[1] == "" || path == "" && parts[2] == "" && !strings.ContainsAny(host, ".:") {
		if a.credentials {
			return address{user: a.user, password: a.password, credentials: true}.wrong(Unreadable, "")
		}
		return a.wrong(Unreadable, "")
	}
	port := parts[2]
	if slices.Contains(webPorts, port) || !validPort(port) {
		port = ""
	}
	fine := likely("rtsp", parts, port, path)
	switch {
	case path != "" && path != "/":
		return a.wrong(NoScheme, fine)
	case parts[2] != "":
		return a.wrong(OnlyPort, fine)
	}
	return a.wrong(OnlyHost, fine)
}

// takeCredentials takes user and password off what follows the scheme. Passwords
// hold @, :, / and # although they should not: they end at the last @
// before a machine, unless an earlier end leaves one as well.
func (a *address) takeCredentials(rest string) string {
	authority, _ := cutHost(rest)
	at := strings.LastIndex(authority, "@")
	if later := strings.LastIndex(rest, "@"); later > at && strings.Contains(rest[:later], ":") {
		first, second := machine(rest[at+1:]), machine(rest[later+1:])
		if second != "" && (first == "" || isIP(second) && !isIP(first)) {
			at = later
		}
	}
	if at < 0 {
		return rest
	}
	user, password, _ := strings.Cut(rest[:at], ":")
	a.user, a.password, a.credentials = unescape(user), unescape(password), true
	return rest[at+1:]
}

// machine returns the host at the beginning of what follows credentials, or
// nothing if there is none.
func machine(rest string) string {
	host, _ := cutHost(rest)
	parts := hostport.FindStringSubmatch(host)
	if parts == nil {
		return ""
	}
	return parts[1]
}

// cutHost cuts what follows the scheme, and credentials, before the path.
func cutHost(rest string) (host, path string) {
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		return rest[:i], rest[i:]
	}
	return rest, ""
}

// likely makes an address of the parts of a hostport; none if there is no host.
func likely(scheme string, parts []string, port, path string) string {
	if parts == nil || parts[1] == "" {
		return ""
	}
	host := parts[1]
	if port != "" {
		host += ":" + port
	}
	a := parseAddress(scheme + "://" + host + cmp.Or(path, "/"))
	if a.mistake != "" {
		return ""
	}
	return a.text
}

// webPorts are those at which cameras have their pages.
var webPorts = []string{"80", "443", "8080", "8443"}

func validPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil && n > 0
}

func isIP(host string) bool {
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil
}

// unescape undoes what careful programs did to a password; what was not
// escaped stays as it is.
func unescape(s string) string {
	if plain, err := url.PathUnescape(s); err == nil {
		return plain
	}
	return s
}

// Judge returns what may be wrong with an address where no camera was found,
// or nil. Rtsp tells whether what answered there, if anything did, speaks RTSP;
// to is the address that it redirects to, if it does.
func Judge(field, address string, reason nvr.Reason, rtsp bool, to string) *AddressError {
	u := known(address)
	if reason == nvr.WrongPassword {
		return nil
	}
	standard := *u
	standard.Host = strings.TrimSuffix(net.JoinHostPort(u.Hostname(), ""), ":")
	switch {
	case to != "":
		there := parseAddress(to)
		if there.mistake != "" || there.credentials {
			there.text = ""
		}
		return &AddressError{field, Redirect, there.text}
	case !rtsp, slices.Contains(webPorts, u.Port()) && reason != nvr.Refused:
		if u.Port() == "" {
			return &AddressError{field, WebPort, ""}
		}
		return &AddressError{field, WebPort, standard.String()}
	case reason == nvr.Refused && strings.Trim(u.Path, "/") == "" && u.RawQuery == "":
		return &AddressError{Field: field, Mistake: NoPath}
	}
	return nil
}

// known is an address that was stored; an empty one if it cannot be read.
func known(address string) *url.URL {
	u, err := url.Parse(address)
	if err != nil {
		return &url.URL{}
	}
	return u
}
