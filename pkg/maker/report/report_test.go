package report

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestText(t *testing.T) {
	l := New("dahua", "192.168.1.20", "admin", "hunter", "Front door")
	clock := l.began
	l.now = func() time.Time { return clock }
	l.Add("VideoMotion", "Start", map[string]string{"RegionName": "Grandma's chair", "Id": "0"})
	for range 3 {
		clock = clock.Add(1500 * time.Millisecond)
		l.Add("_DoTalkAction_", "Pulse", map[string]string{"Action": "Invite", "CallID": "20201002104117@838181@192.168.2.25", "CallSrcMask": "4"})
	}
	l.Add("AlarmLocal7", "192.168.1.20", nil)
	l.Add("Hunter2", "", map[string]string{"UserID": "12345", "Z17EA928ADB76": "true", "admin": "x"})
	l.Add("two words", "", nil)
	want := `events of a device, kind dahua
     0.0 s  VideoMotion Start Id=0 RegionName=text
     1.5 s  _DoTalkAction_ Pulse Action=Invite CallID=text CallSrcMask=4  (3 times)
     4.5 s  AlarmLocal# ###.###.#.##
     4.5 s  *** UserID=number Z##EA###ADB##=true ***=text
     4.5 s  ?
`
	if diff := cmp.Diff(want, l.Text()); diff != "" {
		t.Error(diff)
	}
}

// TestBound shows that the newest 200 lines are kept.
func TestBound(t *testing.T) {
	l := New("dahua")
	for i := range 1000 {
		l.Add(strings.Repeat("a", i%7+1)+strings.Repeat("b", i%200), "", nil)
	}
	if n := strings.Count(l.Text(), "\n"); n != kept+1 || len(l.Text()) > 100*kept {
		t.Errorf("%d lines, %d bytes", n, len(l.Text()))
	}
}

// planted are secrets of a home, of every kind that devices tell.
var planted = []string{
	"192.168.77.31", "fe80::1c2d:3e4f", "front-door.home.arpa", "Hauptstraße 7", "Grandma", "Ms. Miller", "Z17EA928ADB76", "4260423860193",
	"9c:8e:cd:aa:bb:cc", "9C8ECDAABBCC", "hunter2hunter2", "correct horse", "eyJhbGciOiJIUzI1NiJ9.e30.x", "0004938271", "1437987102", "2021-08-29 15:26:04",
	"sip:100@10.9.8.7", "/mnt/sd/2021-08-29/001.jpg", "4711#", "admin",
}

// TestSecrets plants secrets in every place of many events, whole, in capitals and
// with other words around, and looks for them in what is told. What the home knows
// of a device (its names and passwords) is found even where a code is expected;
// what only the device knows, such as a card, never has the form of a code.
func TestSecrets(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pick := func() string {
		s := planted[r.IntN(len(planted))]
		switch r.IntN(4) {
		case 0:
			s = strings.ToUpper(s)
		case 1:
			s = "Code" + s + "End"
		case 2:
			s = "{" + s + " " + planted[r.IntN(len(planted))]
		}
		return s
	}
	for range 300 {
		l := New(pick(), planted...)
		for range 20 {
			data := map[string]string{}
			for range r.IntN(6) {
				data[pick()] = pick()
			}
			data["State"] = fmt.Sprint(r.IntN(10))
			l.Add(pick(), pick(), data)
		}
		text := strings.ToLower(l.Text())
		for _, s := range planted {
			if strings.Contains(text, strings.ToLower(s)) {
				t.Fatalf("%q is told:\n%s", s, text)
			}
		}
	}
}

// TestUnknownSecrets is the same for a log that knows no secret of the home: no
// value is told, and in place of a code nothing with digits, spaces or colons.
func TestUnknownSecrets(t *testing.T) {
	l := New("dahua")
	for _, s := range planted {
		l.Add("NewFile", "Pulse", map[string]string{"Value": s})
		if s != "admin" && s != "Grandma" { // words alone have the form of a code
			l.Add(s, s, map[string]string{s: "1"})
		}
	}
	text := strings.ToLower(l.Text())
	for _, s := range planted {
		if strings.ContainsAny(s, "0123456789 :/") && strings.Contains(text, strings.ToLower(s)) || strings.Contains(text, "grandma") || strings.Contains(text, "admin") {
			t.Errorf("%q is told:\n%s", s, text)
		}
	}
}

func FuzzSecrets(f *testing.F) {
	for _, s := range planted {
		f.Add(s, s)
	}
	f.Add("aaaaaaa a", "aaaaaaaa") // two words that make a secret
	f.Fuzz(func(t *testing.T, secret, value string) {
		l := New("dahua", secret)
		l.Add(value, value, map[string]string{value: value})
		for _, line := range strings.Split(l.Text(), "\n") {
			if strings.Count(line, " ") > 20 || len(line) > 300 {
				t.Errorf("%q", line)
			}
		}
		_, told, _ := strings.Cut(l.Text(), " s  ")
		if s := strings.ToLower(strings.TrimSpace(secret)); len(s) > 8 && strings.Contains(strings.ToLower(told), s) {
			t.Errorf("%q is told: %q", secret, told)
		}
	})
}
