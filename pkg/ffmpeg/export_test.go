package ffmpeg

import "time"

// SetPatience sets how long the tool may take.
func (t *Tool) SetPatience(d time.Duration) { t.patience = d }
