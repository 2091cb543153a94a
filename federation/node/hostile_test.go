package node_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/core/record"
	"github.com/multiformats/go-multiaddr"

	"nvrd/federation/node"
	"nvrd/federation/wire"
)

const (
	linkProtocol    = "/stoop/link/1"
	addressProtocol = "/stoop/address/1"
)

func identityOf(t *testing.T, name string) crypto.PrivKey {
	t.Helper()
	k, err := crypto.UnmarshalEd25519PrivateKey(key(name))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// intruder is a host that is none of this program's: it does what the test has it do.
func intruder(t *testing.T, name string) host.Host {
	t.Helper()
	h, err := libp2p.New(libp2p.Identity(identityOf(t, name)), libp2p.ListenAddrStrings("/ip4/127.0.0.1/tcp/0"), libp2p.Ping(false))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func connect(t *testing.T, from host.Host, to *home) {
	t.Helper()
	if err := from.Connect(soon(t), peer.AddrInfo{ID: peerOf(t, to.name), Addrs: to.node.Addresses()}); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, from host.Host, to *home, p protocol.ID) network.Stream {
	t.Helper()
	connect(t, from, to)
	s, err := from.NewStream(soon(t), peerOf(t, to.name), p)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// framed is what an exchange or a link reads.
func framed(b []byte) []byte { return append(binary.AppendUvarint(nil, uint64(len(b))), b...) }

func message(t *testing.T, m wire.Message) []byte {
	t.Helper()
	b, err := wire.WriteMessage(m)
	if err != nil {
		t.Fatal(err)
	}
	return framed(b)
}

// large is nearly the largest message.
func large() wire.Message {
	var e wire.Entries
	for range 7 {
		e.Entries = append(e.Entries, wire.Carried{Entry: make([]byte, wire.MaxEntry), Payload: make([]byte, 8000)})
	}
	return e
}

// A member that takes in nothing is given up once more waits for it than fits,
// and the home goes on with others meanwhile.
func TestNeighborThatNeverReads(t *testing.T) {
	n := street("anna", "ben", "cleo")
	anna, cleo := live(t, "anna", n), live(t, "cleo", n)
	cleo.knows(anna)
	anna.until("cleo up")
	ben := intruder(t, "ben")
	if _, err := open(t, ben, anna, linkProtocol).Write(message(t, root(1))); err != nil {
		t.Fatal(err)
	}
	anna.until("ben up", "ben says 1")
	m := large()
	size := 0
	for size < 3*node.Backlog { // what is in the sockets is beside it
		anna.node.Send(public("ben"), m)
		size += wire.Size(m)
	}
	anna.node.Send(public("cleo"), root(2))
	cleo.until("anna says 2")
	anna.until("ben down")
}

func TestHostileFrames(t *testing.T) {
	whole := message(t, root(1))
	for name, c := range map[string]struct {
		said []byte
		ends bool // at once; else it waits, and so does nobody else
	}{
		"a length of 2^63":            {append(binary.AppendUvarint(nil, 1<<63), whole...), true},
		"a length beyond 64 bits":     {bytes.Repeat([]byte{0xff}, 11), true},
		"a length in 64 bytes":        {append(bytes.Repeat([]byte{0x80}, 63), 1), true},
		"a length of one too many":    {binary.AppendUvarint(nil, wire.MaxMessage+1), true},
		"no message":                  {[]byte{0}, true},
		"nonsense":                    {framed([]byte("let us talk")), true},
		"a message with more behind":  {framed(append(bytes.Clone(whole[1:]), 0)), true},
		"a message of a later kind":   {framed([]byte{0x83, 0x01, 0x17, 0x40}), true},
		"nothing":                     {nil, false},
		"half a frame":                {whole[:len(whole)/2], false},
		"half a length":               {[]byte{0x80}, false},
		"a length and nothing of 64K": {binary.AppendUvarint(nil, wire.MaxMessage), false},
	} {
		t.Run(name, func(t *testing.T) {
			n := street("anna", "ben", "cleo")
			anna, cleo := live(t, "anna", n), live(t, "cleo", n)
			cleo.knows(anna)
			ben := intruder(t, "ben")
			s := open(t, ben, anna, linkProtocol)
			if _, err := s.Write(append(message(t, root(1)), c.said...)); err != nil {
				t.Fatal(err)
			}
			anna.until("ben up", "ben says 1")
			if c.ends {
				anna.until("ben down")
			}
			anna.until("cleo up")
			cleo.node.Send(public("anna"), root(2))
			anna.until("cleo says 2")
			_ = ben.Close()
			anna.until("ben up", "ben says 1", "ben down")
			if got := anna.all(); strings.Count(got, "ben says") != 1 {
				t.Errorf("anna was told %s", got)
			}
		})
	}
}

// A member that opens a thousand streams has one link, as everybody.
func TestThousandStreams(t *testing.T) {
	n := street("anna", "ben", "cleo")
	anna, cleo := live(t, "anna", n), live(t, "cleo", n)
	cleo.knows(anna)
	anna.until("cleo up")
	before := runtime.NumGoroutine()
	ben := intruder(t, "ben")
	connect(t, ben, anna)
	var opening sync.WaitGroup
	enough, cancel := context.WithTimeout(t.Context(), 3*time.Second) // most of them wait for the others to end
	defer cancel()
	for _, p := range []protocol.ID{linkProtocol, addressProtocol, "/stoop/hold/1", "/stoop/pass/1", "/stoop/vouch/1"} {
		for range 200 {
			opening.Go(func() {
				if s, err := ben.NewStream(enough, peerOf(t, "anna"), p); err == nil {
					_, _ = s.Write([]byte{0x80}) // and it waits
				}
			})
		}
	}
	opening.Wait()
	if links := anna.node.Linked(); len(links) > 2 {
		t.Errorf("anna has %d links", len(links))
	}
	cleo.node.Send(public("anna"), root(2))
	anna.until("cleo says 2")
	_ = ben.Close()
	eventually(t, func() error {
		if _, ok := anna.node.Linked()[public("ben")]; ok {
			return errors.New("ben is linked")
		}
		if now := runtime.NumGoroutine(); now > before+20 {
			return fmt.Errorf("%d goroutines, %d before", now, before)
		}
		return anna.inOrder()
	})
}

// inOrder tells whether each neighbor came up before it spoke, and was down before it came up again.
func (h *home) inOrder() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	up := map[string]bool{}
	for _, what := range h.heard {
		who, does, _ := strings.Cut(what, " ")
		switch {
		case does == "up" && up[who], does == "down" && !up[who], strings.HasPrefix(does, "says") && !up[who]:
			return fmt.Errorf("%s in the wrong order: %q", what, h.heard)
		case does == "up" || does == "down":
			up[who] = does == "up"
		}
	}
	return nil
}

// eventually asks until it is so, as of what ends by itself and tells nobody.
func eventually(t *testing.T, ask func() error) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	ctx := soon(t)
	for {
		err := ask()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal(err)
		}
	}
}

// A member that asks for addresses without end is answered once in a while.
func TestAsksWithoutEnd(t *testing.T) {
	n := street("anna", "ben", "cleo")
	anna, cleo := live(t, "anna", n), live(t, "cleo", n)
	cleo.knows(anna)
	anna.until("cleo up")
	ben := intruder(t, "ben")
	eventually(t, func() error { // her home learns where Cleo is a moment after the link stands
		if anna.page(public("cleo")) == nil {
			return errors.New("anna does not know where Cleo is")
		}
		return nil
	})
	k := public("cleo")
	answers := 0
	begun := time.Now()
	for range 100 {
		answers += asked(t, ben, anna, k[:])
	}
	if most := 1 + int(time.Since(begun)/(10*time.Second)); answers == 0 || answers > most {
		t.Errorf("%d answers, of at most %d", answers, most)
	}
}

func asked(t *testing.T, from host.Host, to *home, question []byte) int {
	t.Helper()
	s := open(t, from, to, addressProtocol)
	defer s.Reset()
	if _, err := s.Write(framed(question)); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(s)
	if err != nil || len(got) == 0 {
		t.Fatalf("%x, %v", got, err)
	}
	if got[0] == 0 {
		return 0
	}
	return 1
}

// signedRecord is what a host says of itself: where name is reached, by signer.
func signedRecord(t *testing.T, name, signer string, seq uint64, at ...string) []byte {
	t.Helper()
	r := &peer.PeerRecord{PeerID: peerOf(t, name), Seq: seq}
	for _, a := range at {
		r.Addrs = append(r.Addrs, multiaddr.StringCast(a))
	}
	e, err := record.Seal(r, identityOf(t, signer))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := e.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// What a member answers that is asked where others are: only what they signed
// themselves, and of those only who was asked for, is believed.
func TestHostileAddresses(t *testing.T) {
	good := func(t *testing.T) []byte {
		return signedRecord(t, "cleo", "cleo", 7, "/ip4/203.0.113.9/udp/4001/quic-v1")
	}
	for name, c := range map[string]struct {
		raw  func(t *testing.T) []byte
		kept string // whose record is kept of it
	}{
		"hers":               {good, "cleo"},
		"somebody else's":    {func(t *testing.T) []byte { return signedRecord(t, "stranger", "stranger", 7, "/ip4/203.0.113.9/tcp/1") }, ""},
		"signed by another":  {func(t *testing.T) []byte { return signedRecord(t, "cleo", "ben", 7, "/ip4/203.0.113.9/tcp/1") }, ""},
		"of more than 4 KiB": {func(t *testing.T) []byte { return append(good(t), make([]byte, 4<<10)...) }, ""},
		"with 17 addresses": {func(t *testing.T) []byte {
			return signedRecord(t, "cleo", "cleo", 7, slices.Repeat([]string{"/ip4/203.0.113.9/tcp/1"}, 17)...)
		}, ""},
		"cut short":             {func(t *testing.T) []byte { return good(t)[:60] }, ""},
		"nonsense":              {func(*testing.T) []byte { return []byte("over there") }, ""},
		"nothing":               {func(*testing.T) []byte { return nil }, ""},
		"one bit of it changed": {func(t *testing.T) []byte { b := good(t); b[len(b)-1] ^= 1; return b }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			n := street("anna", "ben", "cleo")
			anna := live(t, "anna", n)
			ben := intruder(t, "ben")
			answered := make(chan struct{}, 100)
			ben.SetStreamHandler(addressProtocol, func(s network.Stream) {
				_, _ = s.Read(make([]byte, 64))
				_, _ = s.Write(framed(framed(c.raw(t))))
				_ = s.CloseWrite()
				_, _ = io.ReadAll(s) // until it was read
				answered <- struct{}{}
			})
			s := open(t, ben, anna, linkProtocol)
			if _, err := s.Write(message(t, root(1))); err != nil {
				t.Fatal(err)
			}
			anna.until("ben up")
			select {
			case <-answered:
			case <-soon(t).Done():
				t.Fatal("ben was not asked")
			}
			if c.kept != "" {
				eventually(t, func() error {
					if anna.page(public(c.kept)) == nil {
						return errors.New("it was not kept")
					}
					return nil
				})
			}
			if err := anna.node.Close(); err != nil { // nothing of it goes on
				t.Fatal(err)
			}
			pages := slices.Collect(maps.Keys(anna.pages.kept))
			pages = slices.DeleteFunc(pages, func(k wire.Key) bool { return k == public("ben") || k == public(c.kept) })
			if len(pages) > 0 || c.kept == "" && anna.page(public("cleo")) != nil {
				t.Errorf("%d records are kept: %s's", len(pages), name)
			}
		})
	}
}

// Everything happens at once: nothing hangs, each neighbor comes and goes in
// turn, and nothing goes on once the nodes are closed.
func TestStorm(t *testing.T) {
	n := street("anna", "ben", "cleo")
	homes := []*home{live(t, "anna", n), live(t, "ben", n), live(t, "cleo", n)}
	homes[0].knows(homes[1])
	homes[2].knows(homes[1])
	homes[0].until("ben up", "cleo up")
	var doing sync.WaitGroup
	for _, h := range homes {
		for range 6 {
			doing.Go(func() {
				for i := range 100 {
					to := public(homes[rand.IntN(3)].name)
					switch rand.IntN(30) {
					case 0:
						h.node.Hang(to)
					case 1:
						h.node.Reset()
					case 2:
						h.node.Stir()
					case 3:
						h.node.Know(to, homes[1].node.Addresses())
					case 4:
						h.node.Linked()
					case 5:
						h.node.Members(8)
					default:
						h.node.Send(to, root(uint32(i)))
					}
				}
			})
		}
	}
	doing.Wait()
	homes[0].node.Reset()
	for _, h := range homes {
		for range 4 {
			doing.Go(func() {
				for i := range 100 {
					h.node.Send(public("ben"), root(uint32(i)))
					h.node.Hang(public("anna"))
				}
			})
		}
		doing.Go(func() {
			if err := h.node.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	doing.Wait()
	for _, h := range homes {
		if err := h.inOrder(); err != nil {
			t.Errorf("%s: %v", h.name, err)
		}
		if len(h.node.Linked()) != 0 {
			t.Errorf("%s is linked once it is closed", h.name)
		}
		told := h.all()
		h.node.Send(public("ben"), root(1))
		h.node.Hang(public("ben"))
		if h.all() != told {
			t.Errorf("%s was told more once it was closed", h.name)
		}
	}
	if on := running(); on != "" {
		t.Errorf("these go on:\n%s", on)
	}
}

// running returns the goroutines of nodes.
func running() string {
	all := make([]byte, 4<<20)
	var on []string
	for _, g := range strings.Split(string(all[:runtime.Stack(all, true)]), "\n\n") {
		// One whose only call is that of start did what it was to do, and said so:
		// the runtime may show it for a moment more.
		calls, _, _ := strings.Cut(g, "created by ")
		if ended := strings.Count(calls, "\n\t") == 1 && strings.Contains(calls, "node.(*Node).start.func1"); ended {
			continue
		}
		if strings.Contains(g, "nvrd/federation/node.") {
			on = append(on, g)
		}
	}
	return strings.Join(on, "\n\n")
}

// Closing waits for those who ask and never end their question.
func TestCloseWaits(t *testing.T) {
	n := street("anna", "ben")
	anna := live(t, "anna", n)
	ben := intruder(t, "ben")
	for _, p := range []protocol.ID{linkProtocol, addressProtocol, "/stoop/hold/1", "/stoop/pass/1", "/stoop/vouch/1"} {
		if _, err := open(t, ben, anna, p).Write([]byte{0x80}); err != nil {
			t.Fatal(err)
		}
	}
	anna.until("ben up")
	eventually(t, func() error {
		if got := strings.Count(running(), "node.exchange.reply"); got != 4 {
			return fmt.Errorf("%d questions are read", got)
		}
		return nil
	})
	if err := anna.node.Close(); err != nil {
		t.Fatal(err)
	}
	if on := running(); on != "" {
		t.Errorf("these go on:\n%s", on)
	}
}

// What a stranger learns that may connect, because it comes from the address of
// a neighbor: nothing but the key that it dialed.
func TestStrangerLearnsNothing(t *testing.T) {
	n := street("anna", "ben")
	anna, ben := live(t, "anna", n), live(t, "ben", n)
	anna.knows(ben)
	anna.until("ben up")
	stranger := intruder(t, "stranger")
	failed, err := stranger.EventBus().Subscribe([]any{new(event.EvtPeerIdentificationFailed), new(event.EvtPeerIdentificationCompleted)})
	if err != nil {
		t.Fatal(err)
	}
	defer failed.Close()
	var told sync.Map
	for _, p := range []protocol.ID{"/ipfs/id/1.0.0", "/ipfs/id/push/1.0.0"} {
		stranger.SetStreamHandler(p, func(s network.Stream) { // what her home asks or says by itself
			b, _ := io.ReadAll(s)
			if len(b) > 0 {
				told.Store(p, b)
			}
			_ = s.Reset()
		})
	}
	connect(t, stranger, anna)
	select {
	case e := <-failed.Out():
		if done, ok := e.(event.EvtPeerIdentificationCompleted); ok {
			t.Errorf("it is told protocols %v, agent %q, addresses %v, record %v", done.Protocols, done.AgentVersion, done.ListenAddrs, done.SignedPeerRecord)
		}
	case <-soon(t).Done():
		t.Fatal("nothing comes of asking who it is")
	}
	id := peerOf(t, "anna")
	for _, p := range anna.node.Host().Mux().Protocols() {
		s, err := stranger.NewStream(soon(t), id, p)
		if err != nil {
			continue
		}
		_, _ = s.Write(framed([]byte("hello")))
		_ = s.CloseWrite()
		_ = s.SetReadDeadline(time.Now().Add(20 * time.Second))
		if got, err := io.ReadAll(s); len(got) > 0 || err == nil {
			t.Errorf("%s answers %x, %v", p, got, err)
		}
	}
	told.Range(func(p, b any) bool {
		t.Errorf("by %s it is told %x", p, b)
		return true
	})
	if anna.page(public("stranger")) != nil {
		t.Error("where the stranger is reached is kept")
	}
	anna.node.Send(public("ben"), root(1))
	ben.until("anna says 1")
}

// A neighbor that opens another link has forgotten the first one, which ends.
func TestNewLinkTakesPlace(t *testing.T) {
	n := street("anna", "ben")
	anna := live(t, "anna", n)
	ben := intruder(t, "ben")
	first := open(t, ben, anna, linkProtocol)
	if _, err := first.Write(message(t, root(1))); err != nil {
		t.Fatal(err)
	}
	anna.until("ben up", "ben says 1")
	second := open(t, ben, anna, linkProtocol)
	if _, err := second.Write(message(t, root(2))); err != nil {
		t.Fatal(err)
	}
	anna.until("ben up", "ben says 1", "ben down", "ben up", "ben says 2")
	if _, err := first.Read(make([]byte, 1)); err == nil {
		t.Error("the first one goes on")
	}
	if err := anna.inOrder(); err != nil {
		t.Error(err)
	}
}

// porter lets nobody in before it is told to.
type porter struct {
	*home
	asked, goOn chan struct{}
	done        bool
}

func (p *porter) Vouch(wire.Key, []byte) ([]byte, error) {
	close(p.asked)
	<-p.goOn
	for range 1000 {
		runtime.Gosched()
	}
	p.done = true
	return nil, errors.New("nobody is let in")
}

// What is being decided for a neighbor when the node is closed has ended when
// that returns: nothing is written to a disk that is closed.
func TestCloseWaitsForDecisions(t *testing.T) {
	n := street("anna", "ben")
	p := &porter{home: &home{neighbors: n, t: t, name: "anna", news: make(chan struct{})}, asked: make(chan struct{}), goOn: make(chan struct{})}
	made, err := node.Listen(node.Config{Key: key("anna"), Local: true}, p, p, nil)
	if err != nil {
		t.Fatal(err)
	}
	p.node = made
	s := open(t, intruder(t, "ben"), p.home, "/stoop/vouch/1")
	if _, err := s.Write(framed([]byte("a card"))); err != nil {
		t.Fatal(err)
	}
	<-p.asked
	go func() {
		_, _ = io.ReadAll(s) // until the node hangs up
		close(p.goOn)
	}()
	if err := made.Close(); err != nil {
		t.Fatal(err)
	}
	if !p.done {
		t.Error("it goes on")
	}
}
