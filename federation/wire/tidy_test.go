package wire

import "testing"

var typed = []struct{ in, lines, line string }{
	{"", "", ""},
	{"  The steps are icy.  ", "The steps are icy.", "The steps are icy."},
	{"a\u00a0b\u2009c\u3000d", "a b c d", "a b c d"},
	{"one\r\ntwo\rthree\u2028four", "one\ntwo\nthree\nfour", "one two three four"},
	{"a\tb", "a b", "a b"},
	{"a  b", "a  b", "a b"},
	{"one  \n\n\ntwo", "one\n\n\ntwo", "one two"},
	{"Cafe\u0301", "Caf\u00e9", "Caf\u00e9"},
	{"\u202etxet\u202c", "txet", "txet"},
	{"in\u200bvisible \ufeffmark\u00ad", "invisible mark", "invisible mark"},
	{"family \U0001f468\u200d\U0001f469\u200d\U0001f467 \u2764\ufe0f", "family \U0001f468\u200d\U0001f469\u200d\U0001f467 \u2764\ufe0f", "family \U0001f468\u200d\U0001f469\u200d\U0001f467 \u2764\ufe0f"},
	{"z\u200dz", "zz", "zz"},
	{"a\u0301\u0302\u0303\u0304\u0305b", "\u00e1\u0302\u0303\u0304b", "\u00e1\u0302\u0303\u0304b"},
	{"\u0301alone", "alone", "alone"},
	{"broken \xff\xfe bytes", "broken  bytes", "broken bytes"},
	{"\x00\x1b[31mred", "[31mred", "[31mred"},
	{"\u2800\u2800", "", ""},
	{"e\u200b\u0301", "\u00e9", "\u00e9"}, // what goes brings a letter and its mark together
	{"<script>alert(1)</script>", "<script>alert(1)</script>", "<script>alert(1)</script>"},
}

func TestTidy(t *testing.T) {
	for _, c := range typed {
		if got := Tidy(c.in, true); got != c.lines {
			t.Errorf("Tidy(%q) of lines is %q, want %q", c.in, got, c.lines)
		}
		if got := Tidy(c.in, false); got != c.line {
			t.Errorf("Tidy(%q) of one line is %q, want %q", c.in, got, c.line)
		}
	}
}

// FuzzTidy: whatever was typed, objects may hold what becomes of it.
func FuzzTidy(f *testing.F) {
	for _, c := range typed {
		f.Add(c.in)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, lines := range []bool{true, false} {
			tidy := Tidy(s, lines)
			if err := text("it", tidy, 0, len(tidy), lines); err != nil {
				t.Errorf("Tidy(%q) is %q: %v", s, tidy, err)
			}
			if again := Tidy(tidy, lines); again != tidy {
				t.Errorf("Tidy(%q) is %q, and of that %q", s, tidy, again)
			}
		}
	})
}
