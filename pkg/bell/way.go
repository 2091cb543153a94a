package bell

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"nvrd/pkg/device"
	"nvrd/pkg/household"
	"nvrd/pkg/maker/dahua"
	"nvrd/pkg/maker/doorbird"
	"nvrd/pkg/maker/hikvision"
	"nvrd/pkg/maker/mqtt"
	"nvrd/pkg/maker/report"
	"nvrd/pkg/maker/twon"
	"nvrd/pkg/nvr"
	"nvrd/pkg/onvif"
)

// listen is one connection to a device in the way of its kind, or the wait for its
// calls.
func (b *Bells) listen(ctx context.Context, l *listening) error {
	if l.bell.Kind == household.SIPBell {
		return b.registrars.join(ctx, l, b.take)
	}
	defer time.AfterFunc(steady, func() { l.set("") }).Stop()
	return ways[l.bell.Kind](ctx, l.bell, ear{b.LogIns(l.bell), l.heard, func(s nvr.Signal) { b.take(l, s) }})
}

// ear is what a way listens with.
type ear struct {
	logIns device.LogIns
	heard  func(code, action string, data map[string]string) // all that the device tells
	tell   func(nvr.Signal)                                  // what of it is known
}

// way listens to a bell until the connection ends or ctx does.
type way func(ctx context.Context, bell household.Bell, e ear) error

// ways are those of the bells that are asked; webhooks and SIP call.
var ways = map[household.BellKind]way{
	household.ONVIFBell:     byONVIF,
	household.MQTTBell:      byMQTT,
	household.DahuaBell:     asking(dahua.Listen),
	household.HikvisionBell: asking(hikvision.Listen),
	household.TwoNBell:      asking(twon.Listen),
	household.DoorBirdBell:  asking(doorbird.Listen),
}

func byONVIF(ctx context.Context, bell household.Bell, e ear) error {
	return onvif.Listen(ctx, onvif.Config{Address: bell.Address, User: bell.User, Password: bell.Password.Reveal(), LogIns: e.logIns, Heard: e.heard}, e.tell)
}

func byMQTT(ctx context.Context, bell household.Bell, e ear) error {
	var topics []mqtt.Topic
	if err := json.Unmarshal(bell.Settings, &topics); err != nil {
		return fmt.Errorf("the topics of the bell can't be read: %w", nvr.ErrInvalid)
	}
	return mqtt.Listen(ctx, mqtt.Config{Address: bell.Address, User: bell.User, Password: bell.Password.Reveal(), Topics: topics, Heard: e.heard}, e.tell)
}

// asking is the way of a maker whose devices are asked by HTTP.
func asking(listen func(context.Context, device.Config, func(nvr.Signal)) error) way {
	return func(ctx context.Context, bell household.Bell, e ear) error {
		return listen(ctx, device.Config{Address: bell.Address, User: bell.User, Password: bell.Password.Reveal(), LogIns: e.logIns, Party: "events", Heard: e.heard}, e.tell)
	}
}

// Told returns what a bell told of late and how often it was lost, known or not, for its
// owner to paste where others read it: no line holds anything of the home. It fails
// with [nvr.ErrNotFound] if the camera has no bell of the kind.
func (b *Bells) Told(camera nvr.CameraID, kind household.BellKind) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.running[key{camera, kind}]
	if l == nil {
		return "", fmt.Errorf("this camera has no bell of kind %q: %w", kind, nvr.ErrNotFound)
	}
	return l.log.Text(), nil
}

// logOf returns an empty log for what a bell tells.
func logOf(b household.Bell) *report.Log {
	host := ""
	if u, err := url.Parse(b.Address); err == nil {
		host = u.Hostname()
	}
	return report.New(string(b.Kind), b.Address, host, b.User, b.Password.Reveal())
}

// heard takes down what a device tells, known or not: it is listened to.
func (l *listening) heard(code, action string, data map[string]string) {
	l.log.Add(code, action, data)
	l.set("")
}

// faultOf returns why an ONVIF device is not listened to, as a word.
func faultOf(err error) device.Kind {
	if fault, ok := errors.AsType[*onvif.Fault](err); ok {
		return device.Kind(fault.Reason)
	}
	return ""
}
