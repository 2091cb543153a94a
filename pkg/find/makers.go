package find

import "strings"

// maker is where cameras of one maker have their streams.
type maker struct {
	name      string // in small letters, as it stands in what a device says of itself
	main, sub string // path and query; sub is empty where there is none
	ports     []int  // where it is asked by RTSP, apart from 554
}

// makers are tried in this order where nothing else is known: by what people
// report, those first that are met most in homes. Change it as reports come in.
var makers = []maker{
	{name: "reolink", main: "/h264Preview_01_main", sub: "/h264Preview_01_sub"},
	{name: "hikvision", main: "/Streaming/Channels/101", sub: "/Streaming/Channels/102"},
	{name: "dahua", main: "/cam/realmonitor?channel=1&subtype=0", sub: "/cam/realmonitor?channel=1&subtype=1"},
	{name: "amcrest", main: "/cam/realmonitor?channel=1&subtype=0", sub: "/cam/realmonitor?channel=1&subtype=1"},
	{name: "tp-link", main: "/stream1", sub: "/stream2"}, // Tapo, VIGI
	{name: "axis", main: "/axis-media/media.amp"},
	{name: "ubiquiti", main: "/s0", sub: "/s1", ports: []int{7447}},
	{name: "foscam", main: "/videoMain", sub: "/videoSub", ports: []int{88}},
	{name: "hanwha", main: "/profile2/media.smp", sub: "/profile3/media.smp"},
	{name: "uniview", main: "/media/video1", sub: "/media/video2"},
	{name: "2n", main: "/h264_stream"},
	{name: "doorbird", main: "/mpeg/media.amp"},
	{name: "", main: "/live/ch0", sub: "/live/ch1"}, // many without a name
	{name: "", main: "/ch0_0.h264", sub: "/ch0_1.h264"},
	{name: "", main: "/11", sub: "/12"},
	{name: "", main: "/"},
}

// onvifPorts are where makers have ONVIF, apart from 80: Reolink, Tapo, many without
// a name, Foscam, and others.
var onvifPorts = []string{"8000", "2020", "8899", "888", "8080"}

// likely returns the makers with the one first that a device names.
func likely(said string) []maker {
	said = strings.ToLower(said)
	var first, others []maker
	for _, m := range makers {
		if m.name != "" && strings.Contains(said, m.name) {
			first = append(first, m)
		} else {
			others = append(others, m)
		}
	}
	return append(first, others...)
}
