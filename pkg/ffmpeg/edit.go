package ffmpeg

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"nvrd/pkg/fmp4"
	"nvrd/pkg/nvr"
)

// Edit is what a person chose of a film. Times are those that players show.
type Edit struct {
	// A picture is in the clip if it is first shown at From or later, and
	// before To. At most [fmp4.MaxClipLength] lies between them.
	From, To time.Duration
	Sound    bool
	Regions  []Region // at most MaxRegions
}

// MaxRegions is more than a person paints, and bounds what each picture costs.
const MaxRegions = 16

// Region is a rectangle that moves in a straight line from one key position to
// another, and stands still before and after. It is blurred; or, if Outside,
// what lies outside of it and of all other such regions is. Where both are
// said of a place it is blurred. Blur covers whole cells of [cell] by cell
// pixels, and never less than what was asked for.
type Region struct {
	From, To Key
	Outside  bool
}

// Key is where a region is at an instant of the film.
type Key struct {
	At   time.Duration
	Rect Rect
}

// Rect is a part of the picture as it is seen: 0 is its left or upper edge, 1
// the right or lower one.
type Rect struct{ X, Y, W, H float64 }

// maxSide is how wide pictures may be whose pixels are wider than high.
const maxSide = 8192

// cell is how many pixels of a picture blur begins and ends with.
const cell = 8

func (e Edit) check() error {
	if e.From < 0 || e.To <= e.From {
		return fmt.Errorf("a clip has to end after it begins: %w", nvr.ErrInvalid)
	}
	if e.To-e.From > fmp4.MaxClipLength {
		return fmt.Errorf("a clip is at most %s long: %w", fmp4.MaxClipLength, nvr.ErrTooLarge)
	}
	return checkRegions(e.Regions)
}

func checkRegions(regions []Region) error {
	if len(regions) > MaxRegions {
		return fmt.Errorf("%d regions, at most %d: %w", len(regions), MaxRegions, nvr.ErrTooLarge)
	}
	for i, r := range regions {
		if !r.From.Rect.within() || !r.To.Rect.within() {
			return fmt.Errorf("region %d does not lie in the picture: %w", i+1, nvr.ErrInvalid)
		}
		if r.To.At < r.From.At || r.To.At == r.From.At && r.To.Rect != r.From.Rect {
			return fmt.Errorf("region %d is in two places at once: %w", i+1, nvr.ErrInvalid)
		}
	}
	return nil
}

// within is false for anything that is not a number, too.
func (r Rect) within() bool {
	const over = 1 + 1e-6 // sums are rounded
	return r.X >= 0 && r.Y >= 0 && r.W > 0 && r.H > 0 && r.X+r.W <= over && r.Y+r.H <= over
}

// picture returns the filters that make the pictures that go out: at most side
// pixels wide and high, in whole cells, blurred. The film's clock is from ahead
// of theirs.
func picture(side int, regions []Region, from time.Duration) string {
	scaled := fmt.Sprintf("scale=w='min(iw*sar,%[3]d)':h=ih,setsar=1,scale=w='max(%[1]d,min(%[2]d,iw))':h='max(%[1]d,min(%[2]d,ih))':"+
		"force_original_aspect_ratio=decrease:force_divisible_by=%[1]d:flags=bicubic,setsar=1,format=yuv420p", cell, side, maxSide)
	if len(regions) == 0 {
		return scaled
	}
	// One picture for each cell: smoothed widely, it is laid over the picture
	// where the mask, which has a pixel for each cell, says so.
	return fmt.Sprintf("%s,split=3[plain][soft][mask];"+
		"[soft]scale=iw/%[2]d:ih/%[2]d:flags=area,boxblur=lr='min(w,h)/10':lp=2:cr='min(cw,ch)/10':cp=2,scale=iw*%[2]d:ih*%[2]d:flags=bilinear[soft];"+
		"[mask]scale=iw/%[2]d:ih/%[2]d:flags=neighbor,format=gray,geq=lum='255*(%s)',scale=iw*%[2]d:ih*%[2]d:flags=neighbor[mask];"+
		"[soft][mask]alphamerge[soft];[plain][soft]overlay=format=yuv420,format=yuv420p",
		scaled, cell, covered(regions, from))
}

// covered returns an expression that is 1 where the cell at X, Y is blurred at
// time T, and else 0.
func covered(regions []Region, from time.Duration) string {
	var inside, clear []string
	for _, r := range regions {
		x, y, right, bottom := r.edges(from)
		if r.Outside { // the cell lies in it as a whole
			clear = append(clear, fmt.Sprintf("gte(X,W*(%s))*lte(X+1,W*(%s))*gte(Y,H*(%s))*lte(Y+1,H*(%s))", x, right, y, bottom))
		} else { // any of the cell lies in it
			inside = append(inside, fmt.Sprintf("gt(X+1,W*(%s))*lt(X,W*(%s))*gt(Y+1,H*(%s))*lt(Y,H*(%s))", x, right, y, bottom))
		}
	}
	parts := inside
	if clear != nil {
		parts = append(parts, "not("+strings.Join(clear, "+")+")")
	}
	return "gt(" + strings.Join(parts, "+") + ",0)"
}

// edges returns expressions of T for where the region's edges are.
func (r Region) edges(from time.Duration) (left, top, right, bottom string) {
	a, b := r.From.Rect, r.To.Rect
	edge := func(a, b float64) string {
		if a == b {
			return number(a)
		}
		return fmt.Sprintf("%s+%s*clip((T-%s)/%s,0,1)", number(a), number(b-a),
			number((r.From.At - from).Seconds()), number((r.To.At - r.From.At).Seconds()))
	}
	return edge(a.X, b.X), edge(a.Y, b.Y), edge(a.X+a.W, b.X+b.W), edge(a.Y+a.H, b.Y+b.H)
}

// number writes a number so that ffmpeg reads it as one term.
func number(v float64) string { return "(" + strconv.FormatFloat(v, 'f', 6, 64) + ")" }

// seconds writes a time as an argument.
func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 6, 64) }
