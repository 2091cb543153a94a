package household

import (
	"errors"
	"strings"
	"testing"

	"nvrd/pkg/nvr"
)

// addresses seeds the fuzzer too. An empty want means that it is refused.
var addresses = []struct{ in, want string }{
	{"rtsp://192.168.1.20/stream1", "rtsp://192.168.1.20/stream1"},
	{"rtsps://cam.lan:322/", "rtsps://cam.lan:322/"},
	{"  rtsp://cam  ", "rtsp://cam"},
	{"RTSP://Cam/A?channel=1&subtype=0", "rtsp://Cam/A?channel=1&subtype=0"},
	{"rtsp://u:canary@cam/", "rtsp://cam/"},
	{"rtsp://u:can@ary@cam/", "rtsp://cam/"},
	{"rtsp://[fe80::1]:554/x", "rtsp://[fe80::1]:554/x"},
	{"", ""},
	{"192.168.1.20", ""},
	{"rtsp:cam", ""},
	{"rtsp:///x", ""},
	{"rtsp://:554/x", ""},
	{"rtsp://u:canary@/x", ""},
	{"rtsp://u:can#ary@cam/x", "rtsp://cam/x"},
	{"rtsp://u:can/ary@cam/x", "rtsp://cam/x"},
	{"rtsp://cam:0/", ""},
	{"rtsp://cam:65536/", ""},
	{"rtsp://cam\r\nX: y/", ""},
	{"rtsp://cam/\u2028x", ""},
	{"rtsp://cam/\xff", ""},
	{"rtsp://:canary@cam/", ""},
	{"rtsp://u%0d%0aX:canary@cam/", ""},
	{"http://cam/", ""},
	{"file:///etc/passwd", ""},
	{"exec:sh -c canary", ""},
	{"ffmpeg:rtsp://cam/", ""},
	{"-i rtsp://cam/", ""},
	{"rtsp://cam/" + strings.Repeat("x", maxURL), ""},
	{"rtsp://Türkamera.local/Straße", "rtsp://Türkamera.local/Stra%C3%9Fe"},
}

func TestAddresses(t *testing.T) {
	for _, test := range addresses {
		got, err := CameraInput{URL: test.in}.Normalize()
		switch {
		case test.want == "" && !errors.Is(err, nvr.ErrInvalid):
			t.Errorf("%q: %v, want it refused", test.in, err)
		case test.want != "" && (err != nil || got.URL != test.want):
			t.Errorf("%q: %q, %v; want %q", test.in, got.URL, err, test.want)
		case err == nil:
			if again, err := got.Normalize(); err != nil || again.URL != got.URL {
				t.Errorf("%q: %q is stored as %q, %v", test.in, got.URL, again.URL, err)
			}
		}
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("%q: the error tells the password: %v", test.in, err)
		}
	}
}

// TestMistakes types addresses as people do. None of what is said may hold the
// password, and none of what is likely may be wrong in turn.
func TestMistakes(t *testing.T) {
	for in, want := range map[string]struct {
		mistake        Mistake
		likely         string
		user, password string
	}{
		"":                                    {NoAddress, "", "", ""},
		"http://192.168.1.20":                 {WebPage, "rtsp://192.168.1.20/", "", ""},
		"https://192.168.1.20:8443/login.htm": {WebPage, "rtsp://192.168.1.20/", "", ""},
		"http://admin:canary@192.168.1.20/":   {WebPage, "rtsp://192.168.1.20/", "admin", "canary"},
		"192.168.1.20":                        {OnlyHost, "rtsp://192.168.1.20/", "", ""},
		"192.168.1.20/":                       {OnlyHost, "rtsp://192.168.1.20/", "", ""},
		"doorbell.lan":                        {OnlyHost, "rtsp://doorbell.lan/", "", ""},
		"[fe80::1]":                           {OnlyHost, "rtsp://[fe80::1]/", "", ""},
		"192.168.1.20:554":                    {OnlyPort, "rtsp://192.168.1.20:554/", "", ""},
		"192.168.1.20:443":                    {OnlyPort, "rtsp://192.168.1.20/", "", ""},
		"192.168.1.20/stream1":                {NoScheme, "rtsp://192.168.1.20/stream1", "", ""},
		"192.168.1.20:8554/cam?channel=1&s=0": {NoScheme, "rtsp://192.168.1.20:8554/cam?channel=1&s=0", "", ""},
		"admin:canary@192.168.1.20/stream1":   {NoScheme, "rtsp://192.168.1.20/stream1", "admin", "canary"},
		"rtsp:192.168.1.20/stream1":           {NoScheme, "rtsp://192.168.1.20/stream1", "", ""},
		"RTSP:/192.168.1.20/stream1":          {NoScheme, "rtsp://192.168.1.20/stream1", "", ""},
		"RTSP: rtsp://192.168.1.20/stream1":   {Label, "rtsp://192.168.1.20/stream1", "", ""},
		"Main stream=rtsp://u:canary@cam/x":   {Label, "rtsp://cam/x", "u", "canary"},
		"rtsp://192.168.1.20/stream1 (main)":  {Label, "rtsp://192.168.1.20/stream1", "", ""},
		"\"rtsp://192.168.1.20/stream1\"":     {Label, "rtsp://192.168.1.20/stream1", "", ""},
		"rtmp://192.168.1.20/live":            {OtherScheme, "rtsp://192.168.1.20/live", "", ""},
		"file:///etc/passwd":                  {OtherScheme, "", "", ""},
		"exec:reboot":                         {Unreadable, "", "", ""},
		"sub":                                 {Unreadable, "", "", ""},
		"a:canary@x":                          {Unreadable, "", "a", "canary"},
		"rtsp:///x":                           {NoHost, "", "", ""},
		"rtsp://cam:99999/x":                  {BadPort, "rtsp://cam/x", "", ""},

		"rtsp://user:p@ss:w/o#rd@192.168.1.20/stream1":   {"", "", "user", "p@ss:w/o#rd"},
		"rtsp://user:p@ss:w/o#rd@cam:8554/a?b=c":         {"", "", "user", "p@ss:w/o#rd"},
		"rtsp://user:12/34@192.168.1.20/stream1":         {"", "", "user", "12/34"},
		"rtsp://user:q?x@cam/stream1":                    {"", "", "user", "q?x"},
		"rtsp://user:can%ary@cam/stream1":                {"", "", "user", "can%ary"},
		"rtsp://user:p%40ss@cam/stream1":                 {"", "", "user", "p@ss"},
		"rtsp://user@cam/stream1":                        {"", "", "user", ""},
		"rtsp://cam:554/live@1":                          {"", "", "", ""},
		"rtsp://cam/user=admin&password=x@1/stream":      {"", "", "", ""},
		"rtsp://192.168.1.20":                            {"", "", "", ""},
		"http://user:p@ss:w/o#rd@192.168.1.20/":          {WebPage, "rtsp://192.168.1.20/", "user", "p@ss:w/o#rd"},
		"user:p@ss:w/o#rd@192.168.1.20/stream1":          {NoScheme, "rtsp://192.168.1.20/stream1", "user", "p@ss:w/o#rd"},
		"RTSP: rtsp://user:p@ss:w/o#rd@192.168.1.20/cam": {Label, "rtsp://192.168.1.20/cam", "user", "p@ss:w/o#rd"},
	} {
		tidy, wrong := CameraInput{URL: in}.Tidy()
		got := AddressError{Field: "url"}
		if len(wrong) > 0 {
			got = *wrong[0]
		}
		if got.Mistake != want.mistake || got.Likely != want.likely || tidy.User != want.user || tidy.Password.Reveal() != want.password {
			t.Errorf("%q: %q, likely %q, of %q %q", in, got.Mistake, got.Likely, tidy.User, tidy.Password.Reveal())
		}
		if p := want.password; p != "" && strings.Contains(tidy.URL+got.Likely+got.Error(), p) {
			t.Errorf("%q: the password is still in %q or %q", in, tidy.URL, got.Error())
		}
		if sentences[got.Mistake] == "" && got.Mistake != "" {
			t.Errorf("nothing is said about %q", got.Mistake)
		}
		if got.Likely != "" {
			if _, err := (CameraInput{URL: got.Likely}).Normalize(); err != nil {
				t.Errorf("%q: %q is likely, but %v", in, got.Likely, err)
			}
		}
	}
}

// TestDoubts has addresses that look right, and what came of asking there.
func TestDoubts(t *testing.T) {
	for in, want := range map[struct {
		address string
		reason  nvr.Reason
		rtsp    bool
		to      string
	}]AddressError{
		{"rtsp://cam:443/x", nvr.Unreachable, true, ""}:      {"url", WebPort, "rtsp://cam/x"},
		{"rtsp://cam:9443/x", nvr.BadStream, false, ""}:      {"url", WebPort, "rtsp://cam/x"},
		{"rtsp://[fe80::1]:443/x", nvr.BadStream, false, ""}: {"url", WebPort, "rtsp://[fe80::1]/x"},
		{"rtsp://cam/x", nvr.BadStream, false, ""}:           {"url", WebPort, ""},
		{"rtsp://cam", nvr.Refused, true, ""}:                {"url", NoPath, ""},
		{"rtsp://cam/", nvr.Refused, true, ""}:               {"url", NoPath, ""},
		{"rtsp://cam/x", nvr.Refused, true, "rtsp://nvr/y"}:  {"url", Redirect, "rtsp://nvr/y"},
		{"rtsp://cam/x", nvr.Refused, true, "javascript:x"}:  {"url", Redirect, ""},
		{"rtsp://cam/x", nvr.Refused, true, ""}:              {},
		{"rtsp://cam", nvr.Unreachable, true, ""}:            {},
		{"rtsp://cam:443/x", nvr.WrongPassword, true, ""}:    {},
	} {
		var got AddressError
		if e := Judge("url", in.address, in.reason, in.rtsp, in.to); e != nil {
			got = *e
		}
		if got != want {
			t.Errorf("%+v: %+v, want %+v", in, got, want)
		}
	}
}

func TestCredentials(t *testing.T) {
	tests := []struct {
		in             CameraInput
		user, password string // both empty: refused
	}{
		{CameraInput{URL: "rtsp://cam/", User: "u", Password: "p"}, "u", "p"},
		{CameraInput{URL: "rtsp://u:p@cam/", User: "u", Password: "p"}, "u", "p"},
		{CameraInput{URL: "rtsp://cam/", SubURL: "rtsp://u:p@cam/sub"}, "u", "p"},
		{CameraInput{URL: "rtsp://u:p@cam/", SubURL: "rtsp://u:p@cam/sub"}, "u", "p"},
		{CameraInput{URL: "rtsp://u:p@cam/", SubURL: "rtsp://u:q@cam/sub"}, "", ""},
		{CameraInput{URL: "rtsp://u:p@cam/", User: "v", Password: "p"}, "", ""},
		{CameraInput{URL: "rtsp://cam/", Password: "p"}, "", ""},
		{CameraInput{URL: "rtsp://cam/", User: "u\n", Password: "p"}, "", ""},
		{CameraInput{URL: "rtsp://cam/", User: "u", Password: Secret(strings.Repeat("p", maxCredential+1))}, "", ""},
	}
	for _, test := range tests {
		got, err := test.in.Normalize()
		if refused := test.user == ""; refused != errors.Is(err, nvr.ErrInvalid) || got.User != test.user || got.Password.Reveal() != test.password {
			t.Errorf("%+v: %q %q, %v", test.in, got.User, got.Password.Reveal(), err)
		}
	}
}

func TestNames(t *testing.T) {
	for name, ok := range map[string]bool{
		"Front door": true, "正門": true, "👨‍👩‍👧 door": true, "<script>alert(1)</script>": true, strings.Repeat("ü", maxName): true,
		"": false, " \t": false, strings.Repeat("x", maxName+1): false, "a\x00b": false, "a\nb": false, "a\u202eb": false, "a\u2028b": false, "\xff": false,
	} {
		h := open(t, t.TempDir())
		if _, err := h.AddCamera(t.Context(), CameraInput{Name: name, URL: "rtsp://cam/"}); ok != (err == nil) || (!ok && !errors.Is(err, nvr.ErrInvalid)) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func FuzzNormalize(f *testing.F) {
	for _, test := range addresses {
		f.Add(test.in, "rtsp://u:p@cam/sub")
	}
	f.Fuzz(func(t *testing.T, main, sub string) {
		once, err := CameraInput{URL: main, SubURL: sub}.Normalize()
		if err != nil {
			if !errors.Is(err, nvr.ErrInvalid) {
				t.Fatalf("%v", err)
			}
			return
		}
		twice, err := once.Normalize()
		if err != nil || twice != once {
			t.Errorf("%+v became %+v, %v", once, twice, err)
		}
		if strings.ContainsAny(once.URL+once.SubURL, "\r\n") {
			t.Errorf("a line break in %+v", once)
		}
	})
}
