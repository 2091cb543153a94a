// Package sponsor is how an agency and the homes of a neighborhood reach each other:
// an agency is never a member. A sponsor is a member's home that takes what an agency
// publishes, from its log or by HTTPS, and keeps for it what neighbors answer.
//
// All that an agency hears of its log is how long that is here, which is the same for
// every home that has what it published: no counts, no reach, no "delivered".
package sponsor

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"nvrd/federation/request"
	"nvrd/federation/request/tlog"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// House is the home behind a gateway. Its methods are called from many goroutines at
// once.
type House interface {
	// Sponsored returns the agencies that it is a sponsor of, in any neighborhood.
	Sponsored() []wire.Key
	// Mailboxes returns all for whom it keeps something, or would.
	Mailboxes(ctx context.Context) ([]wire.Key, error)
	// Publish takes what one of them published, in all neighborhoods in which it is
	// its sponsor, and tells of the one where the log is shortest.
	Publish(agency wire.Key, checkpoint []byte, from int, more []request.Entry) (request.Outcome, int, error)

	// Opened returns the posts that neighbors opened to an agency.
	Opened(agency wire.Key) []Opened

	Kept(ctx context.Context, agency wire.Key) ([]wire.Hash, error)
	Piece(ctx context.Context, agency wire.Key, hash wire.Hash) ([]byte, error)
	Drop(ctx context.Context, agency wire.Key, hash wire.Hash) error
}

// MaxSubmission is the length of what an agency submits at once, in bytes.
const MaxSubmission = 1 << 20

// Submission is what an agency submits: a checkpoint, and entries of its log from a
// place on.
type Submission struct {
	Checkpoint string     `json:"checkpoint"`
	From       int        `json:"from"`
	Entries    []Supplied `json:"entries"`
}

// Supplied is one entry.
type Supplied struct {
	ID   string `json:"id"`   // 64 hexadecimal digits
	Text string `json:"text"` // base64 of the object; empty if it is withheld
}

// Answer is what it is told.
type Answer struct {
	Outcome string `json:"outcome"` // of request.Outcome, but for Cosigned: who cosigns is not said
	Size    int    `json:"size"`    // how many entries are here
}

// Opened is a post that a neighbor opened to an agency: what it says, and not who
// wrote it, nor its photos and clips.
type Opened struct {
	ID       string `json:"id"`       // 64 hexadecimal digits
	Minute   string `json:"minute"`   // when it was posted, RFC 3339
	Category uint8  `json:"category"` // as of docs/ref/wire.md
	Happened string `json:"happened"`
	Person   string `json:"person,omitempty"`
	Place    string `json:"place,omitempty"`
	When     string `json:"when,omitempty"` // RFC 3339
}

// MailboxAuthorization returns the header with which an agency shows that a mailbox is
// its own: it signs what it asks, of which sponsor, and when.
func MailboxAuthorization(agency func([]byte) []byte, method, path, spki string, now wire.Minute) string {
	return fmt.Sprintf("Stoop %d %s", now, base64.StdEncoding.EncodeToString(agency(authorized(method, path, spki, now))))
}

func authorized(method, path, spki string, now wire.Minute) []byte {
	return fmt.Appendf(nil, "stoop/1 mailbox\n%s\n%s\n%d\n%s", method, path, now, spki)
}

// skew is how far the clocks of an agency and a sponsor may be apart.
const skew = wire.Minute(10)

// Handler serves agencies. SPKI is the SHA-256 of the key of its certificate in
// hexadecimal; now is the home's clock. Whoever is no agency that this home is a
// sponsor of finds nothing here, whatever is asked: all of it is not found.
func Handler(h House, spki string, now func() time.Time) http.Handler {
	g := gateway{h, spki, now, make(chan struct{}, 1)}
	mux := http.NewServeMux()
	mux.HandleFunc("/", http.NotFound) // also what is there for another method
	mux.HandleFunc("POST /v1/log", g.submit)
	mux.HandleFunc("GET /v1/posts", g.mailbox(g.posts))
	mux.HandleFunc("GET /v1/mailbox", g.mailbox(g.list))
	mux.HandleFunc("GET /v1/mailbox/{hash}", g.mailbox(g.piece))
	mux.HandleFunc("DELETE /v1/mailbox/{hash}", g.mailbox(g.drop))
	return mux
}

type gateway struct {
	house House
	spki  string
	now   func() time.Time
	turn  chan struct{} // of whoever's submission is read
}

// restPerWork is for how much longer than a submission took none is read: strangers,
// who may send what agencies did, get a fifth of one core.
const restPerWork = 4

func (g gateway) submit(w http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxSubmission))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	select {
	case g.turn <- struct{}{}:
	case <-r.Context().Done():
		return
	}
	begun := time.Now()
	defer func() { time.AfterFunc(min(restPerWork*time.Since(begun), 10*time.Second), func() { <-g.turn }) }()
	s, more, wrong := parse(b)
	agency, ok := g.publisher([]byte(s.Checkpoint))
	if !ok {
		http.NotFound(w, r)
		return
	}
	if wrong != nil {
		http.Error(w, wrong.Error(), http.StatusBadRequest)
		return
	}
	is, size, err := g.house.Publish(agency, []byte(s.Checkpoint), s.From, more)
	if is == request.Cosigned {
		is = request.Known
	}
	switch {
	case errors.Is(err, wire.ErrMalformed), errors.Is(err, wire.ErrRange), errors.Is(err, wire.ErrSignature), errors.Is(err, wire.ErrTooLarge), errors.Is(err, wire.ErrUnknown):
		http.Error(w, err.Error(), http.StatusBadRequest)
	case err != nil:
		http.Error(w, "it can't be written down now; submit it again", http.StatusServiceUnavailable)
	default:
		answer(w, Answer{is.String(), size})
	}
}

// publisher returns which agency signed a checkpoint.
func (g gateway) publisher(checkpoint []byte) (wire.Key, bool) {
	for _, agency := range g.house.Sponsored() {
		if _, err := tlog.Open(checkpoint, agency); err == nil {
			return agency, true
		}
	}
	return wire.Key{}, false
}

// parse reads a submission strictly. With an error it returns what could be read.
func parse(b []byte) (s Submission, more []request.Entry, err error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return s, nil, fmt.Errorf("no submission: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return s, nil, errors.New("no submission: something follows it")
	}
	if s.From < 0 || len(s.Entries) > request.MaxEntries-s.From {
		return s, nil, errors.New("no submission: more entries than a log has")
	}
	for i, e := range s.Entries {
		id, err := hash(e.ID)
		text, wrong := base64.StdEncoding.Strict().DecodeString(e.Text)
		if err != nil || wrong != nil || len(text) > wire.MaxObject {
			return s, nil, fmt.Errorf("entry %d: an id has 64 hexadecimal digits, a text is base64 of at most %d bytes", s.From+i, wire.MaxObject)
		}
		entry := request.Entry{ID: id}
		if len(text) > 0 {
			entry.Text = wire.Signed{Raw: text}
		}
		more = append(more, entry)
	}
	return s, more, nil
}

func hash(text string) (wire.Hash, error) {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != len(wire.Hash{}) {
		return wire.Hash{}, errors.New("64 hexadecimal digits")
	}
	return wire.Hash(b), nil
}

// mailbox serves the agency whose signature the header carries.
func (g gateway) mailbox(serve func(w http.ResponseWriter, r *http.Request, agency wire.Key) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		agency, ok := g.agency(r)
		if !ok {
			http.NotFound(w, r)
			return
		}
		switch err := serve(w, r, agency); {
		case errors.Is(err, nvr.ErrNotFound):
			http.NotFound(w, r)
		case err != nil:
			http.Error(w, "the mailbox can't be read now", http.StatusServiceUnavailable)
		}
	}
}

// agency returns which agency signed a question.
func (g gateway) agency(r *http.Request) (wire.Key, bool) {
	scheme, rest, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	at, text, _ := strings.Cut(rest, " ")
	minute, err := strconv.ParseUint(at, 10, 32)
	signature, wrong := base64.StdEncoding.Strict().DecodeString(text)
	now := wire.MinuteOf(g.now())
	said := wire.Minute(minute)
	if scheme != "Stoop" || err != nil || wrong != nil || len(signature) != len(wire.Signature{}) || max(said, now)-min(said, now) > skew {
		return wire.Key{}, false
	}
	boxes, err := g.house.Mailboxes(r.Context())
	if err != nil {
		return wire.Key{}, false // it is asked again
	}
	for _, agency := range boxes {
		if wire.Verify(agency, authorized(r.Method, r.URL.Path, g.spki, said), wire.Signature(signature)) {
			return agency, true
		}
	}
	return wire.Key{}, false
}

func (g gateway) posts(w http.ResponseWriter, _ *http.Request, agency wire.Key) error {
	answer(w, map[string][]Opened{"posts": append([]Opened{}, g.house.Opened(agency)...)})
	return nil
}

func (g gateway) list(w http.ResponseWriter, r *http.Request, agency wire.Key) error {
	kept, err := g.house.Kept(r.Context(), agency)
	if err != nil {
		return err
	}
	pieces := make([]string, len(kept))
	for i, h := range kept {
		pieces[i] = hex.EncodeToString(h[:])
	}
	answer(w, map[string][]string{"pieces": pieces})
	return nil
}

func (g gateway) piece(w http.ResponseWriter, r *http.Request, agency wire.Key) error {
	h, err := hash(r.PathValue("hash"))
	if err != nil {
		return nvr.ErrNotFound
	}
	b, err := g.house.Piece(r.Context(), agency, h)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(b) // who left asks again
	return nil
}

func (g gateway) drop(w http.ResponseWriter, r *http.Request, agency wire.Key) error {
	h, err := hash(r.PathValue("hash"))
	if err != nil {
		return nvr.ErrNotFound
	}
	if err := g.house.Drop(r.Context(), agency, h); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(v) // who left asks again
}
