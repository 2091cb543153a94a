package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/net/dns/dnsmessage"

	"nvrd/federation/fedtest/wiretap"
	"nvrd/federation/store"
	"nvrd/federation/wire"
)

// mayLeave is all that a home tells neighbors: each type, its fields, and why
// each may leave. What is not here must not leave.
var mayLeave = map[string]map[string]string{
	// The roster: who belongs.
	"wire.Genesis": {
		"Minute": "when the neighborhood began", "Title": "what its founder calls it", "Policy": "see there", "Founder": "a key of here alone",
		"Seat": "a key of here alone", "Succeeds": "a neighborhood that ended", "Head": "an act of that", "Salt": "random",
	},
	"wire.Policy": {
		"Invites": "settled for all", "Contact": "typed to be printed", "Places": "typed to be named by posts", "ExpireDays": "settled for all", "MediaMiB": "settled for all",
	},
	"wire.ActHead":     {"Neighborhood": "its name", "Height": "place in the charter", "Prev": "the act before", "Minute": "when a steward decided", "Seat": "whose act it is"},
	"wire.AddSteward":  {"Head": "see there", "Who": "a member", "Seat": "the member's key for it"},
	"wire.DropSteward": {"Head": "see there", "Seat": "which seat", "Cut": "deeds that stay"},
	"wire.SetPolicy":   {"Head": "see there", "Policy": "see there"},
	"wire.Vote":        {"Neighborhood": "its name", "Height": "place in the charter", "Act": "for which", "Seat": "whose vote; votes are public"},
	"wire.DeedHead":    {"Neighborhood": "its name", "Minute": "when a steward decided", "Seat": "whose deed it is", "Prev": "the deeds before"},
	"wire.Admit":       {"Head": "see there", "Card": "who is let in", "Signature": "their consent", "Succeeds": "keys that were lost"},
	"wire.Revoke":      {"Head": "see there", "Who": "who is put out", "Cut": "until when what they said stays"},
	"wire.Card": {
		"Neighborhood": "its name", "Author": "a key of here alone", "Node": "a key of here alone", "Proof": "that the keys belong together",
		"Seal": "a key of here alone", "Name": "typed to be known by", "Minute": "of two cards the later counts",
		"Cosigner": "a key of here alone", "Sponsors": "agencies that it is to be known as a sponsor of",
	},
	"wire.Anew": {"Neighborhood": "its name", "Author": "who founded it anew", "Minute": "when", "Invite": "an Invite for who is called"},
	"wire.Invite": {
		"Version": "the same for all", "Neighborhood": "the new one", "Title": "as before", "From": "the home's name", "Head": "an act", "Secret": "random",
		"Expires": "when it ends", "Doors": "see Door",
	},
	"wire.Leave": {"Neighborhood": "its name", "Author": "who leaves", "Minute": "when"},

	// The feed: what is said.
	"wire.Entry": {
		"Neighborhood": "its name", "Author": "who says it", "Minute": "when", "Says": "what it does", "On": "about which entry",
		"Payload": "hash of what it says", "Length": "of that", "Expires": "until when it stays",
	},
	"wire.Post": {
		"Salt": "random", "Category": "chosen", "Happened": "typed to be said", "Person": "typed to be said", "Place": "one of the policy's", "When": "typed, to the minute", "Media": "see there",
		"Opened": "agencies that are to read it", "From": "asked for, to the minute", "To": "asked for, to the minute", "Cells": "asked for", "Recipient": "a key for what is answered",
	},
	"wire.Media":    {"Type": "photo or clip", "Full": "see Blob", "Thumbnail": "see Blob", "Width": "of the picture", "Height": "of the picture", "Seconds": "of the clip, rounded up"},
	"wire.Blob":     {"Address": "hash of what is sealed", "Key": "opens this file and no other", "Length": "of what is sealed"},
	"wire.Comment":  {"Salt": "random", "Text": "typed to be said"},
	"wire.Reaction": {"Salt": "random", "Is": "chosen"},
	"wire.Label":    {"Salt": "random", "Is": "chosen by a steward", "Reason": "typed for all to see"},

	// What two homes say to hold the same: fingerprints and ids of the above.
	"wire.Root":        {"First": "the oldest day that is kept by all", "Print": "of what all hold"},
	"wire.Days":        {"First": "as in Root", "Days": "see there"},
	"wire.DayPrint":    {"Day": "on which something was said", "Print": "of that"},
	"wire.Hours":       {"Day": "on which something was said", "Hours": "see there"},
	"wire.HourPrint":   {"Hour": "in which something was said", "Print": "of that"},
	"wire.IDs":         {"Hour": "in which something was said", "After": "an id", "Upto": "an id", "IDs": "of entries"},
	"wire.Want":        {"Hour": "in which something was said", "IDs": "of entries that are wanting"},
	"wire.Entries":     {"Entries": "see there"},
	"wire.Carried":     {"Entry": "an object of this list", "Payload": "an object of this list"},
	"wire.Roster":      {"Print": "of what all hold"},
	"wire.Buckets":     {"Buckets": "see there"},
	"wire.BucketPrint": {"Bucket": "the first byte of ids", "Print": "of what all hold"},
	"wire.Bucket":      {"Bucket": "the first byte of ids", "After": "an id", "Upto": "an id", "IDs": "of objects"},
	"wire.Ask":         {"Bucket": "the first byte of ids", "IDs": "of objects that are wanting"},
	"wire.Objects":     {"Objects": "each an object of this list"},

	// What agencies published, which all homes hold, whatever they think of it.
	"wire.AdmitAgency":   {"Head": "see there", "Agency": "see there", "Signature": "of the agency", "Cells": "where the neighborhood lies, settled for all", "Succeeds": "a key that was lost"},
	"wire.SuspendAgency": {"Head": "see there", "Agency": "which", "Reason": "typed for all to see"},
	"wire.Agency": {
		"Key": "of an agency", "Minute": "as it said", "Title": "as it said", "Class": "as it said", "Domain": "as it said", "Contact": "as it said", "Policy": "as it said", "Jurisdiction": "as it said",
	},
	"wire.Cell":       {"Row": "of the globe's grid", "Col": "of the globe's grid"},
	"wire.Point":      {"Lat": "as an agency said", "Lon": "as an agency said"},
	"wire.AgencyHead": {"Agency": "whose", "Minute": "as it said"},
	"wire.Request": {
		"Head": "see there", "Case": "as it said", "Incident": "as it said", "From": "as it said", "To": "as it said", "Area": "as it said", "Text": "as it said",
		"Contact": "as it said", "Expires": "as it said",
	},
	"wire.Recipient": {"Head": "see there", "Recipient": "as it said"},
	"wire.Logs":      {"Logs": "see there"},
	"wire.LogPrint":  {"Agency": "which", "Size": "of what all hold", "Print": "of what all hold", "Fraud": "as all hold"},
	"wire.LogAsk":    {"Agency": "which", "From": "how many it has, as all have", "Bare": "whether it compares"},
	"wire.LogPart":   {"Agency": "which", "Checkpoint": "of the agency, and of homes that saw it", "From": "a place in the log", "IDs": "of what was published", "Texts": "each an object of this list"},
	"wire.LogWant":   {"Agency": "which", "IDs": "of texts that are wanting"},
	"wire.LogTexts":  {"Agency": "which", "Texts": "each an object of this list"},
	"wire.LogFraud":  {"Proof": "of two heads that an agency signed"},

	// What is answered to who asked: of one length, sealed for the home that keeps it,
	// and in that for who asked. Some carry nothing.
	"wiretap.Parcel":  {"To": "the home that keeps it", "Sealed": "see Piece"},
	"wiretap.Piece":   {"Asker": "for whom it is kept", "Bytes": "sealed for who asked"},
	"wiretap.Receipt": {"Receipt": "of a parcel, or random"},

	// Pictures: every home fetches the same, whoever looks at what.
	"wire.Fetch":    {"Address": "of a file that all fetch", "Length": "of that", "First": "which piece", "Count": "how many"},
	"wire.Chunks":   {"Hashes": "of the pieces of a sealed file"},
	"wiretap.Chunk": {"Sealed": "a piece of a file that was shared"},

	// At doors. Knock and Welcome are sealed for who gave the invite, or has it.
	"wiretap.Knock": {"Ticket": "names an invite, and not its secret", "Sealed": "a Knock"},
	"wiretap.Hold":  {"Ticket": "names an invite, and not its secret", "Until": "when the invite ends"},
	"wire.Knock":    {"Card": "a Card", "Returns": "whether it was a member", "Follow": "a Follow"},
	"wire.Follow":   {"Neighborhood": "the old one", "Author": "its key there, which is to be known", "Anew": "the new one", "As": "its key here"},
	"wire.Welcome":  {"Answer": "whether it is let in", "Genesis": "a Genesis", "Admit": "an Admit", "Doors": "see Door"},
	"wire.Door":     {"Node": "whose", "Addresses": "where that node says that it is reached"},

	// To one steward's home, sealed, all of one length.
	"wire.Report": {
		"Neighborhood": "its name", "Reporter": "who reports", "Steward": "who alone reads it", "On": "an entry", "Reason": "chosen",
		"Words": "typed to be read by stewards", "Minute": "when",
	},

	// Where homes are: public addresses, told to members.
	"wiretap.Identify": {
		"Protocol": "libp2p's", "Agent": "the same at every home", "Key": "of the node", "Listens": "public addresses",
		"Protocols": "what every home talks", "Observed": "where the neighbor itself is seen", "Record": "a Record",
	},
	"wiretap.Stream":      {"Protocol": "what every home talks"},
	"wiretap.Record":      {"Node": "whose", "Seq": "when it was made, in nanoseconds: libp2p orders records by it", "Addresses": "public addresses"},
	"wiretap.Whereabouts": {"Of": "members"},
	"wiretap.DialBack":    {"At": "public addresses", "Nonce": "random", "Status": "whether it worked", "Index": "of an address", "Bytes": "to be sent first"},
}

// agrees are the protocols that a home may name. Those of libp2p are for being
// found: they tell public addresses, and were read for that.
var agrees = []string{
	"/stoop/link/1", "/stoop/address/1", "/stoop/hold/1", "/stoop/pass/1", "/stoop/vouch/1", "/stoop/join/1", "/stoop/blob/1", "/stoop/report/1",
	"/stoop/forward/1", "/stoop/parcel/1",
	"/ipfs/id/1.0.0", "/ipfs/id/push/1.0.0", "/libp2p/autonat/2/dial-request", "/libp2p/autonat/2/dial-back", "/libp2p/dcutr",
	"/libp2p/circuit/relay/0.2.0/stop", "/libp2p/circuit/relay/0.2.0/hop",
}

// either is what one of two homes says, whichever asks the other.
var either = []string{
	"wire.Days", "wire.DayPrint", "wire.Hours", "wire.HourPrint", "wire.IDs", "wire.Want", "wire.Buckets", "wire.BucketPrint", "wire.Bucket", "wire.Ask",
	"wiretap.DialBack", "wiretap.Whereabouts", "wire.LogAsk", "wire.LogWant", "wire.LogTexts", "wire.LogFraud", "wiretap.Receipt",
}

// did is how often Anna did what stands in the roster.
var did = map[string]int{
	"wire.Genesis": 1, "wire.Admit": 2, "wire.SetPolicy": 1, "wire.AddSteward": 1, "wire.DropSteward": 1, "wire.Vote": 1, "wire.Revoke": 1, "wire.Leave": 1, "wire.Anew": 1, "wire.AdmitAgency": 1, "wire.SuspendAgency": 1,
}

// judge holds all that left against the list, and looks in it for what must not.
func (w *week) judge() {
	told, err := w.tape.Told()
	if err != nil {
		w.t.Errorf("something else was said: %v", err)
	}
	seen := map[string]bool{}
	for _, one := range told {
		w.fields(reflect.ValueOf(one.Is), seen)
	}
	w.signed(told)
	w.apart(told)
	for kind := range mayLeave {
		if !seen[kind] && !slices.Contains(either, kind) {
			w.t.Errorf("no %s left: let the week show one, or take it off the list", kind)
		}
	}
	w.secrets(told)
	w.packets()
	w.t.Logf("%d things were said on %d streams, %d packets left by the line", len(told), len(w.tape.Streams()), len(w.left.packets()))
}

// fields holds a value and all that is in it against the list.
func (w *week) fields(v reflect.Value, seen map[string]bool) {
	kind := v.Type().String()
	if v.Kind() != reflect.Struct {
		if v.Kind() == reflect.Slice && v.Type().Elem().Kind() != reflect.Uint8 {
			for i := range v.Len() {
				w.fields(v.Index(i), seen)
			}
			return
		}
		return
	}
	listed, ok := mayLeave[kind]
	if !ok && !seen[kind] {
		w.t.Errorf("a %s left, which is not on the list", kind)
	}
	seen[kind] = true
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		if name == "_" {
			continue
		}
		if ok && listed[name] == "" {
			w.t.Errorf("%s.%s left, which is not on the list", kind, name)
		}
		w.value(kind+"."+name, v.Field(i))
		w.fields(v.Field(i), seen)
	}
}

// value judges what stands in a field: text that somebody typed, public
// addresses, no time that is finer than a minute.
func (w *week) value(field string, v reflect.Value) {
	switch is := v.Interface().(type) {
	case string:
		w.text(field, is)
	case []string:
		for _, s := range is {
			w.text(field, s)
		}
	case wire.Minute:
		if at := is.Time(); is != 0 && (at.Before(time.Now().AddDate(-1, 0, 0)) || at.After(time.Now().AddDate(1, 0, 0))) {
			w.t.Errorf("%s is %d, which is no minute of these days", field, is)
		}
	case uint64, uint32:
		for unit := uint64(1); unit <= 1e9 && field != "wiretap.Record.Seq"; unit *= 1000 {
			if n := v.Uint() / unit; n > 1_700_000_000 && n < 2_300_000_000 {
				w.t.Errorf("%s is %d: a time finer than a minute", field, v.Uint())
			}
		}
	}
}

func (w *week) text(field, is string) {
	var ok bool
	switch field {
	case "wiretap.Identify.Protocol":
		ok = is == ""
	case "wiretap.Identify.Agent":
		ok = is == "stoop"
	case "wiretap.Identify.Protocols", "wiretap.Stream.Protocol":
		ok = slices.Contains(agrees, is)
	case "wiretap.Identify.Listens", "wiretap.Identify.Observed", "wiretap.Record.Addresses", "wiretap.DialBack.At", "wire.Door.Addresses":
		ok = strings.HasPrefix(is, "/ip4/"+wanAddress+"/") || strings.HasPrefix(is, "/ip6/"+sixAddress+"/")
	case "wire.Recipient.Recipient", "wire.Post.Recipient":
		ok = is == "" || strings.HasPrefix(is, "age1pq1")
	default:
		ok = is == "" || slices.Contains(words, is)
	}
	if !ok {
		w.t.Errorf("%s is %q, which nobody typed to be told", field, is)
	}
}

// signed sees that Anna's keys sign what she did, and nothing else. Of her cards
// there are as many as she asked and renamed.
func (w *week) signed(told []wiretap.Told) {
	signed, count := map[wire.Hash]bool{}, map[string]int{}
	for _, one := range told {
		var by wire.Key
		switch is := one.Is.(type) {
		case wire.Entry:
			if id, err := wire.Name(one.Raw); err != nil || slices.Contains(w.keys, is.Author) && !w.said[id] {
				w.t.Errorf("an entry of hers that she did not write: %+v", is)
			}
			continue
		case wire.Genesis:
			by = is.Seat
		case wire.Act:
			by = is.Act().Seat
		case wire.Deed:
			by = is.Deed().Seat
		case wire.Vote:
			by = is.Seat
		case wire.Leave:
			by = is.Author
		case wire.Anew:
			by = is.Author
		}
		if !slices.Contains(w.keys, by) {
			continue
		}
		if id, err := wire.Name(one.Raw); err != nil || !signed[id] {
			signed[id] = true
			count[reflect.TypeOf(one.Is).String()]++
		}
	}
	if !maps.Equal(count, did) {
		w.t.Errorf("her keys signed %v, and she did %v", count, did)
	}
}

// apart sees that no key is told in two neighborhoods, which would tell that they
// are of one home. Who returns is not held to it: the paper does not say which of
// its keys are those of this neighborhood, so the home offers one after the other
// to who gave it the invite.
func (w *week) apart(told []wiretap.Told) {
	of, returns := map[wire.Key]wire.Hash{}, false
	for _, one := range told {
		var c wire.Card
		switch is := one.Is.(type) {
		case wire.Knock:
			returns = is.Returns // and its card is what is told next
		case wire.Card:
			if c = is; returns {
				returns = false
				continue
			}
		case wire.Admit:
			c = is.Card
		}
		for _, key := range []wire.Key{c.Author, c.Node, c.Seal, c.Cosigner} {
			if was, ok := of[key]; ok && was != c.Neighborhood {
				w.t.Errorf("a key of %q is told in two neighborhoods", c.Name)
			}
			of[key] = c.Neighborhood
		}
	}
}

// secrets looks for what is nobody's business in every byte that was told, as it
// was sent and opened, and in her pictures.
func (w *week) secrets(told []wiretap.Told) {
	all := slices.Concat(w.tape.Streams(), w.made)
	for _, one := range told {
		all = append(all, one.Raw)
	}
	for what, secret := range w.planted() {
		for _, b := range all {
			at := bytes.Index(b, secret)
			if at < 0 && utf8.Valid(secret) { // letters large or small; what is no text has no letters
				at = bytes.Index(bytes.ToLower(b), bytes.ToLower(secret))
			}
			if at >= 0 {
				w.t.Errorf("%s left, at %d or so of %d bytes: %.500q", what, at, len(b), b)
				break
			}
		}
	}
	for _, picture := range w.made {
		if found := regexp.MustCompile(`Lav[cf]\d|libx26[45]|x264 - core|Exif\x00|ns\.adobe|Photoshop|encoder|ffmpeg`).Find(picture); found != nil {
			w.t.Errorf("%q stands in a picture", found)
		}
	}
}

// planted returns what is at Anna's home and nobody's business.
func (w *week) planted() map[string][]byte {
	seed, _, err := store.Seed(w.dir)
	w.must(err)
	lan := netip.MustParseAddr(lanAddress).As4()
	planted := map[string][]byte{
		"the name of a camera": []byte(cameraName), "its user": []byte(cameraUser), "its password": []byte(cameraPass),
		"the address of its pictures": []byte(strings.TrimPrefix(w.source, "rtsp://")), "the data directory": []byte(folder),
		"the name of the machine": []byte(hostname), "the home's own network": []byte(lanAddress), "the home's own network, as bytes": append([]byte{4}, lan[:]...),
		"the seed": seed[:], "the words on paper": []byte(strings.Join(seed.Words()[:3], " ")),
	}
	if name, err := os.UserHomeDir(); err == nil {
		planted["a home directory"] = []byte(name + "/")
	}
	return planted
}

// packets judges what left by the line, where nobody answers: the home looks for
// others in its own network, where it may say where it is, and for its router.
func (w *week) packets() {
	said := map[string][]byte{} // by mDNS, put together
	for _, p := range w.left.packets() {
		h, err := header(p)
		if err != nil {
			w.t.Errorf("%v: %x", err, p)
			continue
		}
		if why := goesBy[h.String()]; why == "" {
			w.t.Errorf("a packet left to %v, which is not on the list: %q", h, p)
		}
		if h.at == 5353 && h.to.Is4() {
			said[string(p[4:6])] = append(said[string(p[4:6])], p[int(p[0]&15)*4:]...)
		}
		for what, secret := range w.planted() {
			near := strings.HasPrefix(what, "the home's own network")
			if !near && bytes.Contains(p, secret) {
				w.t.Errorf("%s left to %v: %q", what, h, p)
			}
		}
	}
	for _, one := range said {
		const udp = 8
		if err := near(one[udp:]); err != nil {
			w.t.Errorf("in its own network the home says what is not on the list: %v: %q", err, one)
		}
	}
	if len(said) == 0 {
		w.t.Error("nothing was said by mDNS")
	}
}

// What a home says in its own network: names that are random, keys and addresses.
var (
	nearNames = regexp.MustCompile(`^([a-z0-9]{32,63}\.)?(_stoop-(node|door)\._udp\.)?local\.$|^_services\._dns-sd\._udp\.local\.$`)
	nearTexts = regexp.MustCompile(`^$|^dnsaddr=/ip[46]/[0-9a-f.:]+/(tcp/\d+|udp/\d+/quic-v1)/p2p/[A-Za-z0-9]+$`)
)

// near holds what is said by mDNS (RFC 6762) against that.
func near(b []byte) error {
	var m dnsmessage.Message
	if err := m.Unpack(b); err != nil {
		return err
	}
	var names, texts []string
	for _, q := range m.Questions {
		names = append(names, q.Name.String())
	}
	for _, r := range slices.Concat(m.Answers, m.Authorities, m.Additionals) {
		names = append(names, r.Header.Name.String())
		switch is := r.Body.(type) {
		case *dnsmessage.PTRResource:
			names = append(names, is.PTR.String())
		case *dnsmessage.SRVResource:
			names = append(names, is.Target.String())
		case *dnsmessage.TXTResource:
			texts = append(texts, is.TXT...)
		case *dnsmessage.AResource, *dnsmessage.AAAAResource:
		default:
			return fmt.Errorf("a record of type %v", r.Header.Type)
		}
	}
	for _, n := range names {
		if !nearNames.MatchString(n) {
			return fmt.Errorf("the name %q", n)
		}
	}
	for _, t := range texts {
		if !nearTexts.MatchString(t) {
			return fmt.Errorf("the text %q", t)
		}
	}
	return nil
}

// goesBy is where packets may go by themselves, and why.
var goesBy = map[string]string{
	"udp 224.0.0.251:5353":     "mDNS: homes of one network find each other",
	"igmp 224.0.0.22":          "to hear that",
	"icmp6 ff02::16":           "to hear that",
	"udp 239.255.255.250:1900": "UPnP: the router is asked for a port",
}

// target is where a packet goes.
type target struct {
	how string
	to  netip.Addr
	at  uint16
}

func (h target) String() string {
	if h.at == 0 {
		return h.how + " " + h.to.String()
	}
	return h.how + " " + netip.AddrPortFrom(h.to, h.at).String()
}

// header reads where a packet goes. Of one in several pieces the first says it;
// the others are taken for mDNS, which alone is so long.
func header(p []byte) (h target, err error) {
	const igmp, udp, options, icmp6 = 2, 17, 0, 58
	switch {
	case len(p) >= 20 && p[0]>>4 == 4:
		h.to, _ = netip.AddrFromSlice(p[16:20])
		rest, piece := p[int(p[0]&15)*4:], binary.BigEndian.Uint16(p[6:])&0x1fff
		switch {
		case p[9] == igmp:
			h.how = "igmp"
		case p[9] == udp && piece > 0:
			h.how, h.at = "udp", 5353
		case p[9] == udp && len(rest) >= 8:
			h.how, h.at = "udp", binary.BigEndian.Uint16(rest[2:])
		}
	case len(p) >= 48 && p[0]>>4 == 6:
		h.to, _ = netip.AddrFromSlice(p[24:40])
		switch next := p[6]; {
		case next == icmp6, next == options && p[40] == icmp6:
			h.how = "icmp6"
		case next == udp:
			h.how, h.at = "udp", binary.BigEndian.Uint16(p[42:])
		}
	}
	if h.how == "" {
		return h, errors.New("a packet left that nobody knows")
	}
	return h, nil
}
