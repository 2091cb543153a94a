package rtc

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/pion/sdp/v3"

	"nvrd/pkg/nvr"
)

const (
	// MaxOffer is the greatest length of an offer in bytes. Browsers send 3 to 8 kB.
	MaxOffer = 32 << 10
	// maxMedia is how many media an offer may ask for: a picture, sound, and a
	// microphone are three.
	maxMedia = 4
	// maxAttributes bounds the lines of one medium: browsers send 100 at most.
	maxAttributes = 400
)

// Offer is what a browser sends to be connected.
type Offer struct {
	// SDP is the session description (RFC 9429). It may be hostile.
	SDP string
	// Reached is the address by which the browser reached this machine, if it
	// is known. It stands in the answer even if no interface has it, since the
	// port may be passed on from there, as containers do.
	Reached netip.Addr
}

// clean returns the offer without the browser's candidates: it will find us, and
// we need not look for it. It fails with [nvr.ErrInvalid] or [nvr.ErrTooLarge].
func (o Offer) clean() (string, error) {
	if len(o.SDP) > MaxOffer {
		return "", fmt.Errorf("an offer has at most %d bytes: %w", MaxOffer, nvr.ErrTooLarge)
	}
	var d sdp.SessionDescription
	if err := d.UnmarshalString(o.SDP); err != nil {
		return "", fmt.Errorf("the offer is no session description: %w: %w", err, nvr.ErrInvalid)
	}
	if n := len(d.MediaDescriptions); n == 0 || n > maxMedia {
		return "", fmt.Errorf("an offer asks for 1 to %d media, not %d: %w", maxMedia, n, nvr.ErrInvalid)
	}
	d.Attributes = reduced(d.Attributes)
	for _, m := range d.MediaDescriptions {
		if name := m.MediaName.Media; name != "video" && name != "audio" {
			return "", fmt.Errorf("an offer asks for video and audio, not for %.20q: %w", name, nvr.ErrInvalid)
		}
		if len(m.Attributes) > maxAttributes {
			return "", fmt.Errorf("a medium has at most %d attributes: %w", maxAttributes, nvr.ErrTooLarge)
		}
		m.Attributes = reduced(m.Attributes)
	}
	text, err := d.Marshal()
	if err != nil {
		return "", fmt.Errorf("the offer is no session description: %w: %w", err, nvr.ErrInvalid)
	}
	return string(text), nil
}

// reduced leaves out addresses, and that the other end were lite, too: then
// this one would have to make the checks.
func reduced(all []sdp.Attribute) []sdp.Attribute {
	out := all[:0]
	for _, a := range all {
		switch a.Key {
		case "candidate", "remote-candidates", "end-of-candidates", "ice-lite":
		default:
			out = append(out, a)
		}
	}
	return out
}

// reachedBy adds a candidate at ip to an answer that has others: as likely as
// the best of them.
func reachedBy(answer string, ip netip.Addr) (string, error) {
	ip = ip.Unmap().WithZone("")
	if !ip.IsValid() || ip.IsUnspecified() || strings.Contains(answer, " "+ip.String()+" ") {
		return answer, nil
	}
	var d sdp.SessionDescription
	if err := d.UnmarshalString(answer); err != nil {
		return "", fmt.Errorf("answer: %w", err)
	}
	for _, m := range d.MediaDescriptions {
		for i, a := range m.Attributes {
			// foundation component protocol priority address port typ … (RFC 8839, 5.1)
			f := strings.Fields(a.Value)
			if a.Key != "candidate" || len(f) < 8 {
				continue
			}
			f[0], f[4] = "reached", ip.String()
			extra := sdp.Attribute{Key: "candidate", Value: strings.Join(f, " ")}
			m.Attributes = append(m.Attributes[:i:i], append([]sdp.Attribute{extra}, m.Attributes[i:]...)...)
			break
		}
	}
	text, err := d.Marshal()
	if err != nil {
		return "", fmt.Errorf("answer: %w", err)
	}
	return string(text), nil
}
