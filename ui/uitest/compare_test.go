package uitest

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// How two pictures of a screen are compared: a third as wide and high, so that all of
// them take little, and in blocks, as a smoothed edge is a matter of a few px.
const (
	third = 3  // px of the screen that are one
	step  = 8  // levels of 256 that are one: a screen has few colors then, and is small as PNG
	block = 6  // px of the smaller picture, 18 of the screen
	hue   = 6  // levels by which the mean color of a block may differ
	edge  = 32 // levels by which one px may lie beyond all that surround it
	most  = 4  // px of a block that may; a letter is more
)

// reduce returns a screen a third as wide and high, in few colors.
func reduce(from image.Image) *image.RGBA {
	whole := plain(from)
	to := image.NewRGBA(image.Rect(0, 0, whole.Rect.Dx()/third, whole.Rect.Dy()/third))
	for y := range to.Rect.Dy() {
		for x := range to.Rect.Dx() {
			var sum [3]int
			for k := range third * third {
				at := whole.PixOffset(third*x+k%third, third*y+k/third)
				for i := range sum {
					sum[i] += int(whole.Pix[at+i])
				}
			}
			at := to.PixOffset(x, y)
			for i, v := range sum {
				to.Pix[at+i] = uint8(min((v/(third*third)+step/2)/step*step, 255))
			}
			to.Pix[at+3] = 255
		}
	}
	return to
}

// differences returns the blocks in which two reduced screens differ. Edges that were
// smoothed otherwise are no difference; a part that is only in one of them is.
func differences(old, now *image.RGBA) (all []image.Rectangle) {
	whole := old.Rect.Union(now.Rect)
	both := old.Rect.Intersect(now.Rect)
	for y := 0; y < whole.Max.Y; y += block {
		for x := 0; x < whole.Max.X; x += block {
			r := image.Rect(x, y, x+block, y+block).Intersect(whole)
			if !r.In(both) || blockDiffers(old, now, r) {
				all = append(all, r)
			}
		}
	}
	return all
}

func blockDiffers(old, now *image.RGBA, r image.Rectangle) bool {
	var sum [3]int
	var beyond int
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			a, b := old.PixOffset(x, y), now.PixOffset(x, y)
			for i := range sum {
				sum[i] += int(old.Pix[a+i]) - int(now.Pix[b+i])
			}
			if away(old, now, x, y) > edge || away(now, old, x, y) > edge {
				beyond++
			}
		}
	}
	n := r.Dx() * r.Dy()
	for _, s := range sum {
		if max(s, -s) > hue*n {
			return true
		}
	}
	return beyond > most
}

// away returns how far one px of a lies beyond all that surround the same place of b.
func away(a, b *image.RGBA, x, y int) (far int) {
	at := a.PixOffset(x, y)
	around := image.Rect(x-1, y-1, x+2, y+2).Intersect(b.Rect)
	for i := range 3 {
		least, greatest := 255, 0
		for v := around.Min.Y; v < around.Max.Y; v++ {
			for u := around.Min.X; u < around.Max.X; u++ {
				c := int(b.Pix[b.PixOffset(u, v)+i])
				least, greatest = min(least, c), max(greatest, c)
			}
		}
		v := int(a.Pix[at+i])
		far = max(far, v-greatest, least-v)
	}
	return far
}

// report shows the screens that differ.
type report struct {
	dir  string
	rows strings.Builder
}

// add shows a screen as it was, as it is, and where it differs, side by side.
func (r *report) add(t *testing.T, name string, old, now *image.RGBA, places []image.Rectangle) {
	t.Helper()
	w, h := max(old.Rect.Dx(), now.Rect.Dx()), max(old.Rect.Dy(), now.Rect.Dy())
	all := image.NewRGBA(image.Rect(0, 0, 3*w+2*block, h))
	draw.Draw(all, old.Rect, old, image.Point{}, draw.Src)
	draw.Draw(all, now.Rect.Add(image.Pt(w+block, 0)), now, image.Point{}, draw.Src)
	last := image.Pt(2*(w+block), 0)
	draw.Draw(all, now.Rect.Add(last), now, image.Point{}, draw.Src)
	for _, p := range places {
		draw.Draw(all, p.Add(last), image.NewUniform(color.RGBA{R: 160, B: 100, A: 160}), image.Point{}, draw.Over)
	}
	writePNG(t, filepath.Join(r.dir, name+".png"), all)
	fmt.Fprintf(&r.rows, "<h2>%s: %d places</h2><img src=\"%s.png\" style=\"max-width:100%%\">\n", name, len(places), name)
}

// write leaves a page of all that differ, or of none.
func (r *report) write(t *testing.T) {
	t.Helper()
	page := "<!DOCTYPE html><meta charset=utf-8><title>Screens</title><p>As accepted, as it is now, and where it differs.\n" + r.rows.String()
	if r.rows.Len() == 0 {
		page += "<p>Nothing differs.\n"
	}
	if err := os.WriteFile(filepath.Join(r.dir, "report.html"), []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
}

func readPNG(t *testing.T, path string) image.Image {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(path, err)
	}
	return img
}

// writePNG writes few colors as such, which takes a third.
func writePNG(t *testing.T, path string, from *image.RGBA) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	var img image.Image = from
	if few, ok := indexed(from); ok {
		img = few
	}
	if err := errors.Join((&png.Encoder{CompressionLevel: png.BestCompression}).Encode(f, img), f.Close()); err != nil {
		t.Fatal(err)
	}
}

func indexed(from *image.RGBA) (*image.Paletted, bool) {
	places := map[color.RGBA]uint8{}
	to := image.NewPaletted(from.Rect, nil)
	for y := range from.Rect.Dy() {
		for x := range from.Rect.Dx() {
			c := from.RGBAAt(x, y)
			place, ok := places[c]
			if !ok {
				if len(to.Palette) == 256 {
					return nil, false
				}
				place = uint8(len(to.Palette))
				places[c] = place
				to.Palette = append(to.Palette, c)
			}
			to.SetColorIndex(x, y, place)
		}
	}
	return to, true
}

// plain returns a picture that was written in another form.
func plain(from image.Image) *image.RGBA {
	to := image.NewRGBA(image.Rectangle{Max: from.Bounds().Size()})
	draw.Draw(to, to.Rect, from, from.Bounds().Min, draw.Src)
	return to
}

// The accepted screens are part of every clone.
func TestAcceptedAreFew(t *testing.T) {
	var size int64
	err := filepath.WalkDir("accepted", func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		size += info.Size()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if size > 3<<20 {
		t.Errorf("the accepted screens take %d bytes; 3 MiB is the most", size)
	}
}

func TestDifferences(t *testing.T) {
	paper, card, ink, lamp := color.Gray{245}, color.Gray{253}, color.Gray{35}, color.RGBA{234, 168, 63, 255}
	// A button of 120 by 44 px with a line of strokes on it, at some place of a screen.
	type button struct {
		at    image.Point
		fill  color.Color
		edge  color.Color // of the px around it
		words int
		soft  bool // its words are smoothed otherwise
	}
	screen := func(b button) *image.RGBA {
		img := image.NewRGBA(image.Rect(0, 0, 400, 300))
		fill := func(r image.Rectangle, c color.Color) {
			draw.Draw(img, r, image.NewUniform(c), image.Point{}, draw.Src)
		}
		fill(img.Rect, paper)
		r := image.Rect(0, 0, 120, 44).Add(b.at)
		fill(r.Inset(-1), b.edge)
		fill(r, b.fill)
		for i := range b.words {
			stroke := image.Rect(10+6*i, 16, 12+6*i, 28).Add(b.at)
			if b.soft {
				fill(stroke.Inset(-1), color.Gray{235})
				fill(stroke, color.Gray{50})
				continue
			}
			fill(stroke, ink)
		}
		return reduce(img)
	}
	was := button{image.Pt(100, 100), card, paper, 16, false}
	for name, c := range map[string]struct {
		now    button
		differ bool
	}{
		"the same":                  {was, false},
		"an edge smoothed":          {button{was.at, card, color.Gray{225}, 16, false}, false},
		"letters smoothed":          {button{was.at, card, paper, 16, true}, false},
		"moved by 8 px":             {button{was.at.Add(image.Pt(8, 0)), card, paper, 16, false}, true},
		"moved by 4 px down":        {button{was.at.Add(image.Pt(0, 4)), card, paper, 16, false}, true},
		"without its words":         {button{was.at, card, paper, 0, false}, true},
		"with a letter less":        {button{was.at, card, paper, 15, false}, true},
		"gone":                      {button{was.at, paper, paper, 0, false}, true},
		"in another color":          {button{was.at, lamp, paper, 16, false}, true},
		"in a color of like light":  {button{was.at, color.RGBA{253, 244, 253, 255}, paper, 16, false}, true},
		"moved to where it was not": {button{image.Pt(250, 200), card, paper, 16, false}, true},
	} {
		if got := differences(screen(was), screen(c.now)); len(got) > 0 != c.differ {
			t.Errorf("%s: %d places differ", name, len(got))
		}
	}
	small := screen(was)
	if got := differences(small, small.SubImage(image.Rect(0, 0, 133, 90)).(*image.RGBA)); len(got) == 0 {
		t.Error("what is missing below is no difference")
	}
}

func TestFewColorsAreKept(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for i := range img.Pix {
		img.Pix[i] = uint8(i * 37)
	}
	want := reduce(img)
	path := filepath.Join(t.TempDir(), "one.png")
	writePNG(t, path, want)
	if got := differences(plain(readPNG(t, path)), want); len(got) > 0 {
		t.Errorf("what was written differs in %d places", len(got))
	}
}
