// Package dahua listens to doorbells of Dahua and of Amcrest, which are made by
// the same firm: the AD110 and AD410, and the VTO door stations. They tell what
// happens in one endless answer, which is not quite what its headers say it is;
// read.go takes it apart, meaning.go says what it means.
//
// What is known of these devices comes from public threads, named beside each row
// of the tables, not from a description by the maker.
package dahua

import (
	"context"
	"time"

	"nvrd/pkg/device"
	"nvrd/pkg/nvr"
)

// attach is the page. Without a list of codes some firmware says nothing.
const attach = "/cgi-bin/eventManager.cgi?action=attach&codes=[All]&heartbeat=5"

const (
	// begins is how long the answer may take to begin: some firmware sends its
	// header with the first event, 100 s later in tchellomello/python-amcrest#215.
	begins = 2 * time.Minute
	// beats is how long a device that sends heartbeats may miss them: three of 5 s.
	beats = 20 * time.Second
	// patient is for firmware that ignores the wish for heartbeats.
	patient = 10 * time.Minute
)

// Listen tells what happens at the device until the connection ends or ctx does;
// the error is never nil, and one of [device.Error] unless ctx ended. A device
// that says what can't be understood is listened to all the same. tell is called
// from one goroutine.
func Listen(ctx context.Context, c device.Config, tell func(nvr.Signal)) error {
	client, err := device.New(c)
	if err != nil {
		return err
	}
	defer client.Close()
	m := meanings{tell: tell, now: nvr.Now}
	r := &reader{enough: rung, heard: func(e event) {
		c.Say(e.code, e.action, e.data)
		m.take(e)
	}}
	return client.Listen(ctx, device.Request{Path: attach, Within: begins}, r)
}
