package main

import (
	"context"
	"net/netip"

	"nvrd/pkg/notify"
)

// told is what messages are sent with: from this home, and never to itself.
func (a *server) told(s settings) notify.Config {
	address := s.reached(a.listener.Addr(), a.tls, inContainer(), interfaceAddresses())
	c := notify.Config{Home: a.Dir.Home, Log: a.log, Address: address, Cameras: func(ctx context.Context) (all []notify.Camera, err error) {
		cameras, err := a.Dir.Home.Cameras(ctx)
		for _, camera := range cameras {
			all = append(all, notify.Camera{ID: camera.ID, Name: camera.Name})
		}
		return all, err
	}}
	if at, err := netip.ParseAddrPort(a.listener.Addr().String()); err == nil {
		c.Ports = []uint16{at.Port()}
	}
	return c
}
