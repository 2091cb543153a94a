package onvif

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"time"

	"nvrd/pkg/nvr"
)

const (
	// wanted is for how long a subscription is asked for: longer than a camera
	// takes to start anew, so that a fault of the network does not end it.
	wanted = 2 * time.Minute
	// pullFor is how long a device may wait with an answer until something
	// happens; one that is gone is noticed when it is over.
	pullFor = 10 * time.Second
	// Bounds of how long a subscription is believed to last.
	shortest, longest = 10 * time.Second, time.Hour
	maxPull           = 100 // messages of one answer that are asked for
	maxGarbled        = 5   // answers in a row that can't be read, before another subscription is tried
	maxParams         = 8   // reference parameters; devices have one at most
)

// nsManager is what the actions of a subscription begin with (WS-BaseNotification).
const nsManager = "http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager"

// subscription is one that a device made for us. It ends by itself.
type subscription struct {
	to       *url.URL   // its own address
	params   []*element // echoed with every request
	lasts    time.Duration
	renewed  time.Time // when it was asked for last
	pull     time.Duration
	limit    int
	garbled  int  // answers in a row that could not be read
	unending bool // the device does not renew: pulling is all there is
}

func (s *subscription) request(action, name, space, body string) request {
	return request{to: s.to, action: action, params: s.params, address: true, body: `<q:` + name + ` xmlns:q="` + space + `">` + body + `</q:` + name + `>`}
}

// subscribe has the device make a pull point (ONVIF Core Specification, 9.2).
func (d *Device) subscribe(ctx context.Context) (*subscription, *Fault) {
	to, fault := d.service(ctx, nsEvents)
	if fault != nil {
		return nil, fault
	}
	ask := func(body string) (*element, *Fault) {
		r := request{to: to, action: nsEvents + "/EventPortType/CreatePullPointSubscriptionRequest", address: true,
			body: `<q:CreatePullPointSubscription xmlns:q="` + nsEvents + `">` + body + `</q:CreatePullPointSubscription>`}
		return d.call(ctx, r, nsEvents, "CreatePullPointSubscriptionResponse")
	}
	asked := time.Now()
	e, fault := ask(`<q:InitialTerminationTime>` + duration(wanted) + `</q:InitialTerminationTime>`)
	if fault != nil && fault.Reason == nvr.Refused { // some firmware takes none, or wants a date
		e, fault = ask("")
	}
	if fault != nil {
		return nil, fault
	}
	reference := e.find(nsEvents, "SubscriptionReference")
	space := nsAddressing
	address := reference.find(space, "Address")
	if address == nil {
		space = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
		address = reference.find(space, "Address")
	}
	at, err := d.at(address.String())
	if err != nil {
		at = to // firmware that knows one subscriber
	}
	s := &subscription{to: at, lasts: lasting(e), renewed: asked, pull: pullFor, limit: maxPull}
	for _, name := range []string{"ReferenceParameters", "ReferenceProperties"} {
		if p := reference.find(space, name); p != nil && len(p.children) <= maxParams {
			s.params = append(s.params, p.children...)
		}
	}
	return s, nil
}

// lasting returns for how long a subscription was granted: by the device's own
// clock, whatever that reads.
func lasting(e *element) time.Duration {
	now, err1 := time.Parse(time.RFC3339, e.find(nsNotify, "CurrentTime").String())
	end, err2 := time.Parse(time.RFC3339, e.find(nsNotify, "TerminationTime").String())
	if d := end.Sub(now); err1 == nil && err2 == nil && d > 0 {
		return min(max(d, shortest), longest)
	}
	return wanted
}

// pulled asks for what happened.
func (d *Device) pulled(ctx context.Context, s *subscription) ([]notice, *Fault) {
	r := s.request(nsEvents+"/PullPointSubscription/PullMessagesRequest", "PullMessages", nsEvents,
		`<q:Timeout>`+duration(s.pull)+`</q:Timeout><q:MessageLimit>`+strconv.Itoa(s.limit)+`</q:MessageLimit>`)
	r.patience = s.pull + patience
	out, fault := d.exchange(ctx, r)
	if fault != nil {
		return nil, fault
	}
	e, fault := out.result(nsEvents, "PullMessagesResponse")
	if fault == nil {
		s.garbled = 0
		return readNotices(e), nil
	}
	if out.fault != nil && s.lower(out.fault.detail) {
		return nil, nil
	}
	if s.garbled++; fault.Reason == nvr.BadStream && out.status == http.StatusOK && s.garbled <= maxGarbled {
		return nil, nil // the next answer may be better, and the subscription is there
	}
	return nil, fault
}

// lower asks for less from now on, if the device says how much it has to give, and
// tells whether that is a change.
func (s *subscription) lower(detail *element) bool {
	most := detail.find(nsEvents, "PullMessagesFaultResponse")
	changed := false
	if d, ok := readDuration(most.find(nsEvents, "MaxTimeout").String()); ok && d >= time.Second && d < s.pull {
		s.pull, changed = d, true
	}
	if n, err := strconv.Atoi(most.find(nsEvents, "MaxMessageLimit").String()); err == nil && n > 0 && n < s.limit {
		s.limit, changed = n, true
	}
	return changed
}

// renew has a subscription last longer, if half of its time is over. That it
// can't be is no fault: pulling goes on.
func (d *Device) renew(ctx context.Context, s *subscription) *Fault {
	if s.unending || time.Since(s.renewed) < s.lasts/2 {
		return nil
	}
	asked := time.Now()
	r := s.request(nsManager+"/RenewRequest", "Renew", nsNotify, `<q:TerminationTime>`+duration(wanted)+`</q:TerminationTime>`)
	e, fault := d.call(ctx, r, nsNotify, "RenewResponse")
	switch {
	case fault == nil:
		s.renewed, s.lasts = asked, lasting(e)
	case fault.Reason == nvr.Unreachable, fault.Reason == nvr.WrongPassword:
		return fault
	default:
		s.unending = true
	}
	return nil
}

// unsubscribe tells the device that nobody listens any more. If it does not hear
// that, the subscription ends by itself.
func (d *Device) unsubscribe(ctx context.Context, s *subscription) {
	r := s.request(nsManager+"/UnsubscribeRequest", "Unsubscribe", nsNotify, "")
	r.patience = 2 * time.Second
	_, _ = d.exchange(ctx, r)
}

// duration writes a duration as XML Schema has it (Part 2, 3.2.6).
func duration(d time.Duration) string {
	return "PT" + strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + "S"
}

var durations = regexp.MustCompile(`^P(?:(\d{1,4})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?$`)

// readDuration reads one of days at most.
func readDuration(text string) (time.Duration, bool) {
	m := durations.FindStringSubmatch(text)
	if m == nil {
		return 0, false
	}
	seconds := 0.0
	for i, unit := range []float64{86400, 3600, 60, 1} {
		n, _ := strconv.ParseFloat("0"+m[i+1], 64)
		seconds += n * unit
	}
	return time.Duration(seconds * float64(time.Second)), true
}
