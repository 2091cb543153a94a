package text

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
