package alert

import "nvrd/pkg/nvr"

// english is the words of a household in English, or of one that chose nothing.
func english(string) Words {
	return Words{
		Ring: "Somebody is at the door.", Answered: "{who} answered.", Taken: "Somebody answered.",
		Missed: "Missed ring: {camera}", Unheard: "Somebody rang, and nobody answered.", Again: "They rang again.", Seen: "Somebody has seen it.",
		Happened: map[string]string{
			nvr.MotionEvent: "Something moves.", nvr.PersonEvent: "A person is there.", nvr.AnimalEvent: "An animal is there.", nvr.VehicleEvent: "A vehicle is there.",
			nvr.PackageEvent: "A parcel is there.", nvr.DoorEvent: "A door was opened.", nvr.WindowEvent: "A window was opened.", nvr.AlarmEvent: "An alarm went off.",
			nvr.MessageEvent: "A visitor left a message.",
		},
		Other: "Something happened: {kind}.",
		Counted: map[string]string{
			nvr.RingEvent: "ring|rings", nvr.MotionEvent: "time motion|times motion", nvr.PersonEvent: "person|people", nvr.AnimalEvent: "animal|animals",
			nvr.VehicleEvent: "vehicle|vehicles", nvr.PackageEvent: "parcel|parcels", nvr.DoorEvent: "time a door|times a door",
			nvr.WindowEvent: "time a window|times a window", nvr.AlarmEvent: "alarm|alarms", nvr.MessageEvent: "message|messages",
		},
		Kinds: map[string]string{
			nvr.MotionEvent: "motion", nvr.PersonEvent: "people", nvr.AnimalEvent: "animals", nvr.VehicleEvent: "vehicles", nvr.PackageEvent: "parcels",
			nvr.DoorEvent: "doors", nvr.WindowEvent: "windows", nvr.AlarmEvent: "alarms", nvr.MessageEvent: "visitors' messages",
		},
		Modes: map[nvr.HouseMode]string{nvr.AtHome: "at home", nvr.Away: "away", nvr.AtNight: "night", nvr.HousePrivacy: "privacy"},
		Why: map[string]string{
			string(Rings):    "Rings are always told.",
			string(Asked):    "You asked to be told of {kind} at this camera. The house was set to {mode}.",
			string(NotAsked): "Nobody asked to be told of {kind} at this camera.", string(OtherMode): "The house was set to {mode}. You did not ask for {kind} then.",
			string(Quiet):   "These are quiet hours.",
			string(Cooling): "You were told of {kind} at this camera less than {minutes} minutes before.",
			string(Spent):   "You were told {n} times of this camera within an hour. That is the most you want.",
			string(Old):     "It was told too late to be news.", string(Daily): "You asked for a digest once a day.",
		},
		Digest: "What you were not told", Yesterday: "Yesterday at {camera}: {counts}", Today: "Today at {camera}: {counts}",
	}
}
