package onvifsim

import (
	"cmp"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// calls are what a device answers, by the name of the element in the body.
var calls = map[string]func(*Device, http.ResponseWriter, *http.Request, string){
	"GetSystemDateAndTime": (*Device).clock,
	"GetDeviceInformation": (*Device).information,
	"GetEndpointReference": (*Device).endpoint,
	"GetServices":          (*Device).services,
	"GetCapabilities":      (*Device).capabilities,
	"GetProfiles":          (*Device).profiles,
	"GetVideoSources":      (*Device).sources,
	"GetStreamUri":         (*Device).streamURI,
	"GetSnapshotUri":       (*Device).snapshotURI,
	"GetRelayOutputs":      (*Device).relayOutputs,
	"SetRelayOutputState":  (*Device).setRelay,

	"CreatePullPointSubscription": (*Device).subscribe,
	"PullMessages":                (*Device).pull,
	"Renew":                       (*Device).renew,
	"Unsubscribe":                 (*Device).unsubscribe,
}

func (d *Device) clock(w http.ResponseWriter, _ *http.Request, _ string) {
	t := time.Now().Add(d.Clock).UTC()
	d.answer(w, http.StatusOK, fmt.Sprintf(`<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings>`+
		`<tt:UTCDateTime><tt:Time><tt:Hour>%d</tt:Hour><tt:Minute>%d</tt:Minute><tt:Second>%d</tt:Second></tt:Time><tt:Date><tt:Year>%d</tt:Year><tt:Month>%d</tt:Month><tt:Day>%d</tt:Day></tt:Date></tt:UTCDateTime>`+
		`</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>`, t.Hour(), t.Minute(), t.Second(), t.Year(), t.Month(), t.Day()))
}

func (d *Device) information(w http.ResponseWriter, _ *http.Request, _ string) {
	d.answer(w, http.StatusOK, `<tds:GetDeviceInformationResponse><tds:Manufacturer>`+d.Maker+`</tds:Manufacturer><tds:Model>`+d.Model+
		`</tds:Model><tds:FirmwareVersion>1.0</tds:FirmwareVersion><tds:SerialNumber>`+d.Serial+`</tds:SerialNumber><tds:HardwareId>1</tds:HardwareId></tds:GetDeviceInformationResponse>`)
}

// address returns where a service of the device is, as it tells.
func (d *Device) address(r *http.Request, path string) string {
	host := r.Host
	if d.has(OtherHost) {
		host = "192.0.2.77"
	}
	return "http://" + host + "/onvif/" + path
}

func (d *Device) services(w http.ResponseWriter, r *http.Request, _ string) {
	if d.has(NoServices) {
		d.fault(w, http.StatusInternalServerError, "ter:ActionNotSupported", "Optional Action Not Implemented")
		return
	}
	media := "http://www.onvif.org/ver10/media/wsdl"
	if d.Media2 {
		media = "http://www.onvif.org/ver20/media/wsdl"
	}
	var b strings.Builder
	for _, s := range [][2]string{{"http://www.onvif.org/ver10/device/wsdl", "device_service"}, {media, "media"}, {"http://www.onvif.org/ver10/events/wsdl", "events"}} {
		fmt.Fprintf(&b, `<tds:Service><tds:Namespace>%s</tds:Namespace><tds:XAddr>%s</tds:XAddr></tds:Service>`, s[0], d.address(r, s[1]))
	}
	d.answer(w, http.StatusOK, `<tds:GetServicesResponse>`+b.String()+`</tds:GetServicesResponse>`)
}

func (d *Device) capabilities(w http.ResponseWriter, r *http.Request, _ string) {
	d.answer(w, http.StatusOK, `<tds:GetCapabilitiesResponse><tds:Capabilities><tt:Events><tt:XAddr>`+d.address(r, "events")+`</tt:XAddr></tt:Events><tt:Media><tt:XAddr>`+
		d.address(r, "media")+`</tt:XAddr></tt:Media></tds:Capabilities></tds:GetCapabilitiesResponse>`)
}

func (d *Device) profiles(w http.ResponseWriter, _ *http.Request, body string) {
	space := d.mediaPrefix(body)
	var b strings.Builder
	for _, s := range d.Streams {
		source := `<tt:SourceToken>lens</tt:SourceToken>`
		encoder := fmt.Sprintf(`<tt:Encoding>%s</tt:Encoding><tt:Resolution><tt:Width>%d</tt:Width><tt:Height>%d</tt:Height></tt:Resolution>`, s.Encoding, s.Width, s.Height)
		if space == "tr2" {
			fmt.Fprintf(&b, `<tr2:Profiles token="%s"><tr2:Name>p</tr2:Name><tr2:Configurations><tr2:VideoSource token="v">%s</tr2:VideoSource><tr2:VideoEncoder token="e">%s</tr2:VideoEncoder></tr2:Configurations></tr2:Profiles>`, s.Token, source, encoder)
		} else {
			fmt.Fprintf(&b, `<trt:Profiles fixed="true" token="%s"><tt:Name>p</tt:Name><tt:VideoSourceConfiguration token="v">%s</tt:VideoSourceConfiguration><tt:VideoEncoderConfiguration token="e">%s</tt:VideoEncoderConfiguration></trt:Profiles>`, s.Token, source, encoder)
		}
	}
	d.answer(w, http.StatusOK, `<`+space+`:GetProfilesResponse>`+b.String()+`</`+space+`:GetProfilesResponse>`)
}

// sources tells of the one lens, which is as large as the largest stream of it.
func (d *Device) sources(w http.ResponseWriter, _ *http.Request, _ string) {
	var width, height int
	for _, s := range d.Streams {
		width, height = max(width, s.Width), max(height, s.Height)
	}
	d.answer(w, http.StatusOK, fmt.Sprintf(`<trt:GetVideoSourcesResponse><trt:VideoSources token="lens"><tt:Framerate>15</tt:Framerate><tt:Resolution><tt:Width>%d</tt:Width><tt:Height>%d</tt:Height></tt:Resolution></trt:VideoSources></trt:GetVideoSourcesResponse>`, width, height))
}

func (d *Device) mediaPrefix(body string) string {
	if strings.Contains(body, "ver20/media") {
		return "tr2"
	}
	return "trt"
}

func (d *Device) streamURI(w http.ResponseWriter, _ *http.Request, body string) {
	for _, s := range d.Streams {
		if s.Token == between(body, "ProfileToken>", "<") {
			d.uri(w, body, "GetStreamUri", s.URI)
			return
		}
	}
	d.fault(w, http.StatusBadRequest, "ter:NoProfile", "Profile token does not exist")
}

func (d *Device) snapshotURI(w http.ResponseWriter, r *http.Request, body string) {
	d.uri(w, body, "GetSnapshotUri", d.address(r, "snapshot.jpg"))
}

func (d *Device) uri(w http.ResponseWriter, body, name, uri string) {
	uri = strings.NewReplacer("&", "&amp;", "<", "&lt;").Replace(uri)
	if d.mediaPrefix(body) == "tr2" {
		d.answer(w, http.StatusOK, `<tr2:`+name+`Response><tr2:Uri>`+uri+`</tr2:Uri></tr2:`+name+`Response>`)
		return
	}
	d.answer(w, http.StatusOK, `<trt:`+name+`Response><trt:MediaUri><tt:Uri>`+uri+`</tt:Uri><tt:Timeout>PT0S</tt:Timeout></trt:MediaUri></trt:`+name+`Response>`)
}

func (d *Device) relayOutputs(w http.ResponseWriter, _ *http.Request, _ string) {
	var b strings.Builder
	for _, token := range d.Relays {
		b.WriteString(`<tds:RelayOutputs token="` + token + `"><tt:Properties><tt:Mode>Monostable</tt:Mode><tt:DelayTime>PT3S</tt:DelayTime><tt:IdleState>open</tt:IdleState></tt:Properties></tds:RelayOutputs>`)
	}
	d.answer(w, http.StatusOK, `<tds:GetRelayOutputsResponse>`+b.String()+`</tds:GetRelayOutputsResponse>`)
}

func (d *Device) setRelay(w http.ResponseWriter, _ *http.Request, body string) {
	token := between(body, "RelayOutputToken>", "<")
	for _, known := range d.Relays {
		if known == token {
			d.mu.Lock()
			d.relays[token] = between(body, "LogicalState>", "<") == "active"
			d.mu.Unlock()
			d.answer(w, http.StatusOK, `<tds:SetRelayOutputStateResponse/>`)
			return
		}
	}
	d.fault(w, http.StatusBadRequest, "ter:RelayToken", "Unknown relay token reference")
}

const lasting = time.Minute

// until tells what time it is and when a subscription ends, by the device's clock.
func (d *Device) until(prefix string, end time.Time) string {
	told := func(name string, at time.Time) string {
		return `<` + prefix + `:` + name + `>` + at.Add(d.Clock).UTC().Format(time.RFC3339) + `</` + prefix + `:` + name + `>`
	}
	return told("CurrentTime", time.Now()) + told("TerminationTime", end)
}

func (d *Device) subscribe(w http.ResponseWriter, r *http.Request, body string) {
	if d.has(NoDuration) && strings.Contains(body, "InitialTerminationTime") {
		d.fault(w, http.StatusBadRequest, "ter:InvalidArgVal", "bad duration")
		return
	}
	d.mu.Lock()
	d.next++
	id := strconv.Itoa(d.next)
	d.subs[id] = &sub{until: time.Now().Add(lasting), waiting: append([]string(nil), d.initial...)}
	d.mu.Unlock()
	kind := ""
	if d.has(NamedParams) {
		kind = ` kind="pull"`
	}
	d.answer(w, http.StatusOK, `<tev:CreatePullPointSubscriptionResponse><tev:SubscriptionReference><wsa5:Address>`+d.address(r, "subscription/"+id)+
		`</wsa5:Address><wsa5:ReferenceParameters><x:SubscriptionId xmlns:x="http://www.axis.com/2009/event"`+kind+`>`+id+`</x:SubscriptionId></wsa5:ReferenceParameters></tev:SubscriptionReference>`+
		d.until("wsnt", time.Now().Add(lasting))+`</tev:CreatePullPointSubscriptionResponse>`)
}

// subscription finds the one that a request is for: by its own address, which has
// to stand in To, and by the reference parameter, which has to be echoed.
func (d *Device) subscription(w http.ResponseWriter, r *http.Request, body string) (string, *sub) {
	id := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	d.mu.Lock()
	s := d.subs[id]
	d.mu.Unlock()
	to := first(sentTo, body)
	echoed := echoedID.FindStringSubmatch(body)
	if s == nil || !strings.HasSuffix(to, "/onvif/subscription/"+id) || echoed == nil || echoed[2] != id || d.has(NamedParams) && !strings.Contains(echoed[1], `kind="pull"`) {
		d.fault(w, http.StatusBadRequest, "wsrf-rw:ResourceUnknownFault", "no such subscription")
		return "", nil
	}
	return id, s
}

func (d *Device) pull(w http.ResponseWriter, r *http.Request, body string) {
	_, s := d.subscription(w, r, body)
	if s == nil {
		return
	}
	wait, _ := strconv.ParseFloat(between(body, "Timeout>PT", "S<"), 64)
	limit, _ := strconv.Atoi(between(body, "MessageLimit>", "<"))
	if d.has(ShortPulls) && (wait > 1 || limit > 2) {
		d.fault(w, http.StatusInternalServerError, "ter:InvalidArgVal", "too long", `<tev:PullMessagesFaultResponse><tev:MaxTimeout>PT1S</tev:MaxTimeout><tev:MaxMessageLimit>2</tev:MaxMessageLimit></tev:PullMessagesFaultResponse>`)
		return
	}
	d.mu.Lock()
	d.pulls++
	odd := d.pulls%2 == 1
	d.mu.Unlock()
	if odd && d.has(ClosesPulls) {
		panic(http.ErrAbortHandler)
	}
	if odd && d.has(GarbledPulls) {
		_, _ = w.Write([]byte(`<SOAP-ENV:Envelope><SOAP-ENV:Body><tev:PullMess`))
		return
	}
	if d.has(AnswersAtOnce) {
		wait = 0
	}
	news := strings.Join(d.news(r, s, time.Duration(wait*float64(time.Second)), limit), "")
	d.mu.Lock()
	end := s.until
	d.mu.Unlock()
	d.answer(w, http.StatusOK, `<tev:PullMessagesResponse>`+d.until("tev", end)+news+`</tev:PullMessagesResponse>`)
}

// news waits until there is something to tell.
func (d *Device) news(r *http.Request, s *sub, wait time.Duration, limit int) []string {
	over := time.NewTimer(wait)
	defer over.Stop()
	for {
		d.mu.Lock()
		n := min(len(s.waiting), max(limit, 1))
		out, wake := s.waiting[:n], d.wake
		s.waiting = s.waiting[n:]
		gone := true
		for _, other := range d.subs {
			gone = gone && other != s
		}
		d.mu.Unlock()
		if len(out) > 0 || gone {
			return out
		}
		select {
		case <-wake:
		case <-over.C:
			return nil
		case <-r.Context().Done():
			return nil
		}
	}
}

func (d *Device) renew(w http.ResponseWriter, r *http.Request, body string) {
	if d.has(NoRenew) {
		d.fault(w, http.StatusInternalServerError, "ter:ActionNotSupported", "no such action")
		return
	}
	_, s := d.subscription(w, r, body)
	if s == nil {
		return
	}
	d.mu.Lock()
	s.until = time.Now().Add(lasting)
	d.mu.Unlock()
	d.answer(w, http.StatusOK, `<wsnt:RenewResponse>`+d.until("wsnt", time.Now().Add(lasting))+`</wsnt:RenewResponse>`)
}

func (d *Device) unsubscribe(w http.ResponseWriter, r *http.Request, body string) {
	id, s := d.subscription(w, r, body)
	if s == nil {
		return
	}
	d.mu.Lock()
	delete(d.subs, id)
	d.poke()
	d.mu.Unlock()
	d.answer(w, http.StatusOK, `<wsnt:UnsubscribeResponse/>`)
}

func (d *Device) endpoint(w http.ResponseWriter, _ *http.Request, _ string) {
	d.answer(w, http.StatusOK, `<tds:GetEndpointReferenceResponse><tds:GUID>`+cmp.Or(d.Endpoint, usualEndpoint)+`</tds:GUID></tds:GetEndpointReferenceResponse>`)
}
