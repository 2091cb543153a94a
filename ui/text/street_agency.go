package text

// StreetAgencies is who may ask homes in public, and how stewards let them.
type StreetAgencies struct {
	Title     string            `json:"title"`
	Lead      string            `json:"lead"`
	Here      Plural            `json:"here"`
	None      string            `json:"none"`
	Link      string            `json:"link"`
	Admit     string            `json:"admit"`
	Classes   map[string]string `json:"classes"`
	May       string            `json:"may"`
	Suspended string            `json:"suspended"`
	Fraud     string            `json:"fraud"`
	FraudT    string            `json:"fraud_hint"`
	Done      StreetAgencyDone  `json:"done"`
	Moved     string            `json:"moved"`
	MovedTo   string            `json:"moved_to"` // {title} {words}
	Why       string            `json:"why"`
	Open      string            `json:"open"`
	ToVote    string            `json:"to_vote"`
	History   string            `json:"history"`
	Did       map[string]string `json:"did"` // {name} {title}
	Suspend   string            `json:"suspend"`
	SuspendT  string            `json:"suspend_hint"`
	Reason    string            `json:"reason"`
	ReasonT   string            `json:"reason_hint"`
	NoReason  string            `json:"no_reason"`
	SuspendB  string            `json:"suspend_button"`

	Facts StreetAgencyFacts `json:"facts"`
	New   StreetAgencyNew   `json:"new"`
}

// StreetAgencyDone is what an agency published, counted at home.
type StreetAgencyDone struct {
	Title     string `json:"title"`
	Requests  string `json:"requests"`
	Asked     string `json:"asked"` // {n} {open}
	Window    string `json:"window"`
	Hours     string `json:"hours"` // {h} {m}
	Area      string `json:"area"`
	Metres    string `json:"metres"` // {m}
	Bulletins string `json:"bulletins"`
	Replies   string `json:"replies"`
	Lacking   string `json:"lacking"`
}

// StreetAgencyFacts is what an agency says of itself.
type StreetAgencyFacts struct {
	Class   string `json:"class"`
	Policy  string `json:"policy"`
	Contact string `json:"contact"`
	Domain  string `json:"domain"`
	Where   string `json:"where"`
	Size    string `json:"size"`   // {km}
	Within  string `json:"within"` // {km} {in} {n}
	Said    string `json:"said"`
	Since   string `json:"since"`
	Key     string `json:"key"`
}

// StreetAgencyNew is how a steward looks at a card, and proposes it.
type StreetAgencyNew struct {
	Title     string `json:"title"`
	Lead      string `json:"lead"`
	Only      string `json:"only"`
	Card      string `json:"card"`
	CardTip   string `json:"card_hint"`
	BadCard   string `json:"bad_card"`
	BadTown   string `json:"bad_town"`
	Place     string `json:"place"`
	PlaceTip  string `json:"place_hint"`
	PlaceKept string `json:"place_kept"`
	BadPlace  string `json:"bad_place"`
	NoPlace   string `json:"no_place"`
	Radius    string `json:"radius"`
	RadiusTip string `json:"radius_hint"`
	BadRadius string `json:"bad_radius"`
	Many      string `json:"many"`
	Look      string `json:"look"`
	Says      string `json:"says"`
	Proved    string `json:"proved"`   // {domain}
	Unproved  string `json:"unproved"` // {detail}
	NoDomain  string `json:"no_domain"`
	Anyway    string `json:"anyway"`
	NotAsked  string `json:"not_asked"` // {domain}
	Renews    string `json:"renews"`    // {title}
	Squares   string `json:"squares"`
	SquareTip string `json:"squares_hint"`
	Square    string `json:"square"` // {row} {col}
	NoSquare  string `json:"no_square"`
	Draw      string `json:"draw"`
	Outside   string `json:"outside"`
	Succeeds  string `json:"succeeds"`
	SucceedsT string `json:"succeeds_hint"`
	NewOne    string `json:"new_one"`
	Submit    string `json:"submit"`
	Another   string `json:"another"`
	Cancel    string `json:"cancel"`
	Check     string `json:"check"`
}
