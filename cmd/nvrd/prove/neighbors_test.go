package prove_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	neighborhood "nvrd/federation/api"
)

// neighborsEnv says that the test runs in a network of its own.
const neighborsEnv = "NVRD_PROVE_NEIGHBORS"

// TestNeighborsKilled leads three homes, each the program as it ships, from
// nothing through all that neighbors do, and kills one in the middle of each
// step: the one that acts, or the one that is to hear of it. Whatever was
// answered holds everywhere, whatever was not holds everywhere or nowhere, and
// can be done again.
func TestNeighborsKilled(t *testing.T) {
	if os.Getenv(neighborsEnv) == "" {
		inNetwork(t)
		return
	}
	publicAddress(t)
	program := build(t)
	random := rand.New(rand.NewPCG(8, 9))
	home := func(name string, n int) *neighbor {
		h := &neighbor{t: t, name: name, program: program, data: scratch(t), random: random, page: fmt.Sprintf("127.0.0.1:%d", 8080+n), port: fmt.Sprint(7000 + 10*n)}
		h.start()
		return h
	}
	anna, ben, cleo := home("Anna", 1), home("Ben", 2), home("Cleo", 3)
	for _, h := range []*neighbor{anna, ben, cleo} {
		h.turnOn()
	}
	anna.found("Elm Street")
	ben.joins(anna, anna, 2)
	cleo.joins(anna, cleo, 3)
	all := []*neighbor{anna, ben, cleo}
	ben.says(ben, all, "/new", "ice", "category", "hazard", "happened", "ice")
	entry := anna.entry("ice")
	for n := range often(1, 10) {
		comment, answer, reason := fmt.Sprint("comment", n), fmt.Sprint("answer", n), fmt.Sprint("reason", n)
		cleo.says(cleo, all, entry, comment, "do", "comment", "text", comment)
		cleo.says(anna, all, entry, answer, "do", "comment", "text", answer) // who is to hear of it is killed
		anna.says(anna, all, entry+"/label", reason, "label", "unkind", "reason", reason)
		for _, victim := range []*neighbor{cleo, anna} {
			rude, report := fmt.Sprint("rude", victim.name, n), fmt.Sprint("report", victim.name, n)
			ben.says(ben, all, entry, rude, "do", "comment", "text", rude)
			cleo.reports(anna, victim, []*neighbor{ben, cleo}, entry, rude, report)
		}
	}
	ben.takesBack(entry, "ice", all)
	cleo.leaves(all)
	for _, h := range all {
		t.Logf("%s: of %d acts %d got no answer", h.name, h.acts, h.cut)
	}
}

// inNetwork runs the test once more, in a network of its own.
func inNetwork(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("a network of its own needs root")
	}
	t.Parallel()
	args := []string{"-test.run=^" + t.Name() + "$", "-test.timeout=20m", "-test.v"}
	if *torture {
		args = append(args, "-torture")
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), neighborsEnv+"=1", programEnv+"="+build(t))
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Error(err)
	}
}

// publicAddress gives the network of this process an address like a public one,
// since neighbors are dialed nowhere else.
func publicAddress(t *testing.T) {
	t.Helper()
	for _, args := range [][]string{
		{"link", "set", "lo", "up"}, {"link", "add", "street", "type", "veth", "peer", "name", "away"},
		{"link", "set", "street", "up"}, {"link", "set", "away", "up"}, {"addr", "add", "44.0.0.1/24", "dev", "street"},
	} {
		command(t, "ip", args...)
	}
}

// neighbor is the program of one home, as its owner uses it.
type neighbor struct {
	t                *testing.T
	name             string
	program          string
	data, page, port string
	random           *rand.Rand
	cmd              *exec.Cmd
	acts, cut        int    // while somebody was killed; cut are those that got no answer
	street           string // its neighborhood in addresses of pages
}

func (h *neighbor) start() {
	h.t.Helper()
	h.cmd = startWith(h.t, h.program, "run", "--data", h.data, "--listen", h.page, "--neighbor-port", h.port)
	eventually(h.t, time.Minute, h.name+" runs", func() bool {
		_, err := h.ask(http.MethodGet, "/api/v1/neighborhoods", nil)
		return err == nil
	})
}

// ask asks the API. An answer that is no success is an error, as none is.
func (h *neighbor) ask(method, path string, body any) ([]byte, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	if body == nil {
		b = nil
	}
	return h.send(method, path, "application/json", b)
}

// submits submits a form of a page.
func (h *neighbor) submits(path string, fields ...string) error {
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	_, err := h.send(http.MethodPost, path, "application/x-www-form-urlencoded", []byte(form.Encode()))
	return err
}

func (h *neighbor) send(method, path, kind string, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(h.t.Context(), method, "http://"+h.page+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", kind)
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Timeout: time.Minute}
	w, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer w.Body.Close()
	b, err := io.ReadAll(w.Body)
	if err == nil && w.StatusCode >= http.StatusBadRequest {
		err = fmt.Errorf("%s %s: %s: %.300s", method, path, w.Status, b)
	}
	return b, err
}

// killed has victim killed some time after the act has begun, starts it again,
// and returns what came of the act.
func (h *neighbor) killed(victim *neighbor, act func() error) error {
	h.t.Helper()
	dead := make(chan error, 1)
	time.AfterFunc(time.Duration(h.random.Int64N(int64(3*time.Millisecond))), func() { dead <- victim.cmd.Process.Kill() })
	err := act()
	if err := <-dead; err != nil {
		h.t.Fatal(err)
	}
	_ = victim.cmd.Wait()
	victim.start()
	h.acts++
	if err != nil {
		h.cut++
	}
	return err
}

func (h *neighbor) status() neighborhood.Status {
	h.t.Helper()
	s, err := h.asked()
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

// asked is status of a home that may be killed meanwhile.
func (h *neighbor) asked() (s neighborhood.Status, err error) {
	b, err := h.ask(http.MethodGet, "/api/v1/neighborhoods", nil)
	if err == nil {
		err = json.Unmarshal(b, &s)
	}
	return s, err
}

// turnOn turns the neighborhood on. Words that came are told again until they
// are on paper.
func (h *neighbor) turnOn() {
	h.t.Helper()
	var first []byte
	on := func() (err error) {
		first, err = h.ask(http.MethodPut, "/api/v1/neighborhoods/seed", nil)
		return err
	}
	answered := h.killed(h, on) == nil
	if answered && !h.status().On {
		h.t.Fatalf("%s had keys, and has none", h.name)
	}
	again, err := h.ask(http.MethodPut, "/api/v1/neighborhoods/seed", nil)
	if err != nil || answered && !bytes.Equal(again, first) {
		h.t.Fatalf("%s is told %s, and was %s: %v", h.name, again, first, err)
	}
	if _, err := h.ask(http.MethodPut, "/api/v1/neighborhoods/seed/paper", nil); err != nil {
		h.t.Fatal(err)
	}
}

// found begins a neighborhood, once.
func (h *neighbor) found(title string) {
	h.t.Helper()
	found := func() error {
		_, err := h.ask(http.MethodPost, "/api/v1/neighborhoods", map[string]string{"title": title, "home": h.name})
		return err
	}
	answered := h.killed(h, found) == nil
	if in := h.status().In; answered && len(in) != 1 {
		h.t.Fatalf("%s founded one, and is in %d", h.name, len(in))
	} else if len(in) == 0 {
		if err := found(); err != nil {
			h.t.Fatal(err)
		}
	}
	h.in(1)
}

// in waits until the home is in its neighborhood with so many homes.
func (h *neighbor) in(homes int) {
	h.t.Helper()
	eventually(h.t, 4*time.Minute, fmt.Sprintf("%s is in with %d homes", h.name, homes), func() bool {
		in := h.status().In
		if len(in) == 0 || in[0].Homes != homes {
			return false
		}
		h.street = "/street/" + in[0].Name[:16]
		return true
	})
}

// joins has a home invited and let in, while victim is killed once as the invite
// is made, once as it is taken, and once as the home knocks.
func (h *neighbor) joins(by, victim *neighbor, homes int) {
	h.t.Helper()
	var invite string
	invited := func() (err error) {
		invite, err = by.invites()
		return err
	}
	if h.killed(by, invited) != nil {
		if err := invited(); err != nil {
			h.t.Fatal(err)
		}
	}
	ask := func() error {
		_, err := h.ask(http.MethodPost, "/api/v1/neighborhoods/joining", map[string]string{"invite": invite, "home": h.name})
		return err
	}
	answered := h.killed(h, ask) == nil
	s := h.status()
	if asked := len(s.Joining) + len(s.In); answered && asked != 1 {
		h.t.Fatalf("%s asked to be let in, and does so %d times", h.name, asked)
	} else if asked == 0 {
		if err := ask(); err != nil {
			h.t.Fatal(err)
		}
	}
	_ = h.killed(victim, func() error { return nil })
	h.in(homes)
	by.in(homes)
}

// invites returns an invite for one home.
func (h *neighbor) invites() (string, error) {
	var made struct{ Invite string }
	s, err := h.asked()
	if err != nil {
		return "", err
	}
	b, err := h.ask(http.MethodPost, "/api/v1/neighborhoods/"+s.In[0].Name+"/invites", map[string]int{"days": 7})
	if err == nil {
		err = json.Unmarshal(b, &made)
	}
	return made.Invite, err
}

// feed is what a home's page of the street shows.
func (h *neighbor) feed(page string) string {
	h.t.Helper()
	b, err := h.ask(http.MethodGet, h.street+page, nil)
	if err != nil {
		return ""
	}
	return string(b)
}

var (
	entryOf  = regexp.MustCompile(`/entries/[0-9a-f]{64}`)
	reportOf = regexp.MustCompile(entryOf.String() + `/report`)
)

// entry waits for a post and returns where it stands.
func (h *neighbor) entry(post string) (page string) {
	h.t.Helper()
	eventually(h.t, time.Minute, h.name+" has "+post, func() bool {
		for _, page = range entryOf.FindAllString(h.feed(""), -1) {
			if strings.Contains(h.feed(page), post) {
				return true
			}
		}
		return false
	})
	return page
}

// says has a home submit a form of its street with a text of its own while
// victim is killed. In the end all have it once.
func (h *neighbor) says(victim *neighbor, all []*neighbor, page, text string, fields ...string) {
	h.t.Helper()
	to := page
	say := func() error { return h.submits(h.street+to, fields...) }
	at := ""
	if page != "/new" {
		at = entryOf.FindString(page)
		all[0].entryIs(at, h)
	}
	err := h.killed(victim, say)
	if err != nil && victim != h {
		h.t.Fatal(err)
	}
	if n := h.shows(at, text); n > 1 || err == nil && n != 1 {
		h.t.Fatalf("%s shows %q %d times after %v", h.name, text, n, err)
	} else if n == 0 {
		if err := say(); err != nil {
			h.t.Fatal(err)
		}
	}
	for _, other := range all {
		eventually(h.t, 2*time.Minute, fmt.Sprintf("%s has %q", other.name, text), func() bool { return other.shows(at, text) == 1 })
	}
}

// entryIs waits until another home has an entry, too.
func (h *neighbor) entryIs(at string, other *neighbor) {
	h.t.Helper()
	eventually(h.t, time.Minute, other.name+" has the entry", func() bool { return other.feed(at) != "" })
}

// shows tells how often a page shows a text, which is between two tags.
func (h *neighbor) shows(page, text string) int {
	h.t.Helper()
	return len(regexp.MustCompile(`>[^<>]*\b`+text+`\b`).FindAllString(h.feed(page), -1))
}

// reports has a home report what it shows of another, while victim is killed, and
// the steward close it while killed. The steward has it once, others never, and
// once it is closed nobody has.
func (h *neighbor) reports(steward, victim *neighbor, others []*neighbor, page, rude, words string) {
	h.t.Helper()
	_, after, _ := strings.Cut(h.feed(page), rude)
	to := entryOf.FindString(reportOf.FindString(after))
	report := func() error { return h.submits(h.street+to+"/report", "reason", "other", "words", words) }
	err := h.killed(victim, report)
	if reported := strings.Contains(h.feed(to+"/report"), "Reported; "); err == nil && !reported {
		h.t.Fatalf("%s reported %q, and has not", h.name, rude)
	} else if !reported {
		if err := report(); err != nil {
			h.t.Fatal(err)
		}
	}
	eventually(h.t, 2*time.Minute, "the steward's home has "+words, func() bool {
		return steward.shows("/stewards", words) == 1 && strings.Contains(h.feed(to+"/report"), "Reported; a steward")
	})
	closing := func() error {
		return steward.submits(steward.street+"/stewards", "do", "close", "what", to[len("/entries/"):])
	}
	if err := steward.killed(steward, closing); err != nil {
		if err := closing(); err != nil {
			h.t.Fatal(err)
		}
	}
	if n := steward.shows("/stewards", words); n != 0 {
		h.t.Errorf("closed, %q is shown %d times", words, n)
	}
	for _, home := range others {
		files, err := filepath.Glob(filepath.Join(home.data, "neighborhood.db*"))
		if err != nil || len(files) == 0 {
			h.t.Fatal(files, err)
		}
		for _, file := range files {
			if b, err := os.ReadFile(file); err == nil && bytes.Contains(b, []byte(words)) {
				h.t.Errorf("%q stands in %s's %s", words, home.name, filepath.Base(file))
			}
		}
	}
}

// takesBack has a home take a post back while it is killed. In the end nobody
// shows it.
func (h *neighbor) takesBack(entry, text string, all []*neighbor) {
	h.t.Helper()
	retract := func() error { return h.submits(h.street+entry, "do", "retract", "on", entry[len("/entries/"):]) }
	if err := h.killed(h, retract); err == nil && h.shows("", text) != 0 {
		h.t.Fatalf("%s still shows %q", h.name, text)
	} else if h.shows("", text) > 0 {
		if err := retract(); err != nil {
			h.t.Fatal(err)
		}
	}
	for _, other := range all {
		eventually(h.t, 2*time.Minute, other.name+" does not show "+text, func() bool { return other.shows("", text) == 0 })
	}
}

// leaves has a home leave while it is killed. In the end it is in none, and the
// others know.
func (h *neighbor) leaves(all []*neighbor) {
	h.t.Helper()
	name := h.status().In[0].Name
	leave := func() error {
		_, err := h.ask(http.MethodDelete, "/api/v1/neighborhoods/"+name, nil)
		return err
	}
	if err := h.killed(h, leave); err == nil && len(h.status().In) != 0 {
		h.t.Fatalf("%s left, and is in", h.name)
	}
	eventually(h.t, 2*time.Minute, h.name+" is out", func() bool {
		if len(h.status().In) == 0 {
			return true
		}
		_ = leave() // killed before it had begun
		return false
	})
	for _, other := range all {
		if other != h {
			other.in(len(all) - 1)
		}
	}
}
