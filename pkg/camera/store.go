package camera

import (
	"context"
	"log/slog"
	"time"

	"nvrd/pkg/nvr"
)

// writeTime is how long who was refused waits until that is on disk.
const writeTime = 2 * time.Second

// Store keeps refusals over restarts; a [household.DB] does, which says what its
// methods mean.
type Store interface {
	AddRefusal(ctx context.Context, r nvr.Refusal) error
	Refusals(ctx context.Context) ([]nvr.Refusal, error)
	Refused(ctx context.Context, camera nvr.CameraID, party string) (nvr.Time, error)
	Took(ctx context.Context, camera nvr.CameraID, party string) error
	ForgetRefusals(ctx context.Context, machine string) error
}

// Keep has refusals kept in s, and takes over those of an earlier life. It is to be
// called before all else; of an error, the earlier ones are not known.
func (r *Refusals) Keep(ctx context.Context, s Store, log *slog.Logger) error {
	r.store, r.log = s, log
	all, err := s.Refusals(ctx)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	for _, x := range all {
		at := x.At.Std()
		if at.After(now) { // the clock was set back meanwhile
			at = now
		}
		r.all = append(r.all, refusal{machine: x.Machine, at: at})
		r.call(x.Name, x.Machine)
	}
	return nil
}

// written has something written, and logs that it can't be.
func (r *Refusals) written(write func(context.Context) error) {
	if r.store == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), writeTime)
	defer cancel()
	if err := write(ctx); err != nil {
		r.log.Error("a restart will not know what a camera refused", "err", err)
	}
}

// earlier returns when a password that is stored for a camera was refused to a party
// last; zero if that was not within half an hour.
func (r *Refusals) earlier(camera nvr.CameraID, party string) (at time.Time) {
	if r == nil || r.store == nil || camera == 0 {
		return at
	}
	r.written(func(ctx context.Context) error {
		last, err := r.store.Refused(ctx, camera, party)
		if now := time.Now(); err == nil && last != 0 && now.Sub(last.Std()) < refusalsWithin {
			at = last.Std()
			if at.After(now) {
				at = now
			}
		}
		return err
	})
	return at
}

// took says that a party's password is right.
func (r *Refusals) took(camera nvr.CameraID, party string) {
	if !r.earlier(camera, party).IsZero() {
		r.written(func(ctx context.Context) error { return r.store.Took(ctx, camera, party) })
	}
}
