package store

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// A report that is on its way is written down until the steward's home has it;
// one that came, until it is closed. Both go with the entry, and with time.
func TestReports(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	db := founded(t, dir)
	post, comment := entry("post"), entry("comment")
	if err := db.Save(ctx, elm.Name, Change{Entries: []Entry{post, comment}}); err != nil {
		t.Fatal(err)
	}
	anna, ben := wire.Key(hashOf("anna")), wire.Key(hashOf("ben"))
	toAnna := SentReport{post.ID, anna, 100, []byte("sealed for anna")}
	toBen := SentReport{post.ID, ben, 100, []byte("sealed for ben")}
	later := SentReport{comment.ID, ben, 400, []byte("sealed later")}
	sent := func(want ...SentReport) {
		t.Helper()
		got, err := db.SentReports(ctx, elm.Name)
		if diff := cmp.Diff(want, got, cmpopts.SortSlices(func(a, b SentReport) bool { return bytes.Compare(a.Sealed, b.Sealed) < 0 }), cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Errorf("%v, -want +got:\n%s", err, diff)
		}
	}
	done := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	gone := func(marks ...string) {
		t.Helper()
		for _, mark := range marks {
			if in := found(t, dir, []byte(mark)); len(in) > 0 {
				t.Errorf("%q still stands in %v", mark, in)
			}
		}
	}
	done(db.SendReport(ctx, elm.Name, toAnna, toBen))
	done(db.SendReport(ctx, elm.Name, later))
	if err := db.SendReport(ctx, elm.Name, SentReport{comment.ID, anna, 300, []byte("x")}, toBen); !errors.Is(err, nvr.ErrExists) {
		t.Errorf("reported twice: %v", err)
	}
	sent(toAnna, toBen, later) // nothing of what was refused
	if len(found(t, dir, toAnna.Sealed)) == 0 {
		t.Fatal("it is nowhere before")
	}
	done(db.ReportTaken(ctx, elm.Name, post.ID, anna))
	gone("sealed for anna")
	db.Close()
	db = open(t, dir)
	toAnna.Sealed = nil
	sent(toAnna, toBen, later)
	done(db.Unsend(ctx, elm.Name, post.ID, ben))
	sent(toAnna, later)
	done(db.ExpireReports(ctx, elm.Name, 199))
	sent(later)
	gone("sealed for ben")

	held := func(want ...wire.Report) {
		t.Helper()
		got, err := db.HeldReports(ctx, elm.Name)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("held is %+v, want %+v, %v", got, want, err)
		}
	}
	unkind := wire.Report{On: post.ID, Reporter: ben, Reason: wire.LabelUnkind, Words: "It names my son.", Minute: 300}
	other := wire.Report{On: post.ID, Reporter: anna, Words: "I know him.", Minute: 301}
	third := wire.Report{On: comment.ID, Reporter: anna, Reason: wire.LabelWrong, Minute: 302}
	for _, r := range []wire.Report{unkind, other, third, unkind} { // the answer was lost
		done(db.HoldReport(ctx, elm.Name, r))
	}
	held(unkind, other, third)
	unkind.Words = "It names my daughter."
	done(db.HoldReport(ctx, elm.Name, unkind))
	held(unkind, other, third)
	done(db.CloseReports(ctx, elm.Name, post.ID))
	held(third)
	gone("It names my", "I know him")
	done(db.HoldReport(ctx, elm.Name, unkind))
	done(db.ExpireReports(ctx, elm.Name, 301))
	held(third)
	gone("It names my")

	// They go with the entry.
	done(db.Save(ctx, elm.Name, Change{Dead: []wire.Hash{comment.ID}}))
	held(third)
	sent(later)
	done(db.Save(ctx, elm.Name, Change{Dropped: []wire.Hash{comment.ID}}))
	held()
	sent()
	gone("sealed later")

	nowhere := hashOf("elsewhere")
	_, noSent := db.SentReports(ctx, nowhere)
	_, noHeld := db.HeldReports(ctx, nowhere)
	for what, err := range map[string]error{
		"sent about what is not held": db.SendReport(ctx, elm.Name, later), "held about it": db.HoldReport(ctx, elm.Name, third),
		"sent elsewhere": db.SendReport(ctx, nowhere, later), "held elsewhere": db.HoldReport(ctx, nowhere, third), "what was sent": noSent, "what is held": noHeld,
		"taken": db.ReportTaken(ctx, nowhere, post.ID, anna), "unsent": db.Unsend(ctx, nowhere, post.ID, anna),
		"closed": db.CloseReports(ctx, nowhere, post.ID), "expired": db.ExpireReports(ctx, nowhere, 1),
	} {
		if !errors.Is(err, nvr.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
