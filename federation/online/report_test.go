package online_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"nvrd/federation/membership"
	"nvrd/federation/wire"
)

// holds tells which files of a home have these bytes.
func (h *household) holds(what []byte) (in []string) {
	h.t.Helper()
	err := filepath.WalkDir(h.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, what) {
			in = append(in, path)
		}
		if errors.Is(err, fs.ErrNotExist) { // a log that was just done with
			err = nil
		}
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return in
}

// post has a home say something, which others hear.
func (h *household) post(m *membership.Membership, what string, hear map[*household]*membership.Membership) wire.Hash {
	h.t.Helper()
	id, err := m.Post(wire.Post{Category: wire.CategoryHazard, Happened: what}, 0)
	if err != nil {
		h.t.Fatal(err)
	}
	for other, at := range hear {
		other.until(at, "for what "+h.name+" says", func() bool { _, ok := at.Said(id); return ok })
	}
	return id
}

// taken waits until so many stewards' homes have a home's report.
func (h *household) taken(m *membership.Membership, on wire.Hash, n int) {
	h.t.Helper()
	h.until(m, "for its report to be taken", func() bool {
		all, err := m.Reported()
		if err != nil {
			h.t.Fatal(err)
		}
		return all[on].Taken == n
	})
}

// Cleo reports what Ben says. Anna's home, whose owner is a steward, is off at
// first, and Cleo's starts again meanwhile. Ben's home and Dora's hold no byte
// of it, and where it is closed nothing of it is left.
func TestReport(t *testing.T) {
	anna, ben, cleo, dora := live(t, "Anna"), live(t, "Ben"), live(t, "Cleo"), live(t, "Dora")
	all := []*household{anna, ben, cleo, dora}
	anna.stop()
	anna.port = free(t) // others find it after it was away
	anna.start()
	for _, h := range all {
		h.turnOn()
	}
	a, err := anna.All().Found("Elm Street", "Anna", policy)
	if err != nil {
		t.Fatal(err)
	}
	b, c, d := ben.join(anna.invite(a)), cleo.join(anna.invite(a)), dora.join(anna.invite(a))
	rude := ben.post(b, "Your son is a thief.", map[*household]*membership.Membership{anna: a, cleo: c, dora: d})

	anna.stop()
	const words = "It names my son, who did nothing."
	if err := c.Report(rude, wire.LabelUnkind, words); err != nil {
		t.Fatal(err)
	}
	letters, err := c.Letters()
	if err != nil || len(letters) != 1 {
		t.Fatalf("%d letters, %v", len(letters), err)
	}
	cleo.stop()
	if in := cleo.holds([]byte(words)); len(in) > 0 {
		t.Errorf("what Cleo wrote stands open in %v", in)
	}
	if in := cleo.holds(letters[0].Sealed[:32]); len(in) == 0 {
		t.Error("what waits is not on disk")
	}
	cleo.start()
	c = cleo.in()
	anna.start()
	a = anna.in()
	cleo.taken(c, rude, 1)
	reports, err := a.Reports()
	if err != nil || len(reports) != 1 || reports[0].Words != words || reports[0].Reporter != c.Author() || reports[0].On != rude || reports[0].Reason != wire.LabelUnkind {
		t.Errorf("Anna's home has %+v, %v", reports, err)
	}
	late := dora.post(d, "Good night.", map[*household]*membership.Membership{anna: a, ben: b, cleo: c}) // all have talked since

	for _, h := range all {
		h.stop()
	}
	if len(anna.holds([]byte(words))) == 0 {
		t.Error("the words are nowhere")
	}
	for _, h := range []*household{ben, cleo, dora} {
		for what, mark := range map[string][]byte{"the words": []byte(words), "what was sealed": letters[0].Sealed[:32]} {
			if in := h.holds(mark); len(in) > 0 {
				t.Errorf("%s of the report stand in %v", what, in)
			}
		}
	}
	for _, h := range all {
		h.start()
	}
	a, c = anna.in(), cleo.in()
	if err := a.CloseReports(rude); err != nil {
		t.Fatal(err)
	}
	if in := anna.holds([]byte(words)); len(in) > 0 {
		t.Errorf("once it is closed it stands in %v", in)
	}
	if err := c.Report(late, 0, "It is noon."); err != nil {
		t.Fatal(err)
	}
	cleo.taken(c, late, 1)
}
