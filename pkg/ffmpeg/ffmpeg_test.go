package ffmpeg

import (
	"errors"
	"strings"
	"testing"

	"nvrd/pkg/nvr"
)

func TestVersions(t *testing.T) {
	const x264 = "configuration: --enable-gpl --enable-libx264\n"
	for _, c := range []struct{ name, out, version, says string }{
		{"Debian 12", "ffmpeg version 5.1.9-0+deb12u1 Copyright\n" + x264 + "libavcodec     59. 37.100 / 59. 37.100\n", "5.1.9-0+deb12u1", ""},
		{"Debian 13", "ffmpeg version 7.1.3-0+deb13u1 Copyright\n" + x264 + "libavcodec     61. 19.101 / 61. 19.101\n", "7.1.3-0+deb13u1", ""},
		{"from a checkout", "ffmpeg version N-120000-gdeadbeef Copyright\n" + x264 + "libavcodec     62.  3.100 / 62.  3.100\n", "N-120000-gdeadbeef", ""},
		{"Debian 11", "ffmpeg version 4.3.9-0+deb11u1 Copyright\n" + x264 + "libavcodec     58. 91.100 / 58. 91.100\n", "", "too old"},
		{"5.0", "ffmpeg version 5.0.3 Copyright\n" + x264 + "libavcodec     59. 18.100 / 59. 18.100\n", "", "too old"},
		{"without its encoder", "ffmpeg version 7.1 Copyright\nlibavcodec     61. 19.101 / 61. 19.101\n", "", "libx264"},
		{"something else", "busybox\n", "", "does not say"},
		{"nothing", "", "", "does not say"},
	} {
		version, err := suits([]byte(c.out))
		if version != c.version || (err != nil) != (c.says != "") {
			t.Errorf("%s: %q, %v", c.name, version, err)
		}
		if err != nil && (!errors.Is(err, nvr.ErrNotFound) || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "apt install ffmpeg")) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
