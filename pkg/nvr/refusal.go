package nvr

// Refusal is a log-in that a machine of the home refused.
type Refusal struct {
	At      Time
	Machine string // its number, or its name if it had none
	Name    string // by which it was asked; empty if that was its number
	// Camera is the one whose stored password was refused; zero if that was typed, or
	// is not stored any more. Party is who logged in with it.
	Camera CameraID
	Party  string
}
