package node_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

func anyParcel(wire.Key) error { return nil }

// keeps has a home keep parcels, and say so in the log of what it was told.
func keeps(by *home) func([]byte) wire.Hash {
	return func(sealed []byte) wire.Hash {
		_ = by.told("a parcel") // it returns nil
		return sha256.Sum256(sealed)
	}
}

// A parcel goes to the home that keeps it by way of another one, which is asked by
// whom it may. Without a receipt it was not kept, whoever says so.
func TestParcel(t *testing.T) {
	n := street("anna", "ben", "cleo")
	anna, ben, cleo := live(t, "anna", n), live(t, "ben", n), live(t, "cleo", n)
	var refuse atomic.Bool
	take := func(from wire.Key) error {
		_ = anna.told(name(from) + " brings") // it returns nil
		if refuse.Load() {
			return nvr.ErrTooMany
		}
		return nil
	}
	anna.node.TakeParcels(take, keeps(anna))
	ben.node.TakeParcels(anyParcel, keeps(ben))
	cleo.node.TakeParcels(anyParcel, keeps(cleo))
	ben.knows(anna)
	anna.knows(cleo)
	sealed := bytes.Repeat([]byte{7}, wire.Parcel)
	receipt := wire.Hash(sha256.Sum256(sealed))
	bring := func(by, to string, sealed []byte, receipt wire.Hash) error {
		t.Helper()
		return ben.node.Bring(soon(t), public(by), public(to), sealed, receipt)
	}
	if err := bring("anna", "cleo", sealed, receipt); err != nil {
		t.Fatal(err)
	}
	anna.until("ben brings")
	cleo.until("a parcel")
	if err := bring("anna", "cleo", sealed, wire.Hash{1}); !errors.Is(err, wire.ErrSignature) {
		t.Errorf("another receipt: %v", err)
	}
	if err := ben.node.Bring(soon(t), wire.Key{}, public("anna"), sealed, receipt); err != nil {
		t.Errorf("to the home itself: %v", err)
	}
	for what, c := range map[string]struct {
		to     string
		sealed []byte
	}{
		"to the home that passes on": {"anna", sealed}, "to oneself": {"ben", sealed}, "to a stranger": {"stranger", sealed},
		"to one that is off": {"dora", sealed}, "a short one": {"cleo", sealed[1:]}, "a long one": {"cleo", append(bytes.Clone(sealed), 0)},
		"nothing": {"cleo", nil},
	} {
		if err := bring("anna", c.to, c.sealed, receipt); err == nil {
			t.Errorf("%s it is passed on", what)
		}
	}
	for _, wrong := range [][]byte{nil, sealed[1:], append(bytes.Clone(sealed), 0)} {
		if err := ben.node.Bring(soon(t), wire.Key{}, public("anna"), wrong, sha256.Sum256(wrong)); err == nil {
			t.Errorf("one of %d bytes is kept", len(wrong))
		}
	}
	refuse.Store(true)
	if err := bring("anna", "cleo", sealed, receipt); err == nil {
		t.Error("more than one's share is passed on")
	}
	if err := ben.node.Bring(soon(t), wire.Key{}, public("anna"), sealed, receipt); err == nil {
		t.Error("more than one's share is kept")
	}
}

// A home that takes a parcel and drops it can't say that it was kept.
func TestParcelDropped(t *testing.T) {
	n := street("anna", "ben", "cleo")
	ben, anna := live(t, "ben", n), intruder(t, "anna")
	ben.node.Know(public("anna"), anna.Addrs())
	sealed := bytes.Repeat([]byte{7}, wire.Parcel)
	for what, answer := range map[string][]byte{
		"nothing": nil, "that it did": {1}, "a receipt of its own": framed(make([]byte, 32)), "a long one": framed(make([]byte, 33)), "half of one": framed(make([]byte, 32))[:9],
	} {
		anna.SetStreamHandler("/stoop/forward/1", func(s network.Stream) {
			_, _ = io.CopyN(io.Discard, s, int64(len(framed(make([]byte, wire.Forward)))))
			_, _ = s.Write(answer)
			_ = s.Close()
		})
		if err := ben.node.Bring(soon(t), public("anna"), public("cleo"), sealed, wire.Hash{9}); err == nil {
			t.Errorf("who says %s is believed", what)
		}
	}
}

// Of one home four parcels come in at a time, and of strangers none; what more it
// sends costs nothing, and others' go on.
func TestParcelsAtOnce(t *testing.T) {
	n := street("anna", "ben", "cleo")
	anna, cleo := live(t, "anna", n), live(t, "cleo", n)
	var taken atomic.Int32
	anna.node.TakeParcels(func(wire.Key) error { taken.Add(1); return nil }, keeps(anna))
	cleo.knows(anna)
	open := func(h host.Host) network.Stream {
		t.Helper()
		to := anna.node.Host()
		if err := h.Connect(soon(t), peer.AddrInfo{ID: to.ID(), Addrs: to.Addrs()}); err != nil {
			return nil // a stranger
		}
		s, err := h.NewStream(soon(t), to.ID(), "/stoop/parcel/1")
		if err != nil {
			return nil
		}
		_, _ = s.Write(framed(make([]byte, wire.Parcel))[:1000]) // and no more
		return s
	}
	if s := open(intruder(t, "stranger")); s != nil {
		_ = s.SetReadDeadline(time.Now().Add(10 * time.Second))
		if _, err := s.Read(make([]byte, 1)); err == nil {
			t.Error("a stranger is served")
		}
	}
	ben := intruder(t, "ben")
	var all []network.Stream
	for range 12 {
		all = append(all, open(ben))
	}
	ended := make(chan error, len(all))
	for _, s := range all {
		go func() {
			_, err := s.Read(make([]byte, 1))
			ended <- err
		}()
	}
	for range 8 {
		if err := <-ended; err == nil {
			t.Error("it was answered")
		}
	}
	if n := taken.Load(); n != 4 {
		t.Errorf("%d are read at a time", n)
	}
	sealed := bytes.Repeat([]byte{7}, wire.Parcel)
	if err := cleo.node.Bring(soon(t), wire.Key{}, public("anna"), sealed, sha256.Sum256(sealed)); err != nil {
		t.Errorf("another home's: %v", err)
	}
	for _, s := range all {
		_ = s.Reset()
	}
	for range 4 {
		<-ended
	}
	again := func() error { // once it is noticed that these are gone
		s := open(ben)
		defer func() { _ = s.Reset() }()
		if _, err := s.Write(framed(sealed)[1000:]); err != nil {
			return err
		}
		_ = s.SetReadDeadline(time.Now().Add(10 * time.Second))
		_, err := s.Read(make([]byte, 1))
		return err
	}
	for until := time.Now().Add(20 * time.Second); ; {
		err := again()
		if err == nil {
			break
		}
		if time.Now().After(until) {
			t.Fatalf("afterwards nothing more is taken: %v", err)
		}
	}
}
