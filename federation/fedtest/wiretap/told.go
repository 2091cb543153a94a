package wiretap

import (
	"bytes"
	"crypto/ecdh"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/record"
	autonat "github.com/libp2p/go-libp2p/p2p/protocol/autonatv2/pb"
	identify "github.com/libp2p/go-libp2p/p2p/protocol/identify/pb"
	"github.com/multiformats/go-multiaddr"
	"google.golang.org/protobuf/proto"

	"nvrd/federation/wire"
)

// Told is one thing that a neighbor was told: a message, an object in it, what
// that carries.
type Told struct {
	Protocol string
	Raw      []byte // as it was, where it was sealed: opened
	Is       any    // a type of federation/wire, or one of those below
}

// Stream is that one of a protocol was wanted, or taken.
type Stream struct{ Protocol string }

// Identify is what hosts say of themselves when they meet (libp2p's identify).
type Identify struct {
	Protocol, Agent string
	Key             []byte
	Listens         []string
	Protocols       []string
	Observed        string // where it sees the other one
	Record          []byte // see [Record]
}

// Record is where a node is reached, signed by it (libp2p's peer record).
type Record struct {
	Node      []byte
	Seq       uint64
	Addresses []string
}

// Whereabouts asks where nodes are.
type Whereabouts struct{ Of []wire.Key }

// Knock is at a door, or passed on from there; what is sealed in it is told by itself.
type Knock struct {
	Ticket wire.Hash
	Sealed []byte
}

// Hold asks a neighbor to hold a door.
type Hold struct {
	Ticket wire.Hash
	Until  wire.Minute
}

// DialBack asks a neighbor to dial this home, or answers one that asked, or is
// what is said when it is dialed (AutoNAT v2).
type DialBack struct {
	At            []string
	Nonce         []byte
	Status, Index uint32 // of the answer
	Bytes         uint64 // that the other one has to send first
}

// Chunk is a piece of a sealed file.
type Chunk struct{ Sealed []byte }

// Told returns all that neighbors were told, in the order of the streams.
func (t *Tape) Told() ([]Told, error) {
	t.mu.Lock()
	secrets, seals := slices.Clone(t.secrets), slices.Clone(t.seals)
	t.mu.Unlock()
	var all []Told
	var errs []error
	for i, s := range t.Streams() {
		r := reader{secrets: secrets, seals: seals}
		if err := r.stream(s, t.asked(i)); err != nil && !errors.Is(err, errEnds) {
			errs = append(errs, fmt.Errorf("%s (asked: %v), %x: %w", r.protocol, t.asked(i), s[:min(len(s), 300)], err))
		}
		all = append(all, r.told...)
	}
	return all, errors.Join(errs...)
}

func (t *Tape) asked(i int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.streams[i].asked
}

var errSealed = errors.New("sealed for nobody here")

// reader makes sense of one stream.
type reader struct {
	protocol string
	secrets  []wire.Salt
	seals    []*ecdh.PrivateKey
	told     []Told
}

func (r *reader) tell(raw []byte, is any) { r.told = append(r.told, Told{r.protocol, raw, is}) }

// stream reads what one side said on a stream: which protocol it wants or takes
// (multistream-select), and then that.
func (r *reader) stream(said []byte, asked bool) error {
	for !strings.HasPrefix(r.protocol, "/") || r.protocol == "/multistream/1.0.0" {
		line, rest, err := cut(said)
		if err != nil {
			return err
		}
		r.protocol, said = strings.TrimSuffix(string(line), "\n"), rest
	}
	r.tell(nil, Stream{r.protocol})
	if r.protocol == "/stoop/link/1" {
		return r.link(said)
	}
	if r.protocol == "/stoop/blob/1" {
		return r.file(said)
	}
	if r.protocol == "/libp2p/autonat/2/dial-request" {
		return r.dialBack(said)
	}
	if len(said) == 0 {
		return nil // it was refused, or had no answer
	}
	b, rest, err := cut(said)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return wire.ErrMalformed
	}
	switch r.protocol {
	case "/ipfs/id/1.0.0", "/ipfs/id/push/1.0.0":
		return r.identify(b)
	case "/libp2p/autonat/2/dial-back":
		return r.dialed(b, asked)
	case "/stoop/address/1":
		if asked {
			return r.whereabouts(b)
		}
		return r.records(b)
	case "/stoop/join/1", "/stoop/pass/1":
		if asked {
			return r.knock(b)
		}
		return r.welcome(b)
	case "/stoop/hold/1":
		if asked {
			return r.hold(b)
		}
		return r.door(b)
	case "/stoop/vouch/1":
		return r.object(b)
	case "/stoop/report/1":
		return r.report(b)
	case "/stoop/parcel/1", "/stoop/forward/1":
		return r.parcel(b, asked)
	}
	return errors.New("a protocol that nobody knows")
}

// errEnds is of what was cut off with its stream: a connection may end at any
// byte. Of that nothing is told but the stream.
var errEnds = errors.New("it ends in the middle")

// longest is more than anything that is said at once: what says that it is longer
// is not taken for what was cut off.
const longest = uint64(wire.Forward)

// cut cuts off what has its length before it, as a varint.
func cut(b []byte) (first, rest []byte, err error) {
	n, size := binary.Uvarint(b)
	switch {
	case size < 0 || n > longest:
		return nil, b, wire.ErrMalformed
	case size == 0 || n > uint64(len(b)-size):
		return nil, b, errEnds
	}
	return b[size : size+int(n)], b[size+int(n):], nil
}

func (r *reader) link(said []byte) error {
	for {
		b, rest, err := cut(said)
		if err == nil {
			err = r.message(b)
		}
		if err != nil {
			return err
		}
		said = rest
	}
}

func (r *reader) message(b []byte) error {
	m, err := wire.ReadMessage(b)
	if err != nil {
		return err
	}
	r.tell(b, m)
	switch m := m.(type) {
	case wire.Entries:
		for _, e := range m.Entries {
			err = errors.Join(err, r.entry(e))
		}
	case wire.Objects:
		err = r.objects(m.Objects)
	case wire.LogPart:
		err = r.objects(m.Texts)
	case wire.LogTexts:
		err = r.objects(m.Texts)
	}
	return err
}

func (r *reader) entry(c wire.Carried) error {
	signed, err := wire.Open(c.Entry)
	if err != nil {
		return err
	}
	e, ok := signed.Body.(wire.Entry)
	if !ok {
		return wire.ErrMalformed
	}
	r.tell(c.Entry, e)
	if len(c.Payload) == 0 {
		return nil
	}
	says, err := wire.Unpack(e, c.Payload)
	if err == nil {
		r.tell(c.Payload, says)
	}
	return err
}

func (r *reader) objects(all [][]byte) (err error) {
	for _, o := range all {
		err = errors.Join(err, r.object(o))
	}
	return err
}

func (r *reader) object(b []byte) error {
	signed, err := wire.Open(b)
	if err != nil {
		return err
	}
	r.tell(b, signed.Body)
	if anew, ok := signed.Body.(wire.Anew); ok {
		r.tell(anew.Invite, anew.To())
	}
	return nil
}

// file reads what is asked for of a file, or what is given.
func (r *reader) file(said []byte) error {
	b, rest, err := cut(said)
	if err == nil {
		err = r.message(b)
	}
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(rest, wire.SealedChunk) {
		r.tell(chunk, Chunk{chunk})
	}
	return nil
}

func (r *reader) identify(b []byte) error {
	var m identify.Identify
	if err := strictly(b, &m); err != nil {
		return err
	}
	is := Identify{
		Protocol: m.GetProtocolVersion(), Agent: m.GetAgentVersion(), Key: m.GetPublicKey(),
		Protocols: m.GetProtocols(), Record: m.GetSignedPeerRecord(),
	}
	var err error
	if is.Listens, err = addresses(m.GetListenAddrs()); err != nil {
		return err
	}
	if at := m.GetObservedAddr(); len(at) > 0 {
		seen, err := addresses([][]byte{at})
		if err != nil {
			return err
		}
		is.Observed = seen[0]
	}
	r.tell(b, is)
	if len(is.Record) == 0 {
		return nil
	}
	return r.record(is.Record)
}

// dialBack reads what is said about dialing back. What is sent to prove that
// somebody wants it is only long.
func (r *reader) dialBack(said []byte) error {
	for len(said) > 0 {
		b, rest, err := cut(said)
		if err != nil {
			return err
		}
		var m autonat.Message
		if err := strictly(b, &m); err != nil {
			return err
		}
		is := DialBack{Nonce: nonce(m.GetDialRequest().GetNonce()), Bytes: m.GetDialDataRequest().GetNumBytes()}
		is.Index = m.GetDialResponse().GetAddrIdx() + m.GetDialDataRequest().GetAddrIdx()
		is.Status = uint32(m.GetDialResponse().GetStatus())
		if is.At, err = addresses(m.GetDialRequest().GetAddrs()); err != nil {
			return err
		}
		r.tell(b, is)
		said = rest
	}
	return nil
}

// dialed reads what is said on the connection of who dials back.
func (r *reader) dialed(b []byte, asked bool) error {
	var m autonat.DialBack
	var answer autonat.DialBackResponse
	if !asked {
		r.tell(b, DialBack{Status: uint32(answer.GetStatus())})
		return strictly(b, &answer)
	}
	err := strictly(b, &m)
	r.tell(b, DialBack{Nonce: nonce(m.GetNonce())})
	return err
}

func nonce(n uint64) []byte { return binary.LittleEndian.AppendUint64(nil, n) }

// strictly reads a message, of which there is nothing that it does not say.
func strictly(b []byte, m proto.Message) error {
	if err := proto.Unmarshal(b, m); err != nil {
		return err
	}
	if again, err := proto.Marshal(m); err != nil || len(again) != len(b) || len(m.ProtoReflect().GetUnknown()) > 0 {
		return errors.Join(err, errors.New("unknown fields"))
	}
	return nil
}

func addresses(raw [][]byte) (all []string, err error) {
	for _, b := range raw {
		at, err := multiaddr.NewMultiaddrBytes(b)
		if err != nil {
			return nil, err
		}
		all = append(all, at.String())
	}
	return all, nil
}

func (r *reader) record(b []byte) error {
	envelope, content, err := record.ConsumeEnvelope(b, peer.PeerRecordEnvelopeDomain)
	if err != nil {
		return err
	}
	is, ok := content.(*peer.PeerRecord)
	if !ok {
		return wire.ErrMalformed
	}
	again, err := envelope.Marshal()
	inner, innerErr := is.MarshalRecord()
	if err := errors.Join(err, innerErr); err != nil {
		return err
	}
	if !bytes.Equal(again, b) || !bytes.Equal(inner, envelope.RawPayload) {
		return errors.New("a record with more in it")
	}
	told := Record{Node: []byte(is.PeerID), Seq: is.Seq}
	for _, a := range is.Addrs {
		told.Addresses = append(told.Addresses, a.String())
	}
	r.tell(b, told)
	return nil
}

func (r *reader) records(b []byte) error {
	for len(b) > 0 {
		one, rest, err := cut(b)
		if err != nil {
			return wire.ErrMalformed
		}
		if err := r.record(one); err != nil {
			return err
		}
		b = rest
	}
	return nil
}

func (r *reader) whereabouts(b []byte) error {
	var m Whereabouts
	for key := range slices.Chunk(b, len(wire.Key{})) {
		if len(key) != len(wire.Key{}) {
			return wire.ErrMalformed
		}
		m.Of = append(m.Of, wire.Key(key))
	}
	r.tell(b, m)
	return nil
}
