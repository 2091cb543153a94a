package ffmpeg

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"time"

	"nvrd/pkg/nvr"
)

// Limits on pictures: what every home of a neighborhood keeps for others.
const (
	MaxPhotoBytes     = 512 << 10
	MaxThumbnailBytes = 48 << 10

	photoSide     = 1920
	thumbnailSide = 480
)

// Photo makes a JPEG of the first picture of a film that is shown at a time or
// later, or of a photo (then the time is zero), with regions blurred as they
// are at that time. It holds what decodes to pixels alone, see [CheckJPEG].
// What can't be read is nvr.ErrDamaged, a time without a picture nvr.ErrNotFound.
func (t *Tool) Photo(ctx context.Context, in io.Reader, at time.Duration, regions []Region) ([]byte, error) {
	return t.still(ctx, in, at, regions, photoSide, MaxPhotoBytes)
}

// Thumbnail is Photo, small. Made of a finished clip it needs no regions.
func (t *Tool) Thumbnail(ctx context.Context, in io.Reader, at time.Duration, regions []Region) ([]byte, error) {
	return t.still(ctx, in, at, regions, thumbnailSide, MaxThumbnailBytes)
}

func (t *Tool) still(ctx context.Context, in io.Reader, at time.Duration, regions []Region, side, limit int) ([]byte, error) {
	if at < 0 {
		return nil, fmt.Errorf("time before the beginning: %w", nvr.ErrInvalid)
	}
	if err := checkRegions(regions); err != nil {
		return nil, err
	}
	film := bufio.NewReaderSize(in, maxEXIF)
	demuxer, err := sniff(film)
	if err != nil {
		return nil, err
	}
	upright := ""
	if demuxer == photos {
		head, _ := film.Peek(maxEXIF) // as much as there is
		upright = turns[orientation(head)]
	}
	args := append(begin(demuxer), "-map", "0:V:0", "-fps_mode", "passthrough", "-frames:v", "1",
		"-vf", fmt.Sprintf("trim=start=%s,setpts=PTS-(%s)/TB,%s%s,format=rgb24", seconds(at), seconds(at), upright, picture(side, regions, at)),
		"-c:v", "ppm", "-f", "image2pipe", "pipe:1")
	out, err := t.run(ctx, film, int64(side*side*3+64), args)
	if err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no picture at %s: %w", at, nvr.ErrNotFound)
	}
	m, err := readPPM(out)
	if err != nil {
		return nil, err
	}
	return encode(m, limit)
}

// readPPM reads a binary portable pixmap with three bytes a pixel.
func readPPM(b []byte) (*image.RGBA, error) {
	r := bytes.NewReader(b)
	var w, h, depth int
	if _, err := fmt.Fscanf(r, "P6\n%d %d\n%d\n", &w, &h, &depth); err != nil || depth != 255 || w < 1 || h < 1 || w > photoSide || h > photoSide || r.Len() != w*h*3 {
		return nil, fmt.Errorf("picture of %d by %d in %d bytes: %w", w, h, len(b), nvr.ErrDamaged)
	}
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	b = b[len(b)-r.Len():]
	for i := range w * h {
		copy(m.Pix[4*i:], b[3*i:3*i+3])
		m.Pix[4*i+3] = 255
	}
	return m, nil
}

// encode writes a picture as a JPEG of at most limit bytes, as good as fits,
// and smaller where that would be too bad to look at.
func encode(m *image.RGBA, limit int) ([]byte, error) {
	for {
		for _, quality := range []int{88, 78, 65, 50} {
			var b bytes.Buffer
			if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: quality}); err != nil {
				return nil, fmt.Errorf("encode picture: %w", err)
			}
			if b.Len() <= limit {
				return b.Bytes(), CheckJPEG(b.Bytes())
			}
		}
		if m.Rect.Dx() < 2*cell || m.Rect.Dy() < 2*cell {
			return nil, fmt.Errorf("picture does not fit into %d bytes: %w", limit, nvr.ErrTooLarge)
		}
		m = half(m)
	}
}

// half returns a picture half as wide and high.
func half(m *image.RGBA) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, m.Rect.Dx()/2, m.Rect.Dy()/2))
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			a := m.Pix[m.PixOffset(2*x, 2*y):]
			b := m.Pix[m.PixOffset(2*x, 2*y+1):]
			p := out.Pix[out.PixOffset(x, y):]
			for i := range 4 {
				p[i] = uint8((int(a[i]) + int(a[i+4]) + int(b[i]) + int(b[i+4]) + 2) / 4)
			}
		}
	}
	return out
}
