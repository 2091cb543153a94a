package online

import (
	"bytes"
	"testing"

	"nvrd/federation/mail"
	"nvrd/federation/wire"
)

// However much is carried, as many pieces go, of one length; what does not fit waits.
func TestHide(t *testing.T) {
	for _, count := range []int{1, 4, mail.MaxHidden} {
		for _, carried := range []int{0, 1, 2, 4, 5, mail.MaxHidden, mail.MaxHidden + 1} {
			all, want := make([][]byte, carried), carried
			for i := range all {
				all[i] = bytes.Repeat([]byte{byte(i)}, wire.PieceLen)
			}
			if carried > count {
				want = 0
			}
			pieces, carries := hide(all, count)
			if len(pieces) != count || carries != want {
				t.Errorf("of %d pieces %d are carried in %d parcels of %d", carried, carries, len(pieces), count)
			}
			for i, p := range pieces {
				if len(p) != wire.PieceLen || i < carries != (i < carried && bytes.Equal(p, all[i])) {
					t.Errorf("%d pieces in %d parcels: piece %d of %d bytes is another one", carried, count, i, len(p))
				}
			}
		}
	}
}
