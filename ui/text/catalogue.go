package text

import (
	"nvrd/pkg/nvr"
)

// Catalogue is every word in one language. A test refuses empty entries.
type Catalogue struct {
	Lang     string                `json:"lang"`
	Language string                `json:"language"` // its own name
	Locale   string                `json:"locale"`   // by which scripts ask the browser for dates and clocks (BCP 47)
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
	Messages Messages              `json:"messages"`
	Outbox   Outbox                `json:"outbox"`
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
	Settings Settings              `json:"settings"`
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
	Events    string `json:"events"`
	Add       string `json:"add"`
	Street    string `json:"street"`
	Settings  string `json:"settings"`
	Recording string `json:"recording"` // {n} {of}
	Nothing   string `json:"nothing"`
	NoScript  string `json:"no_script"`
	Offline   string `json:"offline"`
	About     string `json:"about"`
	Source    string `json:"source"`
	SignOut   string `json:"sign_out"`
}

// Way is a way of hearing a press.
type Way struct {
	Name string `json:"name"`
	What string `json:"what"` // which doorbells
	How  string `json:"how"`  // what to do there
}

// Settings is the page that leads to all that can be set.
type Settings struct {
	Title   string `json:"title"`
	Home    string `json:"home"`
	Device  string `json:"device"`
	Notify  string `json:"notify"`
	Alerts  string `json:"alerts"`
	Storage string `json:"storage"`
	Replies string `json:"replies"`
	Audit   string `json:"audit"`
	Trust   string `json:"trust"`
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
	StepBack   string `json:"step_back"`
	StepOn     string `json:"step_on"`
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
