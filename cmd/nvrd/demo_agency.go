package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"time"

	"nvrd/federation/agency"
	"nvrd/federation/membership"
	"nvrd/federation/request/area"
	"nvrd/federation/store"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// elm is where the demo's street lies, and brigade asks it.
var (
	elm     = wire.Point{Lat: 40_712_000, Lon: -73_992_000}
	brigade = wire.Agency{
		Title: "Fire brigade", Class: wire.ClassFire, Contact: "Desk, 555 0100", Policy: "Seen by the investigator alone, and deleted once the cause is known.",
		Jurisdiction: rectangle(wire.Point{Lat: elm.Lat - 50_000, Lon: elm.Lon - 50_000}, 100_000),
	}
)

// rectangle is an area of so many millionths of a degree a side.
func rectangle(at wire.Point, side int32) []wire.Point {
	return []wire.Point{at, {Lat: at.Lat, Lon: at.Lon + side}, {Lat: at.Lat + side, Lon: at.Lon + side}, {Lat: at.Lat + side, Lon: at.Lon}}
}

// brigadeDir is where the demo's agency is.
func brigadeDir(data string) string { return filepath.Join(data, "agency") }

// allowsBrigade lets an agency ask the homes of the street, two of which are its
// sponsors; of one of an earlier demo only the gateways are as they were.
func allowsBrigade(ctx context.Context, data string, homes []*server) (err error) {
	first := homes[0].neighbors.All().In()[0]
	office, err := agency.Open(ctx, brigadeDir(data))
	if err == nil {
		return office.Close()
	}
	if !errors.Is(err, nvr.ErrNotFound) {
		return err
	}
	if office, err = agency.Init(ctx, brigadeDir(data), brigade); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, office.Close()) }()
	card, err := office.Card()
	if err != nil {
		return err
	}
	cells, err := area.Around(elm, 400)
	if err != nil {
		return err
	}
	if err := first.AdmitAgency(card, cells, wire.Key{}); err != nil {
		return err
	}
	for i, a := range homes {
		m := a.neighbors.All().In()[0]
		if err := knows(ctx, m, office.Key); err != nil {
			return err
		}
		cameras, err := a.Dir.Home.Cameras(ctx)
		if err != nil {
			return err
		}
		for _, cam := range cameras {
			if err := a.choices.Cover(ctx, cam.ID, []wire.Cell{area.CellOf(elm)}); err != nil {
				return err
			}
		}
		if i >= 2 {
			continue
		}
		if err := sponsors(ctx, a, m, office); err != nil {
			return err
		}
	}
	return nil
}

// knows waits until a home knows of an agency.
func knows(ctx context.Context, m *membership.Membership, key wire.Key) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		news := m.News()
		if _, ok := m.State().Agencies[key]; ok {
			return nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return fmt.Errorf("the agency is not known everywhere: %w", ctx.Err())
		}
	}
}

// sponsors makes a home a sponsor that the agency reaches on this machine.
func sponsors(ctx context.Context, a *server, m *membership.Membership, office *agency.Agency) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	at := l.Addr().String()
	if err := l.Close(); err != nil { // it is free
		return err
	}
	if err := a.neighbors.SetGateway(store.Gateway{Listen: at, URL: (&url.URL{Scheme: "https", Host: at}).String()}); err != nil {
		return err
	}
	if err := a.neighbors.Sponsor(m, office.Key, ""); err != nil {
		return err
	}
	text, err := a.neighbors.GatewayText(office.Key)
	if err != nil {
		return err
	}
	told, err := wire.ParseSponsor(text)
	if err != nil {
		return err
	}
	return office.AddSponsor(ctx, told)
}

// asks has the demo's agency ask once there is some footage that it can ask for.
func asks(ctx context.Context, data string, a *server) {
	office, err := agency.Open(ctx, brigadeDir(data))
	if err == nil {
		err = errors.Join(asksOnce(ctx, office, a), office.Close())
	}
	if err != nil && ctx.Err() == nil {
		a.log.Warn("the agency does not ask", "err", err)
	}
}

// asksOnce asks when something was filmed in a minute that is over.
func asksOnce(ctx context.Context, office *agency.Agency, a *server) error {
	cameras, err := a.Dir.Home.Cameras(ctx)
	if err != nil || len(cameras) == 0 {
		return err
	}
	began := nvr.TimeOf(time.Now())
	for tick := time.NewTicker(time.Second); ; {
		now := time.Now()
		recorded, err := a.Dir.Catalog.Recorded(ctx, cameras[0].ID, nvr.Span{From: began, To: nvr.TimeOf(now)})
		if err != nil {
			return err
		}
		if minute := wire.MinuteOf(now); len(recorded) > 0 && recorded[0].From < nvr.TimeOf(minute.Time()) {
			p, err := office.Published(ctx)
			if err != nil {
				return err
			}
			_, err = office.Ask(ctx, agency.Request{
				Case: "2026-" + strconv.Itoa(1184+len(p.All)), Incident: wire.IncidentFire, From: minute - 60, To: minute, Area: rectangle(wire.Point{Lat: elm.Lat - 2_000, Lon: elm.Lon - 2_000}, 5_000),
				Text: "A shed behind the bakery burned. Did a camera see smoke, or somebody who came by?", Open: 7 * wire.Day,
			})
			if err != nil {
				return err
			}
			_, err = office.Submit(ctx)
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
