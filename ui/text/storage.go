package text

import "nvrd/pkg/nvr"

// Doing is how the recorder does on its machine.
type Doing struct {
	Title     string `json:"title"`
	Lead      string `json:"lead"`
	Disk      string `json:"disk"`      // {path} {time} {max}
	NoWrites  string `json:"no_writes"` // {path}
	SlowDisk  string `json:"slow_disk"`
	Seeks     string `json:"seeks"` // {time}
	NoSeeks   string `json:"no_seeks"`
	SlowSeeks string `json:"slow_seeks"`
	Load      string `json:"load"`   // {percent} {each} {memory}
	Memory    string `json:"memory"` // {memory}
	Busy      string `json:"busy"`
	Time      string `json:"time"` // {n}
}

// Storage is the page of what is kept.
type Storage struct {
	Title    string                    `json:"title"`
	Nothing  string                    `json:"nothing"`
	SoFar    string                    `json:"so_far"` // {size}
	Enough   string                    `json:"enough"` // {duration}
	Short    string                    `json:"short"`  // {duration}
	Doing    Doing                     `json:"doing"`
	Places   string                    `json:"places"`
	Size     string                    `json:"size"` // {size}
	Disk     string                    `json:"disk"` // {free} {total} {floor}
	Footage  string                    `json:"footage"`
	Other    string                    `json:"other"`
	States   map[nvr.PlaceState]string `json:"states"`
	Cameras  string                    `json:"cameras"`
	Lead     string                    `json:"lead"`
	Back     string                    `json:"back"` // {duration} {later}
	Left     string                    `json:"left"`
	Below    string                    `json:"below"` // {duration} {date}
	Days     Plural                    `json:"days"`
	Classes  map[string]string         `json:"classes"` // {size}
	Gone     string                    `json:"gone"`
	Off      string                    `json:"off"`
	Missing  Plural                    `json:"missing"` // {n} {duration}
	Complete string                    `json:"complete"`
	Steady   string                    `json:"steady"`
	Lost     Plural                    `json:"lost"`    // {n} {duration} {percent}
	Known    string                    `json:"known"`   // {duration}
	Packets  string                    `json:"packets"` // {percent}
	Weak     string                    `json:"weak"`
	WentH    string                    `json:"went"`
	NoneGone string                    `json:"none_gone"`
	AllGone  string                    `json:"all_gone"` // {size}
	WentFrom string                    `json:"went_from"`
	Older    string                    `json:"older"`
	Causes   map[nvr.Cause]string      `json:"causes"` // {who}; "by_house" as of Went
	Locks    string                    `json:"locks"`
	LockLead string                    `json:"lock_lead"`
	NoLocks  string                    `json:"no_locks"`
	Visit    string                    `json:"visit"` // why Stoop keeps something
	Who      string                    `json:"who"`   // {who}
	Until    string                    `json:"until"` // {time}
	Forever  string                    `json:"forever"`
	Unlock   string                    `json:"unlock"`
	Unlocked string                    `json:"unlocked"`
}
