package text

// Alerts is the page that says what is told to the household, when, and why.
type Alerts struct {
	Title   string `json:"title"`
	Lead    string `json:"lead"`
	Link    string `json:"link"` // what leads to the page says so
	Back    string `json:"back"`
	Nobody  string `json:"nobody"`
	Untaken string `json:"untaken"` // {kinds}
	Tick    string `json:"tick"`

	Cameras   string `json:"cameras"`
	CamerasIs string `json:"cameras_is"`
	None      string `json:"none"`
	Only      string `json:"only"`
	Also      string `json:"also"` // {kinds}

	Quiet      string `json:"quiet"`
	QuietIs    string `json:"quiet_is"`
	QuietRings string `json:"quiet_rings"`

	Limits     string `json:"limits"`
	PerHour    string `json:"per_hour"`
	PerHourIs  string `json:"per_hour_is"` // {most}
	Cooldown   string `json:"cooldown"`
	CooldownIs string `json:"cooldown_is"` // {most}
	Digest     string `json:"digest"`
	DigestAt   string `json:"digest_at"`
	DigestIs   string `json:"digest_is"`

	Week    string `json:"week"`
	WeekIs  string `json:"week_is"`
	Mode    string `json:"mode"`
	Now     string `json:"now"`    // {mode}
	Chosen  string `json:"chosen"` // {mode}
	Next    string `json:"next"`   // {mode} {time}
	NoNext  string `json:"no_next"`
	ForGood string `json:"for_good"`

	Save     string `json:"save"`
	Saved    string `json:"saved"`
	BothEnds string `json:"both_ends"`
	NoClock  string `json:"no_clock"`
	SameEnds string `json:"same_ends"`

	Unlisted string `json:"unlisted"`
	Lately   string `json:"lately"`
	LatelyIs string `json:"lately_is"`
	Nothing  string `json:"nothing"`
	Told     string `json:"told"`
	Held     string `json:"held"`
	Before   Plural `json:"before"`
	Older    string `json:"older"`
}
