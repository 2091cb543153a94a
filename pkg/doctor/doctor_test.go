package doctor

import (
	"testing"
)

func TestWhatWasRecordedIsInOrder(t *testing.T) {
	h := recorded(t)
	r := h.check(t, Hash)
	if r.Streams != 3 || r.Segments < 20 || r.Segments != r.Files || r.Bytes < 1<<20 {
		t.Errorf("checked %+v", r)
	}
	for _, f := range r.Findings {
		t.Errorf("%+v", f)
	}
}
