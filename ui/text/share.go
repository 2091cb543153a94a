package text

// StreetShare is the page on which a photo or a clip is chosen, and its preview.
type StreetShare struct {
	Open      string `json:"open"`
	Title     string `json:"title"`
	Answer    string `json:"answer"` // the title where it is an agency that is given something
	Film      string `json:"film"`
	FilmHint  string `json:"film_hint"`
	Street    string `json:"street"`
	From      string `json:"from"`
	FromHint  string `json:"from_hint"`
	To        string `json:"to"`
	ToHint    string `json:"to_hint"`
	What      string `json:"what"`
	Clip      string `json:"clip"`
	ClipWhat  string `json:"clip_what"`
	Photo     string `json:"photo"`
	PhotoWhat string `json:"photo_what"`
	Sound     string `json:"sound"`
	Lacks     string `json:"lacks"`
	LacksWhat string `json:"lacks_what"`
	NoPaint   string `json:"no_paint"`
	Preview   string `json:"preview"`
	Cancel    string `json:"cancel"`
	Safe      string `json:"safe"`
	Nobody    string `json:"nobody"`
	Begin     string `json:"begin"`

	Check     string `json:"check"`
	BadTime   string `json:"bad_time"`
	Order     string `json:"order"`
	Long      string `json:"long"`
	Many      string `json:"many"`
	BadRegion string `json:"bad_region"`
	NoTool    string `json:"no_tool"`
	Nothing   string `json:"nothing"`
	Large     string `json:"large"`
	Slow      string `json:"slow"`
	Failed    string `json:"failed"`

	Leaves     string `json:"leaves"`
	Size       string `json:"size"` // {size}
	GoneNames  string `json:"gone_names"`
	GoneSound  string `json:"gone_sound"`
	StaysSound string `json:"stays_sound"`
	Blurred    Plural `json:"blurred"`
	StaysAll   string `json:"stays_all"`
	Again      string `json:"again"`
	Drop       string `json:"drop"`
	Expired    string `json:"expired"`
	NewHome    string `json:"new_home"`

	// Of what is made for this home's own use.
	Blur     string `json:"blur"`
	LacksOwn string `json:"lacks_own"`
	OwnHint  string `json:"own_hint"`
	OwnWhat  string `json:"own_what"`
	Make     string `json:"make"`
	Making   string `json:"making"`
	Stop     string `json:"stop"`
	Made     string `json:"made"`
}
