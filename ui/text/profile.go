package text

import "time"

// Profile is the public page of an agency.
type Profile struct {
	Lead      string            `json:"lead"`
	Classes   map[string]string `json:"classes"` // by wire.AgencyClass
	Contact   string            `json:"contact"`
	Policy    string            `json:"policy"`
	Domain    string            `json:"domain"`
	Where     string            `json:"where"`
	Size      string            `json:"size"` // {miles}
	Corners   string            `json:"corners"`
	Corner    string            `json:"corner"` // {lat} {lon}
	North     string            `json:"north"`  // {degrees}
	South     string            `json:"south"`  // {degrees}
	East      string            `json:"east"`   // {degrees}
	West      string            `json:"west"`   // {degrees}
	Key       string            `json:"key"`
	Asked     string            `json:"asked"`
	Nothing   string            `json:"nothing"`
	Voluntary string            `json:"voluntary"`
	Case      string            `json:"case"` // {case}
	Incidents map[string]string `json:"incidents"`
	Open      string            `json:"open"`      // {time}
	WasOpen   string            `json:"was_open"`  // {time}
	Resolved  string            `json:"resolved"`  // {time}
	Withdrawn string            `json:"withdrawn"` // {time}
	Window    string            `json:"window"`    // {from} {to}
	Published string            `json:"published"` // {time}
	ID        string            `json:"id"`
	Bulletins string            `json:"bulletins"`
	Quiet     string            `json:"quiet"`
	Replies   string            `json:"replies"`
	Reply     string            `json:"reply"`
	Until     string            `json:"until"` // {time}
	Verify    string            `json:"verify"`
	VerifyHow string            `json:"verify_how"`
	Command   string            `json:"command"`
	Entries   Plural            `json:"entries"`
	When      string            `json:"when"` // {date} {clock}
}

// Moment writes a time with its year.
func (p Profile) Moment(t time.Time, c Calendar) string {
	return Fill(p.When, "date", c.WithYear(t), "clock", c.Clock(t))
}
