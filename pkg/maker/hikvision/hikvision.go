// Package hikvision listens to door stations of Hikvision (DS-KV, DS-KD, DS-HD)
// and its relatives by asking once a second how it stands with the call, since
// most firmware pushes no such event to programs (koush/scrypted#533,
// Supergiovane/node-red-contrib-hikvision-ultimate#23).
//
// Some firmware says "idle" all the time unless an indoor station or a SIP server
// is set up (pergolafabio/Hikvision-Addons#341); the guide tells owners so.
package hikvision

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"strings"
	"time"

	"nvrd/pkg/device"
	"nvrd/pkg/nvr"
)

const (
	callStatus = "/ISAPI/VideoIntercom/callStatus?format=json"
	every      = time.Second
	// maxStatus is of one answer; it has 50 bytes.
	maxStatus = 4 << 10
	// misses is how many answers in a row may be missing or odd: stations are slow
	// while somebody opens their page.
	misses = 3
)

// Listen tells when the button is pressed and when the call is over, until the
// station can't be asked any more or ctx ends; the error is never nil, and one of
// [device.Error] unless ctx ended. tell is called from one goroutine.
func Listen(ctx context.Context, c device.Config, tell func(nvr.Signal)) error {
	return listen(ctx, c, every, tell)
}

func listen(ctx context.Context, c device.Config, every time.Duration, tell func(nvr.Signal)) error {
	client, err := device.New(c)
	if err != nil {
		return err
	}
	defer client.Close()
	call := call{tell: tell, now: nvr.Now}
	tick := time.NewTicker(every)
	defer tick.Stop()
	missed := 0
	for {
		state, err := ask(ctx, client)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil:
			missed = 0
			if state != call.state {
				c.Say("callStatus", state, nil)
			}
			call.is(state)
		case !passing(err):
			return err
		default:
			if missed++; missed == misses {
				return err
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// passing tells of a fault that may be over in a second.
func passing(err error) bool {
	switch device.KindOf(err) {
	case device.Unreachable, device.Failing, device.Full, device.Odd:
		return true
	}
	return false
}

func ask(ctx context.Context, client *device.Client) (string, error) {
	body, err := client.Ask(ctx, device.Request{Path: callStatus, Within: 5 * time.Second}, maxStatus)
	if err != nil {
		return "", err
	}
	state, err := parse(body)
	if err != nil {
		return "", device.Fault(device.Odd, err)
	}
	return state, nil
}

// States of the call, in lower case.
const (
	idle   = "idle"
	ring   = "ring"
	onCall = "oncall"
)

var errStatus = errors.New("no call status")

// parse reads the status: JSON from firmware of the last years, XML from older one
// that ignores what form was asked for.
//
//	{"CallStatus": {"status": "ring"}}
//	<CallStatus version="2.0" xmlns="…"><status>ring</status></CallStatus>
func parse(body []byte) (string, error) {
	var status struct {
		CallStatus struct {
			Status string `json:"status"`
		}
	}
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
	said := ""
	if bytes.HasPrefix(body, []byte("<")) {
		var old struct {
			XMLName xml.Name
			Status  string `xml:"status"`
		}
		if err := xml.Unmarshal(body, &old); err != nil || old.XMLName.Local != "CallStatus" {
			return "", errStatus
		}
		said = old.Status
	} else if err := json.Unmarshal(body, &status); err == nil {
		said = status.CallStatus.Status
	}
	switch said := strings.ToLower(strings.TrimSpace(said)); said {
	case idle, ring, onCall:
		return said, nil
	}
	return "", errStatus
}

// call follows the states of the station.
type call struct {
	tell  func(nvr.Signal)
	now   func() nvr.Time
	state string // the newest; empty before the first
}

// is tells what a state means after the one before: a ring that is seen first of
// all was pressed while nobody listened, and is told.
func (c *call) is(state string) {
	was := c.state
	c.state = state
	if (state == ring) != (was == ring) {
		c.tell(nvr.Signal{Kind: nvr.RingEvent, Source: device.Source("hikvision callStatus"), On: state == ring, At: c.now()})
	}
}
