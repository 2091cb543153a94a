package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"nvrd/federation/blob"
	"nvrd/federation/membership"
	"nvrd/federation/online"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp/rtspsim"
	"nvrd/ui/page/street/share"
)

// residents are who lives in the demo's street. One more than the homes that are
// neighbors has the neighborhood on and is in none: it can be let in.
var residents = []string{"Anna, number 4", "Ben, number 7", "Cleo, number 9", "Dara, number 12", "Emil, number 15", "Fay, number 18"}

// street runs several homes on this machine, already neighbors.
func (c *call) street(ctx context.Context, s settings, sim *rtspsim.Server, homes int, agency, visitor bool) (err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var past pastClock
	_, old := os.Stat(filepath.Join(s.data, "1", "home.db"))
	past.on.Store(old != nil) // those of an earlier demo are neighbors
	s.neighbors.Now = past.now
	var running []*server
	defer func() {
		for _, a := range running {
			err = errors.Join(err, a.Close())
		}
	}()
	for i := range homes + 1 {
		own, err := s.resident(i)
		if err != nil {
			return err
		}
		if err := onlySimulated(ctx, own.data); err != nil {
			return err
		}
		a, err := start(ctx, own, c.logger().With("home", residents[i]))
		if err != nil {
			return err
		}
		running = append(running, a)
		if i < homes {
			if err := doorbells(ctx, sim, a.Dir.Home); err != nil {
				return err
			}
			if visitor && i == 0 {
				if err := a.visit(ctx); err != nil {
					return err
				}
			}
		}
		if a.neighbors.All() == nil {
			if err := a.neighbors.TurnOn(); err != nil {
				return err
			}
			if err := a.neighbors.All().OnPaper(); err != nil { // nobody looks for paper at a demo
				return err
			}
		}
	}
	failed := make(chan error, len(running))
	for _, a := range running {
		go func() { failed <- a.serve(ctx) }()
	}
	if err := settle(ctx, running[:homes], &past); err != nil {
		return err
	}
	if agency {
		if err := allowsBrigade(ctx, s.data, running[:homes]); err != nil {
			return err
		}
		go asks(ctx, s.data, running[0])
		if _, err := fmt.Fprintf(c.out, "A fire brigade asks the homes within a minute or two. It reads what they answer with: nvrd agency inbox --agency %s\n", brigadeDir(s.data)); err != nil {
			return err
		}
	}
	for i, a := range running[:homes] {
		if _, err := fmt.Fprintf(c.out, "Stoop is at %s (%s)\n", whereabouts(a.listener.Addr(), a.tls), residents[i]); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintf(c.out, "Not a neighbor yet: %s (%s). Let it in: make an invite under Street, Neighbors in another home, and paste it there.\n",
		whereabouts(running[homes].listener.Addr(), running[homes].tls), residents[homes]); err != nil {
		return err
	}
	for range running {
		err = errors.Join(err, <-failed)
		stop()
	}
	return err
}

// resident returns the settings of one home of the street.
func (s settings) resident(i int) (settings, error) {
	host, port, err := hostPort(s.listen)
	if err != nil {
		return s, err
	}
	if first, err := strconv.ParseUint(port, 10, 16); err == nil && first != 0 {
		s.listen = net.JoinHostPort(host, strconv.FormatUint(first+uint64(i), 10))
		s.neighbors.Port = uint16(first%50_000 + 10_000 + uint64(10*i)) // the same again, so that they find each other
	}
	s.data = filepath.Join(s.data, strconv.Itoa(i+1))
	s.neighbors.Local = true
	return s, nil
}

// settle makes neighbors of the homes that are none yet, and has them say a few
// things, as far as they have not.
func settle(ctx context.Context, homes []*server, past *pastClock) error {
	defer past.on.Store(false)
	if len(homes[0].neighbors.All().In()) > 0 {
		return nil // they are from an earlier demo
	}
	elm, err := homes[0].neighbors.All().Found("Elm Street", residents[0], wire.Policy{
		Invites: wire.InvitesByMembers, Contact: "Anna, number 4", Places: []string{"Elm Street", "The park", "Bus stop", "Playground"},
		ExpireDays: 30, MediaMiB: wire.MaxMediaMiB,
	})
	if err != nil {
		return err
	}
	in := []*membership.Membership{elm}
	for i, a := range homes[1:] {
		m, err := letIn(ctx, homes[0].neighbors, elm, a.neighbors, residents[i+1])
		if err != nil {
			return err
		}
		in = append(in, m)
	}
	past.on.Store(false)
	go shareClip(ctx, homes[len(homes)-1], in[len(in)-1])
	return talk(in)
}

// shareClip has a home share what its doorbell sees, once there is some of it.
func shareClip(ctx context.Context, a *server, m *membership.Membership) {
	const length = 5 * time.Second
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	made, err := blob.Plain{}, nvr.ErrNotFound
	for again := time.NewTicker(time.Second); err != nil || made.Seconds < uint8(length.Seconds()); {
		select {
		case now := <-again.C:
			cut := share.Cut{Camera: 1, Span: nvr.Span{From: nvr.TimeOf(now.Add(-length)), To: nvr.TimeOf(now)}}
			made, err = studio{a.Dir.Player, a.tool}.Make(ctx, cut)
		case <-ctx.Done():
			return
		}
	}
	said := wire.Post{Category: wire.CategoryQuestion, Happened: "Do the lights flicker at yours, too? Here they have since last night, and the moths are all over the porch.", Place: "Elm Street"}
	if _, err := a.neighbors.Share(m, said, []blob.Plain{made}, 0); err != nil {
		a.log.Warn("share a clip", "err", err)
	}
}

// pastClock says that it is three days earlier as long as it is on: homes that
// became neighbors then are no newcomers, who may share no clips.
type pastClock struct{ on atomic.Bool }

func (c *pastClock) now() time.Time {
	if c.on.Load() {
		return time.Now().Add(-72 * time.Hour)
	}
	return time.Now()
}

// letIn has one home of the street invite another.
func letIn(ctx context.Context, by *online.Online, m *membership.Membership, guest *online.Online, name string) (*membership.Membership, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	invite, err := by.Invite(m, 7, wire.Key{})
	if err != nil {
		return nil, err
	}
	text, err := invite.Text()
	if err != nil {
		return nil, err
	}
	all := guest.All()
	if _, err := all.Join(text, name); err != nil {
		return nil, err
	}
	for {
		news := all.News()
		if in := all.In(); len(in) > 0 {
			return in[0], in[0].Arrived(ctx)
		}
		select {
		case <-news:
		case <-ctx.Done():
			return nil, fmt.Errorf("%s is not let in: %w", name, ctx.Err())
		}
	}
}

// talk has the homes say what streets say. Newcomers have one post a day.
func talk(in []*membership.Membership) error {
	said := []wire.Post{
		{Category: wire.CategoryHazard, Happened: "The steps to the bus stop are icy this morning. I slipped and caught the rail.", Place: "Bus stop"},
		{Category: wire.CategoryLostFound, Happened: "Our grey cat went over the fence at noon and has not come back. She answers to Minka.", Place: "Elm Street"},
		{Category: wire.CategoryQuestion, Happened: "Who has a long ladder that I may borrow on Saturday?", Place: "Elm Street"},
		{Category: wire.CategoryThanks, Happened: "Whoever put our bins back after the storm: thank you!", Place: "Elm Street"},
		{Category: wire.CategoryOutage, Happened: "No water since seven. The works say until noon.", Place: "Elm Street"},
	}
	var posts []wire.Hash
	for i, m := range in {
		id, err := m.Post(said[i%len(said)], 0)
		if err != nil {
			return err
		}
		posts = append(posts, id)
	}
	last := in[len(in)-1]
	if _, err := last.Comment(posts[len(posts)-1], "It need not be mine: any that reaches the gutter."); err != nil {
		return err
	}
	return nil
}
