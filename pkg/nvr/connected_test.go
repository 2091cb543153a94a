package nvr

import (
	"testing"
	"time"
)

func TestConnect(t *testing.T) {
	at := func(minutes int64) Time { return Time(minutes * 60e6) }
	gap := func(from, to int64, reason Reason) Gap {
		return Gap{Span: Span{From: at(from), To: at(to)}, Reason: reason}
	}
	day, account := Span{From: at(1000), To: at(2000)}, Span{From: at(500), To: at(1900)}
	for name, c := range map[string]struct {
		account Span
		gaps    []Gap
		want    Connected
	}{
		"never recorded":               {Span{}, nil, Connected{}},
		"all the time":                 {account, nil, Connected{Known: 900 * time.Minute}},
		"lost":                         {account, []Gap{gap(1100, 1110, Unreachable), gap(1110, 1111, Starting), gap(1200, 1210, NoPicture)}, Connected{Known: 899 * time.Minute, Lost: 20 * time.Minute, Losses: 2}},
		"for two reasons":              {account, []Gap{gap(1100, 1110, Unreachable), gap(1110, 1120, WrongPassword)}, Connected{Known: 900 * time.Minute, Lost: 20 * time.Minute, Losses: 1}},
		"since before":                 {account, []Gap{gap(900, 1010, Unreachable)}, Connected{Known: 900 * time.Minute, Lost: 10 * time.Minute, Losses: 1}},
		"still":                        {account, []Gap{{Span: Span{From: at(1800)}, Reason: Unreachable}}, Connected{Known: 900 * time.Minute, Lost: 100 * time.Minute, Losses: 1}},
		"nobody knows":                 {account, []Gap{gap(1100, 1200, NotRunning), gap(1200, 1300, PausedByUser)}, Connected{Known: 700 * time.Minute}},
		"not recorded for our reasons": {account, []Gap{gap(1100, 1200, NoEvent), gap(1200, 1300, DiskFull), gap(1300, 1400, Removed)}, Connected{Known: 900 * time.Minute}},
	} {
		if got := Connect(day, c.account, c.gaps); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}
