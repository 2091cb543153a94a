package blob

import (
	"bytes"
	"container/heap"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"nvrd/federation/blob/exchange"
	"nvrd/federation/wire"
)

var worlds = flag.Int("worlds", 5, "random streets of TestWorld")

// world is a street in virtual time: homes with shelves on disk, whose exchanges
// say whom to ask, and streams that carry what shelves answer, or what liars do.
type world struct {
	*rand.Rand
	t     *testing.T
	now   time.Time
	queue events
	homes []*house
	posts []*shared
	lies  map[[2]wire.Key][]lie // who was lied to by whom
}

type lie struct {
	at   time.Time
	life int   // of the home that was lied to
	cost int64 // bytes beside the chunks that were right
}

// house is one home; its neighbors are those with which it has links.
type house struct {
	node   wire.Key
	dir    string
	disk   *Disk
	shelf  *Shelf
	x      *exchange.Exchange
	links  []*house
	wanted []exchange.Wanted
	liar   bool
	off    bool
	life   int // counts restarts: what an earlier life began ends unheard
}

// shared is a file that somebody posted.
type shared struct {
	blob    wire.Blob
	sealed  []byte
	plain   []byte
	removed bool
}

type happening struct {
	at time.Time
	do func()
}

type events []happening

func (e events) Len() int           { return len(e) }
func (e events) Less(i, j int) bool { return e[i].at.Before(e[j].at) }
func (e events) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *events) Push(v any)        { *e = append(*e, v.(happening)) }
func (e *events) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}

func (w *world) in(d time.Duration, do func()) { heap.Push(&w.queue, happening{w.now.Add(d), do}) }

func (w *world) some(most time.Duration) time.Duration { return time.Duration(w.Int64N(int64(most))) }

func newWorld(t *testing.T, seed uint64) *world {
	w := &world{Rand: rand.New(rand.NewPCG(seed, 1)), t: t, now: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC), lies: map[[2]wire.Key][]lie{}}
	for i := range 6 {
		h := &house{node: wire.Key(hashOf(fmt.Sprint("home ", i))), dir: t.TempDir(), liar: i == 1 || i == 2}
		w.homes = append(w.homes, h)
		w.start(h)
	}
	for i, h := range w.homes { // a ring of the honest, with liars among them and beside them
		for j, o := range w.homes {
			if i != j && (h.liar || o.liar || (i+1)%6 == j || (j+1)%6 == i || i == 3 && j == 0 || i == 0 && j == 3) {
				h.links = append(h.links, o)
			}
		}
	}
	for _, h := range w.homes {
		for _, o := range h.links {
			w.act(h, h.x.Up(o.node, w.now))
		}
		w.tick(h)
	}
	return w
}

// start gives a home what it has on disk, and an exchange that knows nothing else.
func (w *world) start(h *house) {
	h.life++
	h.disk = disk(w.t, h.dir, plenty)
	h.shelf = on(w.t, h.disk, elm)
	if _, err := h.shelf.Sweep(func(a wire.Hash) bool {
		return slices.ContainsFunc(h.wanted, func(o exchange.Wanted) bool { return o.Address == a })
	}); err != nil {
		w.t.Fatal(err)
	}
	h.x = exchange.New(exchange.Caps{Down: 1 << 40, Up: 1 << 40}, exchange.Meter{})
	w.act(h, h.x.Want(h.wanted, w.now))
}

func (w *world) tick(h *house) {
	w.in(5*time.Second, func() {
		w.act(h, h.x.Tick(w.now))
		w.tick(h)
	})
}

// act does what an exchange says.
func (w *world) act(h *house, a exchange.Actions) {
	if len(a.Remove) > 0 {
		if err := h.shelf.Remove(a.Remove...); err != nil {
			w.t.Fatal(err)
		}
	}
	for _, ask := range a.Ask {
		life := h.life
		w.in(w.some(3*time.Second), func() {
			if h.life == life {
				r := w.fetch(h, ask)
				w.in(w.some(time.Second), func() {
					if h.life == life {
						w.act(h, h.x.Done(ask, r, w.now))
					}
				})
			}
		})
	}
}

// fetch is one stream.
func (w *world) fetch(h *house, ask exchange.Ask) exchange.Result {
	at := slices.IndexFunc(w.homes, func(o *house) bool { return o.node == ask.Node })
	o := w.homes[at]
	grant := func(n int64) bool { return o.x.Give(h.node, n, w.now) }
	c := &call{answer: func(asked []byte) io.Reader {
		got := honest(o.shelf, grant)(asked)
		if o.liar {
			got = w.twist(asked)
		} else if w.IntN(10) == 0 && len(got) > 0 {
			got = got[:w.IntN(len(got))] // the line breaks
		}
		return bytes.NewReader(got)
	}}
	r, err := h.shelf.Fetch(ask, func() (io.ReadWriter, error) {
		if o.off || h.off {
			return nil, io.ErrClosedPipe
		}
		return c, nil
	})
	if r.Outcome == exchange.Lied {
		if !o.liar {
			w.t.Errorf("an honest home is called a liar: %v", err)
		}
		pair := [2]wire.Key{h.node, o.node}
		w.lies[pair] = append(w.lies[pair], lie{w.now, h.life, r.Bytes - int64(r.Chunks)*wire.SealedChunk})
	}
	return r
}

// twist is what liars answer.
func (w *world) twist(asked []byte) []byte {
	m, err := wire.ReadMessage(asked[1:])
	if err != nil {
		w.t.Fatal(err)
	}
	ask := m.(wire.Fetch)
	at := slices.IndexFunc(w.posts, func(p *shared) bool { return p.blob.Address == ask.Address })
	p := w.posts[at]
	hashes := hashesOf(p.sealed)
	list := message(w.t, wire.Chunks{Hashes: hashes})
	run := p.sealed[int(ask.First)*wire.SealedChunk : min((int(ask.First)+int(ask.Count))*wire.SealedChunk, len(p.sealed))]
	switch w.IntN(7) {
	case 0: // a list of something else
		hashes[w.IntN(len(hashes))][3] ^= 1
		return append(message(w.t, wire.Chunks{Hashes: hashes}), run...)
	case 1: // a wrong bit somewhere
		run = bytes.Clone(run)
		run[w.IntN(len(run))] ^= 4
		return append(list, run...)
	case 2: // nothing of it
		return message(w.t, wire.Chunks{})
	case 3: // never an end
		return append(list, run[:w.IntN(len(run))]...)
	case 4: // much more
		return append(append(list, run...), make([]byte, 1<<20)...)
	case 5: // noise
		noise := make([]byte, 1000)
		for i := range noise {
			noise[i] = byte(w.Uint32())
		}
		return noise
	}
	return append(list, run...) // and sometimes the truth
}

// post has a home share a file; each other hears of it from one of its links.
func (w *world) post(by *house) {
	n := 1 + w.IntN(5*wire.ChunkLen)
	if w.IntN(4) == 0 {
		n = 1 + w.IntN(20*wire.ChunkLen)
	}
	p := &shared{plain: content(n)}
	p.sealed, p.blob = seal(hashOf(fmt.Sprint("key ", len(w.posts), w.Uint64())), p.plain)
	w.posts = append(w.posts, p)
	if err := by.shelf.Add(p.blob, p.sealed); err != nil {
		w.t.Fatal(err)
	}
	wanted := exchange.Wanted{Ref: exchange.Ref{Address: p.blob.Address, Length: p.blob.Length}, Thumbnail: n < wire.MaxThumbnail}
	for _, h := range w.homes {
		mine := wanted
		if h != by {
			mine.From = h.links[w.IntN(len(h.links))].node
		}
		w.in(w.some(time.Second), func() {
			if !p.removed {
				h.wanted = append(h.wanted, mine)
				w.act(h, h.x.Want(h.wanted, w.now))
			}
		})
	}
}

// retract takes a post back, wherever what it names is by now.
func (w *world) retract(p *shared) {
	p.removed = true
	for _, h := range w.homes {
		w.in(w.some(time.Second), func() {
			h.wanted = slices.DeleteFunc(h.wanted, func(o exchange.Wanted) bool { return o.Address == p.blob.Address })
			w.act(h, h.x.Want(h.wanted, w.now))
			if err := h.shelf.Remove(p.blob.Address); err != nil {
				w.t.Fatal(err)
			}
		})
	}
}

func (w *world) run(d time.Duration) {
	for end := w.now.Add(d); len(w.queue) > 0 && w.queue[0].at.Before(end); {
		next := heap.Pop(&w.queue).(happening)
		w.now = next.at
		next.do()
	}
}

// honest returns a home that gives what it has: what only liars have nobody gets.
func (w *world) honest() *house {
	homes := slices.DeleteFunc(slices.Clone(w.homes), func(h *house) bool { return h.liar })
	return homes[w.IntN(len(homes))]
}

// disturb breaks links, and stops homes and starts them again.
func (w *world) disturb() {
	h := w.homes[w.IntN(len(w.homes))]
	h.off = true
	for _, o := range h.links {
		w.act(o, o.x.Down(h.node, w.now))
	}
	w.in(w.some(5*time.Minute), func() {
		h.off = false
		w.start(h)
		for _, o := range h.links {
			w.act(h, h.x.Up(o.node, w.now))
			w.act(o, o.x.Up(h.node, w.now))
		}
	})
}

// Whatever is lost, late, broken and lied: all homes end with the same files,
// which are those that are wanted; what was taken back is nowhere; no honest home
// is called a liar, and liars cost little.
func TestWorld(t *testing.T) {
	for seed := range uint64(*worlds) {
		w := newWorld(t, seed)
		for range 10 {
			w.in(w.some(time.Hour), func() { w.post(w.honest()) })
			w.in(w.some(time.Hour), w.disturb)
		}
		for range 4 {
			w.in(30*time.Minute+w.some(time.Hour), func() {
				if len(w.posts) == 0 {
					return
				}
				if p := w.posts[w.IntN(len(w.posts))]; !p.removed {
					w.retract(p)
				}
			})
		}
		w.run(10 * time.Hour)
		for i, h := range w.homes {
			if h.liar {
				continue
			}
			var want int64
			for n, p := range w.posts {
				if p.removed {
					continue
				}
				want += sizeOf(p.blob.Length)
				if !h.shelf.Has(p.blob.Address, p.blob.Length) {
					t.Errorf("seed %d: home %d lacks file %d of %d bytes", seed, i, n, len(p.plain))
					continue
				}
				reads(t, h.shelf, p.blob, p.plain)
			}
			if got := bytesIn(t, h.dir); got != want || h.disk.Used() != want {
				t.Errorf("seed %d: home %d has %d bytes, counts %d, want %d", seed, i, got, h.disk.Used(), want)
			}
		}
		for _, lies := range w.lies {
			for i, l := range lies {
				if most := int64(wire.SealedChunk + maxAnswer); l.cost > most {
					t.Errorf("seed %d: a lie costs %d bytes, of at most %d", seed, l.cost, most)
				}
				// Two asks may be under way at once. A home that was stopped has forgotten.
				if before := i - exchange.MaxPerPeer; before >= 0 && lies[before].life == l.life && l.at.Sub(lies[before].at) < exchange.LiarRest-time.Minute {
					t.Errorf("seed %d: a liar is asked again after %v", seed, l.at.Sub(lies[before].at))
				}
			}
		}
	}
}
