package recorder

import (
	"log/slog"

	"nvrd/pkg/media"
	"nvrd/pkg/media/pcm"
	"nvrd/pkg/motion"
	"nvrd/pkg/nvr"
)

// Stream records one stream. It is a media.Sink, of one source at a time.
//
// A sample gets its stored form and goes to the filter, which decides whether
// it is kept; from there to the cutter, which makes footage of it; and that
// tells the account from when to when there is footage.
type Stream struct {
	id      nvr.StreamID
	log     *slog.Logger
	filter  filter
	cutter  cutter
	account *account

	// What happens; see look.go and scene.go.
	recorder *Recorder
	scene    *scene
	sight    motion.Sight
	eye      *eye         // nil if nothing is decoded
	trust    motion.Trust // as it was logged last
	by       motion.Way   // as well
	glance   glance       // when small pictures were looked at
	looked   nvr.Span     // that, by the clock

	// Sound comes with the format, and encoder is nil unless it is PCM.
	sound   bool
	encoder *pcm.Encoder
}

// newStream returns the sink of a stream that is accounted for.
func newStream(r *Recorder, a *account, scene *scene) *Stream {
	s := &Stream{id: a.id, log: a.log, account: a, recorder: r, scene: scene}
	s.cutter = cutter{recorder: r, id: a.id, log: a.log, account: a, newRun: true, meter: meter{bounds: r.bounds}}
	s.filter = filter{cutter: &s.cutter, account: a, scene: scene, detector: &s.sight.Detector, log: a.log}
	return s
}

// SetPlan says what of the stream is kept from its next sample on, whatever was
// said before; until then, all of it. It is safe for concurrent use. The plan
// must be one that [nvr.Plan.Check] accepts.
//
// A stream that keeps no more ends its footage with the last picture that came.
// One that keeps events does so at the next key frame, unless there is one, and
// one that kept events and keeps all begins with the group of pictures under
// way. What is held for events is in memory only: it is gone if the stream's
// format ends, or the program, before an event does. That the camera is lost is
// an event, too: what it saw last may tell why.
func (s *Stream) SetPlan(p nvr.Plan) { s.filter.order.Store(&p) }

// Begin implements media.Sink.
func (s *Stream) Begin(format media.Format, fresh bool) {
	s.filter.heed()
	s.filter.release()
	s.blind(format.Video())
	if s.cutter.stop() && fresh {
		s.account.openGap(nvr.StreamChanged, "")
	}
	stored := pcm.Stored(format)
	s.encoder = nil
	if audio, ok := format.Audio(); ok && pcm.Encodes(audio.Codec) {
		var err error
		if s.encoder, err = pcm.NewEncoder(audio); err != nil {
			s.log.Warn("sound is not recorded", "err", err)
			stored.Tracks = stored.Tracks[:1]
		}
	}
	s.sound = len(stored.Tracks) > 1
	s.cutter.setFormat(stored, fresh)
}

// End implements media.Sink.
func (s *Stream) End(reason nvr.Reason, err error) {
	s.filter.heed()
	s.filter.lose(reason)
	s.filter.release()
	s.blind(media.Track{})
	s.cutter.stop()
	detail := ""
	if err != nil {
		detail = err.Error()
	}
	s.account.openGap(reason, detail)
}

// Sample implements media.Sink.
func (s *Stream) Sample(sample media.Sample) {
	s.filter.heed()
	switch {
	case sample.Track == 0:
		s.look(sample)
		s.filter.receive(sample)
	case !s.sound:
	case s.encoder == nil:
		s.filter.receive(sample)
	default:
		if err := s.encoder.Append(sample, s.filter.receive); err != nil {
			s.log.Warn("sound is not recorded until the stream begins anew", "err", err)
			s.sound = false
		}
	}
}
