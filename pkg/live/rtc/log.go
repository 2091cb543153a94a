package rtc

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/pion/logging"
)

// logs hands what pion says to our log, as details: what went wrong with a
// connection is the other end's in nearly all cases, and a session tells its
// own end.
type logs struct{ log *slog.Logger }

// NewLogger implements [logging.LoggerFactory].
func (l logs) NewLogger(scope string) logging.LeveledLogger { return details{l.log, scope} }

type details struct {
	log   *slog.Logger
	scope string
}

func (d details) Trace(string)          {}
func (d details) Tracef(string, ...any) {}
func (d details) Debug(string)          {}
func (d details) Debugf(string, ...any) {}
func (d details) Info(string)           {}
func (d details) Infof(string, ...any)  {}
func (d details) Warn(m string)         { d.say(m) }
func (d details) Error(m string)        { d.say(m) }

func (d details) Warnf(format string, args ...any)  { d.sayf(format, args...) }
func (d details) Errorf(format string, args ...any) { d.sayf(format, args...) }

func (d details) say(m string) { d.log.Debug("detail of WebRTC", "part", d.scope, "says", m) }

func (d details) sayf(format string, args ...any) {
	if d.log.Enabled(context.Background(), slog.LevelDebug) {
		d.say(fmt.Sprintf(format, args...))
	}
}
