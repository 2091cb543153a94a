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

	"nvrd/pkg/catalog"
	"nvrd/pkg/nvr"
)

// ErrChanged says that something else would go than what was shown.
var ErrChanged = fmt.Errorf("what would go is not the same any more; look at it again: %w", nvr.ErrExists)

// Deletion returns what goes if somebody deletes the footage of excerpts now, and
// what stays and why. It is safe for concurrent use, as Delete is.
func (k *Keeper) Deletion(ctx context.Context, chosen []nvr.Excerpt) (nvr.Deletion, error) {
	goes, stays, err := k.choose(ctx, chosen)
	if err != nil {
		return nvr.Deletion{}, err
	}
	return tellDeletion(goes, stays), nil
}

// Delete removes what Deletion said, by its digest, in the name of who, and returns
// what went and what stays. It fails with [ErrChanged] if that would be something
// else by now, and with [nvr.ErrInvalid] without a name; nothing goes then. A lock
// that the household has when a segment's row becomes garbage keeps the segment.
//
// Once it began, it ends, whatever becomes of ctx. It goes in the steps of a round,
// so a crash leaves whole segments, and the next start completes what was begun.
func (k *Keeper) Delete(ctx context.Context, chosen []nvr.Excerpt, digest, who string) (nvr.Deletion, error) {
	if who == "" || len(who) > nvr.MaxWho {
		return nvr.Deletion{}, fmt.Errorf("a deletion needs the name of who asks, of at most %d bytes: %w", nvr.MaxWho, nvr.ErrInvalid)
	}
	goes, stays, err := k.choose(ctx, chosen)
	if err != nil {
		return nvr.Deletion{}, err
	}
	if said := tellDeletion(goes, stays); said.Digest != digest {
		return nvr.Deletion{}, ErrChanged
	}
	gone, pending, err := k.erase(context.WithoutCancel(ctx), goes, who)
	if err != nil {
		return nvr.Deletion{}, err
	}
	_, stays, err = k.choose(ctx, chosen)
	if err != nil {
		return nvr.Deletion{}, err
	}
	done := tellDeletion(gone, stays)
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

// choose returns which segments go and what stays.
func (k *Keeper) choose(ctx context.Context, chosen []nvr.Excerpt) (goes []catalog.Kept, stays []nvr.Staying, err error) {
	now, err := k.Clock()
	if err != nil {
		return nil, nil, fmt.Errorf("retention: %w", err)
	}
	at := k.endsAt(now)
	if err := k.lock(ctx, at); err != nil {
		return nil, nil, err
	}
	j := judge{there: map[nvr.DirectoryID]bool{}}
	for id := range k.Directories() {
		j.there[id] = true
	}
	if j.locks, err = k.Catalog.Locks(ctx); err == nil {
		j.leased, err = k.Catalog.Leased(ctx, at)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("retention: %w", err)
	}
	seen := map[nvr.SegmentID]bool{}
	for _, e := range chosen {
		all, err := k.Catalog.Touching(ctx, e.Camera, e.Span)
		if err != nil {
			return nil, nil, fmt.Errorf("retention: %w", err)
		}
		for _, s := range all {
			if seen[s.ID] {
				continue
			}
			seen[s.ID] = true
			if held := j.held(s); len(held) > 0 {
				stays = append(stays, held...)
			} else {
				goes = append(goes, s.Kept)
			}
		}
	}
	slices.SortFunc(goes, func(a, b catalog.Kept) int {
		return cmp.Or(cmp.Compare(a.Stream.Camera, b.Stream.Camera), cmp.Compare(a.Span.From, b.Span.From), cmp.Compare(a.ID, b.ID))
	})
	return goes, joinStays(stays), nil
}

// judge knows what keeps segments.
type judge struct {
	there  map[nvr.DirectoryID]bool
	locks  []nvr.Lock
	leased []catalog.Leased
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

// tellDeletion says what goes and what stays.
func tellDeletion(goes []catalog.Kept, stays []nvr.Staying) nvr.Deletion {
	h := sha256.New()
	for _, s := range goes {
		_, _ = fmt.Fprintf(h, "%d %d %d %d %d\n", s.ID, s.Stream.Camera, s.Stream.Quality, s.Span.From, s.Span.To) // a hash does not fail
	}
	return nvr.Deletion{Goes: stretches(goes), Stays: stays, Digest: hex.EncodeToString(h.Sum(nil)[:16])}
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
