package main

import (
	"context"

	"nvrd/federation/membership"
	"nvrd/federation/response"
	"nvrd/federation/wire"
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
