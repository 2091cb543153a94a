package ffmpeg

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"time"

	"nvrd/pkg/fmp4"
	"nvrd/pkg/nvr"
)

// maxPixels is more than any camera sends; an 8K picture has as many.
const maxPixels = 7680 * 4320

// threads bounds what decoding and encoding take from recording.
const threads = "2"

// begin returns the arguments up to the input, which comes from a pipe. The
// demuxer is forced and may open nothing else; what can decode is named.
func begin(demuxer string) []string {
	args := []string{
		"-hide_banner", "-nostdin", "-nostats", "-loglevel", "error",
		"-filter_threads", threads, "-filter_complex_threads", threads,
		"-protocol_whitelist", "pipe", "-format_whitelist", demuxer, "-codec_whitelist", "h264,hevc,mjpeg,aac,opus,libopus,flac",
		"-max_pixels", fmt.Sprint(maxPixels), "-threads", threads,
	}
	if demuxer == photos {
		args = append(args, "-noautorotate") // versions differ; see turns
	}
	return append(args, "-f", demuxer, "-i", "pipe:0",
		"-copyts", // times are those that players show
		"-map_metadata", "-1", "-map_chapters", "-1", "-dn", "-sn")
}

// Clip makes a clip of an MP4 film: trimmed, blurred, encoded anew, and with
// nothing in it but what is seen and, if asked for, heard: see [fmp4.CheckClip],
// which it has passed. In has to begin with the movie box (as exports and
// fragmented files do) and its Read has to return when ctx ends. A film that
// can't be read is nvr.ErrDamaged, one with nothing in the chosen time
// nvr.ErrNotFound, an edit that can't be nvr.ErrInvalid; what exceeds a limit is
// nvr.ErrTooLarge. Memory is bounded by the clip, not by the film.
func (t *Tool) Clip(ctx context.Context, in io.Reader, e Edit) ([]byte, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	film := bufio.NewReader(in)
	if demuxer, err := sniff(film); err != nil {
		return nil, err
	} else if demuxer != films {
		return nil, fmt.Errorf("a clip can't be made of a photo: %w", nvr.ErrInvalid)
	}
	// Both tracks begin at zero, since the muxer takes them to: the first picture
	// is on a little early, and silence stands where there is no sound yet.
	side, rate := sizeFor(e)
	from, to := seconds(e.From), seconds(e.To)
	args := append(begin(films),
		"-map", "0:V:0", "-fps_mode", "passthrough", "-enc_time_base", "1:90000",
		"-vf", fmt.Sprintf("settb=1/90000,trim=start=%s:end=%s,setpts=PTS-(%s)/TB,%s,setpts='if(N,PTS,0)'", from, to, from, picture(side, e.Regions, e.From)),
		"-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-bf", "0", "-crf", "23", "-g", "60",
		"-maxrate", fmt.Sprint(rate), "-bufsize", fmt.Sprint(rate), "-threads", threads,
	)
	if e.Sound {
		args = append(args, "-map", "0:a:0?",
			"-af", fmt.Sprintf("atrim=start=%s:end=%s,asetpts=PTS-(%s)/TB,aresample=48000:async=1:first_pts=0", from, to, from),
			"-c:a", "aac", "-ac", "1", "-b:a", fmt.Sprint(soundRate))
	}
	args = append(args, "-flags", "+bitexact", "-fflags", "+bitexact", "-video_track_timescale", "90000",
		"-movflags", "delay_moov+default_base_moof+frag_keyframe", "-f", "mp4", "pipe:1")
	out, err := t.run(ctx, film, maxOutput, args)
	if err != nil {
		return nil, err
	}
	return fmp4.Strip(out, e.Sound)
}

const soundRate = 64_000 // bit/s; enough for a doorbell

// sizeFor returns the longest side of the pictures, and the most bit/s of them
// that fit into a clip: 5 % are kept for headers and for what the encoder is
// off by, and a second for what it may hold back.
func sizeFor(e Edit) (side int, rate int64) {
	length := e.To - e.From
	bits := int64(fmp4.MaxClipBytes) * 8 * 95 / 100
	if e.Sound {
		bits -= soundRate * int64(length) / int64(time.Second)
	}
	rate = min(6_000_000, bits*int64(time.Second)/int64(length+time.Second))
	if rate < 4_000_000 {
		return 1280, rate
	}
	return 1920, rate
}
