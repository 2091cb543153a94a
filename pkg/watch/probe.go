package watch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp"
)

// probeTimeout is how long each stream has to answer: longer than the 10 s of
// patience of pkg/rtsp, which then says what is wrong.
const probeTimeout = 12 * time.Second

// Probe asks each stream of a camera what it sends, which takes at most 12 s
// for each. A camera that does not answer is a Probe, not an error. It fails
// with [nvr.ErrInvalid] if in says nothing that can be asked.
func Probe(ctx context.Context, in household.CameraInput, log *slog.Logger) (nvr.Probe, error) {
	in, err := in.Normalize()
	if err != nil {
		return nvr.Probe{}, err
	}
	out := nvr.Probe{OK: true}
	for i, field := range []string{"url", "sub_url"} {
		url := [...]string{in.URL, in.SubURL}[i]
		if url == "" {
			continue
		}
		within, cancel := context.WithTimeout(ctx, probeTimeout)
		format, err := rtsp.Probe(within, rtspConfig(url, in.User, in.Password, log))
		cancel()
		var fault *rtsp.Fault
		if errors.As(err, &fault) {
			return nvr.Probe{
				Reason: fault.Reason, Message: fault.Reason.Sentence(), Detail: fmt.Sprintf("%s stream: %s", nvr.Quality(i), fault.Text),
				Doubt: doubt(field, url, fault.Reason, fault.Text),
			}, nil
		}
		if err != nil {
			return nvr.Probe{}, err
		}
		out.Streams = append(out.Streams, streamOf(nvr.Quality(i), nvr.Live, format))
	}
	return out, nil
}

// Probe is [Probe] for a camera of the household, of which something else may
// have been typed, or for none if id is zero. A password that its device refuses
// to a person counts for all who log in there, and none is tried at one that
// refused too many.
func (c *Cameras) Probe(ctx context.Context, id nvr.CameraID, in household.CameraInput) (nvr.Probe, error) {
	in, err := in.Normalize()
	if err != nil {
		return nvr.Probe{}, err
	}
	host := hostOf(in.URL)
	if wait := c.refusals.Wait(host); wait > 0 && in.User != "" {
		return nvr.Probe{Reason: nvr.WrongPassword, Message: nvr.WrongPassword.Sentence(), Detail: fmt.Sprintf("it refused too many log-ins, and is left alone for %s", wait.Round(time.Minute))}, nil
	}
	answer, err := Probe(ctx, in, c.log)
	if err != nil || answer.Reason != nvr.WrongPassword || in.User == "" {
		return answer, err
	}
	if h := c.handle(id); h != nil && h.LogIns().At(host) {
		h.LogIns().Refused("a person")
		return answer, nil
	}
	c.refusals.Add(host, in.User, in.Password.Reveal())
	return answer, nil
}

func rtspConfig(url, user string, password household.Secret, log *slog.Logger) rtsp.Config {
	return rtsp.Config{URL: url, User: user, Password: password.Reveal(), Log: log}
}
