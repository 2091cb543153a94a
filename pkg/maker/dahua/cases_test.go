package dahua

import "nvrd/pkg/nvr"

// heardCase is what a device sends, and what it means.
type heardCase struct {
	name  string
	sends []string // in pieces; between them the device pauses
	told  []nvr.Signal
}

func on(kind, source string) nvr.Signal  { return nvr.Signal{Kind: kind, Source: source, On: true} }
func off(kind, source string) nvr.Signal { return nvr.Signal{Kind: kind, Source: source} }

const part = "--myboundary\r\nContent-Type: text/plain\r\nContent-Length: 74\r\n\r\n"

var (
	talk   = on(nvr.RingEvent, "dahua _DoTalkAction_")
	talked = off(nvr.RingEvent, "dahua _DoTalkAction_")
	light  = on(nvr.RingEvent, "dahua BackKeyLight")
	dark   = off(nvr.RingEvent, "dahua BackKeyLight")
	alone  = on(nvr.RingEvent, "dahua CallNoAnswered")
)

// heardCases feed the test and the fuzzer.
var heardCases = []heardCase{
	{"a press at an AD410, and its end", []string{
		part + "Code=_DoTalkAction_;action=Pulse;index=0;data={\r\n   \"Action\" : \"Invite\",\r\n   \"CallID\" : \"7\"\r\n}\r\n\r\n",
		part + "Code=_DoTalkAction_;action=Pulse;index=0;data={ \"Action\" : \"Hangup\" }\r\n\r\n"}, []nvr.Signal{talk, talked}},
	{"CallNoAnswered in the second of the press belongs to it (python-amcrest#137)", []string{
		part + "Code=_DoTalkAction_;action=Pulse;index=0;data={ \"Action\" : \"Invite\" }\r\n" +
			part + "Code=CallNoAnswered;action=Start;index=0;data={ \"CallID\" : \"9\" }\r\n"}, []nvr.Signal{talk}},
	{"CallNoAnswered alone is a press, each time (dahua#52)", []string{
		part + "Code=CallNoAnswered;action=Start;index=0;data={ \"CallID\" : \"7\" }\r\n",
		part + "Code=CallNoAnswered;action=Stop;index=0;data={ \"CallID\" : \"7\" }\r\n",
		part + "Code=CallNoAnswered;action=Start;index=0;data={ \"CallID\" : \"8\" }\r\n"}, []nvr.Signal{alone, alone}},
	{"a VTO's button", []string{
		part + "Code=BackKeyLight;action=Pulse;index=0;data={\n   \"State\" : 1\n}\n\n",
		part + "Code=BackKeyLight;action=Pulse;index=0;data={\n   \"State\" : 6\n}\n\n"}, []nvr.Signal{light, dark}},
	{"state 2 as well", []string{"Code=BackKeyLight;action=Pulse;index=0;data={\"State\":2}"}, []nvr.Signal{light}},
	{"the lock, an indoor station, and the end of nothing", []string{
		"Code=BackKeyLight;action=Pulse;index=0;data={\"State\":8}\nCode=BackKeyLight;action=Pulse;index=0;data={\"State\":9}\n" +
			"Code=BackKeyLight;action=Pulse;index=0;data={\"State\":7}\nCode=BackKeyLight;action=Pulse;index=0;data={\"State\":0}\n"}, nil},
	{"Invite", []string{part + "Code=Invite;action=Pulse;index=0;data={ \"CallID\" : \"1\" }\r\n"}, []nvr.Signal{on(nvr.RingEvent, "dahua Invite")}},
	{"an input is no ring; its index on a line of its own", []string{part + "Code=AlarmLocal;action=Start;index\n=6\r\n\r\n",
		part + "Code=AlarmLocal;action=Stop;index=6\r\n\r\n"},
		[]nvr.Signal{on(nvr.InputSignal, "dahua AlarmLocal 6"), off(nvr.InputSignal, "dahua AlarmLocal 6")}},
	{"the heat sensor of an AD110, without its last brace", []string{
		part + "Code=ProfileAlarmTransmit;action=Start;index=0;data={\n   \"SenseMethod\" : \"PassiveInfrared\",\n   \"UTC\" : 1601279708\n",
		"--myboundary\r\n"}, []nvr.Signal{on(nvr.MotionEvent, "dahua ProfileAlarmTransmit")}},
	{"a press without its last brace is told at the pause", []string{
		part + "Code=_DoTalkAction_;action=Pulse;index=0;data={\r\n   \"Action\" : \"Invite\",\r\n"}, []nvr.Signal{talk}},
	{"a press in two pieces, with a pause before what matters", []string{
		part + "Code=_DoTalkAction_;action=Pulse;index=0;data={\r\n", "   \"Action\" : \"Invite\"\r\n}\r\n"}, []nvr.Signal{talk}},
	{"a press cut within its head", []string{part + "Code=_DoTalkAct", "ion_;action=Pulse;ind", "ex=0;data={\"Action\":\"Invite\"}"}, []nvr.Signal{talk}},
	{"a length far too large, and one too small (dahua#709)", []string{
		"--myboundary\r\nContent-Length: 99999\r\n\r\nCode=BackKeyLight;action=Pulse;index=0;data={\"State\":1}",
		"--myboundary\r\nContent-Length: 3\r\n\r\nCode=BackKeyLight;action=Pulse;index=0;data={\"State\":0}"}, []nvr.Signal{light, dark}},
	{"line ends of all kinds", []string{"--myboundary\n\rContent-Type: text/plain\r\r\nCode=BackKeyLight;action=Pulse;index=0;data={\r\"State\"\n:\r\n1\r}\n"}, []nvr.Signal{light}},
	{"an event within one that has no end", []string{
		"Code=VideoMotion;action=Start;index=0;data={\n \"Id\" : [ 0 ],\nCode=_DoTalkAction_;action=Pulse;index=0;data={ \"Action\" : \"Invite\" }\n"},
		[]nvr.Signal{on(nvr.MotionEvent, "dahua VideoMotion"), talk}},
	{"braces within strings, and a string without its end", []string{
		"Code=NewFile;action=Pulse;index=0;data={ \"File\" : \"/mnt/sd/[M][0@0]}{{.jpg\" }\n",
		"Code=NewFile;action=Pulse;index=0;data={ \"File\" : \"/mnt/sd\n}\n", "Code=BackKeyLight;action=Pulse;index=0;data={\"State\":1}\n"}, []nvr.Signal{light}},
	{"somebody, by a VTO's or an AD410's own eyes", []string{
		"Code=CrossRegionDetection;action=Start;index=0;data={ \"Action\" : \"Appear\", \"DetectRegion\" : [ [ 0, 0 ], [ 8191, 8191 ] ], \"Object\" : { \"Action\" : \"Appear\", \"ObjectType\" : \"Human\" } }\n" +
			"Code=CrossRegionDetection;action=Stop;index=0;data={ \"ObjectType\" : \"Human\" }\n" +
			"Code=CrossLineDetection;action=Start;index=0;data={ \"Object\" : { \"ObjectType\" : \"Vehicle\" } }\n" +
			"Code=CrossLineDetection;action=Start;index=0;data={}\n"},
		[]nvr.Signal{on(nvr.PersonEvent, "dahua CrossRegionDetection"), off(nvr.PersonEvent, "dahua CrossRegionDetection"),
			on(nvr.VehicleEvent, "dahua CrossLineDetection"), on(nvr.MotionEvent, "dahua CrossLineDetection")}},
	{"the door's contact", []string{"Code=DoorStatus;action=Pulse;index=0;data={\"Status\":\"Open\"}\nCode=DoorStatus;action=Pulse;index=0;data={\"Status\":\"Close\"}\n"},
		[]nvr.Signal{on(nvr.DoorEvent, "dahua DoorStatus"), off(nvr.DoorEvent, "dahua DoorStatus")}},
	{"what nobody knows", []string{"Code=SIPRegisterResult;action=Pulse;index=0;data={\n   \"Success\" : false\n}\n\n", "Heartbeat\r\n\r\n", "Code=;action=;index=;data=\n", "Code=x"}, nil},
}
