package dahua

import "strings"

// fields returns the simple values of what should be a JSON object, and those of
// objects within it by "Object.Name". It makes the best of what is not: missing
// braces, quotes and commas, and ends in the middle. The first value of a name
// counts. Values in lists are left out.
func fields(text string) map[string]string {
	s := scanner{text: text, found: map[string]string{}}
	s.scan()
	return s.found
}

type scanner struct {
	text  string
	at    int
	found map[string]string

	within []string // names of the objects that are open; "[" for a list
	name   string   // the newest name that waits for its value
	colon  bool
}

func (s *scanner) scan() {
	for s.at < len(s.text) && len(s.found) < maxFields {
		switch c := s.text[s.at]; c {
		case '{', '[':
			s.enter(c)
		case '}', ']':
			if len(s.within) > 0 {
				s.within = s.within[:len(s.within)-1]
			}
			s.name, s.colon = "", false
			s.at++
		case ':':
			s.colon = s.name != ""
			s.at++
		case ',', '\n', ' ', '\t':
			s.at++
		case '"':
			s.word(s.quoted())
		default:
			s.word(s.bare())
		}
	}
}

// enter opens an object or a list. Deeper than 16, nothing is told apart.
func (s *scanner) enter(c byte) {
	name := s.name
	if c == '[' {
		name = "["
	}
	if len(s.within) < 16 {
		s.within = append(s.within, name)
	}
	s.name, s.colon = "", false
	s.at++
}

// quoted reads a string. One without an end ends with its line.
func (s *scanner) quoted() string {
	var b strings.Builder
	for s.at++; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; {
		case c == '"':
			s.at++
			return b.String()
		case c == '\n':
			return b.String()
		case c == '\\' && s.at+1 < len(s.text):
			s.at++
			b.WriteByte(s.text[s.at])
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// bare reads a number, true, false, null, or a word that lost its quotes.
func (s *scanner) bare() string {
	end := strings.IndexAny(s.text[s.at:], "{}[]:,\"\n \t")
	if end <= 0 {
		end = len(s.text) - s.at
	}
	word := s.text[s.at : s.at+end]
	s.at += end
	return word
}

// word is a value if a name and a colon came before, or else a name.
func (s *scanner) word(w string) {
	if !s.colon {
		s.name = clip(w)
		return
	}
	name := s.name
	s.name, s.colon = "", false
	for i := len(s.within) - 1; i > 0; i-- {
		if s.within[i] == "[" {
			return
		}
		name = s.within[i] + "." + name
	}
	if _, ok := s.found[name]; !ok && len(name) <= maxWord {
		s.found[name] = clip(w)
	}
}
