package node_test

import (
	"bytes"
	"crypto/ecdh"
	"crypto/sha256"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/libp2p/go-libp2p/core/network"

	"nvrd/federation/wire"
)

// A report is taken when the steward's home says so, and only then; it goes to
// that home, who hears from whom it comes.
func TestReport(t *testing.T) {
	n := street("anna", "ben", "cleo")
	anna, ben, cleo := live(t, "anna", n), live(t, "ben", n), live(t, "cleo", n)
	sealed := bytes.Repeat([]byte{7}, wire.SealedReport)
	full := errors.New("the disk is full")
	var refuse error
	anna.node.TakeReports(func(from wire.Key, b []byte) error {
		if refuse == nil && bytes.Equal(b, sealed) {
			return anna.told(name(from) + " reports")
		}
		return refuse
	})
	cleo.node.TakeReports(func(from wire.Key, _ []byte) error { return cleo.told(name(from) + " reports") })
	ben.knows(anna)
	if err := ben.node.Report(t.Context(), public("anna"), sealed); err != nil { // also if there is no link yet
		t.Fatal(err)
	}
	anna.until("ben reports")
	refuse = full
	if err := ben.node.Report(t.Context(), public("anna"), sealed); err == nil || errors.Is(err, full) {
		t.Errorf("what Anna's home refuses: %v", err)
	}
	for _, to := range []string{"dora", "stranger"} {
		if err := ben.node.Report(t.Context(), public(to), sealed); err == nil {
			t.Errorf("%s took it", to)
		}
	}
	if got := cleo.all(); strings.Contains(got, "reports") {
		t.Errorf("Cleo's home was told %s", got)
	}
}

// Who sees a report pass learns nothing from its length, nor from that of the answer.
func TestReportLength(t *testing.T) {
	n := street("anna", "ben")
	ben, anna := live(t, "ben", n), intruder(t, "anna")
	ben.node.Know(public("anna"), anna.Addrs())
	heard := make(chan int, 1)
	anna.SetStreamHandler("/stoop/report/1", func(s network.Stream) {
		question := make([]byte, 1<<16)
		size, _ := io.ReadFull(s, question[:len(framed(make([]byte, wire.SealedReport)))])
		_, _ = s.Write(framed([]byte{1}))
		more, _ := io.ReadFull(s, question)
		heard <- size + more
	})
	seal := sha256.Sum256([]byte("anna's seal"))
	opens, err := ecdh.X25519().NewPrivateKey(seal[:])
	if err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{"!", strings.Repeat("🏠", wire.MaxReportWords)} {
		signed, err := wire.Sign(wire.Report{Reporter: public("ben"), Steward: public("anna"), Words: words}, key("ben"))
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := wire.SealReport(signed, wire.Key(opens.PublicKey().Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if err := ben.node.Report(soon(t), public("anna"), sealed); err != nil {
			t.Fatal(err)
		}
		if got := <-heard; got != 2098 {
			t.Errorf("of %d bytes of words %d bytes are heard", len(words), got)
		}
	}
}

// Whatever a home answers that does not take a report, it counts as not taken;
// what is longer than a report is not read.
func TestReportAnswers(t *testing.T) {
	n := street("anna", "ben")
	ben := live(t, "ben", n)
	sealed := make([]byte, wire.SealedReport)
	anna := intruder(t, "anna")
	ben.node.Know(public("anna"), anna.Addrs())
	for what, answer := range map[string][]byte{
		"nothing": nil, "an empty answer": framed(nil), "no": framed([]byte{0}), "2": framed([]byte{2}), "two bytes": framed([]byte{1, 1}),
		"a length alone": {1}, "a length without end": bytes.Repeat([]byte{0xff}, 20), "2^40 bytes": {0x80, 0x80, 0x80, 0x80, 0x80, 0x20},
	} {
		anna.SetStreamHandler("/stoop/report/1", func(s network.Stream) {
			_, _ = s.Write(answer)
			_ = s.Close()
		})
		if err := ben.node.Report(soon(t), public("anna"), sealed); err == nil {
			t.Errorf("%s: it is taken", what)
		}
	}
	anna.SetStreamHandler("/stoop/report/1", func(s network.Stream) {
		_, _ = s.Write(framed([]byte{1}))
		_ = s.Close()
	})
	if err := ben.node.Report(soon(t), public("anna"), sealed); err != nil {
		t.Errorf("it is not taken: %v", err)
	}
	heard := 0
	ben.node.TakeReports(func(wire.Key, []byte) error { heard++; return nil })
	s := open(t, anna, ben, "/stoop/report/1")
	if _, err := s.Write(framed(make([]byte, wire.SealedReport+1))); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(s); err == nil || len(got) > 0 || heard > 0 {
		t.Errorf("a byte too many is answered %x, %v", got, err)
	}
}
