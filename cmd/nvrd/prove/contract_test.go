package prove_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"nvrd/pkg/appliance"
	"nvrd/pkg/catalog"
	"nvrd/pkg/doctor"
	"nvrd/pkg/fmp4"
	"nvrd/pkg/footage"
	"nvrd/pkg/household"
	"nvrd/pkg/motion"
	"nvrd/pkg/nvr"
	"nvrd/pkg/playback"
)

// account is what a recorder says that it has of a stream.
type account struct {
	id       nvr.StreamID
	segments []nvr.Segment
	gaps     []nvr.Gap
}

// store is an appliance whose cameras are in the test.
type store struct {
	*appliance.Appliance
	footage *footage.Directory // the one in the data directory
	end     context.CancelFunc // of its care
	ended   chan struct{}
}

// openStore starts an appliance on a data directory.
func openStore(t *testing.T, dir string) *store {
	t.Helper()
	s, err := tryStore(t, dir, slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError + 1})))
	if err != nil {
		t.Fatalf("the recorder does not start again: %v", err)
	}
	return s
}

func tryStore(t *testing.T, dir string, log *slog.Logger) (*store, error) {
	t.Helper()
	s, err := look(t, dir, log)
	if err != nil {
		return nil, err
	}
	ctx, end := context.WithCancel(t.Context())
	s.end = end
	go func() {
		defer close(s.ended)
		s.Care(ctx)
	}()
	return s, nil
}

// look opens a data directory as it is, and leaves it like that, but for what a
// start makes whole.
func look(t *testing.T, dir string, log *slog.Logger) (*store, error) {
	t.Helper()
	a, err := appliance.Open(t.Context(), appliance.Config{Data: dir, Log: log, Clock: clock})
	for range 100_000 { // a program that another test starts holds what is open until it runs
		if !errors.Is(err, nvr.ErrBusy) {
			break
		}
		runtime.Gosched()
		a, err = appliance.Open(t.Context(), appliance.Config{Data: dir, Log: log, Clock: clock})
	}
	if err != nil {
		return nil, err
	}
	s := &store{Appliance: a, end: func() {}, ended: make(chan struct{})}
	own := filepath.Join(dir, household.DefaultPlace)
	for _, state := range a.Dir.Places.States() {
		if state.Path == own {
			s.footage, err = state.Directory, state.Err
		}
	}
	if err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return s, nil
}

// clock is that of a machine that runs since before any bubble begins.
func clock() (catalog.Clock, error) {
	return catalog.Clock{Boot: "prove", Wall: nvr.Now(), Uptime: time.Since(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC))}, nil
}

// policy has a home keep its footage like that.
func (s *store) policy(t *testing.T, policy nvr.Retention) {
	t.Helper()
	if _, err := s.Dir.Home.ChangeRetention(t.Context(), func(r *nvr.Retention) { *r = policy }); err != nil {
		t.Fatal(err)
	}
}

// directory returns the footage directory of a row, or nil if it was never there.
func (s *store) directory(t *testing.T, id nvr.DirectoryID) *footage.Directory {
	t.Helper()
	known, err := s.Dir.Catalog.Directories(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range known {
		if d.ID == id {
			return s.Dir.Places.Directory(d.UUID)
		}
	}
	t.Fatalf("there is no footage directory %d", id)
	return nil
}

// close ends everything in order.
func (s *store) close() error {
	s.end()
	<-s.ended
	return s.Close()
}

// homeOf reads whose footage a directory holds.
func homeOf(dir string) (home footage.UUID, err error) {
	b, err := os.ReadFile(filepath.Join(dir, "stoop-footage.json"))
	if err != nil {
		return home, err
	}
	var meta struct{ Home string }
	if err := json.Unmarshal(b, &meta); err != nil {
		return home, err
	}
	_, err = hex.Decode(home[:], []byte(meta.Home))
	return home, err
}

// newHome makes a home in dir without cameras, which removes nothing.
func newHome(t *testing.T, dir string) {
	t.Helper()
	s := openStore(t, dir)
	s.policy(t, nvr.Retention{})
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
}

// proof says how closely [contract] looks.
type proof struct {
	film  *film // what the cameras saw, if that is known picture by picture
	plays bool  // every stretch is decoded
}

// contract starts a recorder on what a scenario left behind, and fails the
// test unless all that it says is true: segments and gaps tile time, each
// segment is a file of that size which parses to its end and holds what the
// index says, there is no file that no segment speaks of, and `nvrd check` has
// nothing to say.
func contract(t *testing.T, dir string, p proof) []account {
	t.Helper()
	s, err := look(t, dir, slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError})))
	if err != nil {
		t.Fatalf("the recorder does not start again: %v", err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	if out, err := exec.Command("sqlite3", filepath.Join(dir, "catalog.db"), "PRAGMA integrity_check; PRAGMA foreign_key_check").CombinedOutput(); err != nil || string(out) != "ok\n" {
		t.Errorf("integrity of the catalog: %v: %s", err, out)
	}
	streams, err := s.Dir.Catalog.Streams(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var all []account
	for _, row := range streams {
		a := account{id: row.ID}
		span := nvr.Span{From: row.Enabled, To: max(nvr.Now(), row.Covered) + 1}
		if a.segments, err = s.Dir.Catalog.Segments(t.Context(), row.ID, span); err != nil {
			t.Fatal(err)
		}
		if a.gaps, err = s.Dir.Catalog.Gaps(t.Context(), row.ID, span); err != nil {
			t.Fatal(err)
		}
		a.tiles(t, row)
		var starts []nvr.Time
		for _, d := range s.Dir.Places.There() {
			here, err := d.List(row.ID, 0)
			if err != nil {
				t.Fatal(err)
			}
			starts = append(starts, here...)
		}
		slices.Sort(starts)
		var rows []nvr.Time
		for i := range a.segments {
			rows = append(rows, a.segments[i].Span.From)
			s.holds(t, &a.segments[i], p.film)
		}
		if diff := cmp.Diff(rows, starts, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: files that no row speaks of, or the other way round (-rows +files):\n%s", row.ID, diff)
		}
		if p.plays {
			for _, span := range a.stretches() {
				s.plays(t, row.ID, span)
			}
		}
		all = append(all, a)
	}
	d := doctor.Doctor{Catalog: s.Dir.Catalog, Directories: s.Dir.Places.There(), Home: s.Dir.Home.UUID()}
	report, err := d.Check(t.Context(), doctor.Options{Level: doctor.Hash})
	if err != nil || len(report.Findings) > 0 {
		t.Errorf("`nvrd check --level hash` finds %+v, %v", report.Findings, err)
	}
	return all
}

// tiles checks that there is neither a hole nor an overlap.
func (a *account) tiles(t *testing.T, row catalog.Stream) {
	t.Helper()
	at := row.Enabled
	segments, gaps := a.segments, a.gaps
	for len(segments)+len(gaps) > 0 {
		switch {
		case len(segments) > 0 && segments[0].Span.From == at:
			at, segments = segments[0].Span.To, segments[1:]
		case len(gaps) > 0 && gaps[0].Span.From == at && (gaps[0].Span.To != 0 || len(gaps) == 1 && len(segments) == 0):
			at, gaps = gaps[0].Span.To, gaps[1:]
		default:
			t.Errorf("%s: a hole or an overlap at %s: segments %v, gaps %v", a.id, at, spans(a.segments), a.gaps)
			return
		}
	}
	if at != row.Disabled { // zero is a gap that goes on
		t.Errorf("%s: is accounted for up to %s, want %s", a.id, at, row.Disabled)
	}
}

func spans(segments []nvr.Segment) (all []nvr.Span) {
	for _, s := range segments {
		all = append(all, s.Span)
	}
	return all
}

// stretches returns the footage with adjoining segments joined.
func (a *account) stretches() (joined []nvr.Span) {
	for _, s := range a.segments {
		if n := len(joined); n > 0 && joined[n-1].To == s.Span.From {
			joined[n-1].To = s.Span.To
			continue
		}
		joined = append(joined, s.Span)
	}
	return joined
}

// end returns up to when there is footage, or zero.
func (a *account) end() nvr.Time {
	if len(a.segments) == 0 {
		return 0
	}
	return a.segments[len(a.segments)-1].Span.To
}

// holds compares a row with its file.
func (s *store) holds(t *testing.T, row *nvr.Segment, film *film) {
	t.Helper()
	d := s.directory(t, row.Directory)
	content, err := d.Read(row.Stream, row.Span.From, motion.Scores())
	if err != nil || content.Damage != nil {
		t.Errorf("segment %s of %s: %v", row.Span, row.Stream, errors.Join(err, content.Damage))
		return
	}
	if len(row.Fragments) == 0 || !row.Fragments[0].Key {
		t.Errorf("segment %s of %s does not begin with a key frame", row.Span, row.Stream)
	}
	want := content.Segment
	want.ID, want.Init, want.Directory, want.Sealed = row.ID, row.Init, row.Directory, true
	ignore := cmpopts.IgnoreFields(nvr.Fragment{}, "Score") // file by file, it is a guess
	// The file counts in NTP's units, and its clock bends at the end.
	about := cmp.Comparer(func(a, b nvr.Time) bool { return max(a-b, b-a) <= 100_000 })
	if diff := cmp.Diff(want, *row, ignore, about); diff != "" {
		t.Errorf("segment %s of %s is not what its file says (-file +row):\n%s", row.Span, row.Stream, diff)
	}
	if data, err := s.Dir.Catalog.InitData(t.Context(), row.Init); err != nil || !bytes.Equal(data, content.Init) {
		t.Errorf("segment %s of %s has another init segment than its file: %v", row.Span, row.Stream, err)
	}
	f, err := d.OpenFile(row.Stream, row.Span.From)
	if err != nil {
		t.Error(err)
		return
	}
	defer f.Close()
	s.ends(t, f, row)
	if film != nil {
		film.compare(t, f, row)
	}
}

// ends checks that nothing but an index stands behind the footage in a file, and
// that it says what the row says.
func (s *store) ends(t *testing.T, f *os.File, row *nvr.Segment) {
	t.Helper()
	behind, err := io.ReadAll(io.NewSectionReader(f, row.Bytes, 1<<20))
	if err != nil || len(behind) == 0 {
		if info, err := f.Stat(); err != nil || info.Size() != row.Bytes {
			t.Errorf("segment %s of %s is said to have %d bytes and has %d: %v", row.Span, row.Stream, row.Bytes, info.Size(), err)
		}
		return
	}
	var known footage.Inits
	for _, from := range []string{"headers", "index"} { // the first time, the init segment is not known
		content, err := s.directory(t, row.Directory).ReadSealed(row.Stream, row.Span.From, &known, motion.Scores())
		want := content.Segment
		want.ID, want.Init, want.Directory, want.Sealed = row.ID, row.Init, row.Directory, true
		if from == "index" && (err != nil || !cmp.Equal(want, *row)) {
			t.Errorf("segment %s of %s is not what its index of %d bytes says: %v\n%s", row.Span, row.Stream, len(behind), err, cmp.Diff(want, *row))
		}
	}
}

// compare checks that each picture in a file is the one that was sent.
func (f *film) compare(t *testing.T, file io.ReaderAt, row *nvr.Segment) {
	t.Helper()
	scanner := fmp4.NewScanner(file, row.HeaderBytes, row.Bytes)
	for m := (fmp4.MovieFragment{}); ; {
		err := scanner.Next(&m)
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Errorf("segment %s of %s: %v", row.Span, row.Stream, err)
			return
		}
		at, dts := m.Runs[0].Offset, m.Runs[0].DTS
		for _, s := range m.Runs[0].Samples {
			b := make([]byte, s.Bytes)
			if _, err := file.ReadAt(b, at); err != nil || !bytes.Equal(b, f.picture(dts)) {
				t.Errorf("%s: the picture at %s is not the one that was sent, in a file said to be whole: %v", row.Stream, nvr.Duration(dts, row.Timescale), err)
				return
			}
			at, dts = at+int64(s.Bytes), dts+int64(s.Duration)
		}
	}
}

// plays fails the test unless ffmpeg decodes a span without complaint.
func (s *store) plays(t *testing.T, id nvr.StreamID, span nvr.Span) {
	t.Helper()
	file, err := s.Dir.Player.Export(t.Context(), id, span, playback.Fragmented)
	if err != nil {
		t.Errorf("export of %s of %s: %v", span, id, err)
		return
	}
	defer file.Close()
	cmd := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-i", "-", "-f", "null", "-")
	cmd.Stdin = file
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%s of %s does not play: %v\n%s", span, id, err, out)
	}
}

// bounds of what may be lost.
const (
	killBound  = 700 * time.Millisecond
	powerBound = 2 * time.Second
)
