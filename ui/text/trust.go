package text

// Trust is the page on which a device gets to know the home's authority.
type Trust struct {
	Title    string                 `json:"title"`
	Lead     string                 `json:"lead"`
	Compare  string                 `json:"compare"`
	Name     string                 `json:"name"`
	Print    string                 `json:"fingerprint"`
	Until    string                 `json:"until"`
	Load     string                 `json:"load"`
	Profile  string                 `json:"profile"`
	Meaning  string                 `json:"meaning"`
	Means    []string               `json:"means"`
	Steps    string                 `json:"steps"`
	Back     string                 `json:"back"`
	Then     string                 `json:"then"`
	Go       string                 `json:"go"`
	Devices  map[string]TrustDevice `json:"devices"`
	Link     string                 `json:"link"`
	LinkHint string                 `json:"link_hint"`
}

// TrustDevice is how one kind of device is told.
type TrustDevice struct {
	Name  string   `json:"name"`
	Steps []string `json:"steps"` // {name}
	Back  string   `json:"back"`  // {name}
}
