package main

import (
	"context"
	"net/netip"

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
	}, Words: func(ctx context.Context) notify.Words {
		home, err := a.Dir.Home.Home(ctx)
		if err != nil {
			a.log.Error("the language of messages cannot be read", "err", err)
		}
		t := texts.In(home.Language)
		return notify.Words{Missed: t.Messages.Missed, Unreached: t.Outbox.Unreached, Why: t.Outbox.Why, Ring: t.Outbox.Ring, Motion: t.Outbox.Motion, Picture: t.Outbox.Picture}
	}}
	if at, err := netip.ParseAddrPort(a.listener.Addr().String()); err == nil {
		c.Ports = []uint16{at.Port()}
	}
	return c
}
