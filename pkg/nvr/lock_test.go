package nvr

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// Who keeps something and why are a name and two lines, whoever asks for it.
func TestLockIsChecked(t *testing.T) {
	good := Lock{Camera: 1, Span: Span{From: 1, To: 2}, Who: "Ada", Why: "parcel", Made: 3}
	for name, c := range map[string]struct {
		change func(l *Lock)
		want   error
	}{
		"good":            {func(*Lock) {}, nil},
		"longest why":     {func(l *Lock) { l.Why = strings.Repeat("x", MaxWhy) }, nil},
		"too long a why":  {func(l *Lock) { l.Why = strings.Repeat("ü", MaxWhy/2+1) }, ErrInvalid},
		"no why":          {func(l *Lock) { l.Why = "" }, ErrInvalid},
		"no text":         {func(l *Lock) { l.Why = "\xff" }, ErrInvalid},
		"nobody":          {func(l *Lock) { l.Who = "" }, ErrInvalid},
		"too long a name": {func(l *Lock) { l.Who = strings.Repeat("x", MaxWho+1) }, ErrInvalid},
		"no span":         {func(l *Lock) { l.Span.To = 1 }, ErrInvalid},
		"too long a span": {func(l *Lock) { l.Span.To = l.Span.From.Add(MaxLock + time.Microsecond) }, ErrTooLarge},
		"ends before":     {func(l *Lock) { l.Until = 3 }, ErrInvalid},
	} {
		l := good
		c.change(&l)
		if err := l.Check(); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}
