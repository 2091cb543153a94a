package rtsp

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"unicode"

	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/liberrors"

	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp/dialog"
)

// faultOf tells from an error of the client library whose fault it is.
func faultOf(err error) *Fault {
	var fault *Fault
	if errors.As(err, &fault) {
		return fault
	}
	switch {
	case errors.Is(err, dialog.ErrNotRTSP):
		return &Fault{nvr.BadStream, err.Error()}
	case errors.Is(err, dialog.ErrLogin):
		return &Fault{nvr.Refused, err.Error()}
	case errors.Is(err, dialog.ErrEnded):
		return &Fault{nvr.Unreachable, err.Error()}
	}
	var status liberrors.ErrClientBadStatusCode
	if errors.As(err, &status) {
		reason := nvr.Refused
		if status.Code == base.StatusUnauthorized {
			reason = nvr.WrongPassword
		}
		return &Fault{reason, fmt.Sprintf("the camera answered %d %s", status.Code, status.Message)}
	}
	var tcpSilent liberrors.ErrClientTCPTimeout
	var udpSilent liberrors.ErrClientUDPTimeout
	if errors.As(err, &tcpSilent) || errors.As(err, &udpSilent) {
		return &Fault{nvr.NoPicture, "the camera stopped sending"}
	}
	if errors.Is(err, io.EOF) {
		return &Fault{nvr.Unreachable, "the camera closed the connection"}
	}
	var unanswered liberrors.ErrClientRequestTimedOut
	if errors.As(err, &unanswered) {
		return &Fault{nvr.Unreachable, noCamera}
	}
	var network net.Error
	if errors.As(err, &network) || errors.Is(err, net.ErrClosed) || errors.Is(err, io.ErrUnexpectedEOF) {
		return &Fault{nvr.Unreachable, err.Error()}
	}
	return &Fault{nvr.BadStream, err.Error()}
}

// refusesTCP tells whether the camera wants its packets to go by UDP.
func refusesTCP(err error) bool {
	var status liberrors.ErrClientBadStatusCode
	var wants liberrors.ErrClientServerRequestedUDP
	return errors.As(err, &status) && status.Code == base.StatusUnsupportedTransport || errors.As(err, &wants)
}

// scrub takes the password out of a text that a camera, or an error that
// quotes an address, may have put it into.
func scrub(text string, user *url.Userinfo) string {
	password, ok := user.Password()
	if !ok || len(password) < 3 {
		return text // two letters stand in every other word: replacing them hides nothing
	}
	for _, form := range []string{password, url.QueryEscape(password), url.PathEscape(password), strings.TrimPrefix(url.UserPassword("", password).String(), ":")} {
		text = strings.ReplaceAll(text, form, "***")
	}
	return text
}

// maxText bounds what a camera can put on a screen, into logs and the catalog.
const maxText = 200

// printable makes a text that a camera may have had a part in fit for one line
// of a terminal: without escape sequences, and of bounded length.
func printable(text string) string {
	runes := []rune(text)
	for i, r := range runes {
		if !unicode.IsPrint(r) {
			runes[i] = '\uFFFD'
		}
	}
	if len(runes) > maxText {
		runes = append(runes[:maxText], '…')
	}
	return string(runes)
}

const noCamera = "something is there, but it does not answer as a camera does; is the address right, and its port?"
