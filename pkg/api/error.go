package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
)

var errFull = fmt.Errorf("too many are watching or exporting: close a page and try again: %w", nvr.ErrBusy)

// comeBack is what a busy answer asks to wait.
const comeBack = auth.RetryAfter(10 * time.Second)

// message returns what err, of kind k, says to the caller, without the name of
// its kind. Of a fault of ours it says nothing: the log has it.
func message(k nvr.Kind, err error) string {
	if k.Err == nil {
		return "something went wrong here; the log says more"
	}
	return strings.TrimSuffix(err.Error(), ": "+k.Err.Error())
}

type errorBody struct {
	Error errorView `json:"error"`
}

type errorView struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
}

// Deny returns a function that answers a request with an error as JSON. It
// writes those that are our fault to log.
func Deny(log *slog.Logger) auth.Deny {
	return func(w http.ResponseWriter, r *http.Request, err error) {
		k := nvr.KindOf(err)
		if k.Err == nil && !errors.Is(err, context.Canceled) { // the caller left: nobody's fault
			log.Error("request failed", "method", r.Method, "path", r.URL.Path, "err", err)
		}
		after, ok := errors.AsType[auth.RetryAfter](err)
		if errors.Is(k.Err, nvr.ErrBusy) {
			after, ok = comeBack, true
		}
		if ok {
			seconds := (time.Duration(after) + time.Second - 1) / time.Second
			w.Header().Set("Retry-After", strconv.Itoa(int(seconds)))
		}
		if k.Status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", "Bearer")
		}
		_ = writeJSON(w, k.Status, errorBody{errorView{k.Name, message(k, err)}}) // the caller left
	}
}

// handle turns a handler that may fail into one that answers its failure. A
// handler that began its answer before it failed must return nil.
func (a *api) handle(f func(http.ResponseWriter, *http.Request) error) http.Handler {
	deny := Deny(a.Log)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := f(w, r); err != nil {
			deny(w, r, err)
		}
	})
}

func nothing(_ http.ResponseWriter, r *http.Request) error {
	return fmt.Errorf("there is nothing at this address for %s: %w", r.Method, nvr.ErrNotFound)
}

// writeJSON answers with v.
func writeJSON(w http.ResponseWriter, status int, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(b)+1))
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n')) // the caller left
	return nil
}
