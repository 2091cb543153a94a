package notify

import (
	"context"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/eclipse/paho.golang/autopaho"
	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
)

// mqtt publishes to a broker, with which it stays connected, and tells Home
// Assistant what there is. It takes no orders: all that it reads is whether Home
// Assistant has started. docs/ref/notifications.md lists the topics.
type mqtt struct {
	o         *Outbox
	home      string // of topics: the prefix and part of the number of this home
	node      string // the same in names
	discovery string // Home Assistant's prefix; empty for none
	manager   *autopaho.ConnectionManager
	renew     chan struct{} // told when all has to be announced anew
	stop      context.CancelFunc
	announced sync.WaitGroup

	mu  sync.Mutex
	why error // the last connection failed
}

const (
	keepAlive    = 30 // seconds after which the broker says that this home is gone: 45
	goodbyeTime  = 4 * time.Second
	announceTime = 10 * time.Second
	// motionTime is how long Home Assistant shows motion after a message of it.
	motionTime = 30
)

func (o *Outbox) mqtt(ctx context.Context, s map[string]household.Secret) (sender, error) {
	server, err := url.Parse(s["server"].Reveal())
	if err != nil {
		return nil, err
	}
	number := o.c.Home.UUID()
	id := hex.EncodeToString(number[:4])
	m := &mqtt{
		o: o, home: s["prefix"].Reveal() + "/" + id, node: "stoop_" + id, discovery: s["discovery"].Reveal(),
		renew: make(chan struct{}, 1),
	}
	ctx, m.stop = context.WithCancel(context.WithoutCancel(ctx))
	config := autopaho.ClientConfig{
		ServerUrls:                    []*url.URL{server},
		TlsCfg:                        &tls.Config{ServerName: server.Hostname(), RootCAs: o.c.Roots},
		KeepAlive:                     keepAlive,
		CleanStartOnInitialConnection: true,
		ConnectTimeout:                attemptTime,
		ReconnectBackoff:              reconnect,
		AttemptConnection:             m.connect,
		OnConnectionUp:                m.up,
		OnConnectError:                m.down,
		ConnectUsername:               s["user"].Reveal(),
		ConnectPassword:               []byte(s["password"].Reveal()),
		WillMessage:                   &paho.WillMessage{Topic: m.home + "/status", Payload: []byte("offline"), QoS: 1, Retain: true},
		ClientConfig: paho.ClientConfig{
			ClientID:          m.node,
			PacketTimeout:     attemptTime,
			OnPublishReceived: []func(paho.PublishReceived) (bool, error){m.heard},
		},
	}
	if m.manager, err = autopaho.NewConnection(ctx, config); err != nil {
		m.stop()
		return nil, err
	}
	m.announced.Go(func() { m.announce(ctx) })
	return m, nil
}

// reconnect is how long to wait before the connection is tried once more.
func reconnect(attempt int) time.Duration {
	if attempt == 0 {
		return 0
	}
	return min(pause(attempt), time.Minute)
}

// connect opens a connection by the one dialer.
func (m *mqtt) connect(ctx context.Context, c autopaho.ClientConfig, server *url.URL) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTime)
	defer cancel()
	address := server.Host
	if server.Port() == "" {
		address = net.JoinHostPort(server.Hostname(), map[string]string{"mqtt": "1883", "mqtts": "8883"}[server.Scheme])
	}
	conn, err := m.o.out.dial(near)(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	if server.Scheme != "mqtts" {
		return packets.NewThreadSafeConn(conn), nil
	}
	secured := tls.Client(conn, c.TlsCfg)
	if err := secured.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return packets.NewThreadSafeConn(secured), nil
}

func (m *mqtt) up(*autopaho.ConnectionManager, *paho.Connack) {
	m.fail(nil)
	m.again()
}

func (m *mqtt) down(err error) { m.fail(err) }

func (m *mqtt) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.why = err
}

// again has everything announced once more.
func (m *mqtt) again() {
	select {
	case m.renew <- struct{}{}:
	default:
	}
}

// heard notes that Home Assistant has started, and knows nothing yet.
func (m *mqtt) heard(p paho.PublishReceived) (bool, error) {
	if m.discovery != "" && p.Packet.Topic == m.discovery+"/status" && string(p.Packet.Payload) == "online" {
		m.again()
	}
	return true, nil
}

func (m *mqtt) send(ctx context.Context, msg Message, jpeg []byte) error {
	wait, cancel := context.WithTimeout(ctx, m.patienceForBroker())
	err := m.manager.AwaitConnection(wait)
	cancel()
	if err != nil {
		return m.disconnected(err)
	}
	camera := m.home + "/camera/" + msg.Camera.String()
	if jpeg != nil {
		return m.publish(ctx, camera+"/picture", jpeg, false)
	}
	text, err := json.Marshal(m.o.told(msg))
	if err != nil {
		return err
	}
	var errs []error
	switch {
	case msg.Gone || msg.Missed:
	case msg.Kind == nvr.RingEvent:
		ring, err := json.Marshal(map[string]string{"event_type": "ring", "id": msg.ID, "at": msg.At.String()})
		errs = append(errs, err, m.publish(ctx, camera+"/ring", ring, false))
	case slices.Contains(moves, msg.Kind):
		errs = append(errs, m.publish(ctx, camera+"/motion", []byte("ON"), false))
	}
	return errors.Join(append(errs, m.publish(ctx, camera+"/message", text, false))...)
}

// patienceForBroker is how long a message waits for the connection: less if it is known
// to fail.
func (m *mqtt) patienceForBroker() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.why != nil {
		return time.Second
	}
	return connectTime
}

// moves are the kinds that mean motion.
var moves = []string{nvr.MotionEvent, nvr.PersonEvent, nvr.AnimalEvent, nvr.VehicleEvent}

// publish publishes at least once.
func (m *mqtt) publish(ctx context.Context, topic string, payload []byte, retain bool) error {
	if _, err := m.manager.Publish(ctx, &paho.Publish{QoS: 1, Retain: retain, Topic: topic, Payload: payload}); err != nil {
		return m.disconnected(err)
	}
	return nil
}

// disconnected returns why nothing can be published: rather what the last connection
// failed with than that there is none.
func (m *mqtt) disconnected(err error) error {
	m.mu.Lock()
	why := m.why
	m.mu.Unlock()
	if why == nil {
		return judge(err)
	}
	if refused, ok := errors.AsType[*autopaho.ConnackError](why); ok {
		f := &failure{trouble: Refused, err: errors.New("the broker refused the connection with code " + strconv.Itoa(int(refused.ReasonCode)))}
		if refused.ReasonCode == packets.ConnackBadUsernameOrPassword || refused.ReasonCode == packets.ConnackNotAuthorized {
			f.trouble = Denied
		}
		return f
	}
	return judge(why)
}

func (m *mqtt) patience() time.Duration { return 0 }

// close says goodbye. If the channel was removed, Home Assistant is told to forget.
func (m *mqtt) close(forget bool) {
	ctx, cancel := context.WithTimeout(context.Background(), goodbyeTime)
	defer cancel()
	last := m.publish(ctx, m.home+"/status", []byte("offline"), true)
	if last == nil && forget {
		m.forget(ctx)
	}
	_ = m.manager.Disconnect(ctx) // it may be down, which is as good
	m.stop()
	m.announced.Wait()
}
