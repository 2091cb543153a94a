package text

import "nvrd/pkg/nvr"

// Events is the page of what happened.
type Events struct {
	Title      string            `json:"title"`
	Lately     string            `json:"lately"`
	All        string            `json:"all"`
	None       string            `json:"none"`
	Camera     string            `json:"camera"`
	Every      string            `json:"every"`
	Kind       string            `json:"kind"`
	Everything string            `json:"everything"`
	Show       string            `json:"show"`
	More       string            `json:"more"`
	Kinds      map[string]string `json:"kinds"`
	Many       map[string]string `json:"many"` // {n}
	Each       string            `json:"each"`
	NoClip     string            `json:"no_clip"` // {reason}
	Partly     string            `json:"partly"`  // {duration} {reason}
	Select     string            `json:"select"`  // {what} {time}
	Selected   string            `json:"selected"`
	LetGo      string            `json:"let_go"`
	Chosen     Chosen            `json:"chosen"`
	Delete     Delete            `json:"delete"`
}

// Chosen is the page of what was selected.
type Chosen struct {
	Title        string            `json:"title"`
	None         string            `json:"none"`
	TooMuch      string            `json:"too_much"`
	Clips        Plural            `json:"clips"` // {n} {duration}
	Download     string            `json:"download"`
	DownloadHint string            `json:"download_hint"`
	Less         Plural            `json:"less"` // {n}
	Nothing      string            `json:"nothing"`
	Soon         string            `json:"soon"`
	Keep         string            `json:"keep"`
	KeepHint     string            `json:"keep_hint"`
	Kept         string            `json:"kept"`
	SeeKept      string            `json:"see_kept"`
	Why          string            `json:"why"`
	WhyHint      string            `json:"why_hint"`
	WhyWrong     string            `json:"why_wrong"`
	Until        string            `json:"until"`
	Terms        map[string]string `json:"terms"` // by how long
}

// Delete is the page that deletes what was selected.
type Delete struct {
	Title   string              `json:"title"`
	Hint    string              `json:"hint"` // beside the link to it
	Open    string              `json:"open"`
	Goes    string              `json:"goes"`
	Whole   string              `json:"whole"`
	Sum     string              `json:"sum"` // {size}
	Notes   []string            `json:"notes"`
	Stays   string              `json:"stays"`
	Streams string              `json:"streams"`
	From    string              `json:"from"`
	Holds   map[nvr.Hold]string `json:"holds"` // {who} {why}; "lock" is locked by nobody known
	Nothing string              `json:"nothing"`
	Sure    string              `json:"sure"`
	NotSure string              `json:"not_sure"`
	Changed string              `json:"changed"`
	Pending string              `json:"pending"`
	Submit  string              `json:"submit"`
	Cancel  string              `json:"cancel"`
	Done    string              `json:"done"`
	Log     string              `json:"log"`
}
