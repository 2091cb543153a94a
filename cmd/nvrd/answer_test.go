package main

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"nvrd/federation/response"
	"nvrd/federation/wire"
)

// answer LOG FILE DAYS does what a home does that answers the request in a log that
// was exported: it writes a sealed response, which may be kept for so many days, to
// FILE, its pieces to FILE.0 and so on, and sets ID to its id. With fewer days than none it was sent
// longer ago than that.
func answer(ts *testscript.TestScript, neg bool, args []string) {
	days, err := strconv.Atoi(args[2])
	ts.Check(err)
	texts, err := filepath.Glob(ts.MkAbs(filepath.Join(args[0], "text", "*")))
	ts.Check(err)
	now := wire.MinuteOf(time.Now())
	r := response.Response{Minute: now, Until: now + wire.Day*wire.Minute(max(days, 0)), Words: "A van at two.\nI am home after six.",
		Media: []response.Media{{Type: wire.MediaPhoto, Bytes: []byte("a photo")}, {Type: wire.MediaClip, Bytes: bytes.Repeat([]byte("clip"), 100_000)}}}
	if days < 0 {
		r.Until = now - wire.Day*wire.Minute(-days)
		r.Minute = r.Until - wire.Day
	}
	var to wire.Recipient
	for _, name := range texts {
		raw, err := os.ReadFile(name)
		ts.Check(err)
		s, err := wire.Open(raw)
		ts.Check(err)
		switch b := s.Body.(type) {
		case wire.Recipient:
			if b.Head.Minute >= to.Head.Minute {
				to = b
			}
		case wire.Request:
			r.Request, r.Agency, r.Case = s.ID, b.Head.Agency, b.Case
		}
	}
	sealed, err := response.Seal(to, r)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), sealed, 0o600))
	for i, piece := range response.Cut(sealed) {
		p, err := response.ParsePiece(piece)
		ts.Check(err)
		ts.Setenv("ID", p.Response.String())
		ts.Check(os.WriteFile(ts.MkAbs(fmt.Sprint(args[1], ".", i)), piece, 0o600))
	}
}

// away LOG sets SPONSOR to the text of a sponsor of the agency whose log was exported,
// which is never reached, and OTHERS to that of one of another agency.
func away(ts *testscript.TestScript, neg bool, args []string) {
	note, err := os.ReadFile(ts.MkAbs(filepath.Join(args[0], "checkpoint")))
	ts.Check(err)
	s := wire.Sponsor{URL: "https://127.0.0.1:9", SPKI: wire.Hash{1}}
	_, origin, _ := strings.Cut(string(note), "/agency/")
	_, err = hex.Decode(s.Agency[:], []byte(origin[:64]))
	ts.Check(err)
	for _, name := range []string{"SPONSOR", "OTHERS"} {
		text, err := s.Text()
		ts.Check(err)
		ts.Setenv(name, text)
		s.Agency[0] ^= 1
	}
}
