package nvr

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFragments(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 100 {
		want := Segment{Sealed: true, HeaderBytes: r.Int64N(1000), MediaStart: r.Int64N(1 << 50)}
		want.Bytes = want.HeaderBytes
		for range r.IntN(100) {
			f := Fragment{
				Offset: want.Bytes, Bytes: 1 + r.Int64N(1<<r.IntN(40)), MediaStart: want.MediaStart + want.MediaDuration,
				MediaDuration: r.Int64N(1 << r.IntN(40)), Key: r.IntN(2) == 0, Score: uint8(r.IntN(256)),
			}
			want.Fragments = append(want.Fragments, f)
			want.Bytes += f.Bytes
			want.MediaDuration += f.MediaDuration
		}
		got := want
		got.Fragments = nil
		if err := got.ParseFragments(want.AppendFragments(nil)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("segment (-want +got):\n%s", diff)
		}
	}
}

// Whatever is read: fragments lie side by side within their
// file and their time, or the segment is damaged.
func FuzzFragments(f *testing.F) {
	s := Segment{HeaderBytes: 700, Bytes: 700, MediaStart: 5}
	for i := range int64(60) {
		s.Fragments = append(s.Fragments, Fragment{Bytes: 500_000 + i%7, MediaDuration: 90000 + i%3, Key: i%2 == 0, Score: uint8(i)})
		s.Bytes, s.MediaDuration = s.Bytes+500_000+i%7, s.MediaDuration+90000+i%3
	}
	blob := s.AppendFragments(nil)
	f.Add(blob, s.Bytes, s.MediaDuration)
	f.Add(blob[:len(blob)-1], s.Bytes, s.MediaDuration)
	f.Add(bytes.Repeat([]byte{0xff}, 30), int64(1<<62), int64(1<<62))
	f.Fuzz(func(t *testing.T, blob []byte, size, duration int64) {
		s := Segment{Sealed: true, HeaderBytes: 700, Bytes: size, MediaStart: 5, MediaDuration: duration}
		if err := s.ParseFragments(blob); err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Fatal(err)
			}
			return
		}
		offset, start := s.HeaderBytes, s.MediaStart
		for _, f := range s.Fragments {
			if f.Offset != offset || f.MediaStart != start || f.Bytes <= 0 || f.MediaDuration < 0 {
				t.Fatalf("fragment %+v after %d, %d", f, offset, start)
			}
			offset, start = offset+f.Bytes, start+f.MediaDuration
		}
		if len(s.Fragments) > 0 && (offset > size || start > s.MediaStart+duration) {
			t.Fatalf("fragments up to %d of %d bytes, %d of %d", offset, size, start, s.MediaStart+duration)
		}
		again := s
		again.Fragments = nil
		if err := again.ParseFragments(s.AppendFragments(nil)); err != nil || cmp.Diff(s, again) != "" {
			t.Fatalf("%+v became %+v: %v", s, again, err)
		}
	})
}
