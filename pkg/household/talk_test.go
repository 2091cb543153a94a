package household

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/media/pcm"
	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

func quiet(d time.Duration, rate int) []byte {
	return pcm.Sound{Rate: rate, Samples: make([]int16, int(d.Seconds()*float64(rate)))}.WAV()
}

func TestReplies(t *testing.T) {
	dir := t.TempDir()
	h := open(t, dir)
	sound := quiet(2*time.Second, 16000)
	first, err := h.AddReply(t.Context(), " Leave it at the door ", sound)
	if err != nil || first.Name != "Leave it at the door" || first.Length != 2*time.Second || first.ID < 1 {
		t.Fatalf("%+v, %v", first, err)
	}
	for name, tt := range map[string]struct {
		name string
		wav  []byte
		kind error
	}{
		"no name":       {" ", sound, nvr.ErrInvalid},
		"a long name":   {strings.Repeat("x", 200), sound, nvr.ErrInvalid},
		"a bell":        {"x\ay", sound, nvr.ErrInvalid},
		"the same name": {"LEAVE it at the door", sound, nvr.ErrExists},
		"no WAV":        {"a", []byte("RIFF"), nvr.ErrInvalid},
		"too long":      {"b", quiet(MaxReplyLength+time.Second, 8000), nvr.ErrTooLarge},
		"too large":     {"c", quiet(MaxReplyLength, 48000), nvr.ErrTooLarge},
	} {
		if _, err := h.AddReply(t.Context(), tt.name, tt.wav); !errors.Is(err, tt.kind) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for n := 1; n < MaxReplies; n++ {
		if _, err := h.AddReply(t.Context(), fmt.Sprint(n), sound); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := h.AddReply(t.Context(), "one more", sound); !errors.Is(err, nvr.ErrTooLarge) {
		t.Errorf("one more than there may be: %v", err)
	}
	if err := h.RemoveReply(t.Context(), first.ID+1); err != nil {
		t.Error(err)
	}
	if err := h.RemoveReply(t.Context(), first.ID+1); !errors.Is(err, nvr.ErrNotFound) {
		t.Errorf("removed twice: %v", err)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	h = open(t, dir)
	all, err := h.Replies(t.Context())
	if err != nil || len(all) != MaxReplies-1 || !cmp.Equal(all[0], first) {
		t.Errorf("%+v, %v", all, err)
	}
	if got, err := h.ReplySound(t.Context(), first.ID); err != nil || !bytes.Equal(got, sound) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if _, err := h.ReplySound(t.Context(), 99); !errors.Is(err, nvr.ErrNotFound) {
		t.Errorf("%v", err)
	}
}

func TestAuditLog(t *testing.T) {
	h := open(t, t.TempDir())
	for n := range int64(5) {
		a := Audit{At: nvr.Time(1000 + n), Who: "household", What: OpenDoor, Camera: 1, Outcome: strings.Repeat("no", int(n%2))}
		if err := h.Note(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	got, err := h.AuditLog(t.Context(), 0, 2)
	want := []Audit{{5, 1004, "household", OpenDoor, 1, ""}, {4, 1003, "household", OpenDoor, 1, "no"}}
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err = h.AuditLog(t.Context(), 2, 10); err != nil || len(got) != 1 || got[0].ID != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	if err := h.Note(t.Context(), Audit{At: 1, What: OpenDoor, Camera: 1}); !sqlite.IsConstraint(err) {
		t.Errorf("of nobody: %v", err)
	}
	err = h.db.Update(t.Context(), func(tx *sqlite.Tx) error {
		_, err := tx.ExecContext(t.Context(), `UPDATE sqlite_sequence SET seq = ? WHERE name = 'audit'`, maxAudit+3)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Note(t.Context(), Audit{At: 2000, Who: "household", What: OpenDoor, Camera: 1}); err != nil {
		t.Fatal(err)
	}
	if got, err := h.AuditLog(t.Context(), 0, 10); err != nil || len(got) != 2 || got[1].ID != 5 {
		t.Errorf("of more than there may be, %+v remain, %v", got, err)
	}
}
