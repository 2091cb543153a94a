package node

import (
	"bufio"
	"errors"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p/core/network"

	"nvrd/federation/wire"
)

// pipe is a stream whose other end a test holds. Nothing lies between the two:
// what is written waits until it is read.
type pipe struct {
	network.Stream // nil: a link uses nothing else of it
	end            net.Conn
}

func (p pipe) Read(b []byte) (int, error)         { return p.end.Read(b) }
func (p pipe) Write(b []byte) (int, error)        { return p.end.Write(b) }
func (p pipe) CloseWrite() error                  { return nil }
func (p pipe) Reset() error                       { return p.end.Close() }
func (p pipe) SetReadDeadline(t time.Time) error  { return p.end.SetReadDeadline(t) }
func (p pipe) SetWriteDeadline(t time.Time) error { return p.end.SetWriteDeadline(t) }

// talking returns a link that talks, and its other end.
func talking(t *testing.T) (*link, net.Conn) {
	here, there := net.Pipe()
	l := newLink(wire.Key{1}, pipe{end: here})
	go func() {
		l.talk(func(wire.Message) error { return nil })
		close(l.ended)
	}()
	t.Cleanup(func() { there.Close(); <-l.ended })
	return l, there
}

func large() wire.Message {
	var e wire.Entries
	for range 7 {
		e.Entries = append(e.Entries, wire.Carried{Entry: make([]byte, wire.MaxEntry), Payload: make([]byte, 8000)})
	}
	return e
}

// A neighbor behind a slow line hears all, however long that takes.
func TestSlowNeighbor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, there := talking(t)
		const many = 100
		for range many {
			l.send(large())
		}
		in := bufio.NewReader(there)
		for i := range many {
			time.Sleep(20 * time.Second)
			if _, err := read(in); err != nil {
				t.Fatalf("message %d after %v: %v", i, time.Duration(i+1)*20*time.Second, err)
			}
		}
	})
}

// A neighbor that takes in nothing is given up after a while, and one that
// reads a byte now and then as well.
func TestSilentNeighbor(t *testing.T) {
	for name, reads := range map[string]int{"nothing": 0, "a byte at a time": 1} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l, there := talking(t)
				var reading sync.WaitGroup
				reading.Go(func() {
					b := make([]byte, reads)
					for err := error(nil); err == nil && reads > 0; {
						time.Sleep(time.Second)
						_, err = there.Read(b)
					}
				})
				defer reading.Wait()
				l.send(large())
				begun := time.Now()
				<-l.ended
				if took := time.Since(begun); took != patience {
					t.Errorf("it was given up after %v", took)
				}
				l.send(large()) // to nobody
			})
		})
	}
}

// Nobody who hangs up waits for a neighbor that takes in little.
func TestFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, there := talking(t)
		for range 100 {
			l.send(large())
		}
		var reading sync.WaitGroup
		reading.Go(func() {
			in := bufio.NewReader(there)
			for err := error(nil); err == nil; {
				time.Sleep(20 * time.Second)
				_, err = read(in)
			}
		})
		defer reading.Wait()
		begun := time.Now()
		l.finish()
		if took := time.Since(begun); took > 2*patience {
			t.Errorf("it took %v", took)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		l, there := talking(t)
		for range 3 {
			l.send(large())
		}
		heard := make(chan int)
		go func() {
			n := 0
			in := bufio.NewReader(there)
			for {
				time.Sleep(time.Second)
				if _, err := read(in); err != nil {
					break
				}
				if n++; n == 3 {
					there.Close()
				}
			}
			heard <- n
		}()
		l.finish()
		if n := <-heard; n != 3 {
			t.Errorf("%d of 3 messages came", n)
		}
	})
}

// What waits for a neighbor is bounded in bytes; then the link ends.
func TestBacklog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, _ := talking(t)
		sent := 0
		for range 1000 {
			l.send(large())
			l.mu.Lock()
			if l.queued > backlog {
				t.Errorf("%d bytes wait", l.queued)
			}
			if !l.closing {
				sent++
			}
			l.mu.Unlock()
		}
		<-l.ended
		if size := wire.Size(large()); sent < backlog/size-1 || sent > backlog/size+2 {
			t.Errorf("%d messages of %d bytes waited", sent, size)
		}
	})
}

// A home that asks more often than it should is answered as often as it should ask.
func TestAnswersGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cleo := wire.Key{3}
		b := &book{records: map[wire.Key]address{cleo: {raw: []byte("record")}}, asked: map[wire.Key]time.Time{}, home: everybody{}}
		stranger := wire.Key{9}
		for range 3 { // nothing is known, so that costs it nothing
			if answer, err := b.answer(wire.Key{2}, stranger[:]); err != nil || len(answer) > 0 {
				t.Fatalf("%x, %v", answer, err)
			}
		}
		answers := 0
		for range 61 {
			answer, err := b.answer(wire.Key{2}, cleo[:])
			if err != nil {
				t.Fatal(err)
			}
			if len(answer) > 0 {
				answers++
			}
			time.Sleep(look) // as often as a node with one link looks for the others
		}
		if answers != 31 {
			t.Errorf("%d answers in five minutes, of 31", answers)
		}
		for _, question := range [][]byte{{1}, cleo[:31], make([]byte, 33)} {
			if _, err := b.answer(wire.Key{4}, question); !errors.Is(err, wire.ErrMalformed) {
				t.Errorf("a question of %d bytes: %v", len(question), err)
			}
		}
	})
}

// everybody is a roster that all are in.
type everybody struct{}

func (everybody) Member(wire.Key) bool { return true }
func (everybody) Nodes() []wire.Key    { return nil }
