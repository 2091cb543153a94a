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
	{"rtsp://u:can#ary@cam/x", ""},
	{"rtsp://u:can/ary@cam/x", ""},
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
}

func TestAddresses(t *testing.T) {
	for _, test := range addresses {
		got, err := CameraInput{URL: test.in}.Normalize()
		switch {
		case test.want == "" && !errors.Is(err, nvr.ErrInvalid):
			t.Errorf("%q: %v, want it refused", test.in, err)
		case test.want != "" && (err != nil || got.URL != test.want):
			t.Errorf("%q: %q, %v; want %q", test.in, got.URL, err, test.want)
		}
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("%q: the error tells the password: %v", test.in, err)
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
