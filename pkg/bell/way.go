package bell

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"nvrd/pkg/device"
	"nvrd/pkg/household"
	"nvrd/pkg/maker/dahua"
	"nvrd/pkg/maker/doorbird"
	"nvrd/pkg/maker/hikvision"
	"nvrd/pkg/maker/mqtt"
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
	return ways[l.bell.Kind](ctx, l.bell, b.LogIns(l.bell), func(s nvr.Signal) { b.take(l, s) })
}

// way listens to a bell until the connection ends or ctx does.
type way func(ctx context.Context, bell household.Bell, logIns device.LogIns, tell func(nvr.Signal)) error

// ways are those of the bells that are asked; webhooks and SIP call.
var ways = map[household.BellKind]way{
	household.ONVIFBell:     byONVIF,
	household.MQTTBell:      byMQTT,
	household.DahuaBell:     asking(dahua.Listen),
	household.HikvisionBell: asking(hikvision.Listen),
	household.TwoNBell:      asking(twon.Listen),
	household.DoorBirdBell:  asking(doorbird.Listen),
}

func byONVIF(ctx context.Context, bell household.Bell, logIns device.LogIns, tell func(nvr.Signal)) error {
	return onvif.Listen(ctx, onvif.Config{Address: bell.Address, User: bell.User, Password: bell.Password.Reveal(), LogIns: logIns}, tell)
}

func byMQTT(ctx context.Context, bell household.Bell, _ device.LogIns, tell func(nvr.Signal)) error {
	var topics []mqtt.Topic
	if err := json.Unmarshal(bell.Settings, &topics); err != nil {
		return fmt.Errorf("the topics of the bell can't be read: %w", nvr.ErrInvalid)
	}
	return mqtt.Listen(ctx, mqtt.Config{Address: bell.Address, User: bell.User, Password: bell.Password.Reveal(), Topics: topics}, tell)
}

// asking is the way of a maker whose devices are asked by HTTP.
func asking(listen func(context.Context, device.Config, func(nvr.Signal)) error) way {
	return func(ctx context.Context, bell household.Bell, logIns device.LogIns, tell func(nvr.Signal)) error {
		return listen(ctx, device.Config{Address: bell.Address, User: bell.User, Password: bell.Password.Reveal(), LogIns: logIns, Party: "events"}, tell)
	}
}
