package main

import (
	"context"
	"fmt"

	"nvrd/pkg/auth"
	"nvrd/pkg/household"
	"nvrd/pkg/media/pcm"
	"nvrd/pkg/nvr"
	talking "nvrd/pkg/talk"
	pages "nvrd/ui/appliance"
)

// pageVoice lets the pages have quick replies played at cameras.
type pageVoice struct {
	talks *talking.Talks
	home  *household.DB
}

func (p pageVoice) Replies(ctx context.Context) (all []pages.Reply, err error) {
	replies, err := p.home.Replies(ctx)
	for _, r := range replies {
		all = append(all, pages.Reply{ID: int64(r.ID), Name: r.Name, Length: r.Length})
	}
	return all, err
}

func (p pageVoice) RemoveReply(ctx context.Context, id int64) error {
	return p.home.RemoveReply(ctx, household.ReplyID(id))
}

func (p pageVoice) Play(ctx context.Context, camera nvr.CameraID, reply int64) error {
	wav, err := p.home.ReplySound(ctx, household.ReplyID(reply))
	if err != nil {
		return err
	}
	sound, err := pcm.ParseWAV(wav)
	if err != nil {
		return fmt.Errorf("quick reply %d: %w", reply, err)
	}
	return p.talks.Play(ctx, camera, auth.Asks(ctx).Name, sound)
}
