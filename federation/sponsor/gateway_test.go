package sponsor

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/federation/domain"
	"nvrd/federation/mail"
	"nvrd/federation/request"
	"nvrd/federation/request/tlog"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

func keyOf(name string) ed25519.PrivateKey {
	sum := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(sum[:])
}

var (
	fire, police = keyOf("fire"), keyOf("police")
	noon         = time.Unix(20_000*86_400+12*3600, 0)
	spki         = strings.Repeat("ab", 32)
)

const today = wire.Minute(20_000*24*60 + 12*60)

// publisher is an agency.
type publisher struct {
	t    testing.TB
	key  ed25519.PrivateKey
	all  []wire.Signed
	tree tlog.Tree
}

func (p *publisher) tells(text string) {
	p.t.Helper()
	head := wire.AgencyHead{Agency: wire.PublicKey(p.key), Minute: today - 400*wire.Day + wire.Minute(len(p.all))*wire.Day/2}
	s, err := wire.Sign(wire.Bulletin{Head: head, Title: "Ice", Text: text, Expires: head.Minute + wire.Day}, p.key)
	if err != nil {
		p.t.Fatal(err)
	}
	p.all, p.tree = append(p.all, s), p.tree.Append(s.ID)
}

func newPublisher(t testing.TB, key ed25519.PrivateKey, entries int) *publisher {
	p := &publisher{t: t, key: key}
	for n := range entries {
		p.tells(fmt.Sprint("Roads freeze ", n))
	}
	return p
}

func (p *publisher) submission(from int) Submission {
	s := Submission{Checkpoint: string(tlog.Sign(p.tree, p.key)), From: from, Entries: []Supplied{}}
	for _, e := range p.all[from:] {
		s.Entries = append(s.Entries, Supplied{hex.EncodeToString(e.ID[:]), base64.StdEncoding.EncodeToString(e.Raw)})
	}
	return s
}

func text(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// member is a home that is a sponsor of the fire brigade.
type member struct {
	logs  *request.Logs
	mail  *mail.DB
	fails error
}

func newMember(t testing.TB, cosigns ed25519.PrivateKey) *member {
	t.Helper()
	db, err := mail.Open(context.Background(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	m := &member{logs: request.NewLogs(cosigns), mail: db}
	m.logs.Rule([]request.Admitted{{Agency: wire.Agency{Key: wire.PublicKey(fire)}}}, []wire.Key{wire.PublicKey(keyOf("anna")), wire.PublicKey(keyOf("ben"))})
	return m
}

func (m *member) Sponsored() []wire.Key { return []wire.Key{wire.PublicKey(fire)} }
func (m *member) Mailboxes(context.Context) ([]wire.Key, error) {
	return []wire.Key{wire.PublicKey(police), wire.PublicKey(fire)}, nil
}

func (m *member) Publish(agency wire.Key, checkpoint []byte, from int, more []request.Entry) (request.Outcome, int, error) {
	if m.fails != nil {
		return 0, 0, m.fails
	}
	is, _, err := m.logs.Offer(agency, checkpoint, from, more, today)
	return is, m.logs.Log(agency).Size(), err
}

func (m *member) Opened(wire.Key) []Opened { return nil }

func (m *member) Kept(ctx context.Context, agency wire.Key) ([]wire.Hash, error) {
	return m.mail.Kept(ctx, agency)
}

func (m *member) Piece(ctx context.Context, agency wire.Key, hash wire.Hash) ([]byte, error) {
	return m.mail.Piece(ctx, agency, hash)
}

func (m *member) Drop(ctx context.Context, agency wire.Key, hash wire.Hash) error {
	return m.mail.Drop(ctx, agency, hash)
}

// counter is one home's gateway.
type counter struct {
	t testing.TB
	http.Handler
}

func newCounter(t testing.TB, m *member) counter {
	return counter{t, Handler(m, spki, func() time.Time { return noon })}
}

// ask returns all of an answer.
func (c counter) ask(method, path, authorization, body string) (status int, answer string) {
	w := httptest.NewRecorder()
	q := httptest.NewRequestWithContext(c.t.Context(), method, path, strings.NewReader(body))
	q.Header.Set("Authorization", authorization)
	c.ServeHTTP(w, q)
	return w.Code, fmt.Sprint(w.Code, w.Header(), w.Body)
}

func by(key ed25519.PrivateKey, method, path string) string {
	return MailboxAuthorization(func(b []byte) []byte { return ed25519.Sign(key, b) }, method, path, spki, today)
}

// padded is a submission of so many bytes.
func padded(p *publisher, size int) string {
	s := text(p.t, p.submission(0))
	return s + strings.Repeat(" ", size-len(s))
}

// Whoever is no agency that the home is a sponsor of can't tell that there is anything:
// whatever is asked, the answer is that of a server that has nothing.
func TestStranger(t *testing.T) {
	m := newMember(t, nil)
	c := newCounter(t, m)
	piece := bytes.Repeat([]byte("x"), wire.PieceLen)
	sum := sha256.Sum256(piece)
	if err := m.mail.Keep(t.Context(), wire.PublicKey(fire), piece, today); err != nil {
		t.Fatal(err)
	}
	path := "/v1/mailbox/" + hex.EncodeToString(sum[:])
	signed := func(method, path, spki string, now wire.Minute) string {
		return MailboxAuthorization(func(b []byte) []byte { return ed25519.Sign(fire, b) }, method, path, spki, now)
	}
	good := signed("GET", path, spki, today)
	_, nothing := c.ask("GET", "/", "", "")
	for name, q := range map[string]struct{ method, path, authorization, body string }{
		"no signature":                   {"GET", path, "", ""},
		"no signature of the list":       {"GET", "/v1/mailbox", "", ""},
		"another scheme":                 {"GET", path, strings.Replace(good, "Stoop", "Bearer", 1), ""},
		"no minute":                      {"GET", path, strings.Replace(good, fmt.Sprint(today), "", 1), ""},
		"a minute that is none":          {"GET", path, strings.Replace(good, fmt.Sprint(today), "-5", 1), ""},
		"another minute":                 {"GET", path, strings.Replace(good, fmt.Sprint(today), fmt.Sprint(today+1), 1), ""},
		"an old one":                     {"GET", path, signed("GET", path, spki, today-11), ""},
		"one to come":                    {"GET", path, signed("GET", path, spki, today+11), ""},
		"one of long ago":                {"GET", path, signed("GET", path, spki, 0), ""},
		"for another sponsor":            {"GET", path, signed("GET", path, strings.Repeat("cd", 32), today), ""},
		"for another path":               {"GET", path, signed("GET", "/v1/mailbox", spki, today), ""},
		"for another method":             {"DELETE", path, good, ""},
		"a signature that is none":       {"GET", path, "Stoop " + fmt.Sprint(today) + " " + base64.StdEncoding.EncodeToString(make([]byte, 64)), ""},
		"half a signature":               {"GET", path, good[:len(good)-44], ""},
		"a signature and more":           {"GET", path, good + "AAAA", ""},
		"by somebody else":               {"GET", path, by(keyOf("somebody"), "GET", path), ""},
		"by another agency":              {"GET", path, by(police, "GET", path), ""},
		"what is not kept":               {"GET", "/v1/mailbox/" + strings.Repeat("00", 32), by(fire, "GET", "/v1/mailbox/"+strings.Repeat("00", 32)), ""},
		"what can't be kept":             {"GET", "/v1/mailbox/00", by(fire, "GET", "/v1/mailbox/00"), ""},
		"no hash":                        {"DELETE", "/v1/mailbox/x", by(fire, "DELETE", "/v1/mailbox/x"), ""},
		"another method for a mailbox":   {"POST", "/v1/mailbox", "", ""},
		"another method for a piece":     {"PUT", path, "", ""},
		"another method for the log":     {"GET", "/v1/log", "", ""},
		"another path":                   {"GET", "/v1/", "", ""},
		"nothing is submitted":           {"POST", "/v1/log", "", ""},
		"no JSON is submitted":           {"POST", "/v1/log", "", "{"},
		"no checkpoint is":               {"POST", "/v1/log", "", "{}"},
		"too much is":                    {"POST", "/v1/log", "", `{"checkpoint": "` + strings.Repeat(" ", MaxSubmission) + `"}`},
		"an unknown field is":            {"POST", "/v1/log", "", `{"reach": true}`},
		"another agency's log is":        {"POST", "/v1/log", "", text(t, newPublisher(t, police, 1).submission(0))},
		"a byte more than is read is":    {"POST", "/v1/log", "", padded(newPublisher(t, fire, 1), MaxSubmission+1)},
		"another agency's broken log is": {"POST", "/v1/log", "", text(t, newPublisher(t, police, 1).submission(0)) + "x"},
	} {
		if _, got := c.ask(q.method, q.path, q.authorization, q.body); got != nothing {
			t.Errorf("%s: %s, want %s", name, got, nothing)
		}
	}
	for _, at := range []wire.Minute{today - 10, today, today + 10} {
		if status, got := c.ask("GET", path, signed("GET", path, spki, at), ""); status != http.StatusOK || !strings.HasSuffix(got, string(piece)) {
			t.Errorf("the agency is answered %d at %d", status, at)
		}
	}
}

// What an agency sends that is wrong it is told; nothing of it is taken.
func TestSubmitRefuses(t *testing.T) {
	p := newPublisher(t, fire, 3)
	good := text(t, p.submission(0))
	with := func(change func(*Submission)) string {
		s := p.submission(0)
		change(&s)
		return text(t, s)
	}
	many := func(n int) func(*Submission) {
		return func(s *Submission) {
			for len(s.Entries) < n {
				s.Entries = append(s.Entries, Supplied{ID: strings.Repeat("0", 64)})
			}
		}
	}
	for name, c := range map[string]struct{ body, says string }{
		"a field more":      {good[:len(good)-1] + `,"reach":1}`, "unknown field"},
		"something follows": {good + " {}", "follows"},
		"a byte follows":    {good + "x", "follows"},
		"of another type":   {strings.Replace(good, `"from":0`, `"from":"0"`, 1), "cannot unmarshal"},
		"from before":       {with(func(s *Submission) { s.From = -1 }), "more entries than a log has"},
		"from beyond":       {with(func(s *Submission) { s.From = request.MaxEntries - 2 }), "more entries than a log has"},
		"of a log that is too long": {with(func(s *Submission) {
			s.Checkpoint = string(tlog.Sign(tlog.Tree{}.Append(make([]wire.Hash, request.MaxEntries+1)...), fire))
		}), "a log of 50001 entries"},
		"no base64":              {with(func(s *Submission) { s.Entries[1].Text = "?" }), "entry 1: "},
		"base64 that ends oddly": {with(func(s *Submission) { s.Entries[1].Text = "QQ=" }), "entry 1: "},
		"bits that count not":    {with(func(s *Submission) { s.Entries[1].Text = "QR==" }), "entry 1: "},
		"a long text": {with(func(s *Submission) {
			s.Entries[2].Text = base64.StdEncoding.EncodeToString(make([]byte, wire.MaxObject+1))
		}), "entry 2: "},
		"half an id":               {with(func(s *Submission) { s.Entries[0].ID = s.Entries[0].ID[:62] }), "entry 0: "},
		"no id":                    {with(func(s *Submission) { s.Entries[0].ID = strings.Repeat("x", 64) }), "entry 0: "},
		"the text of another":      {with(func(s *Submission) { s.Entries[0].Text = s.Entries[1].Text }), "another entry"},
		"a text that is none":      {with(func(s *Submission) { s.Entries[0].Text = "AAAA" }), "not the one encoding"},
		"a text that was changed":  {with(func(s *Submission) { s.Entries[0].Text = s.Entries[0].Text[:60] + "A" + s.Entries[0].Text[61:] }), ""},
		"more than there is":       {with(many(4)), `{"outcome":"wanting","size":0}`},
		"less than there is":       {with(func(s *Submission) { s.Entries = s.Entries[:2] }), `{"outcome":"wanting","size":0}`},
		"what follows something":   {text(t, p.submission(1)), `{"outcome":"wanting","size":0}`},
		"nothing follows":          {with(func(s *Submission) { s.Entries = nil }), `{"outcome":"wanting","size":0}`},
		"others than the agency's": {with(func(s *Submission) { s.Entries[0], s.Entries[1] = s.Entries[1], s.Entries[0] }), `{"outcome":"diverged","size":0}`},
	} {
		m := newMember(t, nil)
		status, got := newCounter(t, m).ask("POST", "/v1/log", "", c.body)
		want := http.StatusBadRequest
		if strings.HasPrefix(c.says, "{") {
			want = http.StatusOK
		}
		if size := m.logs.Log(wire.PublicKey(fire)).Size(); status != want || !strings.Contains(got, c.says) || size != 0 {
			t.Errorf("%s: %s, want %d with %q; %d entries are here", name, got, want, c.says, size)
		}
	}
	m := newMember(t, nil)
	c := newCounter(t, m)
	m.fails = nvr.ErrTooMany
	if status, got := c.ask("POST", "/v1/log", "", good); status != http.StatusServiceUnavailable || strings.Contains(got, m.fails.Error()) {
		t.Errorf("what can't be written down is answered %s", got)
	}
	m.fails = nil
	withheld := newMember(t, nil)
	if _, got := newCounter(t, withheld).ask("POST", "/v1/log", "", with(func(s *Submission) { s.Entries[1].Text = "" })); !strings.Contains(got, `{"outcome":"extended","size":3}`) || withheld.texts() != 2 {
		t.Errorf("with a text that is withheld: %s, %d texts", got, withheld.texts())
	}
	if status, got := c.ask("POST", "/v1/log", "", padded(p, MaxSubmission)); status != http.StatusOK || !strings.Contains(got, `{"outcome":"extended","size":3}`) {
		t.Errorf("what is right is answered %s", got)
	}
	if _, got := c.ask("POST", "/v1/log", "", good); !strings.Contains(got, `{"outcome":"known","size":3}`) {
		t.Errorf("what is known is answered %s", got)
	}
}

// The answer is a function of what is asked and of the log: two homes that have the same
// log give the same answer, to the byte, whoever cosigned it, and whatever else was
// asked of them before.
func TestAnswersAreEqual(t *testing.T) {
	p, early := newPublisher(t, fire, 5), newPublisher(t, fire, 3)
	one, two := newMember(t, nil), newMember(t, keyOf("ben"))
	a, b := newCounter(t, one), newCounter(t, two)
	a.ask("POST", "/v1/log", "", text(t, early.submission(0)))
	a.ask("POST", "/v1/log", "", text(t, p.submission(3)))
	for n := range 5 { // otherwise, and with much else before and between
		b.ask("POST", "/v1/log", "", text(t, newPublisher(t, fire, n+1).submission(n)))
		b.ask("POST", "/v1/log", "", "{")
		b.ask("GET", "/v1/mailbox", by(police, "GET", "/v1/mailbox"), "")
	}
	seen, err := tlog.Cosign(tlog.Sign(p.tree, fire), wire.PublicKey(fire), keyOf("anna"), today)
	if err != nil {
		t.Fatal(err)
	}
	cosigned := p.submission(5)
	cosigned.Checkpoint = string(seen)
	other := newPublisher(t, fire, 2)
	other.tells("another one")
	longer := newPublisher(t, fire, 6)
	for _, s := range []Submission{p.submission(5), p.submission(2), early.submission(0), cosigned, cosigned, longer.submission(6), longer.submission(3), longer.submission(0), other.submission(2), other.submission(0), other.submission(0)} {
		_, got := a.ask("POST", "/v1/log", "", text(t, s))
		if _, want := b.ask("POST", "/v1/log", "", text(t, s)); got != want || strings.Contains(got, "cosigned") {
			t.Errorf("%d entries from %d on: %s and %s", len(s.Entries), s.From, got, want)
		}
	}
	if _, is := one.logs.Log(wire.PublicKey(fire)).Fraud(); !is {
		t.Error("two logs do not convict")
	}
}

// A mailbox is read and emptied by whose it is.
func TestMailbox(t *testing.T) {
	m := newMember(t, nil)
	c := newCounter(t, m)
	piece := bytes.Repeat([]byte("y"), wire.PieceLen)
	sum := sha256.Sum256(piece)
	path := "/v1/mailbox/" + hex.EncodeToString(sum[:])
	list := func(key ed25519.PrivateKey) string {
		_, got := c.ask("GET", "/v1/mailbox", by(key, "GET", "/v1/mailbox"), "")
		return got
	}
	empty := list(fire)
	if err := m.mail.Keep(t.Context(), wire.PublicKey(fire), piece, today); err != nil {
		t.Fatal(err)
	}
	if got := list(fire); !strings.Contains(got, `{"pieces":["`+hex.EncodeToString(sum[:])+`"]}`) || !strings.Contains(got, "no-store") {
		t.Errorf("the list is %s", got)
	}
	if got := list(police); got != empty || !strings.Contains(got, `{"pieces":[]}`) {
		t.Errorf("another agency's is %s, empty is %s", got, empty)
	}
	if status, got := c.ask("DELETE", path, by(police, "DELETE", path), ""); status != http.StatusNoContent {
		t.Errorf("what another has is answered %s", got)
	}
	for range 2 { // also when the answer was lost
		if status, got := c.ask("DELETE", path, by(fire, "DELETE", path), ""); status != http.StatusNoContent {
			t.Errorf("what was taken is answered %s", got)
		}
	}
	if got := list(fire); got != empty {
		t.Errorf("what was taken is there: %s", got)
	}
	m.mail.Close()
	if status, _ := c.ask("GET", "/v1/mailbox", by(fire, "GET", "/v1/mailbox"), ""); status != http.StatusServiceUnavailable {
		t.Errorf("a mailbox that can't be read is answered %d", status)
	}
}

// Submissions, which anybody can send, take a fifth of one core and no more: the next
// one waits, and for four times as long as the one before took.
func TestSubmissionsTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := &slow{}
		c := counter{t, Handler(slow, spki, time.Now)}
		began := time.Now()
		for range 5 {
			c.ask("POST", "/v1/log", "", "{}")
		}
		if took := time.Since(began); took != 21*time.Second {
			t.Errorf("five that take a second each take %v", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		c.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, "POST", "/v1/log", strings.NewReader("{}"))) // who leaves does not wait on
		if slow.asked != 5 {
			t.Errorf("%d were read", slow.asked)
		}
		time.Sleep(time.Minute)
	})
}

// slow is a home that takes a second for each submission.
type slow struct {
	House
	asked int
}

func (s *slow) Sponsored() []wire.Key {
	s.asked++
	<-time.After(time.Second)
	return nil
}

// FuzzParse reads what strangers submit: it refuses it or has what stands there.
func FuzzParse(f *testing.F) {
	p := newPublisher(f, fire, 2)
	f.Add([]byte(text(f, p.submission(0))))
	f.Add([]byte(text(f, p.submission(2))))
	f.Add([]byte(`{"checkpoint":"a","from":1,"entries":[{"id":"` + strings.Repeat("0", 64) + `","text":""}]}`))
	f.Add([]byte(`{"from":-1}{`))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, more, err := parse(b)
		if err != nil {
			return
		}
		if len(more) != len(s.Entries) || s.From < 0 || s.From+len(more) > request.MaxEntries {
			t.Fatalf("%d entries from %d on", len(more), s.From)
		}
		for i, e := range more {
			if hex.EncodeToString(e.ID[:]) != strings.ToLower(s.Entries[i].ID) || base64.StdEncoding.EncodeToString(e.Text.Raw) != s.Entries[i].Text || len(e.Text.Raw) > wire.MaxObject {
				t.Fatalf("entry %d is %+v", i, e)
			}
		}
		again, _, err := parse([]byte(text(t, s)))
		if err != nil || text(t, again) != text(t, s) {
			t.Fatalf("it is not read again: %v", err)
		}
	})
}

// BenchmarkJunk is what a stranger's MiB costs.
func BenchmarkJunk(b *testing.B) {
	p := newPublisher(b, fire, 1)
	s := p.submission(0)
	for len(s.Entries) < 12_000 {
		s.Entries = append(s.Entries, Supplied{ID: strings.Repeat("0", 64)})
	}
	body := []byte(text(b, s))
	m := newMember(b, nil)
	for b.Loop() {
		s, more, err := parse(body)
		if err != nil {
			b.Fatal(err)
		}
		_, _, _ = m.Publish(wire.PublicKey(fire), []byte(s.Checkpoint), s.From, more)
	}
	b.SetBytes(int64(len(body)))
}

// docs/ref/gateway.md says what the gateway does.
func TestReference(t *testing.T) {
	page, err := os.ReadFile("../../docs/ref/gateway.md")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		fmt.Sprintf("at most %d bytes of JSON", MaxSubmission), fmt.Sprintf("at most %d together", request.MaxEntries), fmt.Sprintf("a text is at most %d bytes", wire.MaxObject),
		fmt.Sprintf("differ from the home's clock by %d at most", skew), fmt.Sprintf("the %d bytes of the piece", wire.PieceLen),
		fmt.Sprintf("keeps %d pieces for one agency and %d for all, for %d days", mail.MaxKept, mail.MaxAll, mail.KeptFor/wire.Day), fmt.Sprintf("reads %d bytes of a file", domain.MaxBody),
	}
	for line := range strings.Lines(string(authorized("METHOD", "PATH", "SPKI", 0))) {
		want = append(want, "    "+strings.Replace(strings.TrimSuffix(line, "\n"), "0", "MINUTE", 1)+"\n")
	}
	for _, is := range []request.Outcome{request.Known, request.Extended, request.Wanting, request.Diverged, request.Waiting, request.Convicted, request.Suspended} {
		want = append(want, "| `"+is.String()+"` |")
	}
	for _, v := range []any{Submission{}, Supplied{}, Answer{}, Opened{}} {
		for f := range reflect.TypeOf(v).Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			want = append(want, name)
		}
	}
	for _, w := range want {
		if !strings.Contains(string(page), w) {
			t.Errorf("docs/ref/gateway.md lacks %q", w)
		}
	}
}
