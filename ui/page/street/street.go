// Package street is what the pages of the neighborhood have in common: what they
// know of it, who a neighbor is on a page, and when something was said. The
// pages themselves lie below.
//
// Every name and every text here came from a neighbor. It is shown as text,
// never as an address, a link or markup.
package street

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/http"
	"reflect"
	"time"

	"nvrd/federation/blob"
	"nvrd/federation/blob/exchange"
	"nvrd/federation/identity"
	"nvrd/federation/membership"
	"nvrd/federation/store"
	"nvrd/federation/wire"
	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
	"nvrd/ui/layout"
	"nvrd/ui/text"
)

// Service is the neighborhood behind the pages. Its methods are safe for
// concurrent use and answer with the error kinds of pkg/nvr.
type Service interface {
	// All returns this home's memberships; nil while the neighborhood is off.
	All() *membership.All
	// TurnOn makes the seed. It fails with [nvr.ErrExists] if the neighborhood is on.
	TurnOn() error
	// Restore takes up the seed of a machine that was lost. It fails with
	// [nvr.ErrExists] if the neighborhood is on.
	Restore(identity.Seed) error
	// Invite makes an invite with doors; an error says what is missing. Lost is the
	// author key whose place the home takes that uses it, zero for none.
	Invite(m *membership.Membership, days int, lost wire.Key) (wire.Invite, error)
	// FoundAnew founds a neighborhood in the place of one, and asks all who are in
	// it to go on there.
	FoundAnew(old *membership.Membership) (*membership.Membership, error)
	// Links returns how many homes are linked to now.
	Links(m *membership.Membership) (direct, relayed int)
	// Shut returns whether no home can be reached from outside, and the first of
	// the two ports that the router would have to forward; 0 if there are none.
	Shut(m *membership.Membership) (port uint16, shut bool)
	// Through returns the nodes of the homes through which those links go that are
	// not direct, each once.
	Through(m *membership.Membership) []wire.Key
	// Traffic returns how many bytes of photos and clips went today and this
	// month. nvr.ErrNotFound means that it does not run yet.
	Traffic(m *membership.Membership) (today, month exchange.Meter, err error)
	// Caps returns how much of them may go on a day. nvr.ErrNotFound is as above.
	Caps(m *membership.Membership) (exchange.Caps, error)
	// Limit says how much may go from now on.
	Limit(m *membership.Membership, c exchange.Caps) error
	// ProveDomain asks the domain that an agency's card names whose it is; an error says
	// what is wrong. [nvr.ErrForbidden] is for who is no steward.
	ProveDomain(ctx context.Context, m *membership.Membership, card wire.Agency) error
	// Sponsor makes this home a sponsor of an agency; poll is where its log is on the
	// web, or empty. Errors are nvr.ErrNotFound for an agency that may not ask here, and
	// nvr.ErrInvalid for an address that can't be or for more than [wire.MaxSponsored].
	Sponsor(m *membership.Membership, agency wire.Key, poll string) error
	// Unsponsor ends that.
	Unsponsor(m *membership.Membership, agency wire.Key) error
	// Sponsored returns the agencies that this home is a sponsor of.
	Sponsored(m *membership.Membership) ([]store.Sponsored, error)
	// SetGateway has agencies reach this home by HTTPS, or nobody with nothing.
	SetGateway(where store.Gateway) error
	// Gateway returns where agencies reach this home; false if they don't.
	Gateway() (store.Gateway, bool)
	// GatewayText returns what an agency is told to reach this home with: nvr.ErrNotFound
	// while there is no gateway.
	GatewayText(agency wire.Key) (string, error)
	// Leave tells all neighbors, and forgets all.
	Leave(m *membership.Membership) error
	// Share posts photos and clips with the words: these very bytes, sealed.
	Share(m *membership.Membership, p wire.Post, media []blob.Plain, days int) (wire.Hash, error)
	// Ask posts a question to neighbors, whose cameras may have seen something: From, To
	// and Cells are of the post.
	Ask(m *membership.Membership, p wire.Post, days int) (wire.Hash, error)
	// Media returns what a post shows at a place: its thumbnail, or all of it.
	// nvr.ErrNotFound means that it is gone, or not here yet. Close it.
	Media(m *membership.Membership, post wire.Hash, place int, thumbnail bool) (*blob.Reader, wire.Media, error)
}

// Base is what each page needs.
type Base struct {
	Service Service
	Frames  layout.Builder
	Texts   *text.Texts
	Now     func(*http.Request) (time.Time, error) // in the zone that times are shown in
}

// shortName is how many digits of a neighborhood's name stand in addresses:
// enough to tell those of one home apart.
const shortName = 16

// Short is what stands for a neighborhood in addresses.
func Short(m *membership.Membership) string { return m.Name().String()[:shortName] }

// Href is the address of a page of a neighborhood.
func Href(m *membership.Membership, page string) string {
	return "/street/" + Short(m) + page
}

// Of returns the neighborhood that a request's address names, or nvr.ErrNotFound.
func (b Base) Of(r *http.Request) (*membership.Membership, error) {
	if all := b.Service.All(); all != nil {
		for _, m := range all.In() {
			if Short(m) == r.PathValue("street") {
				return m, nil
			}
		}
	}
	return nil, fmt.Errorf("neighborhood: %w", nvr.ErrNotFound)
}

// Frame frames a page of the neighborhood.
func (b Base) Frame(r *http.Request, title string) (layout.Frame, error) {
	return b.Frames.Frame(r.Context(), b.Texts.For(r), title, "street", "street")
}

// Look is a request's look at a neighborhood.
type Look struct {
	*membership.Membership
	People
	T       *text.Catalogue
	Now     time.Time
	service Service
}

// Look looks at the neighborhood that a request's address names.
func (b Base) Look(r *http.Request) (Look, error) {
	m, err := b.Of(r)
	if err != nil {
		return Look{}, err
	}
	return b.lookAt(r, m)
}

func (b Base) lookAt(r *http.Request, m *membership.Membership) (Look, error) {
	now, err := b.Now(r)
	if err != nil {
		return Look{}, err
	}
	t := b.Texts.For(r)
	return Look{m, PeopleOf(m.State(), m.Author(), t.Street.People), t, now, b.Service}, nil
}

// ParseID reads an id, or a key, as an address or a form holds it.
func ParseID(s string) (id wire.Hash, err error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(id) {
		return id, fmt.Errorf("no such entry: %w", nvr.ErrNotFound)
	}
	return wire.Hash(b), nil
}

// May tells whether who asks may do something to the neighborhood.
func May(r *http.Request, a auth.Action) bool { return auth.May(r.Context(), a, auth.Neighborhood) }

// Stirred returns a channel that is closed when something changes that pages of
// the neighborhood show, or ctx ends.
func Stirred(ctx context.Context, s Service) <-chan struct{} {
	all := s.All()
	if all == nil {
		return ctx.Done()
	}
	hear := func(news <-chan struct{}) reflect.SelectCase {
		return reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(news)}
	}
	any := []reflect.SelectCase{hear(ctx.Done()), hear(all.News())}
	for _, m := range all.In() {
		any = append(any, hear(m.News()))
	}
	stirred := make(chan struct{})
	go func() {
		defer close(stirred)
		reflect.Select(any)
	}()
	return stirred
}
