package storage

import (
	"math"
	"strconv"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/ui/component"
	"nvrd/ui/text"
)

// measured is something that was measured, and what to do if it is not good.
type measured struct{ said, advice string }

// doing is how the recorder does: each disk, the waits for recorded video, the machine.
func (v viewer) doing(p nvr.Performance) (all []measured) {
	t := v.t.Storage.Doing
	for _, d := range p.Disks {
		m := measured{said: text.Fill(t.NoWrites, "path", d.Path)}
		if took := d.Barriers; took.Count > 0 {
			m.said = text.Fill(t.Disk, "path", d.Path, "time", v.took(took.P99), "max", v.took(took.Max))
			if took.P99 > nvr.SlowBarrier {
				m.advice = t.SlowDisk
			}
		}
		all = append(all, m)
	}
	seeks := measured{said: t.NoSeeks}
	if p.Seeks.Count > 0 {
		seeks.said = text.Fill(t.Seeks, "time", v.took(p.Seeks.P95))
		if p.Seeks.P95 > nvr.SlowSeek {
			seeks.advice = t.SlowSeeks
		}
	}
	load := measured{said: text.Fill(t.Memory, "memory", component.Size(p.Load.Memory, v.t.Numbers))}
	if p.Load.Over > 0 {
		load.said = text.Fill(t.Load, "percent", v.core(p.Load.CPU+p.Load.Decoders), "each", v.core(p.Load.PerCamera()),
			"memory", component.Size(p.Load.Memory, v.t.Numbers))
		if p.Load.Busy() {
			load.advice = t.Busy
		}
	}
	return append(all, seeks, load)
}

// took is a short time in whole milliseconds, rounded up; one of a second or more as
// other times.
func (v viewer) took(d time.Duration) string {
	if d >= time.Second {
		return v.t.Calendar.Length(d)
	}
	return text.Fill(v.t.Storage.Doing.Time, "n", strconv.FormatInt(int64((d+time.Millisecond-1)/time.Millisecond), 10))
}

// core is a part of one core in whole percent, rounded up.
func (v viewer) core(part float64) string {
	return v.t.Numbers.Fixed(math.Ceil(part*100), 0) + " %"
}
