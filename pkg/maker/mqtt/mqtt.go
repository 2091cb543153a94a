// Package mqtt hears of doorbells, doors and windows from the home's own broker:
// what Zigbee2MQTT, Home Assistant and hubs publish there (MQTT 5). It publishes
// nothing. The broker is trusted not to send more than it is asked to.
package mqtt

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"

	"nvrd/pkg/device"
	"nvrd/pkg/nvr"
)

const (
	connectTime = 10 * time.Second
	// keepAlive is in seconds: the broker, or we, notice a dead connection in 45.
	keepAlive = 30
	// maxMessage is asked of the broker; longer ones it leaves out. Zigbee2MQTT
	// tells all of a device in 1 KiB.
	maxMessage = 64 << 10
	// waiting is how many messages may wait for who takes them.
	waiting = 64
	// MaxTopics is how many one device may have.
	MaxTopics = 32
)

// Config says which broker is listened to, and to what there.
type Config struct {
	Address  string // mqtt://192.168.1.5:1883, or mqtts://
	User     string
	Password string // never printed
	// TLS is for mqtts. nil means that the certificate has to be good for the name.
	TLS    *tls.Config
	Dial   func(ctx context.Context, network, address string) (net.Conn, error) // nil means the network
	ID     string                                                               // of this client, one for each device; empty lets the broker choose
	Topics []Topic
	// Heard is as that of device.Config; it is told the first topic's number and no name.
	Heard func(code, action string, data map[string]string)
}

// String returns the address, so that no password is printed by mistake.
func (c Config) String() string { return c.Address }

// GoString is as [Config.String].
func (c Config) GoString() string { return c.Address }

// Check fails with a sentence for the owner and [nvr.ErrInvalid].
func (c Config) Check() error {
	u, err := url.Parse(c.Address)
	switch {
	case err != nil || u.Scheme != "mqtt" && u.Scheme != "mqtts" || u.Hostname() == "" || u.User != nil:
		return fmt.Errorf("the broker's address is like mqtt://192.168.1.5:1883: %w", nvr.ErrInvalid)
	case len(c.Topics) == 0 || len(c.Topics) > MaxTopics:
		return fmt.Errorf("1 to %d topics: %w", MaxTopics, nvr.ErrInvalid)
	}
	for _, t := range c.Topics {
		if err := t.check(); err != nil {
			return err
		}
	}
	return nil
}

// Listen tells what is published to the topics until the connection ends or ctx
// does; the error is never nil, and one of [device.Error] unless ctx ended or the
// config is wrong. What the broker kept from before is no news and not told. tell
// is called from one goroutine.
func Listen(ctx context.Context, c Config, tell func(nvr.Signal)) error {
	if err := c.Check(); err != nil {
		return err
	}
	heard, lost := make(chan *paho.Publish, waiting), make(chan error, 1)
	client, err := connect(ctx, c, heard, lost)
	if err != nil {
		return err
	}
	defer func() { _ = client.Disconnect(&paho.Disconnect{}) }()
	states := map[int]bool{} // as they were told last
	for {
		select {
		case p := <-heard:
			for i, t := range c.Topics {
				if s, ok := t.signal(p); ok {
					if was, known := states[i]; known && was == s.On && t.Off != "" {
						continue // it goes on: sensors repeat their state with each report
					}
					states[i] = s.On
					if c.Heard != nil {
						c.Heard("topic", fmt.Sprint(i), map[string]string{"on": fmt.Sprint(s.On)})
					}
					s.At = nvr.Now()
					tell(s)
				}
			}
		case err := <-lost:
			return device.Fault(device.Silent, err)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// connect logs in and subscribes.
func connect(ctx context.Context, c Config, heard chan<- *paho.Publish, lost chan<- error) (*paho.Client, error) {
	within, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	conn, err := c.dial(within)
	if err != nil {
		return nil, failed(ctx, device.Unreachable, err)
	}
	told := func(err error) {
		select {
		case lost <- err:
		default: // once is enough
		}
	}
	client := paho.NewClient(paho.ClientConfig{
		Conn: packets.NewThreadSafeConn(conn), PacketTimeout: connectTime,
		OnClientError:      told,
		OnServerDisconnect: func(*paho.Disconnect) { told(io.EOF) },
		OnPublishReceived: []func(paho.PublishReceived) (bool, error){func(r paho.PublishReceived) (bool, error) {
			if r.Packet.Retain {
				return true, nil
			}
			select {
			case heard <- r.Packet:
			default: // a flood; who leans on a button gets no more rings for it
			}
			return true, nil
		}},
	})
	limit := uint32(maxMessage)
	ack, err := client.Connect(within, &paho.Connect{
		ClientID: c.ID, CleanStart: true, KeepAlive: keepAlive,
		Username: c.User, UsernameFlag: c.User != "", Password: []byte(c.Password), PasswordFlag: c.Password != "",
		Properties: &paho.ConnectProperties{MaximumPacketSize: &limit},
	})
	if err != nil {
		conn.Close()
		return nil, failed(ctx, refusal(ack), err)
	}
	var wanted []paho.SubscribeOptions
	for _, t := range c.Topics {
		// Without what was retained: it happened before.
		wanted = append(wanted, paho.SubscribeOptions{Topic: t.Name, QoS: 1, RetainHandling: 2})
	}
	if _, err := client.Subscribe(within, &paho.Subscribe{Subscriptions: wanted}); err != nil {
		_ = client.Disconnect(&paho.Disconnect{})
		return nil, failed(ctx, device.NoRight, err)
	}
	return client, nil
}

func (c Config) dial(ctx context.Context) (net.Conn, error) {
	u, _ := url.Parse(c.Address) // it was checked
	port := u.Port()
	if port == "" {
		port = map[string]string{"mqtt": "1883", "mqtts": "8883"}[u.Scheme]
	}
	dial := c.Dial
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	conn, err := dial(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil || u.Scheme == "mqtt" {
		return conn, err
	}
	config := &tls.Config{}
	if c.TLS != nil {
		config = c.TLS.Clone()
	}
	config.ServerName = u.Hostname()
	secure := tls.Client(conn, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return secure, nil
}

// refusal judges why a broker does not take us (MQTT 5, 3.2.2.2).
func refusal(ack *paho.Connack) device.Kind {
	if ack == nil {
		return device.Odd // a broker of before MQTT 5 closes the connection
	}
	switch ack.ReasonCode {
	case packets.ConnackBadUsernameOrPassword, packets.ConnackBadAuthenticationMethod:
		return device.WrongLogIn
	case packets.ConnackNotAuthorized, packets.ConnackBanned:
		return device.WrongLogIn // mosquitto says so to a wrong password
	case packets.ConnackServerBusy, packets.ConnackServerUnavailable, packets.ConnackQuotaExceeded, packets.ConnackConnectionRateExceeded:
		return device.Full
	}
	return device.Odd
}

func failed(ctx context.Context, kind device.Kind, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, context.DeadlineExceeded) && !strings.Contains(string(kind), "login") {
		kind = device.Unreachable
	}
	return device.Fault(kind, err)
}
