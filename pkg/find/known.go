package find

import (
	"context"
	"encoding/json"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
	"nvrd/pkg/onvif"
)

// lookUpTime is how long the names of cameras may take to be looked up.
const lookUpTime = time.Second

// known is a camera of the home, and by what it is told from others.
type known struct {
	id       nvr.CameraID
	name     string
	hosts    []string // by its address; numbers where that is a name
	endpoint string   // empty if it is not known
}

// have returns the cameras of the home.
func (f *Finder) have(ctx context.Context) ([]known, error) {
	cameras, err := f.config.Home.Cameras(ctx)
	if err != nil {
		return nil, err
	}
	bells, err := f.config.Home.Bells(ctx)
	if err != nil {
		return nil, err
	}
	endpoints := map[nvr.CameraID]string{}
	for _, b := range bells {
		var s Settings
		if b.Kind == household.ONVIFBell && json.Unmarshal(b.Settings, &s) == nil {
			endpoints[b.Camera] = s.Endpoint
		}
	}
	ctx, cancel := context.WithTimeout(ctx, lookUpTime)
	defer cancel()
	all := make([]known, 0, len(cameras))
	for _, c := range cameras {
		all = append(all, known{c.ID, c.Name, hostsOf(ctx, c.URL), endpoints[c.ID]})
	}
	return all, nil
}

// hostsOf returns the numbers of the machine that an address names, which may be none.
func hostsOf(ctx context.Context, address string) (all []string) {
	host := hostOf(address)
	if n, err := netip.ParseAddr(host); err == nil {
		return []string{n.Unmap().String()}
	}
	numbers, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil // it is off, or has no name now
	}
	for _, n := range numbers {
		all = append(all, n.Unmap().String())
	}
	return all
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

// mark tells which devices the home has, those that it has not first. A device is a
// camera that calls itself the same; where one of them says nothing, the one at the
// same address.
func mark(found []onvif.Found, have []known) []Device {
	all := make([]Device, 0, len(found))
	for _, d := range found {
		out := Device{Found: d}
		host := hostOf(d.Address)
		for _, k := range have {
			here := slices.Contains(k.hosts, host)
			same, known := d.Endpoint == k.endpoint && d.Endpoint != "", d.Endpoint != "" && k.endpoint != ""
			if here && (same || !known) || same && out.Camera == 0 && !shared(d, found) {
				out.Camera, out.Called, out.Moved = k.id, k.name, !here
			}
			if here && out.Camera == k.id {
				break // the oldest of several that there are of it
			}
		}
		all = append(all, out)
	}
	slices.SortStableFunc(all, func(a, b Device) int { return min(int(a.Camera), 1) - min(int(b.Camera), 1) })
	return all
}

// shared tells whether another machine calls itself the same, as those of some makers
// all do: then it says nothing.
func shared(d onvif.Found, found []onvif.Found) bool {
	return slices.ContainsFunc(found, func(o onvif.Found) bool {
		return o.Endpoint == d.Endpoint && hostOf(o.Address) != hostOf(d.Address)
	})
}
