package household

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"

	"nvrd/pkg/nvr"
)

// Kept stands for the password that is stored, where a camera is changed. No
// password can be the same text.
const Kept Secret = "\x00kept"

// Completed returns what a person says about a camera that is stored, as it
// would be after a change, for whoever wants to try it: with the stored password
// in the place of [Kept]. It fails as [DB.ChangeCamera] does.
func (h *DB) Completed(ctx context.Context, id nvr.CameraID, in CameraInput) (CameraInput, error) {
	c, err := h.Camera(ctx, id)
	if err != nil {
		return CameraInput{}, err
	}
	if in, err = in.complete(c); err != nil {
		return CameraInput{}, err
	}
	return in.Normalize()
}

// complete puts the password of c in the place of Kept. A password stays with
// the places that it was given for: whoever can make this program connect
// somewhere else must not be told it there.
func (in CameraInput) complete(c Camera) (CameraInput, error) {
	if in.Password != Kept {
		return in, nil
	}
	in.Password = c.Password
	known := []string{endpoint(c.URL), endpoint(c.SubURL)}
	for _, address := range []string{in.URL, in.SubURL} {
		if to := endpoint(address); to == "" || slices.Contains(known, to) {
			continue // Normalize refuses what is no address
		}
		if in.Password = ""; !carries(address) {
			return CameraInput{}, invalid("the address leads to another machine or port than before, and the stored password does not go there: give the password again")
		}
		in.User = "" // it brings its own
	}
	return in, nil
}

// endpoint returns what an address connects to, or nothing if it is none.
func endpoint(address string) string {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Hostname() == "" {
		return ""
	}
	usual, ok := map[string]string{"rtsp": "554", "rtsps": "322"}[u.Scheme]
	if !ok {
		return ""
	}
	port := cmp.Or(u.Port(), usual)
	return u.Scheme + "://" + strings.ToLower(u.Hostname()) + ":" + port
}

// carries tells whether an address holds a password.
func carries(address string) bool {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.User == nil {
		return false
	}
	_, ok := u.User.Password()
	return ok
}
