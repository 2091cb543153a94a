package live

import (
	"context"
	"fmt"
	"io"

	"nvrd/pkg/fmp4"
	"nvrd/pkg/media"
	"nvrd/pkg/media/pcm"
	"nvrd/pkg/nvr"
)

// MIME returns the media type of what [WriteFMP4] writes for a format.
func MIME(format media.Format) string { return fmp4.MIME(newMuxer(format).written) }

// WriteFMP4 writes what v sees to w as one endless fragmented MP4 and calls
// flush after every movie fragment. Format is what [Viewer.Format] returned.
// Decode times count from the first key frame, which comes at zero. A sample
// is written when the next one of its track has come, because only then its
// duration is known.
//
// It returns nil when the file cannot go on, because a new run began or the
// format changed; and otherwise the error of w, of flush, or of ctx.
func WriteFMP4(ctx context.Context, v *Viewer, format media.Format, w io.Writer, flush func() error) error {
	m := newMuxer(format)
	if _, err := w.Write(fmp4.AppendInit(nil, m.written)); err != nil {
		return fmt.Errorf("live view: %w", err)
	}
	for first := true; ; first = false {
		batch, err := v.Next(ctx)
		if err != nil {
			return err
		}
		if !first && batch.Fresh || !batch.Format.Equal(format) {
			return nil
		}
		if first {
			m.start = batch.Samples[0].DTS
		}
		for _, x := range batch.Samples {
			if err := m.add(x); err != nil {
				return fmt.Errorf("live view: %w", err)
			}
		}
		if !m.due() {
			continue
		}
		if err := m.write(w); err != nil {
			return fmt.Errorf("live view: %w", err)
		}
		if err := flush(); err != nil {
			return fmt.Errorf("live view: %w", err)
		}
	}
}

// maxSound is how many samples of sound wait for a picture to share its movie
// fragment: half a second or so.
const maxSound = 32

// muxer turns samples into movie fragments.
type muxer struct {
	written  media.Format
	start    int64        // decode time of the first picture
	encoder  *pcm.Encoder // nil if sound is carried as it is
	pending  [2][]media.Sample
	sequence uint32
	header   []byte // reused
}

// newMuxer leaves out sound that cannot be encoded, such as of six channels:
// it must not cost the picture.
func newMuxer(format media.Format) *muxer {
	m := &muxer{written: pcm.Stored(format)}
	if audio, ok := format.Audio(); ok && pcm.Encodes(audio.Codec) {
		encoder, err := pcm.NewEncoder(audio)
		if err != nil {
			m.written.Tracks = format.Tracks[:1]
		}
		m.encoder = encoder
	}
	return m
}

func (m *muxer) add(x media.Sample) error {
	switch {
	case x.Track >= len(m.written.Tracks):
		return nil
	case x.Track == 0 || m.encoder == nil:
		m.queue(x)
		return nil
	default:
		return m.encoder.Append(x, m.queue)
	}
}

// queue moves x to the file's clock. Sound from before the first picture has
// no place on it.
func (m *muxer) queue(x media.Sample) {
	timescale := m.written.Tracks[x.Track].Timescale
	x.DTS -= nvr.Units(nvr.Duration(m.start, m.written.Video().Timescale), timescale)
	if x.DTS >= 0 {
		m.pending[x.Track] = append(m.pending[x.Track], x)
	}
}

// due tells whether a movie fragment should be written: there is a picture
// whose duration is known.
func (m *muxer) due() bool { return len(m.pending[0]) > 1 || len(m.pending[1]) > maxSound }

// write writes all but the last sample of each track.
func (m *muxer) write(w io.Writer) error {
	runs := make([]fmp4.Run, len(m.written.Tracks))
	for i := range runs {
		if last := len(m.pending[i]) - 1; last > 0 {
			runs[i] = fmp4.Run{Samples: m.pending[i][:last], End: m.pending[i][last].DTS}
		}
	}
	var clock nvr.Time
	if len(runs[0].Samples) > 0 {
		clock = nvr.TimeOf(runs[0].Samples[0].Arrived)
	}
	m.sequence++
	m.header = fmp4.AppendFragment(m.header[:0], m.sequence, clock, runs)
	if _, err := w.Write(m.header); err != nil {
		return err
	}
	for i, run := range runs {
		for _, x := range run.Samples {
			if _, err := w.Write(x.Data); err != nil {
				return err
			}
		}
		m.pending[i] = keepLast(m.pending[i])
	}
	return nil
}

// keepLast drops all but the last sample, and the data of the others.
func keepLast(pending []media.Sample) []media.Sample {
	if len(pending) < 2 {
		return pending
	}
	pending[0] = pending[len(pending)-1]
	clear(pending[1:])
	return pending[:1]
}
