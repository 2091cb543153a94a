package text

// What the way into a neighborhood says.

// StreetOff explains before it asks.
type StreetOff struct {
	Title    string   `json:"title"`
	Lead     string   `json:"lead"`
	LeavesH  string   `json:"leaves_heading"`
	Leaves   []string `json:"leaves"`
	StaysH   string   `json:"stays_heading"`
	Stays    []string `json:"stays"`
	PromiseH string   `json:"promise_heading"`
	Promise  []string `json:"promise"`
	NotH     string   `json:"not_heading"`
	Not      []string `json:"not"`
	Next     string   `json:"next"`
	Submit   string   `json:"submit"`
	Later    string   `json:"later"`
	Restore  string   `json:"restore"`
	ByOthers string   `json:"by_others"`
}

// StreetRestore is where the words on paper are typed.
type StreetRestore struct {
	Title  string `json:"title"`
	Lead   string `json:"lead"`
	Words  string `json:"words"`
	Hint   string `json:"hint"`
	Wrong  string `json:"wrong"`
	Submit string `json:"submit"`
	Cancel string `json:"cancel"`
}

// StreetPaper is the 24 words.
type StreetPaper struct {
	Title string   `json:"title"`
	Lead  string   `json:"lead"`
	Why   []string `json:"why"`
	Open  string   `json:"open"`
	Wrote string   `json:"wrote"`
	Check string   `json:"check"`
	Ask   string   `json:"ask"`
	Word  string   `json:"word"` // {n}
	Hint  string   `json:"hint"`
	Wrong string   `json:"wrong"`
	Again string   `json:"again"`
	Done  string   `json:"done"`
}

// StreetBegin is the page of a home that is in no neighborhood.
type StreetBegin struct {
	Title     string `json:"title"`
	Lead      string `json:"lead"`
	Found     string `json:"found"`
	FoundWhat string `json:"found_what"`
	Join      string `json:"join"`
	JoinWhat  string `json:"join_what"`
}

// StreetFound is the page that begins a neighborhood.
type StreetFound struct {
	Title      string `json:"title"`
	Lead       string `json:"lead"`
	Name       string `json:"name"`
	NameHint   string `json:"name_hint"`
	Own        string `json:"own"`
	OwnHint    string `json:"own_hint"`
	Invites    string `json:"invites"`
	ByMembers  Choice `json:"by_members"`
	ByStewards Choice `json:"by_stewards"`
	Contact    string `json:"contact"`
	ContactTip string `json:"contact_hint"`
	Places     string `json:"places"`
	PlacesTip  string `json:"places_hint"`
	Days       string `json:"days"`
	DaysTip    string `json:"days_hint"`
	Submit     string `json:"submit"`
	Cancel     string `json:"cancel"`
	Check      string `json:"check"`
	NoName     string `json:"no_name"`
	Long       string `json:"long"` // {most}
	BadDays    string `json:"bad_days"`
	ManyPlaces string `json:"many_places"`
	LongPlace  string `json:"long_place"` // {place} {most}
}

// StreetJoin is the page that asks to be let in.
type StreetJoin struct {
	Title    string `json:"title"`
	Lead     string `json:"lead"`
	Invite   string `json:"invite"`
	Hint     string `json:"invite_hint"`
	File     string `json:"file"`
	Scan     string `json:"scan"`
	Look     string `json:"look"`
	Cancel   string `json:"cancel"`
	Found    string `json:"found"` // {title}
	From     string `json:"from"`  // {name}
	Until    Plural `json:"until"`
	Old      string `json:"old"` // {name}
	Trust    string `json:"trust"`
	Own      string `json:"own"`
	OwnHint  string `json:"own_hint"`
	Returns  string `json:"returns"`
	Submit   string `json:"submit"`
	NoInvite string `json:"no_invite"`
	Broken   string `json:"broken"`
	Newer    string `json:"newer"`
	Member   string `json:"member"` // {title}
}

// StreetWaiting is the page of a home that asked to be let in.
type StreetWaiting struct {
	Title  string `json:"title"`
	Wait   string `json:"wait"` // {name}
	Lead   string `json:"lead"`
	As     string `json:"as"` // {name}
	Used   string `json:"used"`
	Later  string `json:"later"`
	No     string `json:"no"`
	GiveUp string `json:"give_up"`
}
