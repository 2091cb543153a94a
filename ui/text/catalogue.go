package text

import (
	"strconv"
	"strings"
	"time"

	"nvrd/pkg/nvr"
)

// Catalogue is every word in one language. A test refuses empty entries.
type Catalogue struct {
	Lang     string                `json:"lang"`
	Locale   string                `json:"locale"` // by which scripts ask the browser for dates and clocks (BCP 47)
	Brand    string                `json:"brand"`
	Shell    Shell                 `json:"shell"`
	Home     Home                  `json:"home"`
	State    State                 `json:"state"`
	Camera   Camera                `json:"camera"`
	Together Together              `json:"together"`
	Add      Add                   `json:"add"`
	Find     Find                  `json:"find"`
	Recorded Recorded              `json:"recorded"`
	Motion   Motion                `json:"motion"`
	Remove   Remove                `json:"remove"`
	Login    Login                 `json:"login"`
	Notify   Notify                `json:"notify"`
	Alerts   Alerts                `json:"alerts"`
	Trust    Trust                 `json:"trust"`
	Failure  Failure               `json:"failure"`
	Street   Street                `json:"street"`
	Profile  Profile               `json:"profile"`
	Desk     Desk                  `json:"desk"`
	Calendar Calendar              `json:"calendar"`
	Numbers  Numbers               `json:"numbers"`
	Ring     Ring                  `json:"ring"`
	Events   Events                `json:"events"`
	Bell     Bell                  `json:"bell"`
	Audit    Audit                 `json:"audit"`
	Storage  Storage               `json:"storage"`
	Replies  Replies               `json:"replies"`
	Talk     Talk                  `json:"talk"`
	Reasons  map[nvr.Reason]string `json:"reasons"`
	Advice   map[nvr.Reason]string `json:"advice"`
	Went     map[nvr.Cause]string  `json:"went"` // {date} {n}, of days; {who}; "soon" is too_old of less than two, "by_house" is by_hand by who has the key
	Script   map[string]string     `json:"script"`
}

// Shell is what stands around every page.
type Shell struct {
	Title     string `json:"title"` // {page}
	Skip      string `json:"skip"`
	Nav       string `json:"nav"`
	Home      string `json:"home"`
	Add       string `json:"add"`
	Storage   string `json:"storage"`
	Street    string `json:"street"`
	Notify    string `json:"notify"`
	Recording string `json:"recording"` // {n} {of}
	Nothing   string `json:"nothing"`
	NoScript  string `json:"no_script"`
	Offline   string `json:"offline"`
	About     string `json:"about"`
	Source    string `json:"source"`
	SignOut   string `json:"sign_out"`
}

// Ring is what pages say of who rings.
type Ring struct {
	Now        string `json:"now"`
	At         string `json:"at"` // {time}
	Answer     string `json:"answer"`
	Answered   string `json:"answered"`
	AnsweredBy string `json:"answered_by"` // {who}
	Missed     string `json:"missed"`
	Rang       Plural `json:"rang"`
	Last       string `json:"last"` // {time}
	See        string `json:"see"`
	Seen       string `json:"seen"`
	Say        string `json:"say"`
	Later      string `json:"later"`
	Kept       string `json:"kept"`
	Silent     string `json:"silent"`
	Why        string `json:"why"`
}

// Bell is the page that says how a press is heard.
type Bell struct {
	Title        string         `json:"title"` // {name}
	Menu         string         `json:"menu"`
	Back         string         `json:"back"`
	Offer        string         `json:"offer"`
	Lead         string         `json:"lead"`
	Made         string         `json:"made"`
	MadeHint     string         `json:"made_hint"`
	Again        string         `json:"again"`
	Told         string         `json:"told"`
	Login        string         `json:"login"`
	LoginHint    string         `json:"login_hint"`
	Unregistered string         `json:"unregistered"`
	Exchange     string         `json:"exchange"`
	ExchangeHint string         `json:"exchange_hint"`
	Silent       string         `json:"silent"` // {time}
	Heard        string         `json:"heard"`  // {time}
	Waits        string         `json:"waits"`
	Listens      string         `json:"listens"`
	Tries        string         `json:"tries"`
	Change       string         `json:"change"`
	Remove       string         `json:"remove"`
	Unbound      string         `json:"unbound"`
	UnboundAt    string         `json:"unbound_at"` // {time}
	Bound        string         `json:"bound"`
	Unbind       string         `json:"unbind"`
	AsCamera     string         `json:"as_camera"`
	Address      string         `json:"address"`
	AddressHint  string         `json:"address_hint"`
	Broker       string         `json:"broker"`
	BrokerHint   string         `json:"broker_hint"`
	User         string         `json:"user"`
	UserHint     string         `json:"user_hint"`
	Password     string         `json:"password"`
	PasswordHint string         `json:"password_hint"`
	Topic        string         `json:"topic"`
	TopicHint    string         `json:"topic_hint"`
	Field        string         `json:"field"`
	FieldHint    string         `json:"field_hint"`
	On           string         `json:"on"`
	OnHint       string         `json:"on_hint"`
	Means        string         `json:"means"`
	MeansHint    string         `json:"means_hint"`
	Choose       string         `json:"choose"`
	Cancel       string         `json:"cancel"`
	Ways         map[string]Way `json:"ways"`
}

// Way is a way of hearing a press.
type Way struct {
	Name string `json:"name"`
	What string `json:"what"` // which doorbells
	How  string `json:"how"`  // what to do there
}

// Events is the page of what happened.
type Events struct {
	Title      string            `json:"title"`
	Lately     string            `json:"lately"`
	All        string            `json:"all"`
	None       string            `json:"none"`
	Camera     string            `json:"camera"`
	Every      string            `json:"every"`
	Kind       string            `json:"kind"`
	Everything string            `json:"everything"`
	Show       string            `json:"show"`
	More       string            `json:"more"`
	Kinds      map[string]string `json:"kinds"`
	Many       map[string]string `json:"many"` // {n}
	Each       string            `json:"each"`
	NoClip     string            `json:"no_clip"` // {reason}
	Partly     string            `json:"partly"`  // {duration} {reason}
	Select     string            `json:"select"`  // {what} {time}
	Selected   string            `json:"selected"`
	LetGo      string            `json:"let_go"`
	Chosen     Chosen            `json:"chosen"`
	Delete     Delete            `json:"delete"`
}

// Chosen is the page of what was selected.
type Chosen struct {
	Title        string            `json:"title"`
	None         string            `json:"none"`
	TooMuch      string            `json:"too_much"`
	Clips        Plural            `json:"clips"` // {n} {duration}
	Download     string            `json:"download"`
	DownloadHint string            `json:"download_hint"`
	Less         Plural            `json:"less"` // {n}
	Nothing      string            `json:"nothing"`
	Soon         string            `json:"soon"`
	Keep         string            `json:"keep"`
	KeepHint     string            `json:"keep_hint"`
	Kept         string            `json:"kept"`
	SeeKept      string            `json:"see_kept"`
	Why          string            `json:"why"`
	WhyHint      string            `json:"why_hint"`
	WhyWrong     string            `json:"why_wrong"`
	Until        string            `json:"until"`
	Terms        map[string]string `json:"terms"` // by how long
}

// Delete is the page that deletes what was selected.
type Delete struct {
	Title   string              `json:"title"`
	Hint    string              `json:"hint"` // beside the link to it
	Open    string              `json:"open"`
	Goes    string              `json:"goes"`
	Whole   string              `json:"whole"`
	Sum     string              `json:"sum"` // {size}
	Notes   []string            `json:"notes"`
	Stays   string              `json:"stays"`
	Streams string              `json:"streams"`
	From    string              `json:"from"`
	Holds   map[nvr.Hold]string `json:"holds"` // {who} {why}; "lock" is locked by nobody known
	Nothing string              `json:"nothing"`
	Sure    string              `json:"sure"`
	NotSure string              `json:"not_sure"`
	Changed string              `json:"changed"`
	Pending string              `json:"pending"`
	Submit  string              `json:"submit"`
	Cancel  string              `json:"cancel"`
	Done    string              `json:"done"`
	Log     string              `json:"log"`
}

// Audit is the page of the audit log.
type Audit struct {
	Title     string `json:"title"`
	Lead      string `json:"lead"`
	None      string `json:"none"`
	Opened    string `json:"opened"`
	NoPicture string `json:"no_picture"`
	Failed    string `json:"failed"`
	Somebody  string `json:"somebody"`
	Gone      string `json:"gone"`
	Older     string `json:"older"`
}

// Replies is the page of quick replies.
type Replies struct {
	Title    string `json:"title"`
	Lead     string `json:"lead"`
	None     string `json:"none"`
	Length   string `json:"length"` // {n}
	Remove   string `json:"remove"`
	Record   string `json:"record"`
	Begin    string `json:"begin"`
	Stop     string `json:"stop"`
	Ready    string `json:"ready"`
	Records  string `json:"records"`
	Listen   string `json:"listen"`
	Name     string `json:"name"`
	Keep     string `json:"keep"`
	NoScript string `json:"no_script"`
	Insecure string `json:"insecure"`
	Denied   string `json:"denied"`
	Failed   string `json:"failed"`
}

// Talk is what one can say and do at a camera.
type Talk struct {
	Hold  string `json:"hold"`
	Free  string `json:"free"`
	Test  string `json:"test"`
	Open  string `json:"open"`
	Trust string `json:"trust"`
}

// Off is about turning all cameras off, and on again.
type Off struct {
	HowLong  string `json:"how_long"`
	Half     string `json:"half"`
	Hours    string `json:"hours"`
	Tomorrow string `json:"tomorrow"` // {time}
	Morning  string `json:"morning"`  // {time}, where the night is not over
	NoLimit  string `json:"no_limit"`
	Until    string `json:"until"` // {time}
	Forever  string `json:"forever"`
	What     string `json:"what"`
	After    string `json:"after"` // {mode}
	On       string `json:"on"`
}

// Home is the first page.
type Home struct {
	Title     string `json:"title"`
	Morning   string `json:"morning"`
	Afternoon string `json:"afternoon"`
	Evening   string `json:"evening"`
	Night     string `json:"night"`
	AllWell   string `json:"all_well"`
	AllSet    string `json:"all_set"`
	Private   string `json:"private"`

	ModeLabel string                   `json:"mode_label"`
	ModeUntil string                   `json:"mode_until"`
	Modes     map[nvr.HouseMode]string `json:"modes"`
	Off       Off                      `json:"off"`

	Troubles   Plural   `json:"troubles"`
	TroubleH   string   `json:"trouble_heading"`
	EmptyTitle string   `json:"empty_title"`
	EmptyLead  string   `json:"empty_lead"`
	EmptyBtn   string   `json:"empty_button"`
	Cameras    string   `json:"cameras"`
	Wall       string   `json:"wall"`
	Back       string   `json:"back"`
	DoorWords  []string `json:"door_words"` // a name with one of these in it comes first
	NoPicture  string   `json:"no_picture"`
	Open       string   `json:"open"` // {name}
	Removed    string   `json:"removed"`
	Until      string   `json:"until"`    // {time}
	Nameless   string   `json:"nameless"` // {n}
	Notices    string   `json:"notices"`
	Instead    string   `json:"instead"` // {path}
	Nowhere    string   `json:"nowhere"`
	Clock      string   `json:"clock"`
	ClockWhat  string   `json:"clock_advice"`
	Flood      string   `json:"flood"` // {name}
	FloodWhat  string   `json:"flood_advice"`

	Place map[nvr.Reason]string `json:"place"` // {path}
}

// State is a camera's state in a word or two.
type State struct {
	Recording  string `json:"recording"`
	Connecting string `json:"connecting"`
	Off        string `json:"off"`
	Events     string `json:"events"`
	Retry      string `json:"retry"` // {time}

	NotRecording string `json:"not_recording"`
	Removed      string `json:"removed"`
	SubFails     string `json:"sub_fails"` // {reason}
}

// Camera is the page of one camera.
type Camera struct {
	Picture    string `json:"picture"` // {name}
	More       string `json:"more"`
	Recording  string `json:"recording"`
	Reach      string `json:"reach"`
	Remove     string `json:"remove"`
	Timeline   string `json:"timeline"`
	Zoom       string `json:"zoom"`
	Before     string `json:"before"`
	Next       string `json:"next"`
	Chapters   string `json:"chapters"`
	Entries    Plural `json:"entries"` // {n}
	Begins     string `json:"begins"`  // {day}
	Photo      string `json:"photo"`
	ClipOpen   string `json:"clip_open"`
	ClipFrom   string `json:"clip_from"`
	ClipTo     string `json:"clip_to"`
	ClipShow   string `json:"clip_show"`
	ClipSilent string `json:"clip_silent"`
	ClipHint   string `json:"clip_hint"`
	ClipOrder  string `json:"clip_order"`
	ClipLong   string `json:"clip_long"`
	Download   string `json:"download"`
	Share      string `json:"coverage"` // {percent}
	NoGaps     string `json:"no_gaps"`
	ShortGaps  string `json:"short_gaps"`
	Gaps       Plural `json:"gaps"`
	Planned    string `json:"planned"` // {duration}
	Gone       string `json:"gone"`    // {duration}
	Empty      string `json:"empty"`
	Day        string `json:"day"`
	DayGo      string `json:"day_go"`
	Earlier    string `json:"earlier"`
	Later      string `json:"later"`
	Hours      string `json:"hours"`
	Missing    string `json:"missing"` // {duration}
	Watch      string `json:"watch"`
	HourFull   string `json:"hour_full"`
	HourPart   string `json:"hour_part"` // {duration}
	HourNone   string `json:"hour_none"`
	Zone       string `json:"zone"` // {zone}
	Lacks      string `json:"lacks"`
	Live       string `json:"live"`
	NotLive    string `json:"not_live"`
	BackToLive string `json:"back_to_live"`
	None       string `json:"none"`
	Together   string `json:"together"`
}

// Together is the page of several cameras at one moment.
type Together struct {
	Title string `json:"title"`
	Open  string `json:"open"` // {name}
	Back  string `json:"back"`
	On    string `json:"on"`
	When  string `json:"when"`
	Most  string `json:"most"`
	Show  string `json:"show"`
}

// Add is the page that adds a camera, and the one that changes it.
type Add struct {
	Title    string `json:"title"`
	Lead     string `json:"lead"`
	Name     string `json:"name"`
	NameHint string `json:"name_hint"`
	URL      string `json:"url"`
	URLHint  string `json:"url_hint"`
	SubURL   string `json:"sub_url"`
	SubHint  string `json:"sub_hint"`
	Account  string `json:"account"`
	User     string `json:"user"`
	Password string `json:"password"`
	PassHint string `json:"password_hint"`
	Again    string `json:"password_again"`
	Test     string `json:"test"`
	Submit   string `json:"submit"`
	Cancel   string `json:"cancel"`
	Check    string `json:"check"`
	NoName   string `json:"no_name"`
	LongName string `json:"long_name"`
	NoUser   string `json:"no_user"`
	Use      string `json:"use"` // {address}

	Mistakes   map[string]string `json:"mistakes"` // by their names in pkg/household
	Found      string            `json:"found"`
	Silent     string            `json:"silent"`
	WithSound  string            `json:"with_sound"` // {codec}
	Unknown    string            `json:"unknown"`
	Main       string            `json:"main"`
	Sub        string            `json:"sub"`
	Refused    string            `json:"refused"` // {detail}
	Taken      string            `json:"taken"`
	Incomplete string            `json:"incomplete"`
	Change     string            `json:"change"`
	ChangeLead string            `json:"change_lead"`
	Kept       string            `json:"password_kept"`
	Save       string            `json:"save"`
}

// Find are the steps of finding out how a camera is reached.
type Find struct {
	Lead      string            `json:"lead"`
	Search    string            `json:"search"`
	SearchTip string            `json:"search_hint"`
	None      string            `json:"none"`
	Around    string            `json:"around"`
	Address   string            `json:"address"`
	Hint      string            `json:"address_hint"`
	Next      string            `json:"next"`
	Again     string            `json:"again"`
	Busy      string            `json:"busy"`
	Waits     string            `json:"waits"`   // {minutes}
	Account   string            `json:"account"` // {user}
	Login     string            `json:"login"`
	LoginLead string            `json:"login_lead"`
	Wrong     string            `json:"wrong"`
	Same      string            `json:"same"`
	Anew      string            `json:"anew"`
	Known     string            `json:"known"`   // {name}
	Strayed   string            `json:"strayed"` // {name}
	Dark      string            `json:"dark"`
	This      string            `json:"this"`
	ThisLead  string            `json:"this_lead"`
	Picture   string            `json:"picture"`
	Moved     string            `json:"moved"`
	Tells     string            `json:"tells"`
	Add       string            `json:"add"`
	Back      string            `json:"back"`
	Late      string            `json:"late"`
	Unfound   string            `json:"unfound"`
	Trouble   map[string]string `json:"trouble"` // by find.Trouble
	ByHand    string            `json:"by_hand"`
	Offer     string            `json:"offer"`
}

// Recorded is the page that says what is recorded of a camera.
type Recorded struct {
	Title     string              `json:"title"`
	Modes     map[nvr.Mode]Choice `json:"modes"`
	Now       map[nvr.Mode]string `json:"now"`
	NowUntil  string              `json:"now_until"` // {now} {time}
	Private   string              `json:"private"`
	Usual     string              `json:"usual"`
	Around    string              `json:"around"`
	Before    string              `json:"before"`
	BeforeTip string              `json:"before_hint"`
	After     string              `json:"after"`
	AfterTip  string              `json:"after_hint"`
	Streams   string              `json:"streams"`
	Both      string              `json:"both"`
	Main      string              `json:"main"`
	Sub       string              `json:"sub"`
	Schedule  string              `json:"schedule"`
	Lead      string              `json:"schedule_lead"`
	Row       string              `json:"row"`  // {n}
	Days      []string            `json:"days"` // from Monday, short
	From      string              `json:"from"`
	To        string              `json:"to"`
	Mode      string              `json:"mode"`
	Add       string              `json:"add"`
	Remove    string              `json:"remove"` // {n}
	Zone      string              `json:"zone"`
	ZoneHint  string              `json:"zone_hint"` // {time}
	NoZone    string              `json:"no_zone"`
	Save      string              `json:"save"`
	Back      string              `json:"back"`
	Saved     string              `json:"saved"`
	Check     string              `json:"check"`
	Number    string              `json:"number"` // {most}
	NoDays    string              `json:"no_days"`
	NoTimes   string              `json:"no_times"`
	SameTimes string              `json:"same_times"`
	Refused   string              `json:"refused"` // {detail}
}

// Choice is something to choose, in plain words.
type Choice struct {
	Name string `json:"name"`
	What string `json:"what"`
}

// Remove is the page that asks before a camera is removed.
type Remove struct {
	Title  string `json:"title"` // {name}
	Lead   string `json:"lead"`
	Submit string `json:"submit"`
	Cancel string `json:"cancel"`
}

// Login is the page that asks for the access key.
type Login struct {
	Title  string `json:"title"`
	Lead   string `json:"lead"`
	Key    string `json:"key"`
	Hint   string `json:"hint"`
	Submit string `json:"submit"`
	Wrong  string `json:"wrong"`
	Many   string `json:"many"`
}

// Failure is what is said when a page cannot be shown.
type Failure struct {
	NotFound      string `json:"not_found"`
	NotFoundLead  string `json:"not_found_lead"`
	Invalid       string `json:"invalid"`
	InvalidLead   string `json:"invalid_lead"`
	Forbidden     string `json:"forbidden"`
	ForbiddenLead string `json:"forbidden_lead"`
	Busy          string `json:"busy"`
	BusyLead      string `json:"busy_lead"`
	Internal      string `json:"internal"`
	InternalLead  string `json:"internal_lead"`
	Host          string `json:"host"`
	HostLead      string `json:"host_lead"` // {name}
	Proxy         string `json:"proxy"`
	ProxyLead     string `json:"proxy_lead"`
	Back          string `json:"back"`
}

// Calendar is how a language names days and writes dates and durations.
type Calendar struct {
	Days     []string `json:"days"`  // from Sunday
	Short    []string `json:"short"` // the same, where there is little room
	Months   []string `json:"months"`
	Day      string   `json:"day"`       // {weekday} {day} {month}
	DateTime string   `json:"date_time"` // {weekday} {day} {month} {clock}
	Dated    string   `json:"dated"`     // {day} {month} {year}
	ByMinute string   `json:"by_minute"` // the clock, as a layout of package time
	BySecond string   `json:"by_second"` // the same, to the second
	Under    string   `json:"under"`     // a second
	Seconds  string   `json:"seconds"`   // {n}
	Minutes  string   `json:"minutes"`   // {n}
	Hours    string   `json:"hours"`     // {n} {m}
}

// Date writes the day of t in t's zone.
func (c Calendar) Date(t time.Time) string { return c.fill(c.Day, t) }

// Weekday writes the short name of the day of the week of t in t's zone.
func (c Calendar) Weekday(t time.Time) string { return c.Short[t.Weekday()] }

// Moment writes the day and the time of t, to the second, in t's zone.
func (c Calendar) Moment(t time.Time) string { return c.fill(c.DateTime, t) }

// WithYear writes the date of t with its year, in t's zone.
func (c Calendar) WithYear(t time.Time) string { return c.fill(c.Dated, t) }

// Clock writes the hours and minutes of t in t's zone.
func (c Calendar) Clock(t time.Time) string { return t.Format(c.ByMinute) }

// ClockSeconds writes the hours, minutes and seconds of t in t's zone.
func (c Calendar) ClockSeconds(t time.Time) string { return t.Format(c.BySecond) }

func (c Calendar) fill(form string, t time.Time) string {
	return Fill(form, "weekday", c.Days[t.Weekday()], "day", t.Format("2"),
		"month", c.Months[t.Month()-1], "year", t.Format("2006"), "clock", c.ClockSeconds(t))
}

// Length writes d in the two units that matter for it.
func (c Calendar) Length(d time.Duration) string {
	if 0 < d && d < time.Second {
		return c.Under
	}
	d = d.Round(time.Second)
	n := func(v time.Duration) string { return strconv.FormatInt(int64(v), 10) }
	switch {
	case d < time.Minute:
		return Fill(c.Seconds, "n", n(d/time.Second))
	case d < time.Hour:
		return Fill(c.Minutes, "n", n(d.Round(time.Minute)/time.Minute))
	}
	d = d.Round(time.Minute)
	return Fill(c.Hours, "n", n(d/time.Hour), "m", n(d%time.Hour/time.Minute))
}

// Numbers is how numbers are written.
type Numbers struct {
	Decimal string `json:"decimal"` // between the ones and the tenths
}

// Fixed writes f with at most places digits after the decimal mark, the last of
// them no zero.
func (n Numbers) Fixed(f float64, places int) string {
	whole, part, _ := strings.Cut(strconv.FormatFloat(f, 'f', places, 64), ".")
	if part = strings.TrimRight(part, "0"); part == "" {
		return whole
	}
	return whole + n.Decimal + part
}
