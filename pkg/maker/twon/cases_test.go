package twon

import "nvrd/pkg/nvr"

const head = `{"success":true,"result":{"events":[`

var (
	button  = nvr.Signal{Kind: nvr.RingEvent, Source: "2n KeyPressed %1", On: true}
	calls   = nvr.Signal{Kind: nvr.RingEvent, Source: "2n CallStateChanged", On: true}
	called  = nvr.Signal{Kind: nvr.RingEvent, Source: "2n CallStateChanged"}
	moves   = nvr.Signal{Kind: nvr.MotionEvent, Source: "2n MotionDetected", On: true}
	still   = nvr.Signal{Kind: nvr.MotionEvent, Source: "2n MotionDetected"}
	closes  = nvr.Signal{Kind: nvr.InputSignal, Source: "2n InputChanged input1", On: true}
	opens   = nvr.Signal{Kind: nvr.InputSignal, Source: "2n InputChanged input1"}
	ajar    = nvr.Signal{Kind: nvr.DoorEvent, Source: "2n DoorStateChanged", On: true}
	shut    = nvr.Signal{Kind: nvr.DoorEvent, Source: "2n DoorStateChanged"}
	invalid = `{"success":false,"error":{"code":12,"param":"id","description":"invalid parameter value"}}`
)

// heardCases are answers to pull, and what they mean. They feed the test and the
// fuzzer.
var heardCases = []struct {
	name, body string
	told       []nvr.Signal
}{
	{"nothing new", head + `]}}`, nil},
	{"a button, its call, and the end", head +
		`{"id":5,"tzShift":60,"utcTime":1437987102,"upTime":8,"event":"KeyPressed","params":{"key":"%1"}},` +
		`{"id":6,"utcTime":1437987103,"event":"CallStateChanged","params":{"direction":"outgoing","state":"ringing","peer":"sip:100@192.168.1.5","session":1,"call":1}},` +
		`{"id":7,"utcTime":1437987130,"event":"CallStateChanged","params":{"direction":"outgoing","state":"terminated","peer":"sip:100@192.168.1.5"}}]}}`,
		[]nvr.Signal{button, called}},
	{"a call alone is a ring, answered or not", head +
		`{"event":"CallStateChanged","params":{"direction":"outgoing","state":"ringing"}},{"event":"CallStateChanged","params":{"direction":"outgoing","state":"connected"}},` +
		`{"event":"CallStateChanged","params":{"direction":"outgoing","state":"terminated"}}]}}`, []nvr.Signal{calls, called}},
	{"somebody calls the intercom", head + `{"event":"CallStateChanged","params":{"direction":"incoming","state":"ringing"}}]}}`, nil},
	{"a code on the keypad", head + `{"event":"KeyPressed","params":{"key":"1"}},{"event":"KeyPressed","params":{"key":"#"}},{"event":"KeyPressed","params":{"key":"%"}},{"event":"KeyPressed"}]}}`, nil},
	{"motion, input, door", head + `{"event":"MotionDetected","params":{"state":"in"}},{"event":"MotionDetected","params":{"state":"out"}},` +
		`{"event":"InputChanged","params":{"port":"input1","state":true}},{"event":"InputChanged","params":{"port":"input1","state":false}},` +
		`{"event":"DoorStateChanged","params":{"state":"opened"}},{"event":"DoorStateChanged","params":{"state":"closed"}}]}}`,
		[]nvr.Signal{moves, still, closes, opens, ajar, shut}},
	{"what nobody knows", head + `{"event":"CardEntered","params":{"uid":"0102030405"}},{"event":"MotionDetected","params":{"state":"maybe"}},{"event":"InputChanged","params":{"port":{},"state":[]}},{"params":{}},{}]}}`, nil},
	{"the subscription is gone", invalid, nil},
	{"no answer", `<html>`, nil},
}
