package onvif

import (
	"bytes"
	"fmt"
	"net"
	"net/url"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"nvrd/pkg/nvr"
	"nvrd/pkg/onvif/onvifsim"
)

// TestRepeats tells the same state again and again.
func TestRepeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for topic, again := range map[string]time.Duration{"RuleEngine/MyRuleDetector/Visitor": ringAgain, "VideoSource/MotionAlarm": tellAgain} {
			var told int
			d := &Device{}
			hear := newTeller(d, func(nvr.Signal) { told++ })
			n := notice{topic: topic, operation: "Changed", data: []item{{"State", "true"}}}
			hear.take(n)
			time.Sleep(again - time.Millisecond)
			hear.take(n)
			if told != 1 {
				t.Errorf("%s: told %d times within %s", topic, told, again)
			}
			time.Sleep(time.Millisecond)
			hear.take(n)
			if told != 2 {
				t.Errorf("%s: told %d times after %s", topic, told, again)
			}
		}
	})
}

func TestWhen(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	hear := &teller{offset: func() time.Duration { return time.Hour }}
	for utc, want := range map[string]time.Time{
		"2026-03-01T12:59:58Z":      now.Add(-2 * time.Second),
		"2026-03-01T12:59:58.5Z":    now.Add(-1500 * time.Millisecond),
		"2026-03-01T12:59:58":       now.Add(-2 * time.Second),
		"2026-03-01T13:59:58+01:00": now.Add(-2 * time.Second),
		"2026-03-01T13:00:02Z":      now, // a little ahead
		"2026-03-01T12:00:00Z":      now, // an hour late
		"2026-03-01T14:00:00Z":      now,
		"0000-00-00T00:00:00Z":      now,
		"0001-01-01T00:00:00Z":      now,
		"":                          now,
		"yesterday":                 now,
	} {
		if got := hear.when(utc, now); got != nvr.TimeOf(want) {
			t.Errorf("%q is %s, want %s", utc, got, want)
		}
	}
}

func TestReadDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{"PT3S": 3 * time.Second, "PT1M0.5S": 60500 * time.Millisecond, "P1DT1H": 25 * time.Hour, "PT": 0} {
		if got, ok := readDuration(text); !ok || got != want {
			t.Errorf("%s is %s, %t", text, got, ok)
		}
	}
	if _, ok := readDuration("3 seconds"); ok {
		t.Error("3 seconds were read")
	}
}

// FuzzAnswer reads answers of all kinds; what comes of them is bounded and printable.
func FuzzAnswer(f *testing.F) {
	for _, c := range onvifsim.Cases {
		var b bytes.Buffer
		b.WriteString(`<s:Envelope xmlns:wsnt="` + nsNotify + `" xmlns:tt="` + nsSchema + `"><s:Body><tev:PullMessagesResponse>`)
		for _, n := range c.Notices {
			b.WriteString(n.XML(time.Unix(1e9, 0)))
		}
		b.WriteString(`</tev:PullMessagesResponse></s:Body></s:Envelope>`)
		f.Add(b.Bytes())
	}
	f.Add([]byte(onvifsim.Match("urn:uuid:1", "http://127.0.0.1/", "M", "N")))
	f.Add([]byte("\xff\xfe<\x00a\x00/\x00>\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var r reply
		r.read(data)
		if r.body == nil && r.bad == nil {
			t.Fatal("neither a body nor why there is none")
		}
		_ = r.denied()
		hear := newTeller(&Device{}, func(s nvr.Signal) {
			if s.Source == "" || len(s.Source) > maxText || s.Source != printable(s.Source) || !utf8.ValidString(s.Source) {
				t.Errorf("source %q", s.Source)
			}
		})
		for _, n := range readNotices(r.body.find(nsEvents, "PullMessagesResponse")) {
			hear.take(n)
		}
		if e, _ := r.result(nsMedia, "GetProfilesResponse"); e != nil {
			readProfile(e, nsMedia)
		}
	})
}

// FuzzMatch reads answers to a search: whatever they say, the address is on the
// machine that they came from, one that can be asked, and the names are short and
// printable.
func FuzzMatch(f *testing.F) {
	const id = "11111111-2222-4333-8444-555555555555"
	for _, address := range []string{
		"http://192.168.1.2/onvif/device_service", "http://203.0.113.9:81/x https://192.168.1.2:8443/y", "http://ada:sesame@192.168.1.2/", "file:///etc/passwd",
		"http://192.168.1.2@203.0.113.9/", "http://[fe80::1%25eth0]/", "http://192.168.1.2:99999/?a=b#c", "http://192.168.1.2/../../", "",
	} {
		f.Add([]byte(onvifsim.Match("urn:uuid:"+id, address, "Maker Inc", "Bell 2")))
	}
	f.Add([]byte(onvifsim.Match("urn:uuid:other", "http://192.168.1.2/", "M%1b%0a", "N")))
	for _, quirk := range []string{`<!DOCTYPE b [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><d:ProbeMatch>&b;</d:ProbeMatch>`, "\xff\xfe<\x00a\x00/\x00>\x00", "<a>"} {
		f.Add([]byte(quirk))
	}
	from := net.IPv4(192, 168, 1, 2)
	f.Fuzz(func(t *testing.T, data []byte) {
		found, ok := readMatch(data[:min(len(data), maxDatagram)], &net.UDPAddr{IP: from}, []string{id})
		if !ok {
			return
		}
		u, err := url.Parse(found.Address)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() != from.String() || u.User != nil || len(found.Address) > 2*maxText {
			t.Errorf("found at %q: %v", found.Address, err)
		}
		if d, err := New(Config{Address: found.Address}); err != nil || d.asked.Hostname() != from.String() {
			t.Errorf("%q can't be asked: %v", found.Address, err)
		}
		for _, name := range []string{found.Name, found.Hardware} {
			if len(name) > maxName || name != printable(name) || !utf8.ValidString(name) {
				t.Errorf("named %q", name)
			}
		}
		if other, ok := readMatch(data, &net.UDPAddr{IP: net.IPv4(203, 0, 113, 9)}, []string{id}); ok {
			t.Errorf("%+v is of no home", other)
		}
	})
}

// TestManyPlaces: a press is heard however many places a device told of before.
func TestManyPlaces(t *testing.T) {
	rings := 0
	hear := newTeller(&Device{}, func(s nvr.Signal) {
		if s.Kind == nvr.RingEvent && s.On {
			rings++
		}
	})
	for n := range 2 * maxStates {
		hear.take(notice{topic: "RuleEngine/CellMotionDetector/Motion", operation: "Changed", source: []item{{"Rule", fmt.Sprint(n)}}, data: []item{{"IsMotion", "true"}}})
	}
	if len(hear.states) > maxStates {
		t.Errorf("%d places are remembered", len(hear.states))
	}
	hear.take(notice{topic: "RuleEngine/MyRuleDetector/Visitor", operation: "Changed", data: []item{{"State", "true"}}})
	if rings != 1 {
		t.Errorf("the button was pressed, and %d rings were told", rings)
	}
}
