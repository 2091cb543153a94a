package text

// Street is the pages of the neighborhood.
type Street struct {
	Title    string         `json:"title"`
	Pages    StreetPages    `json:"pages"`
	People   StreetPeople   `json:"people"`
	Off      StreetOff      `json:"off"`
	Paper    StreetPaper    `json:"paper"`
	Restore  StreetRestore  `json:"restore"`
	Begin    StreetBegin    `json:"begin"`
	Found    StreetFound    `json:"found"`
	Join     StreetJoin     `json:"join"`
	Waiting  StreetWaiting  `json:"waiting"`
	Feed     StreetFeed     `json:"feed"`
	Entry    StreetEntry    `json:"entry"`
	Report   StreetReport   `json:"report"`
	Write    StreetWrite    `json:"write"`
	Share    StreetShare    `json:"share"`
	Asked    StreetAsked    `json:"asked"`
	Members  StreetMembers  `json:"members"`
	Invite   StreetInvite   `json:"invite"`
	Stewards StreetStewards `json:"stewards"`
	Agencies StreetAgencies `json:"agencies"`
	Mine     StreetMine     `json:"mine"`
	Leave    StreetLeave    `json:"leave"`
	Sponsor  StreetSponsor  `json:"sponsor"`
	Anew     StreetAnew     `json:"anew"`
	Refused  StreetRefused  `json:"refused"`

	Categories map[string]string `json:"categories"`
	Labels     map[string]Choice `json:"labels"`
	Reactions  map[string]string `json:"reactions"`
}

// StreetPages is how one gets from one page of a neighborhood to the others.
type StreetPages struct {
	Label    string `json:"label"`
	Feed     string `json:"feed"`
	Members  string `json:"members"`
	Stewards string `json:"stewards"`
	Requests string `json:"requests"`
	Mine     string `json:"mine"`
	Others   string `json:"others"` // neighborhoods
	Another  string `json:"another"`
	Earlier  string `json:"earlier"` // {title}: founded anew since
}

// StreetPeople is what is said of neighbors.
type StreetPeople struct {
	Self      string `json:"self"`
	Steward   string `json:"steward"`
	Out       string `json:"out"`
	Twin      string `json:"twin"`
	TwinWhat  string `json:"twin_what"`
	Nobody    string `json:"nobody"`
	Founder   string `json:"founder"`
	InvitedBy string `json:"invited_by"` // {name}
}

// StreetFeed is what neighbors say, by day.
type StreetFeed struct {
	Homes     Plural `json:"homes"`
	Reach     Plural `json:"reach"`
	Relayed   Plural `json:"relayed"`
	Through   Plural `json:"through"` // {name}
	Alone     string `json:"alone"`
	Shut      string `json:"shut"`
	Forward   string `json:"forward"` // {port}, {next}
	Behind    string `json:"behind"`
	Arriving  string `json:"arriving"`
	Write     string `json:"write"`
	Today     string `json:"today"`
	Yesterday string `json:"yesterday"`
	EmptyT    string `json:"empty_title"`
	Empty     string `json:"empty"`
	Gone      Plural `json:"gone_in"`
	Since     Plural `json:"since"`
	Came      string `json:"came"` // {n} {category}
	Left      string `json:"left"`
	Spread    string `json:"spread"`
	SpreadAll string `json:"spread_all"`
	Happened  string `json:"happened"`
	Person    string `json:"person"`
	Comments  Plural `json:"comments"`
	Comment   string `json:"comment"`
	More      string `json:"more"`
	Hide      string `json:"hide"`
	Mute      string `json:"mute"`    // {name}
	Block     string `json:"block"`   // {name}
	Unmute    string `json:"unmute"`  // {name}
	Unblock   string `json:"unblock"` // {name}
	Local     string `json:"local"`
	Retract   string `json:"retract"`
	TakeBack  string `json:"take_back"`
	NoUndo    string `json:"no_undo"`
	Retracted string `json:"retracted"`
	Destroyed string `json:"destroyed"`
	Ended     string `json:"ended"`
	Muted     string `json:"muted"` // {name}
	Folded    string `json:"folded"`
	Label     string `json:"label"`
	Agreed    string `json:"agreed"`
	Fresh     string `json:"fresh"`
	Single    string `json:"single"`
	Lapsed    string `json:"lapsed"`
	Withdrawn string `json:"withdrawn"`
	Reacted   string `json:"reacted"` // {names}
	Hidden    string `json:"hidden"`
	Asks      string `json:"asks"` // {from} {to}
	AsksLook  string `json:"asks_look"`
	AsksOwn   string `json:"asks_own"`
	Opened    string `json:"opened"`  // {name}
	Replied   string `json:"replied"` // {name}
	Official  string `json:"official"`
	Photo     string `json:"photo"`
	Clip      string `json:"clip"`     // {duration}
	PhotoBy   string `json:"photo_by"` // {name}
	ClipBy    string `json:"clip_by"`  // {name}
	Coming    string `json:"coming"`
}

// StreetEntry is one post with all that was said about it.
type StreetEntry struct {
	Title     string `json:"title"` // {name}
	Back      string `json:"back"`
	Comments  string `json:"comments"`
	None      string `json:"none"`
	Say       string `json:"say"`
	SayHint   string `json:"say_hint"`
	Send      string `json:"send"`
	NoText    string `json:"no_text"`
	LongText  string `json:"long_text"`
	Appeal    string `json:"appeal"`
	AppealTip string `json:"appeal_hint"`
	Appeals   string `json:"appeals"`
	Judge     string `json:"judge"`
	JudgeTip  string `json:"judge_hint"`
	Label     string `json:"label"`
	Reason    string `json:"reason"`
	Give      string `json:"give"`
	NoReason  string `json:"no_reason"`
	Withdraw  string `json:"withdraw"`
}

// StreetReport is how somebody reports an entry, and how stewards see it.
type StreetReport struct {
	Title    string   `json:"title"`
	Link     string   `json:"link"`
	Goes     string   `json:"goes"` // {names}
	Learns   []string `json:"learns"`
	Reason   string   `json:"reason"`
	NoReason string   `json:"no_reason"`
	Other    Choice   `json:"other"`
	Words    string   `json:"words"`
	Hint     string   `json:"words_hint"` // {most}
	Send     string   `json:"send"`
	NoWords  string   `json:"no_words"`
	Long     string   `json:"long"` // {most}
	Own      string   `json:"own"`
	Nobody   string   `json:"nobody"`
	Waiting  Plural   `json:"waiting"`
	Taken    Plural   `json:"taken"`
	GaveUp   string   `json:"gave_up"`
	Open     Plural   `json:"open"`
	Room     string   `json:"room"`
	RoomTip  string   `json:"room_hint"`
	None     string   `json:"none"`
	About    string   `json:"about"` // {name}
	Homes    Plural   `json:"homes"`
	Look     string   `json:"look"`
	Close    string   `json:"close"`
}

// StreetWrite is the form of a post, and its nudge.
type StreetWrite struct {
	Title        string   `json:"title"`
	Lead         string   `json:"lead"`
	Happened     string   `json:"happened"`
	HappenedHint string   `json:"happened_hint"`
	Category     string   `json:"category"`
	Choose       string   `json:"choose"`
	Place        string   `json:"place"`
	NoPlace      string   `json:"no_place"`
	PlaceHint    string   `json:"place_hint"`
	When         string   `json:"when"`
	WhenHint     string   `json:"when_hint"`
	Days         string   `json:"days"`
	DaysHint     string   `json:"days_hint"`
	AddPerson    string   `json:"add_person"`
	Person       string   `json:"person"`
	PersonHint   string   `json:"person_hint"`
	Open         string   `json:"open"`
	OpenHint     string   `json:"open_hint"`
	NoAgency     string   `json:"no_agency"`
	ManyOpen     string   `json:"many_open"` // {n}
	Know         string   `json:"know"`
	Submit       string   `json:"submit"`
	Anyway       string   `json:"anyway"`
	Cancel       string   `json:"cancel"`
	Left         Plural   `json:"left"`
	NoneLeft     string   `json:"none_left"`
	NewUntil     string   `json:"new_until"`
	NewRule      string   `json:"new_rule"` // {title}: follows the time
	Check        string   `json:"check"`
	NoCategory   string   `json:"no_category"`
	BadTime      string   `json:"bad_time"`
	NoPlaceThere string   `json:"no_such_place"`
	NudgeTitle   string   `json:"nudge_title"`
	NudgeWhy     string   `json:"nudge_why"`
	Deed         string   `json:"nudge_deed"`
	Looks        string   `json:"nudge_looks"`
	Vague        string   `json:"nudge_vague"`
	Origin       []string `json:"origin_words"` // what people are born with
	Shade        []string `json:"shade_words"`  // the same, beside a word for a person
	Figure       []string `json:"figure_words"` // that a person is meant, and how tall and old
	Suspicion    []string `json:"suspicion_words"`
	Filler       []string `json:"filler_words"`
}

// StreetMembers is who is in.
type StreetMembers struct {
	Title    string `json:"title"`
	Lead     string `json:"lead"`
	Since    string `json:"since"`
	Invite   string `json:"invite"`
	Former   string `json:"former"`
	Left     string `json:"left"`
	Revoked  string `json:"revoked"`
	Muted    string `json:"muted"`
	Blocked  string `json:"blocked"`
	Contact  string `json:"contact"`
	Stewards string `json:"stewards_only"`
	Was      string `json:"was"` // {name}
}

// StreetInvite makes an invite and shows it.
type StreetInvite struct {
	Title   string `json:"title"`
	Lead    string `json:"lead"`
	Days    string `json:"days"`
	Hint    string `json:"days_hint"`
	Make    string `json:"make"`
	Ready   string `json:"ready"`
	Once    string `json:"once"`
	Until   string `json:"until"`
	Code    string `json:"code"`
	Text    string `json:"text"`
	TextTip string `json:"text_hint"`
	Copy    string `json:"copy"`
	Back    string `json:"back"`
	BadDays string `json:"bad_days"`
	Many    string `json:"many"`
	Missing string `json:"missing"` // {detail}

	Lost     string `json:"lost"`
	LostTip  string `json:"lost_hint"`
	NoLost   string `json:"nobody_lost"`
	LostSeat string `json:"lost_seat"` // {name}
	LostDone string `json:"lost_done"`
	As       string `json:"as"` // {name}
}

// StreetStewards is the stewards' room.
type StreetStewards struct {
	Title     string            `json:"title"`
	Lead      string            `json:"lead"`
	Who       string            `json:"who"`
	Renew     Plural            `json:"renew"`
	Lapsed    string            `json:"lapsed"`
	Proposals string            `json:"proposals"`
	NoneOpen  string            `json:"none_open"`
	Votes     string            `json:"votes"` // {n} {need}
	Prove     string            `json:"prove"`
	VotedBy   string            `json:"voted"`   // {names}
	Missing   string            `json:"missing"` // {names}
	Vote      string            `json:"vote"`
	Voted     string            `json:"you_voted"`
	Propose   string            `json:"propose"`
	Once      string            `json:"once"`
	Add       string            `json:"add"`
	AddTip    string            `json:"add_hint"`
	Member    string            `json:"member"`
	Seat      string            `json:"seat"`
	SeatTip   string            `json:"seat_hint"`
	BadSeat   string            `json:"bad_seat"`
	Drop      string            `json:"drop"`
	DropTip   string            `json:"drop_hint"`
	Policy    string            `json:"policy"`
	Revoke    string            `json:"revoke"`
	RevokeTip string            `json:"revoke_hint"`
	Cut       string            `json:"cut"`
	CutTip    string            `json:"cut_hint"`
	Cuts      map[string]string `json:"cuts"`
	NoSeat    string            `json:"no_seat"`
	Waits     string            `json:"waits"`
	Annul     string            `json:"annul"`
	AnnulTip  string            `json:"annul_hint"`
	Submit    string            `json:"submit"`
	RevokeBtn string            `json:"revoke_button"`
	Mine      string            `json:"mine"`
	MineTip   string            `json:"mine_hint"`
	Labels    string            `json:"labels"`
	NoLabels  string            `json:"no_labels"`
	OnPostBy  string            `json:"on_post_by"` // {name}
	Log       string            `json:"log"`
	LogTip    string            `json:"log_hint"`
	Counts    string            `json:"counts"`
	Open      string            `json:"open"`
	NotCount  string            `json:"does_not_count"`
	Split     string            `json:"split"`
	SplitTip  string            `json:"split_hint"`
	Double    string            `json:"double"` // {name}
	Forked    string            `json:"forked"` // {name}
	Acts      map[string]string `json:"acts"`   // {name} {who} {title}
	Check     string            `json:"check"`
}

// StreetMine is what this home shares, and until when.
type StreetMine struct {
	Title   string     `json:"title"`
	Lead    string     `json:"lead"`
	None    string     `json:"none"`
	Post    string     `json:"post"`
	Comment string     `json:"comment"`
	Until   string     `json:"until"`
	Today   string     `json:"today"`
	Room    string     `json:"room"` // {posts} {comments} {reactions}
	Media   string     `json:"media"`
	Went    string     `json:"went"` // {down} {up} {month_down} {month_up}
	WentIs  string     `json:"went_hint"`
	Reach   string     `json:"reach"`
	ReachIs string     `json:"reach_hint"`
	Name    string     `json:"name"`
	NameTip string     `json:"name_hint"`
	Rename  string     `json:"rename"`
	Renamed string     `json:"renamed"`
	Caps    StreetCaps `json:"caps"`
	Leave   string     `json:"leave"`
}

// StreetCaps is how much of photos and clips may go on a day.
type StreetCaps struct {
	Title        string `json:"title"`
	Lead         string `json:"lead"`
	Down         string `json:"down"`
	Up           string `json:"up"`
	Bad          string `json:"bad"` // {most}
	Thumbnails   string `json:"thumbnails"`
	ThumbnailsIs string `json:"thumbnails_hint"`
	Submit       string `json:"submit"`
	Kept         string `json:"kept"`
}

// StreetAnew founds a neighborhood anew, and asks who goes on there.
type StreetAnew struct {
	Title     string   `json:"title"` // {title}
	Link      string   `json:"link"`
	When      string   `json:"when"`
	Does      []string `json:"does"`
	Confirm   string   `json:"confirm"`
	Tick      string   `json:"tick"`
	Submit    string   `json:"submit"`
	Cancel    string   `json:"cancel"`
	Already   string   `json:"already"`
	Again     string   `json:"again"`
	AgainTip  string   `json:"again_hint"`
	Open      string   `json:"open"`
	Elsewhere string   `json:"elsewhere"` // {title}
	Failed    string   `json:"failed"`    // {detail}
	Asks      string   `json:"asks"`      // {name}
	Ask       string   `json:"ask"`       // {name} {title} {own}
	Private   string   `json:"private"`
	Follow    string   `json:"follow"`
	Decline   string   `json:"decline"`
	GoesOn    string   `json:"goes_on"` // {title}
}

// StreetLeave asks before a home leaves.
type StreetLeave struct {
	Title   string   `json:"title"` // {title}
	Lead    string   `json:"lead"`
	Does    []string `json:"does"`
	Only    string   `json:"only"`
	Confirm string   `json:"confirm"`
	Submit  string   `json:"submit"`
	Cancel  string   `json:"cancel"`
	Tick    string   `json:"tick"`
}

// StreetRefused is why something could not be said, and what to do.
type StreetRefused struct {
	TooMany   string `json:"too_many"`
	NotMember string `json:"not_member"`
	Gone      string `json:"gone"`
	Disk      string `json:"disk"`
	Other     string `json:"other"` // {detail}
}
