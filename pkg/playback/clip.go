package playback

import (
	"context"
	"fmt"
	"io"

	"nvrd/pkg/fmp4"
	"nvrd/pkg/nvr"
)

// maxClipFile is more than an export of which a clip can be made: sound that is
// left out, and what comes before the first key frame.
const maxClipFile = 4 * fmp4.MaxClipBytes

// Clip returns footage of a span as a clip (see [fmp4.CheckClip]) that was not
// decoded: the camera's own pictures, so that it begins with the first key
// frame in the span, and can't be blurred; pkg/ffmpeg makes better ones. It
// shows nothing from outside of the span. A span without a key frame, or
// without footage, is nvr.ErrNotFound; one that is too long or has too much in
// it for a clip, nvr.ErrTooLarge.
func (p *Player) Clip(ctx context.Context, stream nvr.StreamID, span nvr.Span, sound bool) ([]byte, error) {
	if span.Duration() > fmp4.MaxClipLength {
		return nil, fmt.Errorf("a clip is at most %s long: %w", fmp4.MaxClipLength, nvr.ErrTooLarge)
	}
	f, err := p.Export(ctx, stream, span, Progressive)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if f.Size > maxClipFile {
		return nil, fmt.Errorf("the footage takes %d MiB, at most %d; choose less of it, or the sub stream: %w", f.Size>>20, fmp4.MaxClipBytes>>20, nvr.ErrTooLarge)
	}
	b, err := io.ReadAll(f)
	if err != nil {
		return nil, fmt.Errorf("read footage: %w", err)
	}
	return fmp4.Strip(b, sound)
}
