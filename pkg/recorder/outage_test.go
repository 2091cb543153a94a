package recorder

import (
	"log/slog"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/nvr"
)

// tries remembers in which order entries were tried.
type tries struct {
	mu    sync.Mutex
	order []int
}

func (t *tries) add(i int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.order = append(t.order, i)
}

func (t *tries) take() []int {
	t.mu.Lock()
	defer t.mu.Unlock()
	order := t.order
	t.order = nil
	return order
}

// While the catalog cannot be written, what gathers is left alone. Afterwards
// all of it is written in order, and an impossible entry costs itself alone.
func TestLedgerWaitsForTheCatalog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.db")
	alter := func(sql string) {
		t.Helper()
		if out, err := exec.Command("sqlite3", "-cmd", ".timeout 20000", path, sql).CombinedOutput(); err != nil {
			t.Fatalf("sqlite3: %v: %s", err, out)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		c, err := catalog.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		l := newLedger(c, slog.New(slog.DiscardHandler), nvr.Now)
		alter("ALTER TABLE alive RENAME TO away")
		const seconds = 2 * maxBatch
		var tried tries
		for i := range seconds {
			l.post(func(tx catalog.Tx) error {
				tried.add(i)
				if i == seconds/2 {
					return tx.PutSegment(nvr.Segment{}) // of a stream that nobody enabled
				}
				return nil
			})
			time.Sleep(time.Second)
		}
		if n := len(tried.take()); n > 4 {
			t.Errorf("entries were tried %d times while the catalog could not be written", n)
		}
		alter("ALTER TABLE away RENAME TO alive")
		if left := l.close(); left > 0 {
			t.Errorf("%d entries are left", left)
		}
		var done []int // the last try of each entry, newest first
		for _, i := range slices.Backward(tried.take()) {
			if !slices.Contains(done, i) {
				done = append(done, i)
			}
		}
		if slices.Reverse(done); len(done) != seconds || !slices.IsSorted(done) {
			t.Errorf("of %d entries these were written: %v", seconds, done)
		}
	})
}
