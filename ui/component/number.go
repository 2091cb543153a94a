package component

import (
	"math"

	"nvrd/ui/text"
)

// Percent never rounds up to 100: one lost second shows.
func Percent[N ~int64](part, whole N, as text.Numbers) string {
	if part >= whole {
		return "100 %"
	}
	return as.Fixed(math.Floor(float64(part)/float64(whole)*10000)/100, 2) + " %"
}

// Size is a number of bytes as disks are sold: in powers of a thousand.
func Size(bytes int64, as text.Numbers) string {
	n := float64(bytes)
	for _, unit := range []string{"B", "kB", "MB", "GB"} {
		if n < 999.5 {
			return as.Fixed(n, 1) + " " + unit
		}
		n /= 1000
	}
	return as.Fixed(n, 1) + " TB"
}
