package bell

import (
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"

	"nvrd/pkg/household"
	"nvrd/pkg/maker/webhook"
	"nvrd/pkg/nvr"
)

// hookSettings are the settings of a bell that calls an address. Its password is
// the key that calls are signed with, if there is one.
type hookSettings struct {
	ID   string `json:"id"` // SHA-256 of the address's token, in hex
	Kind string `json:"kind"`
}

// NewHook returns the settings of a bell that calls a new address, and the token in
// that, which nobody can be told again. A call that does not say what it means is of
// the kind.
func NewHook(kind string) (settings json.RawMessage, token string) {
	token, id := webhook.NewToken()
	settings, err := json.Marshal(hookSettings{hex.EncodeToString(id[:]), kind})
	if err != nil {
		panic(err) // of two texts
	}
	return settings, token
}

// Hooks serves the addresses that devices call, see [webhook.Hooks].
func (b *Bells) Hooks() http.Handler { return b.hooks }

// expect takes over which addresses there are. b.mu is held.
func (b *Bells) expect() {
	b.calling = map[webhook.ID]*listening{}
	for _, l := range b.running {
		if l.bell.Kind != household.WebhookBell {
			continue
		}
		var id webhook.ID
		if n, err := hex.Decode(id[:], []byte(l.hook().ID)); err != nil || n != len(id) {
			b.Log.Error("the address of a bell that calls can't be read: make a new one", "camera", l.bell.Camera)
			continue
		}
		b.calling[id] = l
	}
}

// hook returns the settings of a bell that calls.
func (l *listening) hook() (s hookSettings) {
	_ = json.Unmarshal(l.bell.Settings, &s) // then there is no ID in it
	if len(s.ID) != 2*len(webhook.ID{}) {
		return hookSettings{}
	}
	return s
}

// hook returns what an address is for.
func (b *Bells) hook(id webhook.ID) (webhook.Hook, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	l, ok := b.calling[id]
	if !ok {
		return webhook.Hook{}, false
	}
	return webhook.Hook{Camera: l.bell.Camera, Kind: l.hook().Kind, Key: []byte(l.bell.Password.Reveal())}, true
}

// called takes what was told at the address of a camera.
func (b *Bells) called(camera nvr.CameraID, s nvr.Signal) {
	b.mu.Lock()
	l := b.running[key{camera, household.WebhookBell}]
	b.mu.Unlock()
	if l != nil {
		l.heard("call", s.Kind, map[string]string{"on": strconv.FormatBool(s.On)})
		b.take(l, s)
	}
}
