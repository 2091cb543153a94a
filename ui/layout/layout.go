// Package layout is what stands around every page: the head, the rail on the
// desk, the tabs under the thumb, and the foot that says whether it records.
package layout

import (
	"context"
	"encoding/json"
	"maps"
	"strconv"
	"strings"

	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
	"nvrd/ui/static"
	"nvrd/ui/text"
)

// Frame is what a page needs to be framed.
type Frame struct {
	T      *text.Catalogue
	Title  string // of the page, without the product's name
	Here   string // the item of the navigation that is current: home, events, street, settings, or none
	Review bool   // whoever asks may see what happened
	Street bool   // there are pages of the neighborhood that whoever asks may see
	Notify bool   // there are pages of notifications, likewise
	Says   bool   // whoever asks may have quick replies played at the doors
	Items  []Item // the navigation of pages that are not of a home; nil for that of one
	Again  string // seconds after which a browser without script loads the page anew; empty for never
	Foot   string
	About  string // product, version and licence
	Source string // where the program's source code is offered; empty if nowhere
	Keyed  bool   // whoever sees the page signed in
	Trust  bool   // there is a page on which devices get to know the home's authority
	Style  string
	Plain  string // the style sheet for browsers without script
	Icon   string
	Touch  string // the icon on an iPhone's home screen
	Script string // empty if the program was built without scripts
	Shared string // the script that windows share; empty likewise
	Ahead  Ahead  // what is asked for before the page is there
	Words  string // what scripts say, as JSON
}

// Ahead is the live picture of a page, which is asked for while the rest of it is
// still on its way. Its script runs that of the page once the picture is there.
type Ahead struct {
	Script       string // empty if nothing is
	Address      string // of the camera in the API
	Stream, MIME string
}

// Item is a page in the navigation.
type Item struct {
	Href, Icon, Label string
	Here              bool
}

// Builder makes frames.
type Builder struct {
	Assets  *static.Assets
	Cameras appliance.Cameras
	Version string
	Source  string
	Keyed   bool // there is an access key
	Street  bool // there are pages of the neighborhood
	Notify  bool // there are pages of notifications
	Trust   bool // there is an authority of the home
}

// Bare frames a page that must not tell anything about the household.
func (b Builder) Bare(t *text.Catalogue, title string) (Frame, error) {
	spoken, err := json.Marshal(words(t))
	return Frame{
		T: t, Title: text.Fill(t.Shell.Title, "page", title), Trust: b.Trust,
		Style: b.Assets.URL("stoop.css"), Plain: b.Assets.URL("noscript.css"), Icon: b.Assets.URL("icon.svg"), Touch: b.Assets.URL("icon-180.png"), Words: string(spoken),
	}, err
}

// words is what scripts say; reasons and kinds of events go by the names that the API gives them.
func words(t *text.Catalogue) map[string]string {
	w := maps.Clone(t.Script)
	for reason, sentence := range t.Reasons {
		w["reason_"+string(reason)] = sentence
	}
	for cause, sentence := range t.Went {
		w["went_"+string(cause)] = sentence
	}
	for kind, said := range t.Events.Kinds {
		w["event_"+kind] = said
	}
	return w
}

// Frame frames a page; script names its entry among the scripts.
func (b Builder) Frame(ctx context.Context, t *text.Catalogue, title, here, script string) (Frame, error) {
	f, err := b.Bare(t, title)
	if err != nil {
		return f, err
	}
	f.Here, f.Script, f.Shared = here, b.Assets.URL(script+".js"), b.Assets.URL("shared.js")
	f.About, f.Source = strings.TrimSpace(text.Fill(t.Shell.About, "version", b.Version)), b.Source
	f.Keyed = b.Keyed
	f.Review = auth.May(ctx, auth.Review, auth.Cameras)
	f.Says = auth.May(ctx, auth.Talk, auth.Cameras)
	f.Notify = b.Notify && auth.May(ctx, auth.Manage, auth.Home)
	f.Street = b.Street && auth.May(ctx, auth.Review, auth.Neighborhood)
	cameras, err := b.Cameras.List(ctx)
	if err != nil {
		return f, err
	}
	f.Foot = foot(t, cameras)
	return f, nil
}

func foot(t *text.Catalogue, cameras []nvr.Camera) string {
	if len(cameras) == 0 {
		return t.Shell.Nothing
	}
	live := 0
	for _, c := range cameras {
		if c.Phase == nvr.Live && c.Mode != nvr.KeepNone {
			live++
		}
	}
	return text.Fill(t.Shell.Recording, "n", strconv.Itoa(live), "of", strconv.Itoa(len(cameras)))
}
