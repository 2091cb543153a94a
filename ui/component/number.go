package component

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// Percent never rounds up to 100: one lost second shows.
func Percent(part, whole time.Duration) string {
	if part >= whole {
		return "100 %"
	}
	p := math.Floor(float64(part)/float64(whole)*10000) / 100
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", p), "0"), ".") + " %"
}

// Size is a number of bytes as disks are sold: in powers of a thousand.
func Size(bytes int64) string {
	n := float64(bytes)
	for _, unit := range []string{"B", "kB", "MB", "GB"} {
		if n < 999.5 {
			return strings.TrimSuffix(fmt.Sprintf("%.1f", n), ".0") + " " + unit
		}
		n /= 1000
	}
	return fmt.Sprintf("%.1f TB", n)
}
