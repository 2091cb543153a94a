package retention

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"nvrd/pkg/catalog"
	"nvrd/pkg/nvr"
)

// ErrChanged says that something else would go than what was shown.
var ErrChanged = fmt.Errorf("what would go is not the same any more; look at it again: %w", nvr.ErrExists)

// Deletion returns what goes if somebody deletes the footage of excerpts now, and
// what stays and why. It is safe for concurrent use, as Delete is.
func (k *Keeper) Deletion(ctx context.Context, chosen []nvr.Excerpt) (nvr.Deletion, error) {
	c, err := k.choose(ctx, chosen, nil)
	if err != nil {
		return nvr.Deletion{}, err
	}
	return c.tell(), nil
}

// Delete removes what Deletion said, by its digest, in the name of who, and returns
// what went and what stays. It fails with [ErrChanged] if that would be something
// else by now, and with [nvr.ErrInvalid] without a name; nothing goes then. What was
// being recorded when it was shown stays, though it is complete by now. A lock that the
// household has when a segment's row becomes garbage keeps the segment.
//
// Once it began, it ends, whatever becomes of ctx. It goes in the steps of a round,
// so a crash leaves whole segments, and the next start completes what was begun.
func (k *Keeper) Delete(ctx context.Context, chosen []nvr.Excerpt, digest, who string) (nvr.Deletion, error) {
	if who == "" || len(who) > nvr.MaxWho {
		return nvr.Deletion{}, fmt.Errorf("a deletion needs the name of who asks, of at most %d bytes: %w", nvr.MaxWho, nvr.ErrInvalid)
	}
	recording := recordingThen(digest)
	c, err := k.choose(ctx, chosen, recording)
	if err != nil {
		return nvr.Deletion{}, err
	}
	if c.tell().Digest != digest {
		return nvr.Deletion{}, ErrChanged
	}
	gone, pending, err := k.erase(context.WithoutCancel(ctx), c.goes, who)
	if err != nil {
		return nvr.Deletion{}, err
	}
	if c, err = k.choose(ctx, chosen, recording); err != nil {
		return nvr.Deletion{}, err
	}
	c.goes = gone
	done := c.tell()
	done.Pending = pending
	for _, s := range done.Goes {
		k.Log.Info("footage was deleted", "by", who, "camera", s.Camera.String(), "segments", s.Segments, "bytes", s.Bytes, "from", s.Span.From.String(), "to", s.Span.To.String())
	}
	return done, nil
}

// erase removes segments, and returns those that went, and how many of them still
// have a file.
func (k *Keeper) erase(ctx context.Context, goes []catalog.Kept, who string) (gone []catalog.Kept, pending int64, err error) {
	now, err := k.Clock()
	if err != nil {
		return nil, 0, fmt.Errorf("retention: %w", err)
	}
	at := k.endsAt(now)
	parts := stretches(goes)
	note := func(tx catalog.Tx, s catalog.Kept) error {
		i := slices.IndexFunc(parts, func(p nvr.Stretch) bool { return p.Camera == s.Stream.Camera && p.Span.Intersect(s.Span) == s.Span })
		return tx.NoteDeletion(s, who, parts[i].Span.From, now.Wall)
	}
	for part := range slices.Chunk(goes, batch) {
		condemned, err := k.condemnWith(ctx, part, at, k.follow(at), note)
		if err != nil {
			return gone, pending, err
		}
		gone = append(gone, condemned...)
		left, err := k.remove(condemned)
		if err = errors.Join(err, k.drop(ctx, left)); err != nil {
			k.Log.Warn("footage that was deleted still has files", "err", err)
		}
		pending += int64(len(condemned) - len(left))
	}
	return gone, pending, nil
}

// follow returns what makes a transaction know the locks that have not ended at a
// time.
func (k *Keeper) follow(at nvr.Time) func(catalog.Tx) error {
	return func(tx catalog.Tx) error {
		if k.Locks == nil {
			return nil
		}
		return tx.FollowLocks(func(ctx context.Context) ([]nvr.Lock, error) { return k.Locks(ctx, at) })
	}
}

// endsAt returns the time by which leases and locks have ended: before all of them
// while the clock is not believed, or before it is known whether it is.
func (k *Keeper) endsAt(now catalog.Clock) nvr.Time {
	if !k.believed.Load() {
		return 0
	}
	return now.Wall
}

// choice is what goes and what stays.
type choice struct {
	goes      []catalog.Kept
	stays     []nvr.Staying
	recording []nvr.SegmentID // those that stay because they are being recorded, or were
}

// choose says what becomes of the segments that excerpts touch. Those of recording stay
// as if they were being recorded still.
func (k *Keeper) choose(ctx context.Context, chosen []nvr.Excerpt, recording []nvr.SegmentID) (c choice, err error) {
	now, err := k.Clock()
	if err != nil {
		return choice{}, fmt.Errorf("retention: %w", err)
	}
	at := k.endsAt(now)
	if err := k.lock(ctx, at); err != nil {
		return choice{}, err
	}
	j := judge{there: map[nvr.DirectoryID]bool{}, recording: recording}
	for id := range k.Directories() {
		j.there[id] = true
	}
	if j.locks, err = k.Catalog.Locks(ctx); err == nil {
		j.leased, err = k.Catalog.Leased(ctx, at)
	}
	if err != nil {
		return choice{}, fmt.Errorf("retention: %w", err)
	}
	seen := map[nvr.SegmentID]bool{}
	for _, e := range chosen {
		all, err := k.Catalog.Touching(ctx, e.Camera, e.Span)
		if err != nil {
			return choice{}, fmt.Errorf("retention: %w", err)
		}
		for _, s := range all {
			if seen[s.ID] {
				continue
			}
			seen[s.ID] = true
			held := j.held(s)
			c.stays = append(c.stays, held...)
			switch {
			case len(held) == 0:
				c.goes = append(c.goes, s.Kept)
			case held[0].Why == nvr.HeldRecording:
				c.recording = append(c.recording, s.ID)
			}
		}
	}
	slices.SortFunc(c.goes, func(a, b catalog.Kept) int {
		return cmp.Or(cmp.Compare(a.Stream.Camera, b.Stream.Camera), cmp.Compare(a.Span.From, b.Span.From), cmp.Compare(a.ID, b.ID))
	})
	slices.Sort(c.recording)
	c.stays = joinStays(c.stays)
	return c, nil
}

// judge knows what keeps segments.
type judge struct {
	there     map[nvr.DirectoryID]bool
	locks     []nvr.Lock
	leased    []catalog.Leased
	recording []nvr.SegmentID // were being recorded when it was shown what goes
}

// held says why a segment stays; nothing if it goes. Of several locks each is told.
func (j judge) held(s catalog.Touched) (all []nvr.Staying) {
	stays := nvr.Staying{Camera: s.Stream.Camera, Span: s.Span}
	switch {
	case !j.there[s.Directory]:
		stays.Why = nvr.HeldAway
		return []nvr.Staying{stays}
	case s.Open:
		stays.Why, stays.Span.To = nvr.HeldRecording, 0
		return []nvr.Staying{stays}
	case slices.Contains(j.recording, s.ID):
		stays.Why = nvr.HeldRecording
		return []nvr.Staying{stays}
	}
	stays.Why = nvr.HeldLocked
	for _, l := range j.locks {
		if l.Camera == s.Stream.Camera && l.Span.Overlaps(s.Span) {
			stays.Lock = l
			all = append(all, stays)
		}
	}
	if len(all) == 0 && s.Class == nvr.Locked { // a lock that was let go of just now
		return []nvr.Staying{stays}
	}
	if len(all) > 0 {
		return all
	}
	if slices.ContainsFunc(j.leased, func(l catalog.Leased) bool { return l.Stream == s.Stream && l.Span.Overlaps(s.Span) }) {
		stays.Why = nvr.HeldRead
		return []nvr.Staying{stays}
	}
	return nil
}

// tell says what goes and what stays. The digest is a hash of what goes, and what is
// being recorded: that is complete within a minute and would go then, though nobody was
// shown that it does.
func (c choice) tell() nvr.Deletion {
	h := sha256.New()
	for _, s := range c.goes {
		_, _ = fmt.Fprintf(h, "%d %d %d %d %d\n", s.ID, s.Stream.Camera, s.Stream.Quality, s.Span.From, s.Span.To) // a hash does not fail
	}
	digest := hex.EncodeToString(h.Sum(nil)[:16])
	for _, id := range c.recording {
		digest += fmt.Sprintf(".%d", id)
	}
	return nvr.Deletion{Goes: stretches(c.goes), Stays: c.stays, Digest: digest}
}

// recordingThen returns what was being recorded when a digest was made. A digest that
// choice.tell did not make names nothing that goes.
func recordingThen(digest string) (all []nvr.SegmentID) {
	_, ids, _ := strings.Cut(digest, ".")
	for id := range strings.SplitSeq(ids, ".") {
		n, err := strconv.ParseInt(id, 10, 64)
		if err != nil || len(all) == 2*nvr.MaxExcerpts { // of both streams of each camera
			return nil
		}
		all = append(all, nvr.SegmentID(n))
	}
	return all
}

// stretches joins what touches of segments by camera and time.
func stretches(goes []catalog.Kept) (all []nvr.Stretch) {
	for _, s := range goes {
		n := len(all) - 1
		if n < 0 || all[n].Camera != s.Stream.Camera || all[n].Span.To < s.Span.From {
			all = append(all, nvr.Stretch{Camera: s.Stream.Camera, Span: s.Span})
			n++
		}
		all[n].Span.To = max(all[n].Span.To, s.Span.To)
		all[n].Segments++
		all[n].Bytes += s.Bytes
	}
	return all
}

// joinStays joins what touches and stays for the same reason.
func joinStays(stays []nvr.Staying) (all []nvr.Staying) {
	slices.SortFunc(stays, func(a, b nvr.Staying) int {
		return cmp.Or(cmp.Compare(a.Camera, b.Camera), cmp.Compare(a.Why, b.Why), cmp.Compare(a.Lock.ID, b.Lock.ID), cmp.Compare(a.Span.From, b.Span.From))
	})
	end := func(s nvr.Span) nvr.Time {
		if s.To == 0 {
			return math.MaxInt64
		}
		return s.To
	}
	for _, s := range stays {
		if n := len(all) - 1; n >= 0 && all[n].Camera == s.Camera && all[n].Why == s.Why && all[n].Lock.ID == s.Lock.ID && end(all[n].Span) >= s.Span.From {
			if end(s.Span) > end(all[n].Span) {
				all[n].Span.To = s.Span.To
			}
			continue
		}
		all = append(all, s)
	}
	slices.SortStableFunc(all, func(a, b nvr.Staying) int {
		return cmp.Or(cmp.Compare(a.Camera, b.Camera), cmp.Compare(a.Span.From, b.Span.From))
	})
	return all
}
