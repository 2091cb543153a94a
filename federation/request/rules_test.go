package request

import (
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"nvrd/federation/request/area"
	"nvrd/federation/wire"
)

const today = wire.Minute(3_000 * 24 * 60)

func private(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

var police = wire.PublicKey(private("police"))

// square is an area of so many millionths of a degree a side, north and east of a
// corner of the town.
func square(lat, lon, side int32) []wire.Point {
	at := wire.Point{Lat: 40_700_000 + lat, Lon: -73_990_000 + lon}
	return []wire.Point{at, {Lat: at.Lat, Lon: at.Lon + side}, {Lat: at.Lat + side, Lon: at.Lon + side}, {Lat: at.Lat + side, Lon: at.Lon}}
}

// terms are those of a town of which the neighborhood is a corner.
func terms(t testing.TB) Terms {
	town, err := area.NewJurisdiction(square(-50_000, -50_000, 150_000))
	if err != nil {
		t.Fatal(err)
	}
	var cells []wire.Cell
	for lat := int32(0); lat < 10_000; lat += 2_000 {
		for lon := int32(0); lon < 10_000; lon += 2_000 {
			cells = append(cells, area.CellOf(square(lat, lon, 1)[0]))
		}
	}
	return Terms{Agency: police, Jurisdiction: town, Cells: cells}
}

// asks is a request that keeps the rules, but for what change does to it.
func asks(n int, change func(*wire.Request)) wire.Request {
	r := wire.Request{
		Head: wire.AgencyHead{Agency: police, Minute: today + wire.Minute(n)}, Case: fmt.Sprint("26-", n), Incident: wire.IncidentTheft,
		From: today - 120, To: today - 60, Area: square(0, 0, 5_000), Text: "A bicycle was taken. Did a camera see who came by?",
		Contact: "Desk 4, desk4@town.example", Expires: today + wire.Minute(n) + wire.Day,
	}
	if change != nil {
		change(&r)
	}
	return r
}

func sign(t testing.TB, b wire.Body) wire.Signed {
	t.Helper()
	s, err := wire.Sign(b, private("police"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sealsTo is a recipient of one letter.
func sealsTo(at wire.Minute, letter rune) wire.Recipient {
	return wire.Recipient{Head: wire.AgencyHead{Agency: police, Minute: at}, Recipient: "age1pq1" + strings.Repeat(string(letter), wire.MaxRecipient-7)}
}

// TestRules has each rule kept and broken by the least there is.
func TestRules(t *testing.T) {
	for _, c := range []struct {
		what   string
		change func(*wire.Request)
		want   Verdict
	}{
		{"as it should be", nil, Accepted},
		{"a window of 15 min", func(r *wire.Request) { r.From = r.To - 15 }, Accepted},
		{"of 14 min", func(r *wire.Request) { r.From = r.To - 14 }, ShortWindow},
		{"of 12 h", func(r *wire.Request) { r.From = r.To - 720 }, Accepted},
		{"of 12 h and a minute", func(r *wire.Request) { r.From = r.To - 721 }, LongWindow},
		{"up to the minute it is written", func(r *wire.Request) { r.To = r.Head.Minute }, Accepted},
		{"to the minute after", func(r *wire.Request) { r.To = r.Head.Minute + 1 }, FutureWindow},
		{"open for 14 days", func(r *wire.Request) { r.Expires = r.Head.Minute + 14*wire.Day }, Accepted},
		{"and a minute", func(r *wire.Request) { r.Expires = r.Head.Minute + 14*wire.Day + 1 }, LongOpen},
		{"an area too small", func(r *wire.Request) { r.Area = square(0, 0, 2_000) }, BadArea},
		{"an area too large", func(r *wire.Request) { r.Area = square(0, 0, 20_000) }, BadArea},
		{"an area that crosses itself", func(r *wire.Request) { r.Area[1], r.Area[2] = r.Area[2], r.Area[1] }, BadArea},
		{"at the border of the town", func(r *wire.Request) { r.Area = square(-50_000, -50_000, 5_000) }, Elsewhere},
		{"over it", func(r *wire.Request) { r.Area = square(-50_001, -50_000, 5_000) }, OutOfBounds},
		{"in another part of the town", func(r *wire.Request) { r.Area = square(30_000, 30_000, 5_000) }, Elsewhere},
		{"of another agency", func(r *wire.Request) { r.Head.Agency = wire.PublicKey(private("eve")) }, Foreign},
		{"a link", func(r *wire.Request) { r.Text = "See https://town.example" }, Linked},
		{"a link in capitals", func(r *wire.Request) { r.Text = "HTTP://1.2.3.4" }, Linked},
		{"a link of another kind", func(r *wire.Request) { r.Contact = "tel+x://5550100" }, Linked},
		{"a page", func(r *wire.Request) { r.Text = "See www.town" }, Linked},
		{"a path", func(r *wire.Request) { r.Case = "town.example/1184" }, Linked},
		{"what only looks like one", func(r *wire.Request) { r.Text = "At 2 p.m. near St.John's, and/or the park. Awww.." }, Accepted},
	} {
		t.Run(c.what, func(t *testing.T) {
			r := asks(0, c.change)
			signed, err := wire.Sign(r, private(map[bool]string{true: "police", false: "eve"}[r.Head.Agency == police]))
			if err != nil {
				t.Fatal(err)
			}
			got, err := NewJudge(terms(t)).Judge(signed)
			if got != c.want || (err != nil) != (got == BadArea) {
				t.Errorf("it is %v (%v), not %v", got, err, c.want)
			}
		})
	}
}

// TestCounts tells logs: what was asked before rules what may be asked now.
func TestCounts(t *testing.T) {
	of := func(number string) func(*wire.Request) { return func(r *wire.Request) { r.Case = number } }
	away := func(r *wire.Request) { r.Area = square(30_000, 30_000, 5_000) }
	spread := func(days, n int) []wire.Body { // so many requests, one every so many days, each open for one
		var all []wire.Body
		for i := range n {
			all = append(all, asks(i*days*int(wire.Day), nil))
		}
		return all
	}
	closing := func(n int, r wire.Request, is wire.ClosingIs) wire.Closing {
		return wire.Closing{Head: wire.AgencyHead{Agency: police, Minute: today + wire.Minute(n)}, On: sign(t, r).ID, Is: is}
	}
	bulletin := func(n int, change func(*wire.Bulletin)) wire.Bulletin {
		b := wire.Bulletin{Head: wire.AgencyHead{Agency: police, Minute: today + wire.Minute(n)}, Title: fmt.Sprint("Ice ", n), Text: "Roads freeze tonight.", Expires: today + wire.Minute(n) + wire.Day}
		if change != nil {
			change(&b)
		}
		return b
	}
	replies := func(n, later int) (all []wire.Body) {
		for i := range n {
			all = append(all, wire.Reply{Head: wire.AgencyHead{Agency: police, Minute: today + wire.Minute(i)}, On: wire.Hash{byte(i)}, Text: "Sand is on its way."})
		}
		if later > 0 {
			all = append(all, wire.Reply{Head: wire.AgencyHead{Agency: police, Minute: today + wire.Day}, Text: "Sand is on its way."})
		}
		return all
	}
	recipient := func(days int) wire.Recipient { return sealsTo(today+wire.Minute(days)*wire.Day, 'q') }
	for _, c := range []struct {
		what string
		log  []wire.Body
		want Verdict // of the last; those before keep the rules
	}{
		{"the second of a case", []wire.Body{asks(0, of("26-7")), asks(1, of("26-7"))}, Accepted},
		{"the third of a case", []wire.Body{asks(0, of("26-7")), asks(1, of("26-7")), asks(2, of("26-7"))}, CaseSpent},
		{"of one case in another hand", []wire.Body{asks(0, of("26-7a")), asks(1, of("26 7 A")), asks(2, of("267A"))}, CaseSpent},
		{"of three cases that differ in a letter", []wire.Body{asks(0, of("26-7a")), asks(1, of("26-7b")), asks(2, of("26-7c"))}, Accepted},
		{"the third of a case elsewhere", []wire.Body{asks(0, func(r *wire.Request) { away(r); r.Case = "x" }), asks(1, func(r *wire.Request) { away(r); r.Case = "x" }), asks(2, of("x"))}, CaseSpent},
		{"the third that is open", []wire.Body{asks(0, nil), asks(1, nil), asks(2, nil)}, Accepted},
		{"the fourth", []wire.Body{asks(0, nil), asks(1, nil), asks(2, nil), asks(3, nil)}, OpenSpent},
		{"the fourth, when one has expired", []wire.Body{asks(0, nil), asks(1, nil), asks(2, nil), asks(int(wire.Day), nil)}, Accepted},
		{"the fourth, a minute before", []wire.Body{asks(0, nil), asks(1, nil), asks(2, nil), asks(int(wire.Day)-1, nil)}, OpenSpent},
		{"the fourth, when one is resolved", []wire.Body{asks(0, nil), asks(1, nil), asks(2, nil), closing(3, asks(1, nil), wire.ClosingResolved), asks(4, nil)}, Accepted},
		{"the fourth, elsewhere", []wire.Body{asks(0, nil), asks(1, nil), asks(2, nil), asks(3, away)}, Elsewhere},
		{"the fourth, of which three are elsewhere", []wire.Body{asks(0, away), asks(1, away), asks(2, away), asks(3, nil)}, Accepted},
		{"the tenth within a month", spread(2, 10), Accepted},
		{"the eleventh", spread(2, 11), MonthSpent},
		{"the eleventh, after a month", append(spread(3, 10), asks(30*int(wire.Day), nil)), Accepted},
		{"the eleventh, a minute before", append(spread(3, 10), asks(30*int(wire.Day)-1, nil)), MonthSpent},
		{"withdrawn requests count for the month", append(func() (all []wire.Body) {
			for i := range 10 {
				all = append(all, asks(2*i, nil), closing(2*i+1, asks(2*i, nil), wire.ClosingWithdrawn))
			}
			return all
		}(), asks(30, nil)), MonthSpent},
		{"the same once more", []wire.Body{asks(0, nil), asks(0, nil)}, Twice},
		{"of the same minute", []wire.Body{asks(5, nil), asks(5, of("y"))}, Accepted},
		{"of a minute before", []wire.Body{asks(5, nil), asks(4, nil)}, Backdated},
		{"resolved", []wire.Body{asks(0, nil), closing(1, asks(0, nil), wire.ClosingResolved)}, Accepted},
		{"resolved twice", []wire.Body{asks(0, nil), closing(1, asks(0, nil), wire.ClosingResolved), closing(2, asks(0, nil), wire.ClosingWithdrawn)}, NothingToClose},
		{"withdrawn when it has expired", []wire.Body{asks(0, nil), closing(int(wire.Day), asks(0, nil), wire.ClosingWithdrawn)}, NothingToClose},
		{"withdrawn, and never was", []wire.Body{asks(0, nil), closing(1, asks(1, nil), wire.ClosingWithdrawn)}, NothingToClose},
		{"the second bulletin of a day", []wire.Body{bulletin(0, nil), bulletin(1, nil)}, Accepted},
		{"the third", []wire.Body{bulletin(0, nil), bulletin(1, nil), bulletin(2, nil)}, BulletinsSpent},
		{"the third, on the next day", []wire.Body{bulletin(0, nil), bulletin(1, nil), bulletin(int(wire.Day), nil)}, Accepted},
		{"a bulletin that stays for a month", []wire.Body{bulletin(0, func(b *wire.Bulletin) { b.Expires = b.Head.Minute + 30*wire.Day })}, LongOpen},
		{"a bulletin that stays for 14 days", []wire.Body{bulletin(0, func(b *wire.Bulletin) { b.Expires = b.Head.Minute + 14*wire.Day })}, Accepted},
		{"a bulletin whose text leads elsewhere", []wire.Body{bulletin(0, func(b *wire.Bulletin) { b.Text = "See www.ice" })}, Linked},
		{"a bulletin that leads elsewhere", []wire.Body{bulletin(0, func(b *wire.Bulletin) { b.Title = "www.ice" })}, Linked},
		{"the second recipient within a month", []wire.Body{recipient(0), recipient(29)}, Accepted},
		{"the third", []wire.Body{recipient(0), recipient(1), recipient(29)}, RecipientsSpent},
		{"the 20th reply of a day", replies(20, 0), Accepted},
		{"the 21st", replies(21, 0), RepliesSpent},
		{"the 21st, on the next day", replies(20, 1), Accepted},
		{"a reply that leads elsewhere", []wire.Body{wire.Reply{Head: wire.AgencyHead{Agency: police, Minute: today}, Text: "See www.town.example"}}, Linked},
		{"the third, after a month", []wire.Body{recipient(0), recipient(1), recipient(30)}, Accepted},
		{"the fourth, which is the third within a month", []wire.Body{recipient(0), recipient(1), recipient(30), recipient(30)}, Twice},
		{"the fifth, which is the third within a month", []wire.Body{recipient(0), recipient(1), recipient(30), recipient(31), recipient(32)}, RecipientsSpent},
	} {
		t.Run(c.what, func(t *testing.T) {
			j := NewJudge(terms(t))
			for i, b := range c.log {
				got, err := j.Judge(sign(t, b))
				if last := i == len(c.log)-1; last && got != c.want || !last && !got.OK() {
					t.Errorf("number %d is %v (%v), want %v", i+1, got, err, c.want)
				}
			}
		})
	}
}

// What breaks a rule neither makes what follows late, nor is it said before when it
// is right.
func TestRefusedChangeNothing(t *testing.T) {
	first := asks(0, nil)
	closing := sign(t, wire.Closing{Head: wire.AgencyHead{Agency: police, Minute: today + 1}, On: sign(t, first).ID, Is: wire.ClosingResolved})
	j := NewJudge(terms(t))
	for i, c := range []struct {
		told wire.Signed
		want Verdict
	}{
		{closing, NothingToClose},
		{sign(t, asks(50, func(r *wire.Request) { r.From = r.To - 14 })), ShortWindow},
		{sign(t, first), Accepted},
		{closing, Accepted},
		{closing, Twice},
	} {
		if got, _ := j.Judge(c.told); got != c.want {
			t.Errorf("number %d is %v, not %v", i+1, got, c.want)
		}
	}
}

// Each verdict and outcome has a name of its own.
func TestNames(t *testing.T) {
	names := map[string]bool{}
	for v := range RepliesSpent + 1 {
		names[v.String()] = true
	}
	for o := range Suspended + 1 {
		names["outcome "+o.String()] = true
	}
	if want := int(RepliesSpent) + int(Suspended) + 2; len(names) != want {
		t.Errorf("%d names, want %d", len(names), want)
	}
	if got := RepliesSpent.String(); got != "too many replies in a day" {
		t.Errorf("the last is %q", got)
	}
}

// What breaks a rule counts for nothing.
func TestRefusedDoNotCount(t *testing.T) {
	j := NewJudge(terms(t))
	for i := range 20 {
		if got, _ := j.Judge(sign(t, asks(i, func(r *wire.Request) { r.Case, r.From = "x", r.To-14 }))); got != ShortWindow {
			t.Fatalf("it is %v", got)
		}
	}
	for i, want := range []Verdict{Accepted, Accepted, CaseSpent} {
		if got, err := j.Judge(sign(t, asks(20+i, func(r *wire.Request) { r.Case = "x" }))); got != want {
			t.Errorf("number %d is %v (%v), not %v", i+1, got, err, want)
		}
	}
}

// Homes that were never shown what breaks a rule find the same of the others.
func FuzzJudge(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
	f.Add([]byte{0, 0, 0, 250, 250, 250})
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 60 {
			return
		}
		var log []wire.Signed
		for i := 0; i+2 < len(b); i += 3 {
			n := int(b[i]) * 97
			switch b[i+1] % 5 {
			case 0, 1:
				log = append(log, sign(t, asks(n, func(r *wire.Request) {
					r.Case = fmt.Sprint(b[i+2] % 5)
					r.Area = square(int32(b[i+2])*400, 0, 1_000+int32(b[i+1])*60)
				})))
			case 2:
				on := wire.Hash{}
				if len(log) > 0 {
					on = log[int(b[i+2])%len(log)].ID
				}
				log = append(log, sign(t, wire.Closing{Head: wire.AgencyHead{Agency: police, Minute: today + wire.Minute(n)}, On: on, Is: wire.ClosingResolved}))
			case 3:
				log = append(log, sign(t, wire.Bulletin{Head: wire.AgencyHead{Agency: police, Minute: today + wire.Minute(n)}, Title: "Ice", Text: fmt.Sprint(b[i+2]), Expires: today + 30_000}))
			case 4:
				log = append(log, sign(t, sealsTo(today+wire.Minute(n), rune("qpzry"[b[i+2]%5]))))
			}
		}
		judge := func(log []wire.Signed) (kept []wire.Signed) {
			j := NewJudge(terms(t))
			for _, n := range log {
				v, err := j.Judge(n)
				if (err != nil) != (v == BadArea) {
					t.Fatalf("%v comes with %v", v, err)
				}
				if v.OK() {
					kept = append(kept, n)
				}
			}
			return kept
		}
		kept := judge(log)
		if again := judge(kept); len(again) != len(kept) {
			t.Errorf("of %d that keep the rules %d do where the others were never seen", len(kept), len(again))
		}
	})
}
