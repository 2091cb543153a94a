package main

import (
	"context"
	"log/slog"
	"net/netip"

	"nvrd/pkg/household"
	"nvrd/pkg/notify"
	"nvrd/ui/text"
)

// told is what messages are sent with: from this home, and never to itself.
func (a *server) told(s settings, texts *text.Texts) notify.Config {
	address := s.reached(a.listener.Addr(), a.tls, inContainer(), interfaceAddresses())
	c := notify.Config{Home: a.Dir.Home, Log: a.log, Address: address, Cameras: func(ctx context.Context) (all []notify.Camera, err error) {
		cameras, err := a.Dir.Home.Cameras(ctx)
		for _, camera := range cameras {
			all = append(all, notify.Camera{ID: camera.ID, Name: camera.Name})
		}
		return all, err
	}, Words: outboxWords(a.Dir.Home, texts, a.log)}
	if at, err := netip.ParseAddrPort(a.listener.Addr().String()); err == nil {
		c.Ports = []uint16{at.Port()}
	}
	return c
}

// outboxWords says what the outbox does in the language of the household.
func outboxWords(h *household.DB, texts *text.Texts, log *slog.Logger) func(context.Context) notify.Words {
	return func(ctx context.Context) notify.Words {
		home, err := h.Home(ctx)
		if err != nil {
			log.Error("the language of messages cannot be read", "err", err)
		}
		t := texts.In(home.Language)
		return notify.Words{Missed: t.Messages.Missed, Unreached: t.Outbox.Unreached, Why: t.Outbox.Why, Ring: t.Outbox.Ring, Motion: t.Outbox.Motion, Picture: t.Outbox.Picture}
	}
}
