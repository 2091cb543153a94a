package retention_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/catalog"
	"nvrd/pkg/nvr"
	"nvrd/pkg/retention"
)

func TestForecast(t *testing.T) {
	const (
		day = 24 * time.Hour
		gb  = 1_000_000_000
	)
	porch := nvr.StreamID{Camera: 1}
	stock := func(class nvr.Class, bytes int64, days int) nvr.Stock {
		return nvr.Stock{Stream: porch, Directory: 1, Class: class, Segments: 1, Bytes: bytes, Oldest: now.Add(-time.Duration(days) * day)}
	}
	written := func(class nvr.Class, bytes int64) catalog.Written {
		return catalog.Written{Stream: porch, Directory: 1, Class: class, Bytes: bytes, First: now.Add(-day)}
	}
	for name, tt := range map[string]struct {
		free   int64
		rules  [nvr.Locked]nvr.Rule
		stocks []nvr.Stock
		lately []catalog.Written
		below  time.Duration // 0: never
		month  time.Duration
	}{
		// 10 GB a day into 200 GB: nothing but time goes by.
		"grows": {free: 190 * gb, stocks: []nvr.Stock{stock(0, 10*gb, 1)}, lately: []catalog.Written{written(0, 10*gb)}, month: 20 * day},
		// Full, and 1 GB of motion a day takes the place of continuous footage,
		// which shrinks from 10 days to 7 when 30 GB more are motion.
		"shrinks": {stocks: []nvr.Stock{stock(0, 100*gb, 10), stock(1, 10*gb, 10)}, lately: []catalog.Written{written(0, 10*gb), written(1, gb)},
			below: 30*day + time.Hour, month: 7 * day},
		"shrinks to what motion leaves by its share": {stocks: []nvr.Stock{stock(0, 100*gb, 10), stock(1, 20*gb, 10)}, lately: []catalog.Written{written(0, 10*gb), written(1, 2*gb)},
			rules: [nvr.Locked]nvr.Rule{nvr.Motion: {Share: 25}}, month: 9 * day},
		"shrinks to what motion leaves by its age": {stocks: []nvr.Stock{stock(0, 100*gb, 10), stock(1, 20*gb, 10)}, lately: []catalog.Written{written(0, 10*gb), written(1, 2*gb)},
			rules: [nvr.Locked]nvr.Rule{nvr.Motion: {MaxAge: 15 * day}}, month: 9 * day},
		"its own age": {free: 500 * gb, stocks: []nvr.Stock{stock(0, 10*gb, 1)}, lately: []catalog.Written{written(0, 10*gb)},
			rules: [nvr.Locked]nvr.Rule{nvr.Continuous: {MaxAge: 5 * day}}, month: 5 * day},
		"never less than the minimum": {stocks: []nvr.Stock{stock(0, 40*gb, 4)}, lately: []catalog.Written{written(0, 10*gb), written(1, 10*gb)},
			rules: [nvr.Locked]nvr.Rule{nvr.Continuous: {MinAge: 3 * day}}, month: 3 * day},
		"nothing is recorded": {stocks: []nvr.Stock{stock(0, 100*gb, 10)}, month: 40 * day},
	} {
		t.Run(name, func(t *testing.T) {
			got := retention.Forecast(retention.Course{
				Now: now, Policy: nvr.Retention{Rules: tt.rules}, Place: retention.Place{ID: 1, Free: tt.free, Total: 1000 * gb},
				Stocks: tt.stocks, Since: now.Add(-day), Lately: tt.lately,
			}, 7*day)
			want := nvr.Outlook{Stream: porch, Kept: now.Sub(tt.stocks[0].Oldest), InAMonth: tt.month}
			if tt.below > 0 {
				want.Below = now.Add(tt.below)
			}
			if diff := cmp.Diff([]nvr.Outlook{want}, got, cmp.Transformer("rounded", func(d time.Duration) time.Duration { return d.Round(time.Minute) })); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
