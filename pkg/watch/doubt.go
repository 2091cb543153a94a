package watch

import (
	"strings"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp"
)

// doubt returns what may be wrong with an address at which a camera was not
// found, or nil. Field is the name of the address; reason and detail say why it
// was not found.
func doubt(field, address string, reason nvr.Reason, detail string) *nvr.Doubt {
	if reason == "" {
		return nil
	}
	_, to, _ := strings.Cut(detail, rtsp.Redirects)
	return household.Judge(field, address, reason, !strings.Contains(detail, rtsp.NotRTSP), to).Doubt()
}
