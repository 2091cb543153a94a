package agency

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"nvrd/federation/request"
	"nvrd/federation/request/tlog"
	"nvrd/federation/sponsor"
	"nvrd/pkg/nvr"
)

// maxSubmission is how much is submitted at a time, in bytes: with what is around it
// less than the 1 MiB that a sponsor takes.
const maxSubmission = 800 << 10

// Submit gives all sponsors what they lack of the log.
func (a *Agency) Submit(ctx context.Context) ([]Visit, error) {
	p, err := a.Published(ctx)
	if err != nil {
		return nil, err
	}
	return a.visit(ctx, func(ctx context.Context, g gateway) error { return g.submit(ctx, p, maxSubmission) })
}

// submit asks what the sponsor has, and goes on from there until that is all, with at
// most so many bytes at a time.
func (g gateway) submit(ctx context.Context, p *Published, most int) error {
	from := len(p.All)
	for progress := -1; ; {
		s, upto := p.submission(from, most)
		s.Checkpoint = string(tlog.Sign(p.tree.At(int64(upto)), g.key))
		body, err := json.Marshal(s)
		if err != nil {
			return err
		}
		b, err := g.ask(ctx, http.MethodPost, "/v1/log", body, 1<<10)
		if err != nil {
			return err
		}
		var is sponsor.Answer
		if err := parse(b, &is); err != nil {
			return err
		}
		if err := outcome(is.Outcome); err != nil {
			return err
		}
		switch {
		case is.Size > len(p.All):
			return fmt.Errorf("it has %d entries of your log and here are %d: this is an old copy. Publish nothing with it, or you show two logs; go back to the newest: %w", is.Size, len(p.All), nvr.ErrDamaged)
		case is.Size == len(p.All):
			return nil
		case is.Size <= progress:
			return errAnswer // it would be asked for ever
		}
		progress, from = is.Size, is.Size
	}
}

// submission returns the entries that are given at once, and how many the log has
// with them.
func (p *Published) submission(from, most int) (s sponsor.Submission, upto int) {
	s.From, s.Entries = from, []sponsor.Supplied{}
	size := 0
	for _, e := range p.All[from:] {
		text := base64.StdEncoding.EncodeToString(e.Raw)
		if size += len(text) + 100; size > most && len(s.Entries) > 0 {
			break
		}
		s.Entries = append(s.Entries, sponsor.Supplied{ID: e.ID.String(), Text: text})
	}
	return s, from + len(s.Entries)
}

// outcome says why what was submitted was not taken; nil if it was, or if the sponsor
// wants what is before it.
func outcome(is string) error {
	switch is {
	case request.Known.String(), request.Cosigned.String(), request.Extended.String(), request.Wanting.String():
		return nil
	case request.Waiting.String():
		return errors.New("your clock or its clock is off; set yours right and submit again")
	case request.Diverged.String(), request.Convicted.String(), request.Suspended.String():
		return fmt.Errorf("it has another log of this agency (%s): who shows two logs is suspended. Its owner can give you the proof: `nvrd neighborhood record`: %w", is, nvr.ErrDamaged)
	}
	return errAnswer
}
