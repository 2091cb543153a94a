package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"nvrd/pkg/household"
)

// email sends to one mailbox by the owner's mail server.
type email struct {
	o        *Outbox
	host     string
	port     int
	security string
	user     string
	password household.Secret
	from, to string
}

// The ways to protect what is sent to a mail server.
const (
	startTLS    = "starttls" // required, not only used where offered
	implicitTLS = "tls"
	noTLS       = "none" // a password is not sent then, unless in a form that hides it
)

func (o *Outbox) email(s map[string]household.Secret) (sender, error) {
	host, port, err := splitServer(s["server"].Reveal(), map[string]int{startTLS: 587, implicitTLS: 465, noTLS: 25}[s["security"].Reveal()])
	if err != nil {
		return nil, err
	}
	return email{o, host, port, s["security"].Reveal(), s["user"].Reveal(), s["password"], s["from"].Reveal(), s["to"].Reveal()}, nil
}

// splitServer reads a host with or without a port.
func splitServer(server string, port int) (string, int, error) {
	host, text, err := net.SplitHostPort(server)
	if err != nil { // there is none
		host, text = strings.Trim(server, "[]"), strconv.Itoa(port)
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 {
		return "", 0, errors.New("its port does not exist")
	}
	return host, int(n), nil
}

// mailPatience is how long a message waits for its picture: there is one, whole.
const mailPatience = 4 * time.Second

func (email) patience() time.Duration { return mailPatience }
func (email) close(bool)              {}

func (e email) send(ctx context.Context, m Message, jpeg []byte) error {
	if m.Gone {
		return nil // a letter can't be taken back, and a second one would be noise
	}
	letter, err := e.letter(m, jpeg)
	if err != nil {
		return &failure{trouble: Broken, final: true, err: err}
	}
	client, err := e.client(ctx)
	if err != nil {
		return &failure{trouble: Broken, final: true, err: err}
	}
	if err := client.DialAndSendWithContext(ctx, letter); err != nil {
		return judgeMail(err)
	}
	return nil
}

func (e email) letter(m Message, jpeg []byte) (*mail.Msg, error) {
	letter := mail.NewMsg()
	if err := letter.From(e.from); err != nil {
		return nil, err
	}
	if err := letter.To(e.to); err != nil {
		return nil, err
	}
	letter.SetMessageIDWithValue(idempotencyKey(m, nil) + "@stoop.invalid") // the same if it is sent again
	letter.SetDateWithValue(m.At.Std())
	letter.Subject(m.Title)
	letter.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no answers from holidays
	var parts []string
	for _, part := range []string{m.Text, e.o.address(m.Link), strings.TrimSpace(m.Why + "\n" + e.o.address(m.WhyLink()))} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	letter.SetBodyString(mail.TypeTextPlain, strings.Join(parts, "\n\n")+"\n")
	if jpeg != nil {
		if err := letter.AttachReader("picture.jpg", bytes.NewReader(jpeg), mail.WithFileContentType("image/jpeg")); err != nil {
			return nil, err
		}
	}
	return letter, nil
}

func (e email) client(ctx context.Context) (*mail.Client, error) {
	config := &tls.Config{ServerName: e.host, RootCAs: e.o.c.Roots}
	dial := mail.DialContextFunc(e.o.out.dial(near))
	options := []mail.Option{
		mail.WithPort(e.port), mail.WithTimeout(attemptTime), mail.WithHELO("localhost"), // not what this machine is called
		mail.WithTLSConfig(config), mail.WithTLSPolicy(mail.TLSMandatory), mail.WithoutNoop(),
	}
	switch e.security {
	case implicitTLS:
		options = append(options, mail.WithSSL())
		dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := e.o.out.dial(near)(ctx, network, address)
			if err != nil {
				return nil, err
			}
			secured := tls.Client(conn, config)
			if err := secured.HandshakeContext(ctx); err != nil {
				conn.Close()
				return nil, err
			}
			return secured, nil
		}
	case noTLS:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	}
	// The library bounds each command by a time alone: a stop must not wait for that.
	options = append(options, mail.WithDialContextFunc(func(c context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(c, network, address)
		if err == nil {
			context.AfterFunc(ctx, func() { conn.Close() })
		}
		return conn, err
	}))
	switch {
	case e.user == "":
	case e.security == noTLS:
		options = append(options, mail.WithUsername(e.user), mail.WithPassword(e.password.Reveal()), mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover))
	default:
		options = append(options, mail.WithUsername(e.user), mail.WithPassword(e.password.Reveal()),
			mail.WithOpportunisticSMTPAuth(mail.SMTPAuthSCRAMSHA256, mail.SMTPAuthSCRAMSHA1, mail.SMTPAuthPlain, mail.SMTPAuthLogin))
	}
	return mail.NewClient(e.host, options...)
}

// judgeMail finds out what a mail server meant.
func judgeMail(err error) error {
	if answer, ok := errors.AsType[*textproto.Error](err); ok {
		f := &failure{trouble: Refused, final: answer.Code >= 500, err: fmt.Errorf("the mail server answered %d %s", answer.Code, answer.Msg)}
		if answer.Code == 535 || answer.Code == 530 || answer.Code == 534 {
			f.trouble = Denied
		}
		return f
	}
	if refused, ok := errors.AsType[*mail.SendError](err); ok {
		f := &failure{trouble: Refused, final: !refused.IsTemp(), err: fmt.Errorf("the mail server refused the letter with %d", refused.ErrorCode())}
		if refused.ErrorCode() == 0 {
			f.trouble, f.final = Unreachable, false
		}
		if refused.ErrorCode() == 550 {
			f.trouble = Missing
		}
		return f
	}
	// The library has no kinds for these: no TLS, no log-in, or none that hides a password.
	if errors.Is(err, mail.ErrNoSupportedAuthDiscovered) || strings.Contains(err.Error(), "does not support") {
		return &failure{trouble: Refused, final: true, err: err}
	}
	return judge(err)
}
