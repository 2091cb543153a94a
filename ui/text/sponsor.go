package text

// StreetSponsor is where the owner makes this home a sponsor of agencies.
type StreetSponsor struct {
	Title    string     `json:"title"`
	Short    string     `json:"short"`
	Back     string     `json:"back"`
	Lead     string     `json:"lead"` // {title}
	Does     string     `json:"does"`
	DoesAll  []string   `json:"does_all"`
	Could    string     `json:"could"`
	CouldAll []string   `json:"could_all"`
	Knows    string     `json:"knows"`
	KnowsAll []string   `json:"knows_all"`
	None     string     `json:"none"`
	On       string     `json:"on"`
	Off      string     `json:"off"`
	Poll     string     `json:"poll"`
	PollTip  string     `json:"poll_hint"`
	Begin    string     `json:"begin"`
	Save     string     `json:"save"`
	Stop     string     `json:"stop"`
	StopTip  string     `json:"stop_hint"`
	Text     string     `json:"text"`
	TextTip  string     `json:"text_hint"`
	Copy     string     `json:"copy"`
	NoText   string     `json:"no_text"`
	Saved    string     `json:"saved"`
	BadPoll  string     `json:"bad_poll"`
	Many     string     `json:"many"` // {n}
	Gate     StreetGate `json:"gate"`
}

// StreetGate is where agencies reach a home that is their sponsor.
type StreetGate struct {
	Title     string `json:"title"`
	Lead      string `json:"lead"`
	On        string `json:"on"`
	Off       string `json:"off"`
	Listen    string `json:"listen"`
	ListenTip string `json:"listen_hint"`
	URL       string `json:"url"`
	URLTip    string `json:"url_hint"`
	Open      string `json:"open"`
	Save      string `json:"save"`
	Shut      string `json:"shut"`
	BadURL    string `json:"bad_url"`
	BadListen string `json:"bad_listen"`
	Failed    string `json:"failed"` // {detail}
}
