// Package trust is the page on which a device gets to know the home's authority.
// It is there for everybody, also without TLS, since it comes before that: it
// tells nothing of the household, and says that it proves nothing by itself.
package trust

import (
	"net/http"
	"strings"
	"time"

	"nvrd/ui/layout"
	"nvrd/ui/text"
)

// Authority vouches for the home. Its methods are safe for concurrent use.
type Authority interface {
	Name() string
	Fingerprint() string // as devices show it: hex digits with colons
	Until() time.Time
	DER() []byte
	PEM() []byte
}

// Page serves /trust and what can be downloaded there.
type Page struct {
	Authority Authority
	Frames    layout.Builder
	Texts     *text.Texts
}

// Files are the downloads, by their addresses.
func (p Page) Files() map[string]func(http.ResponseWriter, *http.Request) error {
	return map[string]func(http.ResponseWriter, *http.Request) error{
		certificate: send("application/x-x509-ca-cert", p.Authority.DER),
		encoded:     send("application/x-pem-file", p.Authority.PEM),
		profile:     send("application/x-apple-aspen-config", func() []byte { return Profile(p.Authority) }),
	}
}

// The addresses of the downloads. Systems go by what their names end with.
const (
	certificate = "/trust/stoop-home.crt"
	encoded     = "/trust/stoop-home.pem"
	profile     = "/trust/stoop-home.mobileconfig"
)

func send(mime string, what func() []byte) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Content-Type", mime)
		w.Header().Set("Cache-Control", "no-store") // the home may have a new one tomorrow
		_, _ = w.Write(what())                      // a device that went away is nobody's error
		return nil
	}
}

type model struct {
	frame       layout.Frame
	name, until string
	print       []string // the fingerprint in four lines that can be compared
	devices     []device
}

type device struct {
	text.TrustDevice
	file, load string
}

// order is that of the devices on the page, each with what it loads.
var order = []struct{ key, file string }{
	{"iphone", profile}, {"android", certificate}, {"windows", certificate}, {"mac", certificate}, {"firefox", certificate}, {"linux", encoded},
}

// Get shows the page.
func (p Page) Get(w http.ResponseWriter, r *http.Request) error {
	t := p.Texts.For(r)
	f, err := p.Frames.Bare(t, t.Trust.Title)
	if err != nil {
		return err
	}
	m := model{frame: f, name: p.Authority.Name(), print: lines(p.Authority.Fingerprint()), until: t.Profile.Moment(p.Authority.Until(), t.Calendar)}
	for _, o := range order {
		d := device{t.Trust.Devices[o.key], o.file, t.Trust.Load}
		if o.file == profile {
			d.load = t.Trust.Profile
		}
		d.Back = text.Fill(d.Back, "name", m.name)
		steps := make([]string, len(d.Steps))
		for i, s := range d.Steps {
			steps[i] = text.Fill(s, "name", m.name)
		}
		d.Steps = steps
		m.devices = append(m.devices, d)
	}
	return layout.Render(w, r, http.StatusOK, view(m))
}

// lines cuts a fingerprint into lines of eight bytes.
func lines(print string) (all []string) {
	bytes := strings.Split(print, ":")
	for len(bytes) > 8 {
		all, bytes = append(all, strings.Join(bytes[:8], ":")), bytes[8:]
	}
	return append(all, strings.Join(bytes, ":"))
}
