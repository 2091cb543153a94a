package notify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
)

// Trouble is why a channel did not take a message, as a word that is stored and
// never changes its meaning.
type Trouble string

// The troubles.
const (
	Blocked     Trouble = "blocked"     // the address is one that nothing is sent to
	Unreachable Trouble = "unreachable" // nobody answered
	Certificate Trouble = "certificate" // whoever answered can't show who it is
	Denied      Trouble = "denied"      // it wants another password, key or token
	Missing     Trouble = "missing"     // there is no such topic, address or mailbox
	Refused     Trouble = "refused"     // it answered, and did not take the message
	Overfull    Trouble = "overfull"    // too much waited, and the oldest was dropped
	Broken      Trouble = "broken"      // something is wrong here; the log says more
)

// failure is why a message was not taken.
type failure struct {
	trouble Trouble
	final   bool // to try again would be no use
	gone    bool // the channel itself is no more
	err     error
}

func (f *failure) Error() string { return string(f.trouble) + ": " + f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// judge returns what is wrong as it is told: without addresses, since those of
// webhooks and push services hold secrets.
func judge(err error) *failure {
	if f, ok := errors.AsType[*failure](err); ok {
		return f
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	f := &failure{trouble: Unreachable, err: err}
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	_, wrongName := errors.AsType[x509.HostnameError](err)
	_, invalid := errors.AsType[x509.CertificateInvalidError](err)
	_, record := errors.AsType[tls.RecordHeaderError](err)
	dns, noName := errors.AsType[*net.DNSError](err)
	switch {
	case errors.Is(err, errBlocked):
		f.trouble = Blocked
	case unknown || wrongName || invalid || record:
		f.trouble = Certificate
	case noName && dns.IsNotFound:
		f.err = errors.New("there is no machine of this name")
	case errors.Is(err, context.DeadlineExceeded):
		f.err = errors.New("no answer in time")
	}
	return f
}

// answered judges the status of an HTTP answer; nil if it is fine.
func answered(status int) error {
	f := &failure{trouble: Refused, err: fmt.Errorf("it answered with status %d", status)}
	switch {
	case status >= 200 && status < 300:
		return nil
	case status == 401 || status == 403:
		f.trouble, f.final = Denied, true
	case status == 404 || status == 410:
		f.trouble, f.final = Missing, true
	case status >= 300 && status < 400:
		f.err, f.final = fmt.Errorf("it answered with status %d; give the address that it leads to", status), true
	case status == 408 || status == 425 || status == 429 || status >= 500: // it may go better later
	default:
		f.final = true
	}
	return f
}
