package text

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
