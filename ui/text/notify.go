package text

// Notify is the pages of the channels by which the household is told what happens.
type Notify struct {
	Title string `json:"title"`
	Lead  string `json:"lead"`
	Back  string `json:"back"`
	Saved string `json:"saved"`
	Gone  string `json:"gone"`

	Phone    string `json:"phone"`
	PhoneOn  string `json:"phone_on"`
	PhoneOff string `json:"phone_off"`
	TurnOn   string `json:"turn_on"`
	TurnOff  string `json:"turn_off"`
	NoScript string `json:"no_script"`
	Insecure string `json:"insecure"`
	Trust    string `json:"trust"`
	Lacks    string `json:"lacks"`
	Denied   string `json:"denied"`
	Failed   string `json:"failed"`

	Learns string   `json:"learns"`
	Learnt []string `json:"learnt"`

	Links   string `json:"links"`
	LinksTo string `json:"links_to"` // {address}
	NoLinks string `json:"no_links"`
	LinksBy string `json:"links_by"`

	Language string `json:"language"`
	Speaks   string `json:"speaks"`

	Channels string            `json:"channels"`
	None     string            `json:"none"`
	Paused   string            `json:"paused"`
	Sent     string            `json:"sent"` // {time}
	Never    string            `json:"never"`
	Trouble  map[string]string `json:"trouble"`
	Since    string            `json:"since"` // {time}
	Test     string            `json:"test"`
	Tested   string            `json:"tested"`     // {name}
	Untested string            `json:"untested"`   // {name}
	Message  string            `json:"test_title"` // of a test
	Arrives  string            `json:"test_text"`
	Pause    string            `json:"pause"`
	Resume   string            `json:"resume"`
	Change   string            `json:"change"`
	Add      string            `json:"add"`

	Kinds    map[string]Choice `json:"kinds"`
	New      map[string]string `json:"new"` // the titles of the pages that add one
	Edit     string            `json:"edit"`
	Name     string            `json:"name"`
	NameIs   string            `json:"name_hint"`
	Fields   map[string]Choice `json:"fields"` // by kind and name
	Kept     string            `json:"kept"`
	Optional string            `json:"optional"`
	Security map[string]string `json:"security"`
	Events   map[string]string `json:"events"`
	About    string            `json:"about"`
	Save     string            `json:"save"`
	Cancel   string            `json:"cancel"`
	Remove   string            `json:"remove"`
	Needed   string            `json:"needed"`
	Check    string            `json:"check"`
	Many     string            `json:"many"`
	Again    string            `json:"again"`
}
