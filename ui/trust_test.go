package ui_test

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"encoding/xml"
	"io"
	"strings"
	"testing"

	"nvrd/pkg/certificate"
)

// authority vouches for a home of tests.
func authority(t *testing.T) *certificate.Authority {
	t.Helper()
	a, err := certificate.Open(t.TempDir(), []string{"localhost"})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestTrust: what devices load is the authority in the form that each takes, and
// the page has the same fingerprint.
func TestTrust(t *testing.T) {
	pages := serve(t, &household{})
	der := get(pages, "/trust/stoop-home.crt")
	cert, err := x509.ParseCertificate(der.Body.Bytes())
	if err != nil || !cert.IsCA || der.Header().Get("Content-Type") != "application/x-x509-ca-cert" {
		t.Fatal(err, der.Header())
	}
	block, rest := pem.Decode(get(pages, "/trust/stoop-home.pem").Body.Bytes())
	if block == nil || !bytes.Equal(block.Bytes, cert.Raw) || len(rest) > 0 {
		t.Errorf("%v %q", block, rest)
	}
	profile := get(pages, "/trust/stoop-home.mobileconfig")
	if profile.Header().Get("Content-Type") != "application/x-apple-aspen-config" {
		t.Error(profile.Header())
	}
	values := plist(t, profile.Body)
	inside, err := base64.StdEncoding.DecodeString(values["PayloadContent"])
	if err != nil || !bytes.Equal(inside, cert.Raw) || values["PayloadDisplayName"] != cert.Subject.CommonName || values["PayloadType"] != "Configuration" {
		t.Errorf("%v %v", values, err)
	}
	page := get(pages, "/trust").Body.String()
	if !strings.Contains(page, cert.Subject.CommonName) {
		t.Error("the page does not name it")
	}
	for _, secret := range []string{page, profile.Body.String(), der.Body.String()} {
		if strings.Contains(secret, "PRIVATE") {
			t.Error("a key is shown")
		}
	}
}

// plist returns the last value of each key of a property list.
func plist(t *testing.T, r io.Reader) map[string]string {
	t.Helper()
	values, key, kind := map[string]string{}, "", ""
	d := xml.NewDecoder(r)
	for {
		token, err := d.Token()
		if err == io.EOF { //nolint:errorlint // a decoder returns it as it is
			return values
		}
		if err != nil {
			t.Fatal(err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			kind = e.Name.Local
		case xml.CharData:
			switch kind {
			case "key":
				key = string(e)
			case "string", "data":
				values[key] = string(e)
			}
		case xml.EndElement:
			kind = ""
		}
	}
}
