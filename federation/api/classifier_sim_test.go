//go:build sim

package api_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
)

// sample is what is known of one run: what was seen, in numbers, and which of two ways
// it went.
type sample struct {
	seen   map[string]float64
	second bool
}

// guess tells from numbers which way a run went.
type guess func(row []float64) bool

// verdict is how often a classifier is right, that has learned from half of the runs.
type verdict struct {
	by            string
	learned, held float64 // the share of runs: of those that it learned from, and of the others
	runs          int     // of the others
}

// bound is what a classifier may reach: 52 %, and three standard deviations of what one
// that knows nothing reaches by chance.
func (v verdict) bound() float64 { return 0.52 + 3*0.5/math.Sqrt(float64(v.runs)) }

func (v verdict) String() string {
	return fmt.Sprintf("%.1f %% of %d runs (%.1f %% of those that it learned from; by %s)", 100*v.held, v.runs, 100*v.learned, v.by)
}

// classify has two classifiers learn: the best threshold of a single number, and a
// logistic regression over all of them.
func classify(all []sample) (single, together verdict) {
	names, rows := table(all)
	half := len(all) / 2
	judge := func(by string, g guess) verdict {
		v := verdict{by: by, runs: len(all) - half}
		for i, row := range rows {
			if g(row) != all[i].second {
				continue
			}
			if i < half {
				v.learned += 1 / float64(half)
			} else {
				v.held += 1 / float64(v.runs)
			}
		}
		return v
	}
	for f, name := range names {
		for _, at := range [...]float64{-1.5, -1, -0.5, -0.25, 0, 0.25, 0.5, 1, 1.5} {
			for _, above := range [...]bool{false, true} {
				if v := judge(name, func(row []float64) bool { return row[f] > at == above }); v.learned > single.learned {
					single = v
				}
			}
		}
	}
	return single, judge("all together", regression(rows[:half], all))
}

// table returns what varies in the first half of the samples, by name and scaled to a
// mean of 0 and a deviation of 1 there.
func table(all []sample) (names []string, rows [][]float64) {
	every := map[string]bool{}
	for _, s := range all {
		for n := range s.seen {
			every[n] = true
		}
	}
	rows = make([][]float64, len(all))
	for _, name := range slices.Sorted(maps.Keys(every)) {
		var first []float64
		for _, s := range all[:len(all)/2] {
			first = append(first, s.seen[name])
		}
		if mean, deviation := moments(first); deviation > 0 {
			names = append(names, name)
			for i, s := range all {
				rows[i] = append(rows[i], max(-10, min((s.seen[name]-mean)/deviation, 10)))
			}
		}
	}
	return names, rows
}

func moments(all []float64) (mean, deviation float64) {
	for _, x := range all {
		mean += x / float64(len(all))
	}
	for _, x := range all {
		deviation += (x - mean) * (x - mean) / float64(len(all))
	}
	return mean, math.Sqrt(deviation)
}

// regression learns weights by going downhill, which are kept small.
func regression(rows [][]float64, all []sample) guess {
	weights, base := make([]float64, len(rows[0])), 0.0
	odds := func(row []float64) float64 {
		z := base
		for f, x := range row {
			z += weights[f] * x
		}
		return z
	}
	const steps, pace, small = 300, 0.2, 0.02
	for range steps {
		slope, rise := make([]float64, len(weights)), 0.0
		for i, row := range rows {
			miss := 1 / (1 + math.Exp(-odds(row)))
			if all[i].second {
				miss--
			}
			rise += miss / float64(len(rows))
			for f, x := range row {
				slope[f] += miss * x / float64(len(rows))
			}
		}
		base -= pace * rise
		for f := range weights {
			weights[f] -= pace * (slope[f] + small*weights[f])
		}
	}
	return func(row []float64) bool { return odds(row) > 0 }
}
