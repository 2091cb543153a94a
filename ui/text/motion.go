package text

import "nvrd/pkg/nvr"

// Motion is the page that tells how motion of a camera is found, and where it counts.
type Motion struct {
	Title     string               `json:"title"`
	How       string               `json:"how"`
	Unknown   string               `json:"unknown"`
	Score     map[nvr.Trust]string `json:"score"`
	Pictures  map[nvr.Trust]string `json:"pictures"`
	Inside    string               `json:"inside"`
	Whole     string               `json:"whole"`
	Lacks     string               `json:"lacks"`
	LacksHeld string               `json:"lacks_held"`
	LeftOut   Plural               `json:"left_out"` // {n}, {time}
	LookLast  string               `json:"look_last"`
	Where     string               `json:"where"`
	Lead      string               `json:"lead"`
	Picture   string               `json:"picture"` // {name}
	NoPicture string               `json:"no_picture"`
	AddZone   string               `json:"add_zone"`
	AddMask   string               `json:"add_mask"`
	Help      string               `json:"help"`
	Text      string               `json:"text"`
	TextHint  string               `json:"text_hint"`
	Own       string               `json:"own"`
	Save      string               `json:"save"`
	Back      string               `json:"back"`
	Saved     string               `json:"saved"`
	Refused   string               `json:"refused"` // {detail}
}
