package online

import (
	"context"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"

	"golang.org/x/net/netutil"

	"nvrd/federation/membership"
	"nvrd/federation/request"
	"nvrd/federation/sponsor"
	"nvrd/federation/store"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

const (
	pollEvery   = 5 * time.Minute // on a schedule, so that a log's server learns nothing from when it is read
	pollPatient = 2 * time.Minute
	textPatient = time.Minute
	maxTexts    = 1_000          // that are fetched at a time
	absentFor   = 24 * time.Hour // after which a text that is not there is asked for again
	gatewayMost = 32             // connections at a time
)

// Sponsor makes this home a sponsor of an agency: it tells neighbors what the agency
// publishes, and keeps for it what they answer. Poll is where its log is on the web,
// or empty for one that submits what it publishes. Errors are nvr.ErrInvalid for an
// address that can't be, and those of [membership.Membership.Sponsor].
func (o *Online) Sponsor(m *membership.Membership, agency wire.Key, poll string) error {
	if u, err := url.Parse(poll); poll != "" && (err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "") {
		return fmt.Errorf("%w: the address of a log begins with https://", nvr.ErrInvalid)
	}
	all, err := o.store.Sponsored(o.ctx, m.Name())
	if err != nil {
		return err
	}
	keys := []wire.Key{agency}
	for _, s := range all {
		keys = append(keys, s.Agency)
	}
	if err := m.Sponsor(keys); err != nil {
		return err
	}
	if err := o.store.Sponsor(o.ctx, m.Name(), store.Sponsored{Agency: agency, Poll: poll}); err != nil {
		return err
	}
	o.poll(m)
	m.Touch()
	return nil
}

// Unsponsor ends that. What was kept for the agency it can still take for a month.
func (o *Online) Unsponsor(m *membership.Membership, agency wire.Key) error {
	all, err := o.store.Sponsored(o.ctx, m.Name())
	if err != nil {
		return err
	}
	var keys []wire.Key
	for _, s := range all {
		if s.Agency != agency {
			keys = append(keys, s.Agency)
		}
	}
	if err := m.Sponsor(keys); err != nil {
		return err
	}
	defer m.Touch()
	return o.store.Unsponsor(o.ctx, m.Name(), agency)
}

// Sponsored returns the agencies that this home is a sponsor of.
func (o *Online) Sponsored(m *membership.Membership) ([]store.Sponsored, error) {
	return o.store.Sponsored(o.ctx, m.Name())
}

// poll looks at once at the logs that are on the web, in the background.
func (o *Online) poll(m *membership.Membership) {
	o.work.Go(func() { o.pollOnce(m, map[wire.Key]bool{}) })
}

// polling looks at them on a schedule until ctx ends.
func (o *Online) polling(ctx context.Context, m *membership.Membership) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	failing := map[wire.Key]bool{} // so that it is said once
	for {
		o.pollOnce(m, failing)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (o *Online) pollOnce(m *membership.Membership, failing map[wire.Key]bool) {
	all, err := o.store.Sponsored(o.ctx, m.Name())
	if err != nil && o.ctx.Err() == nil {
		o.config.Log.Error("the logs of agencies are not read", "err", err)
	}
	for _, s := range all {
		if s.Poll == "" {
			continue
		}
		err := o.read(m, s)
		if err != nil && o.ctx.Err() == nil && !failing[s.Agency] {
			o.config.Log.Warn("the log of an agency can't be read", "address", s.Poll, "err", err)
		}
		if err == nil && failing[s.Agency] {
			o.config.Log.Info("the log of an agency can be read again", "address", s.Poll)
		}
		failing[s.Agency] = err != nil
	}
}

// read takes what an agency published since it was read last. A log that is
// another one is read whole, to prove it.
func (o *Online) read(m *membership.Membership, s store.Sponsored) error {
	ctx, cancel := context.WithTimeout(o.ctx, pollPatient)
	defer cancel()
	size := 0
	for _, l := range m.Logs() {
		if l.Key == s.Agency {
			size = len(l.Entries)
		}
	}
	for _, from := range []int{size, 0} {
		checkpoint, ids, err := sponsor.Poll(ctx, o.client, s.Poll, s.Agency, from)
		if err != nil {
			return err
		}
		var texts map[wire.Hash][]byte
		if from == size {
			texts = o.texts(ctx, s, ids[max(0, len(ids)-maxTexts):])
		}
		more := make([]request.Entry, len(ids))
		for i, id := range ids {
			more[i] = request.Entry{ID: id, Text: wire.Signed{Raw: texts[id]}}
		}
		is, _, err := m.Publish(s.Agency, checkpoint, from, more)
		if err != nil {
			return err
		}
		if is != request.Diverged {
			return o.readTexts(ctx, m, s)
		}
	}
	return errors.New("it is not the log that neighbors have")
}

// readTexts fetches texts of entries that are here without.
func (o *Online) readTexts(ctx context.Context, m *membership.Membership, s store.Sponsored) error {
	lacking := m.Lacking(s.Agency, maxTexts)
	slices.Reverse(lacking)
	o.mu.Lock()
	maps.DeleteFunc(o.absent, func(_ wire.Hash, at time.Time) bool { return time.Since(at) > absentFor })
	lacking = slices.DeleteFunc(lacking, func(id wire.Hash) bool { _, ok := o.absent[id]; return ok })
	o.mu.Unlock()
	texts := slices.DeleteFunc(slices.Collect(maps.Values(o.texts(ctx, s, lacking))), func(text []byte) bool { return text == nil })
	if len(texts) == 0 {
		return nil
	}
	return m.Tell(s.Agency, texts)
}

// texts fetches texts, as many as it can in a minute, and notes which are not there.
func (o *Online) texts(ctx context.Context, s store.Sponsored, ids []wire.Hash) map[wire.Hash][]byte {
	ctx, cancel := context.WithTimeout(ctx, textPatient)
	defer cancel()
	texts := sponsor.Texts(ctx, o.client, s.Poll, ids)
	o.mu.Lock()
	defer o.mu.Unlock()
	for id, text := range texts {
		if text == nil {
			o.absent[id] = time.Now()
		}
	}
	return texts
}

// house is this home as its gateway shows it to agencies.
type house struct{ o *Online }

// of returns the memberships in which this home is a sponsor of an agency.
func (h house) of(agency wire.Key) (in []*membership.Membership) {
	for _, m := range h.o.All().In() {
		if slices.Contains(m.Sponsoring(), agency) {
			in = append(in, m)
		}
	}
	return in
}

// Sponsored is that of [sponsor.House].
func (h house) Sponsored() (keys []wire.Key) {
	for _, m := range h.o.All().In() {
		for _, key := range m.Sponsoring() {
			if !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

// Mailboxes is that of [sponsor.House].
func (h house) Mailboxes(ctx context.Context) ([]wire.Key, error) {
	keys, err := h.o.mail.Askers(ctx) // this home may be no sponsor of theirs any more
	return append(keys, h.Sponsored()...), err
}

// Publish is that of [sponsor.House].
func (h house) Publish(agency wire.Key, checkpoint []byte, from int, more []request.Entry) (is request.Outcome, size int, err error) {
	for i, m := range h.of(agency) {
		one, long, wrong := m.Publish(agency, checkpoint, from, slices.Clone(more))
		if wrong != nil {
			return 0, 0, wrong
		}
		if i == 0 || long < size {
			is, size = one, long
		}
	}
	return is, size, nil
}

// Opened is that of [sponsor.House].
func (h house) Opened(agency wire.Key) (all []sponsor.Opened) {
	at := func(m wire.Minute) string { return m.Time().UTC().Format(time.RFC3339) }
	for _, m := range h.of(agency) {
		if len(m.Keepers(agency)) == 0 {
			continue // it is suspended there
		}
		for _, p := range m.Opened(agency) {
			says := p.Item.Says.(wire.Post)
			o := sponsor.Opened{ID: hex.EncodeToString(p.Item.ID[:]), Minute: at(p.Item.Entry.Minute), Category: uint8(says.Category), Happened: says.Happened, Person: says.Person, Place: says.Place}
			if says.When > 0 {
				o.When = at(says.When)
			}
			all = append(all, o)
		}
	}
	return all
}

// Kept is that of [sponsor.House].
func (h house) Kept(ctx context.Context, agency wire.Key) ([]wire.Hash, error) {
	return h.o.mail.Kept(ctx, agency)
}

// Piece is that of [sponsor.House].
func (h house) Piece(ctx context.Context, agency wire.Key, hash wire.Hash) ([]byte, error) {
	return h.o.mail.Piece(ctx, agency, hash)
}

// Drop is that of [sponsor.House].
func (h house) Drop(ctx context.Context, agency wire.Key, hash wire.Hash) error {
	return h.o.mail.Drop(ctx, agency, hash)
}

// gateway is what listens for agencies.
type gateway struct {
	where  store.Gateway
	spki   string // SHA-256 of the key of its certificate, in hexadecimal
	server *http.Server
}

// SetGateway has agencies reach this home by HTTPS, or nobody with nothing. It is
// written down once it listens. Errors are nvr.ErrInvalid for an address that can't
// be, those of listening, and those of writing to disk.
func (o *Online) SetGateway(where store.Gateway) error {
	if where != (store.Gateway{}) {
		if _, err := (wire.Sponsor{URL: where.URL}).Text(); err != nil {
			return fmt.Errorf("%w: %w", nvr.ErrInvalid, err)
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	var before store.Gateway
	if o.gateway != nil {
		before = o.gateway.where
	}
	o.endGateway() // it may listen where the new one does
	err := o.openGateway(where)
	if err == nil {
		err = o.store.SetGateway(o.ctx, where)
	}
	if err != nil {
		o.endGateway()
		return errors.Join(err, o.openGateway(before))
	}
	return nil
}

// Gateway returns where agencies reach this home; false if they don't.
func (o *Online) Gateway() (store.Gateway, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.gateway == nil {
		return store.Gateway{}, false
	}
	return o.gateway.where, true
}

// GatewayText returns what an agency is told to reach this home with. It returns
// nvr.ErrNotFound while there is no gateway.
func (o *Online) GatewayText(agency wire.Key) (string, error) {
	o.mu.Lock()
	g := o.gateway
	o.mu.Unlock()
	if g == nil {
		return "", fmt.Errorf("agencies do not reach this home: %w", nvr.ErrNotFound)
	}
	key, err := hex.DecodeString(g.spki)
	if err != nil {
		return "", err
	}
	return wire.Sponsor{URL: g.where.URL, SPKI: wire.Hash(key), Agency: agency}.Text()
}

// closeGateway ends it, if there is one.
func (o *Online) closeGateway() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.endGateway()
}

// endGateway is closeGateway. o.mu is held.
func (o *Online) endGateway() {
	if o.gateway != nil {
		_ = o.gateway.server.Close() // who asks, asks again
		o.gateway = nil
	}
}

// openGateway listens, if there is where. o.mu is held.
func (o *Online) openGateway(where store.Gateway) error {
	if where == (store.Gateway{}) {
		return nil
	}
	certificate, spki, err := sponsor.Certificate(o.config.Dir)
	if err != nil {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(o.ctx, "tcp", where.Listen)
	if err != nil {
		return fmt.Errorf("gateway for agencies: %w", err)
	}
	s := &http.Server{
		Handler:           sponsor.Handler(house{o}, spki, o.config.Now),
		TLSConfig:         &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS13},
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: time.Minute, IdleTimeout: time.Minute,
		MaxHeaderBytes: 8 << 10, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0), // what strangers send is no news
	}
	o.gateway = &gateway{where, spki, s}
	o.work.Go(func() {
		if err := s.ServeTLS(netutil.LimitListener(l, gatewayMost), "", ""); !errors.Is(err, http.ErrServerClosed) {
			o.config.Log.Error("the gateway for agencies ended", "err", err)
		}
	})
	return nil
}
