package onvif

import (
	"context"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"nvrd/pkg/nvr"
)

// Profile is one kind of stream that a device offers.
type Profile struct {
	Token         string
	Source        string // token of what is filmed: a device may have several lenses
	Encoding      string // as the device has it, such as H264
	Width, Height int
	media2        bool
}

const maxProfiles = 64 // a recorder of 32 channels has two each

// Profiles asks for the streams of a device, in its order: by Media, or by Media2
// where the device has only that or shows nothing by the other.
func (d *Device) Profiles(ctx context.Context) ([]Profile, error) {
	all, fault := d.profiles(ctx, nsMedia)
	if len(all) > 0 || fault != nil && (fault.Reason == nvr.WrongPassword || fault.Reason == nvr.Unreachable) {
		return all, asError(fault)
	}
	if second, _ := d.profiles(ctx, nsMedia2); len(second) > 0 {
		return second, nil
	}
	return nil, asError(fault)
}

func (d *Device) profiles(ctx context.Context, space string) ([]Profile, *Fault) {
	to, fault := d.service(ctx, space)
	if fault != nil {
		return nil, fault
	}
	what := ""
	if space == nsMedia2 {
		what = `<q:Type>VideoSource</q:Type><q:Type>VideoEncoder</q:Type>`
	}
	r := request{to: to, action: space + "/GetProfiles", body: `<q:GetProfiles xmlns:q="` + space + `">` + what + `</q:GetProfiles>`}
	e, fault := d.call(ctx, r, space, "GetProfilesResponse")
	if fault != nil {
		return nil, fault
	}
	var all []Profile
	for _, p := range e.all(space, "Profiles") {
		if found, ok := readProfile(p, space); ok && len(all) < maxProfiles {
			all = append(all, found)
		}
	}
	return all, nil
}

func readProfile(p *element, space string) (Profile, bool) {
	encoder, source := p.find(nsSchema, "VideoEncoderConfiguration"), p.find(nsSchema, "VideoSourceConfiguration")
	if space == nsMedia2 {
		encoder, source = p.find(space, "Configurations", "VideoEncoder"), p.find(space, "Configurations", "VideoSource")
	}
	if encoder == nil { // sound or metadata alone
		return Profile{}, false
	}
	number := func(name string) int {
		n, _ := strconv.Atoi(encoder.find(nsSchema, "Resolution", name).String())
		return min(max(n, 0), 1<<16)
	}
	found := Profile{
		Token: p.attr("token"), Source: source.find(nsSchema, "SourceToken").String(),
		Encoding: printable(encoder.find(nsSchema, "Encoding").String()),
		Width:    number("Width"), Height: number("Height"), media2: space == nsMedia2,
	}
	return found, found.Token != "" && len(found.Token) <= maxToken && found.Token == printable(found.Token)
}

// Pick returns the largest stream that can be recorded and, if there is one, a
// smaller one of the same lens. Of several lenses the first is taken.
func Pick(all []Profile) (main, sub Profile, ok bool) {
	all = slices.DeleteFunc(slices.Clone(all), func(p Profile) bool {
		return strings.Contains(strings.ToUpper(p.Encoding), "JPEG") || len(all) > 0 && p.Source != all[0].Source
	})
	if len(all) == 0 {
		return main, sub, false
	}
	size := func(p Profile) int { return p.Width * p.Height }
	main = slices.MaxFunc(all, func(a, b Profile) int { return size(a) - size(b) })
	for _, p := range all {
		if p.Token != main.Token && size(p) < size(main) && (sub.Token == "" || size(p) < size(sub)) {
			sub = p
		}
	}
	return main, sub, true
}

// StreamURI asks for the address of a stream, rtsp or rtsps, without user and
// password, on the machine that was asked.
func (d *Device) StreamURI(ctx context.Context, p Profile) (string, error) {
	space, how, element := nsMedia, `<q:StreamSetup><t:Stream xmlns:t="`+nsSchema+`">RTP-Unicast</t:Stream><t:Transport xmlns:t="`+nsSchema+
		`"><t:Protocol>RTSP</t:Protocol></t:Transport></q:StreamSetup>`, []string{"MediaUri", "Uri"}
	if p.media2 {
		space, how, element = nsMedia2, `<q:Protocol>RTSP</q:Protocol>`, []string{"Uri"}
	}
	text, fault := d.uri(ctx, space, "GetStreamUri", how, p.Token, element)
	if fault != nil {
		return "", fault
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "rtsp" && u.Scheme != "rtsps" || u.Hostname() == "" {
		return "", faulty(nvr.BadStream, "the device names no address of a stream")
	}
	u.User, u.Fragment = nil, ""
	if !strings.EqualFold(u.Hostname(), d.asked.Hostname()) {
		d.moved = true
		port := u.Port()
		if u.Host = d.host(); port != "" {
			u.Host = net.JoinHostPort(d.asked.Hostname(), port)
		}
	}
	return u.String(), nil
}

// host returns the machine that was asked as it stands in an address.
func (d *Device) host() string {
	return strings.TrimSuffix(net.JoinHostPort(d.asked.Hostname(), ""), ":")
}

// SnapshotURI asks for the address of a still picture, http or https, on the
// machine that was asked. It is not fetched here.
func (d *Device) SnapshotURI(ctx context.Context, p Profile) (string, error) {
	space, path := nsMedia, []string{"MediaUri", "Uri"}
	if p.media2 {
		space, path = nsMedia2, []string{"Uri"}
	}
	text, fault := d.uri(ctx, space, "GetSnapshotUri", "", p.Token, path)
	if fault != nil {
		return "", fault
	}
	u, err := d.at(text)
	if err != nil {
		return "", faulty(nvr.BadStream, "the device names no address of a picture")
	}
	return u.String(), nil
}

func (d *Device) uri(ctx context.Context, space, name, what, profile string, path []string) (string, *Fault) {
	to, fault := d.service(ctx, space)
	if fault != nil {
		return "", fault
	}
	r := request{to: to, action: space + "/" + name, body: `<q:` + name + ` xmlns:q="` + space + `">` + what +
		`<q:ProfileToken>` + escape(profile) + `</q:ProfileToken></q:` + name + `>`}
	e, fault := d.call(ctx, r, space, name+"Response")
	if fault != nil {
		return "", fault
	}
	e = e.find(space, path[0])
	for _, part := range path[1:] {
		e = e.find(nsSchema, part)
	}
	return unescaped(e.String()), nil
}
