package nvr

import "testing"

// What a household wanted, and what was removed since, is nobody's fault: neither
// counts as recorded nor as missing.
func TestCover(t *testing.T) {
	const s = Time(1_000_000)
	whole := Span{From: 100 * s, To: 200 * s}
	for name, c := range map[string]struct {
		account                    Span
		gaps                       []Gap
		recorded, missing, removed Time // in seconds
		told                       int
	}{
		"all of it":                {Span{From: 0, To: 300 * s}, nil, 100, 0, 0, 0},
		"never recorded":           {Span{}, nil, 0, 0, 0, 0},
		"enabled in the middle":    {Span{From: 150 * s, To: 300 * s}, nil, 50, 0, 0, 0},
		"the day is not over":      {Span{From: 0, To: 130 * s}, nil, 30, 0, 0, 0},
		"a gap":                    {Span{From: 0, To: 300 * s}, []Gap{{Span: Span{From: 110 * s, To: 120 * s}, Reason: Unreachable}}, 90, 10, 0, 1},
		"one that begins before":   {Span{From: 0, To: 300 * s}, []Gap{{Span: Span{From: 0, To: 120 * s}, Reason: Unreachable}}, 80, 20, 0, 1},
		"one that goes on":         {Span{From: 0, To: 190 * s}, []Gap{{Span: Span{From: 110 * s}, Reason: Unreachable}}, 10, 80, 0, 1},
		"one of another day":       {Span{From: 0, To: 300 * s}, []Gap{{Span: Span{From: 10 * s, To: 20 * s}, Reason: Unreachable}}, 100, 0, 0, 0},
		"off by choice":            {Span{From: 0, To: 300 * s}, []Gap{{Span: Span{From: 110 * s, To: 160 * s}, Reason: PausedByUser}}, 50, 0, 0, 0},
		"nothing happened":         {Span{From: 0, To: 300 * s}, []Gap{{Span: Span{From: 100 * s, To: 200 * s}, Reason: NoEvent}}, 0, 0, 0, 0},
		"removed to make room":     {Span{From: 0, To: 300 * s}, []Gap{{Span: Span{From: 0, To: 150 * s}, Reason: Removed}}, 50, 0, 50, 0},
		"beyond what is accounted": {Span{From: 0, To: 130 * s}, []Gap{{Span: Span{From: 120 * s, To: 160 * s}, Reason: DiskFull}}, 20, 10, 0, 1},
		"some of each":             {Span{From: 0, To: 300 * s}, []Gap{{Span: Span{From: 100 * s, To: 110 * s}, Reason: Removed}, {Span: Span{From: 110 * s, To: 120 * s}, Reason: Lost}, {Span: Span{From: 120 * s, To: 140 * s}, Reason: RecordingOff}}, 60, 10, 10, 1},
	} {
		got := Cover(whole, c.account, c.gaps)
		if got.Recorded != (c.recorded*s).Sub(0) || got.Missing != (c.missing*s).Sub(0) || got.Removed != (c.removed*s).Sub(0) || len(got.Gaps) != c.told || got.Span != whole {
			t.Errorf("%s: %+v", name, got)
		}
		for _, g := range got.Gaps {
			if g.Span.From < whole.From || g.Span.To > whole.To {
				t.Errorf("%s: the gap %s sticks out", name, g.Span)
			}
		}
	}
}
