package report

import "strings"

// words are values that all devices of a maker use and that say nothing of a home.
// In lower case.
var words = map[string]bool{
	"": true, "true": true, "false": true, "on": true, "off": true, "active": true, "inactive": true, "null": true,
	"start": true, "stop": true, "pulse": true, "state": true, "appear": true, "cross": true, "inside": true, "enter": true, "leave": true,
	"invite": true, "hangup": true, "cancel": true, "answer": true, "ignoreinvite": true, "ringing": true, "ring": true, "idle": true, "oncall": true,
	"connected": true, "terminated": true, "outgoing": true, "incoming": true, "in": true, "out": true,
	"open": true, "opened": true, "close": true, "closed": true, "h": true, "l": true,
	"human": true, "vehicle": true, "normal": true, "passiveinfrared": true, "success": true, "failed": true,
	"input1": true, "input2": true, "input3": true, "relay1": true, "relay2": true, "%1": true, "%2": true, "%3": true, "%4": true,
}

// small are numbers that tell one state of a device from another.
func small(s string) bool {
	return len(s) == 1 && s[0] >= '0' && s[0] <= '9'
}

// clean returns a code or a name as it may be told: letters, and nothing else that
// a name, an address or a number could be made of.
func (l *Log) clean(s string) string {
	if small(s) || words[strings.ToLower(s)] {
		return l.known(s)
	}
	var b strings.Builder
	for _, c := range s[:min(len(s), maxWord)] {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_', c == '.', c == '-':
			b.WriteRune(c)
		case c >= '0' && c <= '9':
			b.WriteByte('#')
		default:
			return "?"
		}
	}
	return l.known(b.String())
}

// path returns a code as it may be told, part by part.
func (l *Log) path(code string) string {
	parts := strings.Split(code[:min(len(code), maxCode)], "/")
	for i, p := range parts {
		parts[i] = l.clean(p)
	}
	return strings.Join(parts, "/")
}

// joined lets a line go in which words and what stands between them make a secret.
func (l *Log) joined(line string) string {
	low := strings.ToLower(line)
	for _, secret := range l.secrets {
		if strings.ContainsAny(secret, " /=") && strings.Contains(low, secret) {
			return "***"
		}
	}
	return line
}

// value returns what may be told of a value: itself if it is one of a few words, or
// else of what kind it is.
func (l *Log) value(s string) string {
	s = strings.TrimSpace(s)
	switch {
	case small(s), words[strings.ToLower(s)]:
		return l.known(s)
	case strings.Trim(s, "0123456789.-") == "":
		return "number"
	}
	return "text"
}

// known lets what holds a secret of the home go.
func (l *Log) known(s string) string {
	low := strings.ToLower(s)
	for _, secret := range l.secrets {
		if strings.Contains(low, secret) || len(low) > 3 && strings.Contains(secret, low) {
			return "***"
		}
	}
	return s
}
