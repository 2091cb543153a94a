package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"nvrd/federation/choice"
	"nvrd/federation/mail"
	"nvrd/federation/membership"
	"nvrd/federation/online"
	"nvrd/federation/response"
	"nvrd/federation/roster"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
	"nvrd/ui/page/street/asked"
)

// handOver has what the owner hands over brought to who asked.
func (a *server) handOver(_ context.Context, m *membership.Membership, to asked.Asked, r asked.Response) error {
	made := response.Response{Request: to.ID, Until: r.Until, Words: r.Words}
	for _, f := range r.Media {
		kind := wire.MediaClip
		if f.Type == "image/jpeg" {
			kind = wire.MediaPhoto
		}
		made.Media = append(made.Media, response.Media{Type: kind, Bytes: f.Bytes})
	}
	return a.neighbors.Respond(m, r.ID, made, !r.Now)
}

// answers returns what neighbors answered to this home's questions.
func (a *server) answers(_ context.Context, m *membership.Membership) ([]asked.Answer, error) {
	all, err := a.neighbors.Answers(m)
	came := make([]asked.Answer, len(all))
	for i, one := range all {
		came[i] = asked.Answer{ID: one.ID, Response: one.Response}
	}
	return came, err
}

// forget deletes one of these.
func (a *server) forget(_ context.Context, m *membership.Membership, id wire.Hash) error {
	all, err := a.neighbors.Answers(m)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(one online.Answer) bool { return one.ID == id })
	if i < 0 {
		return fmt.Errorf("answer: %w", nvr.ErrNotFound)
	}
	return a.neighbors.Forget(m, all[i])
}

// noteEvery is how often it is written into the ledger who has what was handed over,
// beside when the owner looks: long before that is forgotten elsewhere.
const noteEvery = time.Hour

// noteBrought writes down who has what was handed over, until ctx ends.
func (a *server) noteBrought(ctx context.Context) {
	for again := time.NewTicker(noteEvery); ; {
		if err := a.brought(ctx); err != nil && ctx.Err() == nil {
			a.log.Warn("ledger of what was handed over", "err", err)
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			again.Stop()
			return
		}
	}
}

// brought writes into the ledger which homes have what was handed over by now.
func (a *server) brought(ctx context.Context) error {
	all := a.neighbors.All()
	ledger, err := a.choices.Ledger(ctx)
	if err != nil || all == nil || len(ledger) == 0 {
		return err
	}
	for _, m := range all.In() {
		sent, err := a.neighbors.Responses(m)
		if err != nil {
			return err
		}
		for id, sponsors := range arrived(ledger, sent, sponsorOf(m.State())) {
			for _, s := range sponsors {
				if err := a.choices.Brought(ctx, id, s); err != nil && !errors.Is(err, nvr.ErrNotFound) { // it was just deleted
					return err
				}
			}
		}
	}
	return nil
}

// sponsorOf tells whose home a node is.
func sponsorOf(s *roster.State) func(node wire.Key) (choice.Sponsor, bool) {
	return func(node wire.Key) (choice.Sponsor, bool) {
		author, ok := s.AuthorOf(node)
		m := s.Members[author]
		if !ok || m == nil || m.Card == nil {
			return choice.Sponsor{}, false
		}
		return choice.Sponsor{Key: author, Name: m.Card.Name}, true
	}
}

// arrived returns who has what, as far as the ledger does not say so.
func arrived(ledger []choice.Handed, sent []mail.Response, of func(node wire.Key) (choice.Sponsor, bool)) map[wire.Salt][]choice.Sponsor {
	all := map[wire.Salt][]choice.Sponsor{}
	for _, h := range ledger {
		i := slices.IndexFunc(sent, func(r mail.Response) bool { return r.ID == h.ID })
		if i < 0 {
			continue
		}
		for _, b := range sent[i].Brought {
			home, ok := of(b.Node)
			if !ok || slices.ContainsFunc(h.Sponsors, func(s choice.Sponsor) bool { return s.Key == home.Key && s.Had != 0 }) {
				continue
			}
			home.Had = b.Minute
			all[h.ID] = append(all[h.ID], home)
		}
	}
	return all
}
