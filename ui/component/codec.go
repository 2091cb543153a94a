package component

import "strings"

// CodecName is a codec as people write it.
func CodecName(codec string) string {
	switch codec {
	case "h264":
		return "H.264"
	case "h265":
		return "H.265"
	case "opus":
		return "Opus"
	}
	return strings.ToUpper(codec)
}
