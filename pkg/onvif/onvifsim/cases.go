package onvifsim

import (
	"strings"
	"time"

	"nvrd/pkg/nvr"
)

// Notice is something that a device tells.
type Notice struct {
	Topic        string // with prefixes, as firmware has it
	Operation    string // Changed if empty; "-" for none
	UTC          string // the device's clock if empty; "-" for none
	Source, Data string // such as "Source=000, Name=value"; empty for none
	Raw          string // instead of all that
}

// Bare is a notification without a message.
const Bare = `<wsnt:NotificationMessage><wsnt:Topic>tns1:RuleEngine/MyRuleDetector/Visitor</wsnt:Topic></wsnt:NotificationMessage>`

// XML writes a notification of a time.
func (n Notice) XML(now time.Time) string {
	if n.Raw != "" {
		return n.Raw
	}
	attrs := ""
	switch n.UTC {
	case "-":
	case "":
		attrs = ` UtcTime="` + now.UTC().Format("2006-01-02T15:04:05Z") + `"`
	default:
		attrs = ` UtcTime="` + n.UTC + `"`
	}
	switch n.Operation {
	case "-":
	case "":
		attrs += ` PropertyOperation="Changed"`
	default:
		attrs += ` PropertyOperation="` + n.Operation + `"`
	}
	return `<wsnt:NotificationMessage><wsnt:Topic Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">` + n.Topic + `</wsnt:Topic><wsnt:Message><tt:Message` + attrs + `>` +
		items("Source", n.Source) + items("Data", n.Data) + `</tt:Message></wsnt:Message></wsnt:NotificationMessage>`
}

func items(group, text string) string {
	if text == "" {
		return ""
	}
	var b strings.Builder
	for _, part := range strings.Split(text, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		b.WriteString(`<tt:SimpleItem Name="` + name + `" Value="` + value + `"/>`)
	}
	return `<tt:` + group + `>` + b.String() + `</tt:` + group + `>`
}

// Case is what a device tells, and the signals that this is: kind, source and
// state.
type Case struct {
	Name    string
	Notices []Notice
	Want    []nvr.Signal
}

func ring(source string, on bool) nvr.Signal {
	return nvr.Signal{Kind: nvr.RingEvent, Source: source, On: on}
}

func signal(kind, source string, on bool) nvr.Signal {
	return nvr.Signal{Kind: kind, Source: source, On: on}
}

const (
	visitor = "tns1:RuleEngine/MyRuleDetector/Visitor"
	button  = "RuleEngine/MyRuleDetector/Visitor Source=000"
	motion  = "RuleEngine/CellMotionDetector/Motion"
	input   = "tns1:Device/Trigger/DigitalInput"
)

// Cases are what people report of devices, in our own words.
var Cases = []Case{
	{"a press at a Reolink", []Notice{{Topic: visitor, Source: "Source=000", Data: "State=true"}, {Topic: visitor, Source: "Source=000", Data: "State=false"}},
		[]nvr.Signal{ring(button, true), ring(button, false)}},
	{"how things stood is no press", []Notice{{Topic: visitor, Operation: "Initialized", Source: "Source=000", Data: "State=true"}}, nil},
	{"a press after how things stood", []Notice{
		{Topic: visitor, Operation: "Initialized", Source: "Source=000", Data: "State=false"}, {Topic: visitor, Source: "Source=000", Data: "State=true"},
	}, []nvr.Signal{ring(button, true)}},
	{"one press told twice", []Notice{{Topic: visitor, Source: "Source=000", Data: "State=true"}, {Topic: visitor, Source: "Source=000", Data: "State=true"}},
		[]nvr.Signal{ring(button, true)}},
	{"blanks and an end of the topic", []Notice{{Topic: "\n tns1:RuleEngine/MyRuleDetector/ Visitor//. ", Source: "Source=000", Data: "State=true"}},
		[]nvr.Signal{ring(button, true)}},
	{"another prefix, and one for each part", []Notice{{Topic: "x:RuleEngine/y:MyRuleDetector/y:Visitor", Source: "Source=000", Data: "State=1"}},
		[]nvr.Signal{ring(button, true)}},
	{"active", []Notice{{Topic: visitor, Source: "Source=000", Data: "State=Active"}}, []nvr.Signal{ring(button, true)}},
	{"a state of no kind", []Notice{{Topic: visitor, Source: "Source=000", Data: "State=maybe"}}, nil},
	{"the year 0", []Notice{{Topic: visitor, UTC: "0000-00-00T00:00:00Z", Source: "Source=000", Data: "State=true"}}, []nvr.Signal{ring(button, true)}},
	{"the year 1970", []Notice{{Topic: visitor, UTC: "1970-01-01T00:00:07Z", Source: "Source=000", Data: "State=true"}}, []nvr.Signal{ring(button, true)}},
	{"an hour ahead", []Notice{{Topic: visitor, UTC: "2199-01-01T00:00:00", Source: "Source=000", Data: "State=true"}}, []nvr.Signal{ring(button, true)}},
	{"no time", []Notice{{Topic: visitor, UTC: "-", Source: "Source=000", Data: "State=true"}}, []nvr.Signal{ring(button, true)}},
	{"no source", []Notice{{Topic: visitor, Data: "State=true"}}, []nvr.Signal{ring("RuleEngine/MyRuleDetector/Visitor", true)}},
	{"no property", []Notice{{Topic: visitor, Operation: "-", Source: "Source=000", Data: "State=true"}}, []nvr.Signal{ring(button, true)}},
	{"no message, then a press", []Notice{{Raw: Bare}, {Topic: visitor, Source: "Source=000", Data: "State=true"}}, []nvr.Signal{ring(button, true)}},
	{"no data, then a press", []Notice{{Topic: visitor, Source: "Source=000"}, {Topic: visitor, Source: "Source=000", Data: "State=true"}}, []nvr.Signal{ring(button, true)}},
	{"a notification of another protocol", []Notice{{Raw: `<x:NotificationMessage xmlns:x="urn:other"><wsnt:Topic>` + visitor + `</wsnt:Topic></x:NotificationMessage>`}}, nil},
	{"an Ajax or a Mobotix", []Notice{{Topic: "tns1:VideoSource/Alarm", Source: "Source=1", Data: "State=Ring"}}, []nvr.Signal{ring("VideoSource/Alarm Source=1", true)}},
	{"another alarm of a Mobotix", []Notice{{Topic: "tns1:VideoSource/Alarm", Source: "Source=1", Operation: "Initialized", Data: "State=Motion"}}, nil},
	{"what a Reolink sees", []Notice{
		{Topic: "tns1:RuleEngine/MyRuleDetector/PeopleDetect", Source: "Source=000", Data: "State=true"},
		{Topic: "tns1:RuleEngine/MyRuleDetector/VehicleDetect", Source: "Source=000", Data: "State=true"},
		{Topic: "tns1:RuleEngine/MyRuleDetector/DogCatDetect", Source: "Source=000", Data: "State=true"},
		{Topic: "tns1:RuleEngine/MyRuleDetector/Package", Source: "Source=000", Data: "State=true"},
		{Topic: "tns1:RuleEngine/MyRuleDetector/FaceDetect", Source: "Source=000", Data: "State=true"},
	}, []nvr.Signal{
		signal(nvr.PersonEvent, "RuleEngine/MyRuleDetector/PeopleDetect Source=000", true), signal(nvr.VehicleEvent, "RuleEngine/MyRuleDetector/VehicleDetect Source=000", true),
		signal(nvr.AnimalEvent, "RuleEngine/MyRuleDetector/DogCatDetect Source=000", true), signal(nvr.PackageEvent, "RuleEngine/MyRuleDetector/Package Source=000", true),
	}},
	{"motion in cells", []Notice{
		{Topic: "tns1:RuleEngine/CellMotionDetector/Motion", Source: "VideoSourceConfigurationToken=v, Rule=r", Data: "IsMotion=true"},
		{Topic: "tns1:RuleEngine/CellMotionDetector/Motion", Source: "Rule=r, VideoSourceConfigurationToken=v", Data: "IsMotion=false"},
	}, []nvr.Signal{signal(nvr.MotionEvent, motion+" Rule=r VideoSourceConfigurationToken=v", true), signal(nvr.MotionEvent, motion+" Rule=r VideoSourceConfigurationToken=v", false)}},
	{"motion of a lens", []Notice{{Topic: "tns1:VideoSource/MotionAlarm", Source: "Source=v", Data: "State=true"}}, []nvr.Signal{signal(nvr.MotionEvent, "VideoSource/MotionAlarm Source=v", true)}},
	{"motion by analysis", []Notice{{Topic: "tns1:VideoAnalytics/tnssamsung:MotionDetection", Source: "Source=v", Data: "State=1"}}, []nvr.Signal{signal(nvr.MotionEvent, "VideoAnalytics/MotionDetection Source=v", true)}},
	{"what a Tapo sees", []Notice{
		{Topic: "tns1:RuleEngine/TPSmartEventDetector/TPSmartEvent", Source: "Rule=r", Data: "IsPet=true"}, {Topic: "tns1:RuleEngine/PeopleDetector/People", Source: "Rule=r", Data: "IsPeople=true"},
	}, []nvr.Signal{signal(nvr.AnimalEvent, "RuleEngine/TPSmartEventDetector/TPSmartEvent Rule=r", true), signal(nvr.PersonEvent, "RuleEngine/PeopleDetector/People Rule=r", true)}},
	{"an input is no ring", []Notice{{Topic: input, Source: "InputToken=1", Data: "LogicalState=true"}}, []nvr.Signal{signal(nvr.InputSignal, "Device/Trigger/DigitalInput InputToken=1", true)}},
	{"an input that was closed before", []Notice{{Topic: input, Operation: "Initialized", Source: "InputToken=1", Data: "LogicalState=true"}}, nil},
	{"an input of an Axis", []Notice{{Topic: "tns1:Device/tnsaxis:IO/Port", Source: "port=2", Data: "state=active"}}, []nvr.Signal{signal(nvr.InputSignal, "Device/IO/Port port=2", true)}},
	{"what nobody knows", []Notice{{Topic: "tns1:Monitoring/ProcessorUsage", Source: "Token=cpu", Data: "Value=1"}}, nil},
}
