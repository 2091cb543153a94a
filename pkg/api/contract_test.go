package api

import (
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/household"
	"nvrd/pkg/notify"
	"nvrd/pkg/nvr"
)

// reference returns docs/ref/api.md.
func reference(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("../../docs/ref/api.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// documented returns the addresses of docs/ref/api.md, each with the names of
// its query.
func documented(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([A-Z]+ [^`?]+)\\??([^`]*)`").FindAllStringSubmatch(reference(t), -1) {
		names := all[m[1]]
		for name := range strings.SplitSeq(m[2], "&") {
			name, _, _ = strings.Cut(name, "=")
			if name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		all[m[1]] = names
	}
	return all
}

type parameter struct {
	Ref  string `json:"$ref"`
	In   string
	Name string
}

// document is what the tests look at in openapi.json.
type document struct {
	OpenAPI string
	Paths   map[string]map[string]struct {
		Parameters []parameter
		Responses  map[string]any
	}
	Components struct {
		Parameters map[string]parameter
		Schemas    map[string]schema
		Responses  map[string]any
	}
}

type schema struct {
	Properties map[string]schema
	Required   []string
	Enum       []string
}

func described(t *testing.T) (d document) {
	t.Helper()
	if err := json.Unmarshal(openapi, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDocumentsAndRoutesAgree(t *testing.T) {
	docs := documented(t)
	d := described(t)
	if !strings.HasPrefix(d.OpenAPI, "3.1.") {
		t.Errorf("OpenAPI %s", d.OpenAPI)
	}
	machine := map[string][]string{}
	wildcard := regexp.MustCompile(`\{(\w+)\}`)
	for path, methods := range d.Paths {
		for method, operation := range methods {
			address := strings.ToUpper(method) + " " + path
			var query, inPath []string
			for _, p := range operation.Parameters {
				if name, ok := strings.CutPrefix(p.Ref, "#/components/parameters/"); ok {
					p = d.Components.Parameters[name]
				}
				switch p.In {
				case "query":
					query = append(query, p.Name)
				case "path":
					inPath = append(inPath, p.Name)
				default:
					t.Errorf("%s: parameter %+v", address, p)
				}
			}
			slices.Sort(query)
			machine[address] = query
			var want []string
			for _, m := range wildcard.FindAllStringSubmatch(path, -1) {
				want = append(want, m[1])
			}
			if !slices.Equal(inPath, want) {
				t.Errorf("%s: path parameters %v, want %v", address, inPath, want)
			}
		}
	}
	if diff := cmp.Diff(docs, machine); diff != "" {
		t.Errorf("docs/ref/api.md and openapi.json differ, -page +machine:\n%s", diff)
	}
	var routes []string
	for _, r := range new(api).routes() {
		routes = append(routes, r.address)
	}
	slices.Sort(routes)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(docs)), routes); diff != "" {
		t.Errorf("docs/ref/api.md and the routes differ, -page +routes:\n%s", diff)
	}
}

func TestSchemasAreWhatIsSent(t *testing.T) {
	d := described(t)
	// What is read, not sent, with what it must hold.
	read := map[string][]string{"CameraInput": {"url"}, "CameraChange": nil, "FindingInput": {"address"}, "FoundName": {"name"}, "RecordingChange": nil, "HomeChange": nil, "AlertsChange": nil, "EventInput": {"kind"}, "LockInput": {"from", "to", "why"}, "Zones": nil, "ChannelInput": {"kind", "name", "settings"}, "ChannelChange": nil}
	for name, v := range map[string]any{
		"Health": healthView{}, "Notice": noticeView{}, "Camera": nvr.Camera{}, "State": nvr.State{}, "Sight": nvr.Sight{}, "Zones": nvr.Zones{}, "Stream": nvr.Stream{}, "Video": nvr.Video{}, "Audio": nvr.Audio{},
		"CameraInput": household.CameraInput{}, "CameraChange": cameraChange{}, "Probe": nvr.Probe{}, "Devices": devicesView{}, "Device": deviceView{}, "FindingInput": findingInput{}, "Finding": findingView{}, "Offer": offerView{}, "FoundName": nameInput{}, "Timeline": timelineView{}, "Span": nvr.Span{}, "Gap": gapView{},
		"Activity": activityView{}, "Error": errorBody{}, "Recording": recordingView{}, "RecordingChange": recordingChange{},
		"Home": homeView{}, "HomeChange": homeChange{}, "Alerts": alertsView{}, "AlertsChange": alertsChange{}, "Alerted": alertedView{}, "Decided": recentView{}, "EventInput": eventInput{}, "Talk": talkView{}, "Audit": auditView{}, "AuditLog": auditsView{}, "Performance": performanceView{}, "DiskTimings": diskView{}, "Timings": timingsView{}, "Load": loadView{}, "Connection": connectionView{}, "Lock": lockView{}, "Locks": locksView{}, "LockInput": lockInput{}, "Reply": replyView{}, "Replies": repliesView{}, "Channel": notify.Channel{}, "ChannelInput": channelInput{}, "ChannelChange": channelChange{}, "Event": eventView{}, "Events": eventsView{},
	} {
		var all, always []string
		for f := range reflect.TypeOf(v).Fields() {
			field, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			if field == "-" {
				continue
			}
			all = append(all, field)
			if options == "" {
				always = append(always, field)
			}
		}
		if needed, ok := read[name]; ok {
			always = needed
		}
		slices.Sort(all)
		if diff := cmp.Diff(all, slices.Sorted(maps.Keys(d.Components.Schemas[name].Properties))); diff != "" {
			t.Errorf("%s, -sent +described:\n%s", name, diff)
		}
		required := slices.Sorted(slices.Values(d.Components.Schemas[name].Required))
		slices.Sort(always)
		if diff := cmp.Diff(always, required); diff != "" {
			t.Errorf("%s, -always sent +required:\n%s", name, diff)
		}
	}
	for _, r := range d.Components.Schemas["Reason"].Enum {
		if nvr.Reason(r).Sentence() == r {
			t.Errorf("reason %s has no sentence", r)
		}
	}
	if got, want := d.Components.Schemas["Phase"].Enum, []string{string(nvr.Connecting), string(nvr.Live), string(nvr.Waiting), string(nvr.Off)}; !slices.Equal(got, want) {
		t.Errorf("phases %v, want %v", got, want)
	}
	modes := d.Components.Schemas["Mode"].Enum
	for _, m := range modes {
		if err := (nvr.Plan{Mode: nvr.Mode(m)}).Check(); err != nil {
			t.Errorf("mode %s: %v", m, err)
		}
	}
	if len(modes) != 4 {
		t.Errorf("modes %v", modes)
	}
	var names []string
	for _, k := range append(nvr.Kinds(), nvr.Internal) {
		names = append(names, k.Name)
	}
	described := slices.Sorted(slices.Values(d.Components.Schemas["Error"].Properties["error"].Properties["kind"].Enum))
	slices.Sort(names)
	if diff := cmp.Diff(names, described); diff != "" {
		t.Errorf("kinds of errors, -sent +described:\n%s", diff)
	}
}

func TestErrorTableIsDocumented(t *testing.T) {
	documented := map[string]bool{}
	for _, m := range regexp.MustCompile("`([a-z_]+)` ([0-9]{3})").FindAllStringSubmatch(reference(t), -1) {
		documented[m[1]+" "+m[2]] = true
	}
	sent := map[string]bool{}
	for _, k := range append(nvr.Kinds(), nvr.Internal) {
		sent[k.Name+" "+strconv.Itoa(k.Status)] = true
	}
	if diff := cmp.Diff(documented, sent); diff != "" {
		t.Errorf("-page +sent:\n%s", diff)
	}
}
