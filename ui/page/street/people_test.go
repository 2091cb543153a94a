package street

import (
	"testing"

	"nvrd/federation/wire"
)

func TestTwins(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"Anna", "Anna", true},
		{"Anna", "ANNA", true},
		{"Anna", "An na", true},
		{"Anna", "Аnnа", true}, // Cyrillic
		{"Anna", "Ánna", true},
		{"Tom", "T0m", true},
		{"Bill", "BiII", true}, // capital i
		{"Bill", "Bi1l", true},
		{"Turner", "Tumer", true},
		{"The blue gate", "The-blue-gate", true},
		{"🐈", "🐈", true},

		{"Anna", "Hanna", false},
		{"Anna", "Ann", false},
		{"🐈", "🐕", false},
		{"山田", "田山", false},
	} {
		got := twins(map[wire.Key]string{{1}: c.a, {2}: c.b, {3}: "Somebody else"})
		if got[wire.Key{1}] != c.want || got[wire.Key{2}] != c.want || got[wire.Key{3}] {
			t.Errorf("%q and %q look alike: %v", c.a, c.b, got)
		}
	}
}
