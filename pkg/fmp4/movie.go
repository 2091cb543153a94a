package fmp4

import "nvrd/pkg/media"

// MovieTimescale is the time scale of movie headers and edit lists that we
// write. It equals the clock of RTP video, so that edits of video are exact.
const MovieTimescale = 90000

// Movie is what a movie box (moov) says: of an init segment if Chunks are
// absent from its tracks, of a progressive file otherwise.
type Movie struct {
	Tracks   []MovieTrack
	Duration int64 // in MovieTimescale; zero when not known yet
}

// MovieTrack is one track of a Movie. Track ids are positions counted from 1.
type MovieTrack struct {
	// Entries are the sample descriptions; fragments and chunks refer to them
	// by position counted from 1. All have the same kind and time scale.
	Entries []media.Track
	// EditStart is the presentation time at which the movie begins, in units of
	// the track and on the same clock as its decode times; samples before it
	// are decoded but not shown.
	EditStart int64
	// Edited tells whether an edit list is written (also for EditStart zero).
	Edited bool
	// Chunks are the samples of a progressive file, in decode order.
	Chunks []Chunk
}

// AppendInit appends an init segment (ftyp and moov) for format, whose codecs
// must be storable ones (see pcm.Stored).
func AppendInit(b []byte, format media.Format) []byte {
	var m Movie
	for _, t := range format.Tracks {
		m.Tracks = append(m.Tracks, MovieTrack{Entries: []media.Track{t}})
	}
	return AppendMovie(AppendFileType(b), m)
}

// AppendFileType appends the file type box: ISO base media with version 1
// fragment boxes (iso6), readable by anything that knows MP4.
func AppendFileType(b []byte) []byte {
	w := writer{b: b}
	w.begin("ftyp")
	w.text("iso6")
	w.u32(0)
	w.text("iso6mp41")
	w.end()
	return w.b
}

// AppendMovie appends the movie box of m.
func AppendMovie(b []byte, m Movie) []byte {
	w := &writer{b: b}
	w.begin("moov")
	w.movieHeader(m)
	fragmented := true
	for i, t := range m.Tracks {
		w.track(uint32(i+1), t, m.Duration)
		fragmented = fragmented && t.Chunks == nil
	}
	if fragmented {
		w.begin("mvex")
		if m.Duration > 0 {
			w.full("mehd", 1, 0)
			w.u64(uint64(m.Duration))
			w.end()
		}
		for i := range m.Tracks {
			w.full("trex", 0, 0) // defaults: every fragment overrides them
			w.u32(uint32(i + 1))
			w.u32(1)
			w.u32(0)
			w.u32(0)
			w.u32(0)
			w.end()
		}
		w.end()
	}
	w.end()
	return w.b
}

func (w *writer) movieHeader(m Movie) {
	w.full("mvhd", 1, 0)
	w.u64(0) // creation and modification: footage carries its time elsewhere
	w.u64(0)
	w.u32(MovieTimescale)
	w.u64(uint64(m.Duration))
	w.u32(0x00010000) // rate 1
	w.u16(0x0100)     // volume 1
	w.zeros(10)
	w.matrix()
	w.zeros(24)
	w.u32(uint32(len(m.Tracks) + 1)) // next track id
	w.end()
}

// matrix writes the unity transformation of 14496-12, 6.2.2.
func (w *writer) matrix() {
	for _, v := range [9]uint32{0x00010000, 0, 0, 0, 0x00010000, 0, 0, 0, 0x40000000} {
		w.u32(v)
	}
}

func (w *writer) track(id uint32, t MovieTrack, duration int64) {
	first := t.Entries[0]
	video := first.Codec.Video()
	w.begin("trak")

	w.full("tkhd", 1, 3) // enabled, in the movie
	w.u64(0)
	w.u64(0)
	w.u32(id)
	w.u32(0)
	w.u64(uint64(duration))
	w.zeros(8)
	w.u16(0) // layer
	w.u16(0) // alternate group
	if video {
		w.u16(0)
	} else {
		w.u16(0x0100) // volume 1
	}
	w.u16(0)
	w.matrix()
	w.u32(uint32(first.Width) << 16)
	w.u32(uint32(first.Height) << 16)
	w.end()

	if t.Edited {
		w.editList(t, duration)
	}

	w.begin("mdia")
	w.full("mdhd", 1, 0)
	w.u64(0)
	w.u64(0)
	w.u32(first.Timescale)
	w.u64(uint64(mediaDuration(t.Chunks)))
	w.u16(0x55c4) // language "und"
	w.u16(0)
	w.end()

	w.full("hdlr", 0, 0)
	w.u32(0)
	if video {
		w.text("vide")
	} else {
		w.text("soun")
	}
	w.zeros(13) // reserved, and an empty name
	w.end()

	w.begin("minf")
	if video {
		w.full("vmhd", 0, 1)
		w.zeros(8)
	} else {
		w.full("smhd", 0, 0)
		w.zeros(4)
	}
	w.end()
	w.begin("dinf")
	w.full("dref", 0, 0)
	w.u32(1)
	w.full("url ", 0, 1) // the media is in this file
	w.end()
	w.end()
	w.end()
	w.begin("stbl")
	w.full("stsd", 0, 0)
	w.u32(uint32(len(t.Entries)))
	for _, e := range t.Entries {
		w.sampleEntry(e)
	}
	w.end()
	w.sampleTables(t.Chunks)
	w.end()
	w.end()
	w.end()

	w.end()
}

// editList writes an edit list (14496-12, 8.6.6). The tables of a progressive
// file count from the track's first sample; if that comes after the movie's
// beginning, an empty edit stands before it.
func (w *writer) editList(t MovieTrack, duration int64) {
	start := t.EditStart
	if len(t.Chunks) > 0 {
		start -= t.Chunks[0].DTS
	}
	w.begin("edts")
	w.full("elst", 1, 0)
	if start < 0 {
		empty := -start * MovieTimescale / int64(t.Entries[0].Timescale)
		w.u32(2)
		w.edit(empty, -1)
		w.edit(max(0, duration-empty), 0)
	} else {
		w.u32(1)
		w.edit(duration, start)
	}
	w.end()
	w.end()
}

func (w *writer) edit(duration, mediaTime int64) {
	w.u64(uint64(duration))
	w.u64(uint64(mediaTime))
	w.u32(0x00010000) // rate 1
}
