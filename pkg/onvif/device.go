package onvif

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"nvrd/pkg/nvr"
)

func (d *Device) device(name, body string) request {
	return request{to: d.asked, action: nsDevice + "/" + name, body: `<q:` + name + ` xmlns:q="` + nsDevice + `">` + body + `</q:` + name + `>`}
}

// Time asks for the device's clock, without a log-in, and keeps by how much it is
// ahead. It is what tells whether something speaks ONVIF at an address.
func (d *Device) Time(ctx context.Context) error {
	sent := time.Now()
	out, err := d.post(ctx, d.device("GetSystemDateAndTime", ""), asNobody)
	if err != nil {
		return faulty(nvr.Unreachable, "the device does not answer: %v", err)
	}
	if out.denied() {
		d.byHeader(out.header) // it hides its clock from those it does not know
		return nil
	}
	answer, fault := out.result(nsDevice, "GetSystemDateAndTimeResponse")
	if fault != nil {
		return fault
	}
	now, ok := readClock(answer.find(nsDevice, "SystemDateAndTime").find(nsSchema, "UTCDateTime"))
	if !ok {
		d.byHeader(out.header)
		return nil
	}
	d.set(now, sent.Add(time.Since(sent)/2))
	return nil
}

// time is Time where the answer does not matter much: with the clock that an
// answer's header shows, if nothing better is to be had.
func (d *Device) time(ctx context.Context, h http.Header) {
	if d.timed {
		return
	}
	if err := d.Time(ctx); err != nil || !d.timed {
		d.byHeader(h)
	}
}

// byHeader takes the clock from the Date of an answer (RFC 9110, 6.6.1).
func (d *Device) byHeader(h http.Header) {
	if at, err := http.ParseTime(h.Get("Date")); err == nil {
		d.set(at, time.Now())
	}
}

func (d *Device) set(theirs, ours time.Time) { d.offset, d.timed = theirs.Sub(ours), true }

// readClock reads a tt:DateTime.
func readClock(e *element) (time.Time, bool) {
	part := func(group, name string, low, high int) (int, bool) {
		n, err := strconv.Atoi(e.find(nsSchema, group, name).String())
		return n, err == nil && n >= low && n <= high
	}
	year, ok1 := part("Date", "Year", 1970, 2200)
	month, ok2 := part("Date", "Month", 1, 12)
	day, ok3 := part("Date", "Day", 1, 31)
	hour, ok4 := part("Time", "Hour", 0, 24)
	minute, ok5 := part("Time", "Minute", 0, 59)
	second, ok6 := part("Time", "Second", 0, 60)
	return time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC), ok1 && ok2 && ok3 && ok4 && ok5 && ok6
}

// Information is what a device says of itself: printable, each at most 200 bytes.
type Information struct{ Maker, Model, Firmware string }

// Information asks for maker and model. It leaves the serial number where it is.
func (d *Device) Information(ctx context.Context) (Information, error) {
	e, fault := d.call(ctx, d.device("GetDeviceInformation", ""), nsDevice, "GetDeviceInformationResponse")
	if fault != nil {
		return Information{}, fault
	}
	said := func(name string) string { return printable(e.find(nsDevice, name).String()) }
	return Information{said("Manufacturer"), said("Model"), said("FirmwareVersion")}, nil
}

// service returns where a service of the device is, by its namespace: asked once.
func (d *Device) service(ctx context.Context, space string) (*url.URL, *Fault) {
	if d.services == nil {
		if fault := d.findServices(ctx); fault != nil {
			return nil, fault
		}
	}
	if u := d.services[space]; u != nil {
		return u, nil
	}
	return nil, faulty(nvr.Unsupported, "the device has no service for %s", space)
}

// findServices asks for the services, in the old way if it does not know the new one.
func (d *Device) findServices(ctx context.Context) *Fault {
	found := map[string]*url.URL{}
	note := func(space, address string) {
		if u, err := d.at(address); err == nil && found[space] == nil {
			found[space] = u
		}
	}
	e, fault := d.call(ctx, d.device("GetServices", `<q:IncludeCapability>false</q:IncludeCapability>`), nsDevice, "GetServicesResponse")
	if fault != nil && (fault.Reason == nvr.WrongPassword || fault.Reason == nvr.Unreachable) {
		return fault
	}
	for _, s := range e.all(nsDevice, "Service") {
		note(s.find(nsDevice, "Namespace").String(), s.find(nsDevice, "XAddr").String())
	}
	if found[nsEvents] == nil || found[nsMedia] == nil && found[nsMedia2] == nil {
		e, fault = d.call(ctx, d.device("GetCapabilities", `<q:Category>All</q:Category>`), nsDevice, "GetCapabilitiesResponse")
		if fault != nil && len(found) == 0 {
			return fault
		}
		all := e.find(nsDevice, "Capabilities")
		note(nsEvents, all.find(nsSchema, "Events", "XAddr").String())
		note(nsMedia, all.find(nsSchema, "Media", "XAddr").String())
	}
	d.services = found
	return nil
}

// Endpoint asks what the device calls itself in a search (Found.Endpoint); empty if it
// does not say.
func (d *Device) Endpoint(ctx context.Context) string {
	e, _ := d.call(ctx, d.device("GetEndpointReference", ""), nsDevice, "GetEndpointReferenceResponse")
	return endpointOf(e.find(nsDevice, "GUID").String())
}

// Relay is an output of a device, such as the opener of a door.
type Relay struct {
	Token string
	// Pulse tells that it goes back by itself, after Delay.
	Pulse bool
	Delay time.Duration
}

const (
	maxToken  = 64 // characters, as ONVIF bounds a ReferenceToken
	maxRelays = 16
)

// Relays asks for the outputs of a device.
func (d *Device) Relays(ctx context.Context) ([]Relay, error) {
	e, fault := d.call(ctx, d.device("GetRelayOutputs", ""), nsDevice, "GetRelayOutputsResponse")
	if fault != nil {
		return nil, fault
	}
	var all []Relay
	for _, o := range e.all(nsDevice, "RelayOutputs") {
		p := o.find(nsSchema, "Properties")
		token := o.attr("token")
		if token == "" || len(token) > maxToken || token != printable(token) || len(all) == maxRelays {
			continue
		}
		delay, _ := readDuration(p.find(nsSchema, "DelayTime").String())
		all = append(all, Relay{token, p.find(nsSchema, "Mode").String() == "Monostable", delay})
	}
	return all, nil
}

// SetRelay switches an output on or off. One that goes back by itself is switched
// on only.
func (d *Device) SetRelay(ctx context.Context, token string, on bool) error {
	state := "inactive"
	if on {
		state = "active"
	}
	_, fault := d.call(ctx, d.device("SetRelayOutputState",
		`<q:RelayOutputToken>`+escape(token)+`</q:RelayOutputToken><q:LogicalState>`+state+`</q:LogicalState>`), nsDevice, "SetRelayOutputStateResponse")
	return asError(fault)
}

// asError makes no error of no fault.
func asError(f *Fault) error {
	if f == nil {
		return nil
	}
	return f
}
