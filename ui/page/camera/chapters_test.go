package camera

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/ui/page/events"
	"nvrd/ui/text"
)

func day0(t *testing.T, zone string) (dayMaker, func(clock string) nvr.Time) {
	t.Helper()
	texts, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	place, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	at := func(clock string) nvr.Time {
		s, err := time.ParseInLocation("2006-01-02 15:04:05", "2028-02-"+clock, place)
		if err != nil {
			t.Fatal(err)
		}
		return nvr.TimeOf(s)
	}
	return dayMaker{texts.For(httptest.NewRequest("GET", "/", nil)), place, nvr.StreamID{Camera: 1}, at("29 12:00:00")}, at
}

// The day in words has what happened, what is missing and why, and where days begin.
func TestChapters(t *testing.T) {
	d, at := day0(t, "Europe/Vienna")
	span := nvr.Span{From: at("28 22:00:00"), To: at("29 10:00:00")}
	gap := func(from, to string, reason nvr.Reason) nvr.Gap {
		return nvr.Gap{Span: nvr.Span{From: at(from), To: at(to)}, Reason: reason}
	}
	var got []string
	for _, c := range d.chapters(span, []nvr.Gap{
		gap("28 22:00:00", "28 22:00:01", nvr.Starting), // too short to be told
		gap("28 23:00:00", "28 23:03:00", nvr.Unreachable),
		gap("29 01:00:00", "29 02:00:00", nvr.NoEvent),
		gap("29 03:00:00", "29 04:00:00", nvr.PausedByUser),
	}, []events.Moment{
		{Said: "Somebody rang", Began: at("29 09:00:00"), Href: "/cameras/1?at=x", Film: "x"},
		{Said: "4 motions", Began: at("28 23:01:00"), Lack: "No film: The camera did not answer"},
	}) {
		line := c.from.Human + " " + c.said
		if c.href != "" {
			line += " →"
		}
		got = append(got, line)
	}
	want := `23:00:00 No picture for 3 min: The camera did not answer
23:01:00 4 motions. No film: The camera did not answer
00:00 Tuesday 29 February begins →
03:00:00 Off for privacy, 1 h 0 min
09:00:00 Somebody rang →`
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
}

// Chapters of a film go by its own clock, on which what was not recorded takes no
// time; nobody's words are markup.
func TestWebVTT(t *testing.T) {
	d, at := day0(t, "Europe/Vienna")
	span := nvr.Span{From: at("28 23:00:00"), To: at("29 01:00:00")}
	footage := []nvr.Span{{From: at("28 22:00:00"), To: at("28 23:10:00")}, {From: at("28 23:40:00"), To: at("29 02:00:00")}}
	gaps := []nvr.Gap{{Span: nvr.Span{From: at("28 23:10:00"), To: at("28 23:40:00")}, Reason: nvr.DiskFull}}
	moments := []events.Moment{
		{Said: "Somebody rang", Began: at("28 23:05:00")}, {Said: "<i>a & b\n\n00:00:01.000 --> 00:00:02.000", Began: at("28 23:20:00")},
		{Said: "Motion", Began: at("29 01:00:00")}, {Said: "Before", Began: at("28 22:59:00")},
	}
	all := append([]chapter{{at: span.From, said: "Mon"}}, d.chapters(span, gaps, moments)...)
	want := `WEBVTT

00:00:00.000 --> 00:05:00.000
Mon, 22:59:00 Before

00:05:00.000 --> 00:10:00.000
23:05:00 Somebody rang

00:10:00.000 --> 00:30:00.000
23:10:00 No picture for 30 min: The disk was full, 23:20:00 &lt;i&gt;a &amp; b  00:00:01.000 --&gt; 00:00:02.000

00:30:00.000 --> 01:30:00.000
00:00 Tuesday 29 February begins
`
	if got := webVTT(all, footage, span); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := webVTT(all, nil, span); got != "WEBVTT\n" {
		t.Errorf("without a film: %q", got)
	}
}
