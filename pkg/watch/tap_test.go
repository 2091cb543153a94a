package watch

import (
	"fmt"
	"slices"
	"testing"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// notes is a recording that notes what it is given.
type notes []string

func (n *notes) Begin(_ media.Format, fresh bool) { *n = append(*n, fmt.Sprintf("begin %t", fresh)) }
func (n *notes) Sample(s media.Sample)            { *n = append(*n, fmt.Sprintf("sample %d", s.DTS)) }
func (n *notes) End(r nvr.Reason, _ error)        { *n = append(*n, "end "+string(r)) }
func (n *notes) SetPlan(p nvr.Plan)               { *n = append(*n, "plan "+string(p.Mode)) }

func TestTap(t *testing.T) {
	var tap tap
	var first, second notes
	dts := int64(0)
	flow := func() { dts++; tap.Sample(media.Sample{DTS: dts}) }
	tap.replan(nvr.Plan{Mode: nvr.KeepNone}) // leads nowhere
	tap.open(&first)                         // nothing flows yet
	tap.Begin(media.Format{}, false)
	flow()
	tap.replan(nvr.Plan{Mode: nvr.KeepEvents})
	tap.close()
	flow()
	tap.open(&second) // while it flows
	flow()
	tap.End(nvr.Unreachable, nil)
	tap.close()
	tap.open(&first) // between two connections
	if want := (notes{"begin false", "sample 1", "plan events"}); !slices.Equal(first, want) {
		t.Errorf("the first was given %q, want %q", first, want)
	}
	if want := (notes{"begin true", "sample 3", "end unreachable"}); !slices.Equal(second, want) {
		t.Errorf("the second was given %q, want %q", second, want)
	}
}
