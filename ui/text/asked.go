package text

// StreetAsked is the pages of what agencies and neighbors ask.
type StreetAsked struct {
	Title     string   `json:"title"`
	Lead      string   `json:"lead"`
	Voluntary []string `json:"voluntary"`
	Open      string   `json:"open"`
	None      string   `json:"none"`
	Past      string   `json:"past"`
	Hidden    Plural   `json:"hidden"`
	ShowAll   string   `json:"show_all"`
	News      string   `json:"news"`
	Mute      string   `json:"mute"` // {name}
	Until     string   `json:"until"`

	Outs      string `json:"outs"`
	OutsTip   string `json:"outs_hint"`
	OutAll    string `json:"out_all"`
	OutHomes  string `json:"out_neighbors"`
	OutOf     string `json:"out_of"`   // {name}
	OutNews   string `json:"out_news"` // {name}
	OutAbout  string `json:"out_about"`
	Save      string `json:"save"`
	Saved     string `json:"saved"`
	Reset     string `json:"reset"`
	NotStored string `json:"not_stored"`

	One      string            `json:"one"` // {name}
	Back     string            `json:"back"`
	Who      string            `json:"who"`
	What     string            `json:"what"`
	When     string            `json:"when"`
	Where    string            `json:"where"`
	Squares  Plural            `json:"squares"` // {ns} {ew}
	OnGrid   string            `json:"on_grid"`
	Outside  Plural            `json:"outside"`
	IsAsked  string            `json:"is_asked"`
	IsSeen   string            `json:"is_seen"`
	IsBoth   string            `json:"is_both"`
	Case     string            `json:"case"`
	Contact  string            `json:"contact"`
	Expires  string            `json:"expires"`
	Seen     string            `json:"seen"`
	SeenBy   Plural            `json:"seen_by"`
	Verified Plural            `json:"verified"`
	State    string            `json:"state"`
	States   map[string]string `json:"states"`
	Neighbor string            `json:"neighbor"`
	Other    string            `json:"other"` // than any incident

	Have     string `json:"have"`
	HaveTip  string `json:"have_hint"`
	Undrawn  string `json:"undrawn"`
	Nothing  string `json:"nothing"`
	Recorded string `json:"recorded"` // {camera}
	More     Plural `json:"more"`
	Look     string `json:"look"`
	Choose   string `json:"choose"`
	Words    string `json:"words"`
	Aside    string `json:"aside"`
	Again    string `json:"again"`
	CantSend string `json:"cant_send"`

	Question  StreetQuestion    `json:"question"`
	Answer    StreetAnswer      `json:"answer"`
	Answers   StreetAnswers     `json:"answers"`
	Coverage  StreetCoverage    `json:"coverage"`
	Ledger    StreetLedger      `json:"ledger"`
	Incidents map[string]string `json:"incidents"`
}

// StreetQuestion is where neighbors are asked whose camera saw something.
type StreetQuestion struct {
	Title     string `json:"title"`
	Short     string `json:"short"`
	Lead      string `json:"lead"` // {title}
	Sealed    string `json:"sealed"`
	Words     string `json:"words"`
	WordsTip  string `json:"words_hint"`
	From      string `json:"from"`
	To        string `json:"to"`
	When      string `json:"when"`
	WhenTip   string `json:"when_hint"` // {zone}
	Where     string `json:"where"`
	WhereTip  string `json:"where_hint"`
	Squares   string `json:"squares"`
	NoGrid    string `json:"no_grid"`
	Submit    string `json:"submit"`
	Window    string `json:"window"`
	Order     string `json:"order"`
	NotOver   string `json:"not_over"`
	NoSquares string `json:"no_squares"`
	Many      string `json:"many"`
}

// StreetAnswer is what is handed over.
type StreetAnswer struct {
	Title    string `json:"title"` // {name}
	Lead     string `json:"lead"`  // {name}
	Words    string `json:"words"`
	WordsTip string `json:"words_hint"`
	Days     string `json:"days"`
	DaysTip  string `json:"days_hint"`
	Way      string `json:"way"`
	Hidden   Choice `json:"hidden"`
	Now      Choice `json:"now"`
	Large    string `json:"large"`
	Sure     string `json:"sure"`
	Submit   string `json:"submit"`
	Cancel   string `json:"cancel"`
	Written  string `json:"written"`
	Check    string `json:"check"`
	NoWords  string `json:"no_words"`
	Long     string `json:"long"` // {most}
	BadDays  string `json:"bad_days"`
	Tick     string `json:"tick"`
	Closed   string `json:"closed"`
	Failed   string `json:"failed"`
}

// StreetAnswers is what neighbors answered to questions of this home.
type StreetAnswers struct {
	Title    string `json:"title"`
	Lead     string `json:"lead"`
	Yours    string `json:"yours"`
	Count    Plural `json:"count"`
	Gone     string `json:"gone"`
	None     string `json:"none"`
	Nothing  string `json:"nothing"`
	Sent     string `json:"sent"`
	Until    string `json:"until"`
	UntilTip string `json:"until_hint"`
	Over     string `json:"over"`
	OverTip  string `json:"over_hint"`
	Late     Plural `json:"late"`
	Photo    string `json:"photo"`
	Clip     string `json:"clip"`
	BadPhoto string `json:"bad_photo"`
	Save     string `json:"save"` // {name}
	Delete   string `json:"delete"`
	Sure     string `json:"sure"`
	Deleted  string `json:"deleted"`
	Failed   string `json:"failed"`
}

// StreetCoverage is where the owner marks what the cameras see.
type StreetCoverage struct {
	Title     string `json:"title"`
	Lead      string `json:"lead"`
	Local     string `json:"local"`
	Scale     string `json:"scale"` // {ns} {ew}
	North     string `json:"north"`
	Find      string `json:"find"`
	FindTip   string `json:"find_hint"`
	FindDo    string `json:"find_do"`
	Found     string `json:"found"` // {square}
	Elsewhere string `json:"elsewhere"`
	BadPlace  string `json:"bad_place"`
	Square    string `json:"square"` // {square} {lat} {lon}
	Grid      string `json:"grid"`   // {camera}
	Marked    Plural `json:"marked"`
	Others    Plural `json:"others"`
	Save      string `json:"save"`
	Saved     string `json:"saved"` // {camera}
	NoGrid    string `json:"no_grid"`
	NoCamera  string `json:"no_camera"`
}

// StreetLedger is what was handed over.
type StreetLedger struct {
	Title    string `json:"title"`
	Lead     string `json:"lead"`
	None     string `json:"none"`
	Given    string `json:"given"`
	Until    string `json:"until"`
	Words    string `json:"words"`
	File     string `json:"file"` // {name} {size} {camera}
	Sum      string `json:"sum"`  // {sum}
	Way      string `json:"way"`
	Waiting  string `json:"waiting"`
	Brought  string `json:"brought"` // {name}
	Had      string `json:"had"`     // {name}
	Strike   string `json:"strike"`
	Sure     string `json:"sure"`
	Tip      string `json:"strike_hint"`
	Tick     string `json:"tick"`
	Struck   string `json:"struck"`
	Written  string `json:"written"`
	Export   string `json:"export"`
	JSON     string `json:"json"`
	CSV      string `json:"csv"`
	Recorded string `json:"recorded"`
}
