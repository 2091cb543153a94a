package onvif

import (
	"context"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // what the WS-Security UsernameToken profile asks for
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/icholy/digest"

	"nvrd/pkg/nvr"
)

// request is one call of a device.
type request struct {
	to       *url.URL
	action   string     // such as http://…/GetProfiles
	body     string     // what stands in soap:Body
	params   []*element // reference parameters of a subscription, to be echoed
	address  bool       // with WS-Addressing, which some firmware does not take elsewhere
	patience time.Duration
}

// reply is what came of it.
type reply struct {
	status int
	header http.Header
	body   *element // soap:Body; nil if there was none
	fault  *soapFault
	bad    error // why there is no body
}

// soapFault is why a device did not do what it was asked for.
type soapFault struct {
	codes  string // all codes, without prefixes, in small letters
	text   string
	detail *element
}

// how is in which way a device is logged in to.
type how int

const (
	asNobody how = iota
	byDigest     // HTTP, RFC 7616
	byToken      // WS-Security UsernameToken
	byBoth       // some firmware wants the two
)

// post sends a request once. Its error means that no answer came.
func (d *Device) post(ctx context.Context, r request, as how) (*reply, error) {
	wait := r.patience
	if wait == 0 {
		wait = patience
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	text := d.envelope(r, as)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.to.String(), strings.NewReader(text))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", `application/soap+xml; charset=utf-8; action="`+r.action+`"`)
	req.Header.Set("User-Agent", "nvrd")
	if as == byDigest || as == byBoth {
		d.count++
		answer, err := digest.Digest(d.digest, digest.Options{
			Method: http.MethodPost, URI: r.to.RequestURI(), GetBody: req.GetBody, Count: d.count,
			Username: d.config.User, Password: d.config.Password,
		})
		if err != nil {
			return nil, err
		}
		req.Header.Set("Authorization", answer.String())
	}
	res, err := d.client.Do(req)
	if err != nil {
		return nil, plain(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	if err != nil {
		return nil, plain(err)
	}
	out := &reply{status: res.StatusCode, header: res.Header}
	if len(body) > maxBody {
		out.bad = errTooMuch
		return out, nil
	}
	out.read(body)
	return out, nil
}

// plain takes the address off an error of net/http.
func plain(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

// read takes an envelope apart.
func (r *reply) read(body []byte) {
	root, err := parse(body)
	if err != nil {
		r.bad = err
		return
	}
	for _, space := range []string{nsSOAP, nsSOAP11} {
		if r.body = root.find(space, "Body"); r.body == nil {
			continue
		}
		if f := r.body.find(space, "Fault"); f != nil {
			r.fault = readFault(f)
		}
		return
	}
	r.bad = errors.New("the answer is not SOAP")
}

// readFault reads a fault of SOAP 1.2 or 1.1.
func readFault(f *element) *soapFault {
	out := &soapFault{}
	for code := f.find(f.space, "Code"); code != nil; code = code.find(f.space, "Subcode") {
		out.codes += " " + local(code.find(f.space, "Value").String())
	}
	out.codes += " " + local(f.find("", "faultcode").String())
	out.codes = strings.ToLower(out.codes)
	out.text = f.find(f.space, "Reason", "Text").String() + f.find("", "faultstring").String()
	if out.detail = f.find(f.space, "Detail"); out.detail == nil {
		out.detail = f.find("", "detail")
	}
	return out
}

// local returns a qualified name without its prefix.
func local(name string) string { return strings.TrimSpace(name[strings.LastIndex(name, ":")+1:]) }

// denied tells whether a reply asks to log in, or refuses a log-in.
func (r *reply) denied() bool {
	if r.status == http.StatusUnauthorized {
		return true
	}
	if r.fault == nil {
		return r.status == http.StatusForbidden
	}
	for _, word := range []string{"notauthorized", "failedauthentication", "invalidsecurity", "failedcheck", "accesscontrol"} {
		if strings.Contains(r.fault.codes, word) {
			return true
		}
	}
	text := strings.ToLower(r.fault.text)
	return strings.Contains(text, "authoriz") || strings.Contains(text, "authenticat")
}

// result returns the answer to a request, which is the element of that name.
func (r *reply) result(space, name string) (*element, *Fault) {
	switch {
	case r.status >= 300 && r.status < 400:
		return nil, faulty(nvr.Refused, "the device redirects, which is not followed")
	case r.fault != nil:
		return nil, faulty(nvr.Refused, "the device answered: %s%s", cut(r.fault.text, 120), r.fault.codes)
	case r.status == http.StatusNotFound, r.status == http.StatusMethodNotAllowed:
		return nil, faulty(nvr.Unsupported, "there is no such service at the device: %d", r.status)
	case r.bad != nil:
		return nil, faulty(nvr.BadStream, "%v", r.bad)
	}
	if e := r.body.find(space, name); e != nil {
		return e, nil
	}
	return nil, faulty(nvr.BadStream, "the device answered something else than %s (status %d)", name, r.status)
}

// envelope writes a request.
func (d *Device) envelope(r request, as how) string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="` + nsSOAP + `"><s:Header>`)
	if r.address {
		fmt.Fprintf(&b, `<a:Action xmlns:a="%[1]s" s:mustUnderstand="1">%[2]s</a:Action><a:MessageID xmlns:a="%[1]s">urn:uuid:%[3]s</a:MessageID>`+
			`<a:ReplyTo xmlns:a="%[1]s"><a:Address>%[1]s/anonymous</a:Address></a:ReplyTo><a:To xmlns:a="%[1]s" s:mustUnderstand="1">%[4]s</a:To>`,
			nsAddressing, escape(r.action), newUUID(), escape(r.to.String()))
		for _, p := range r.params {
			p.write(&b)
		}
	}
	if as == byToken || as == byBoth {
		b.WriteString(token(d.config.User, d.config.Password, time.Now().Add(d.offset)))
	}
	b.WriteString(`</s:Header><s:Body>` + r.body + `</s:Body></s:Envelope>`)
	return b.String()
}

const (
	wsse = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
	wsu  = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
	wss  = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
)

// token is a UsernameToken with a digest of the password: SHA-1 over nonce, time
// and password (OASIS WSS UsernameToken Profile 1.0, 3.1). The time is that of the
// device's clock.
func token(user, password string, at time.Time) string {
	nonce := make([]byte, 16)
	rand.Read(nonce) // never fails
	created := at.UTC().Format("2006-01-02T15:04:05.000Z")
	sum := sha1.Sum([]byte(string(nonce) + created + password)) //nolint:gosec // as above
	return fmt.Sprintf(`<w:Security xmlns:w="%s" xmlns:u="%s" s:mustUnderstand="1"><w:UsernameToken><w:Username>%s</w:Username>`+
		`<w:Password Type="%susername-token-profile-1.0#PasswordDigest">%s</w:Password>`+
		`<w:Nonce EncodingType="%ssoap-message-security-1.0#Base64Binary">%s</w:Nonce><u:Created>%s</u:Created></w:UsernameToken></w:Security>`,
		wsse, wsu, escape(user), wss, base64.StdEncoding.EncodeToString(sum[:]), wss, base64.StdEncoding.EncodeToString(nonce), created)
}

// newUUID returns a random number (RFC 9562, version 4) as it is written.
func newUUID() string {
	var u [16]byte
	rand.Read(u[:]) // never fails
	u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}
