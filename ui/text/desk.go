package text

// Desk is what an agency's own pages say.
type Desk struct {
	Title         string `json:"title"`
	Lead          string `json:"lead"`
	NewRequest    string `json:"new_request"`
	NewBulletin   string `json:"new_bulletin"`
	Inbox         string `json:"inbox"`
	Requests      string `json:"requests"`
	NoRequests    string `json:"no_requests"`
	OpenUntil     string `json:"open_until"`
	EndIt         string `json:"end_it"`
	Empty         string `json:"empty"`
	Came          string `json:"came"`
	Sent          string `json:"sent"`
	Look          string `json:"look"`
	Part          string `json:"part"` // {have} {count}
	Trouble       string `json:"trouble"`
	Until         string `json:"until"`
	Soon          string `json:"soon"`
	Over          string `json:"over"`
	OverTip       string `json:"over_tip"`
	Sponsors      string `json:"sponsors"`
	SponsorsLead  string `json:"sponsors_lead"`
	NoSponsor     string `json:"no_sponsor"`
	AddSponsor    string `json:"add_sponsor"`
	AskNow        string `json:"ask_now"`
	NotAsked      string `json:"not_asked"`
	Reached       string `json:"reached"`
	Missed        string `json:"missed"`
	AskedAt       string `json:"asked_at"`
	Published     string `json:"published"`
	Ended         string `json:"ended"`
	Forgotten     string `json:"forgotten"`
	RequestTitle  string `json:"request_title"`
	RequestLead   string `json:"request_lead"`
	Case          string `json:"case"`
	CaseTip       string `json:"case_tip"`
	NoCase        string `json:"no_case"`
	Incident      string `json:"incident"`
	NoIncident    string `json:"no_incident"`
	When          string `json:"when"`
	WhenTip       string `json:"when_tip"` // {zone}
	From          string `json:"from"`
	To            string `json:"to"`
	BadTime       string `json:"bad_time"`
	NotOver       string `json:"not_over"`
	Window        string `json:"window"`
	Area          string `json:"area"`
	AreaTip       string `json:"area_tip"` // {example}
	Text          string `json:"text"`
	TextTip       string `json:"text_tip"`
	NoText        string `json:"no_text"`
	Long          string `json:"long"` // {most}
	Contact       string `json:"contact"`
	ContactTip    string `json:"contact_tip"` // {contact}
	Days          string `json:"days"`
	DaysTip       string `json:"days_tip"` // {most}
	BadDays       string `json:"bad_days"` // {most}
	Publish       string `json:"publish"`
	Cancel        string `json:"cancel"`
	Check         string `json:"check"`
	Refused       string `json:"refused"` // {why}
	Failed        string `json:"failed"`  // {why}
	Twice         string `json:"twice"`
	BulletinTitle string `json:"bulletin_title"`
	Headline      string `json:"headline"`
	HeadlineTip   string `json:"headline_tip"`
	NoHeadline    string `json:"no_headline"`
	Message       string `json:"message"`
	NoMessage     string `json:"no_message"`
	Stays         string `json:"stays"`
	EndTitle      string `json:"end_title"` // {case}
	EndLead       string `json:"end_lead"`
	Resolve       string `json:"resolve"`
	Withdraw      string `json:"withdraw"`
	NotEnded      string `json:"not_ended"`      // {why}
	ResponseTitle string `json:"response_title"` // {case}
	Unnamed       string `json:"unnamed"`
	Stranger      string `json:"stranger"`
	Request       string `json:"request"`
	Clip          string `json:"clip"`
	Photo         string `json:"photo"`
	BadPhoto      string `json:"bad_photo"`
	Save          string `json:"save"` // {name}
	Forget        string `json:"forget"`
	ForgetTitle   string `json:"forget_title"`
	ForgetLead    string `json:"forget_lead"`
	Sure          string `json:"sure"`
	Back          string `json:"back"`
	Missing       string `json:"missing"`
	MissingLead   string `json:"missing_lead"`
	Foreign       string `json:"foreign"`
	ForeignLead   string `json:"foreign_lead"`
	Wrong         string `json:"wrong"`
	WrongLead     string `json:"wrong_lead"`
}
