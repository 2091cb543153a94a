package footage

import (
	"testing"
	"time"

	"nvrd/pkg/nvr"
)

// The name of a file says its instant to the microsecond, on leap days, at
// their edges and far ahead.
func TestNamesOfDays(t *testing.T) {
	for at, want := range map[string]string{
		"2028-02-28T23:59:59.999999Z": "1/main/2028-02-28/20280228T235959.999999Z.mp4",
		"2028-02-29T00:00:00Z":        "1/main/2028-02-29/20280229T000000.000000Z.mp4",
		"2028-02-29T23:59:59.999999Z": "1/main/2028-02-29/20280229T235959.999999Z.mp4",
		"2028-03-01T00:00:00Z":        "1/main/2028-03-01/20280301T000000.000000Z.mp4",
		"2028-02-29T01:30:00+02:00":   "1/main/2028-02-28/20280228T233000.000000Z.mp4",
		"2100-03-01T00:00:00Z":        "1/main/2100-03-01/21000301T000000.000000Z.mp4", // no leap year
	} {
		start, err := nvr.ParseTime(at)
		if err != nil {
			t.Fatal(err)
		}
		path := Path(nvr.StreamID{Camera: 1}, start)
		back, err := time.Parse(timeName, path[len("1/main/2028-02-29/"):len(path)-len(".mp4")])
		if path != want || err != nil || nvr.TimeOf(back) != start {
			t.Errorf("%s is %s, want %s, and back %s: %v", at, path, want, back, err)
		}
	}
}
