package home_test

import (
	"testing"

	"nvrd/federation/home"
	"nvrd/federation/wire"
)

// TestDelivery: a post left once a neighbor holds the same, and is spread once
// three do, or all where there are fewer; what was said after a neighbor held the
// same is not taken for held, and after a restart neighbors are asked anew.
func TestDelivery(t *testing.T) {
	for name, c := range map[string]struct {
		homes []string
		after []home.Delivery // one home after the other met anna
	}{
		"nobody else": {[]string{"anna"}, nil},
		"one other":   {[]string{"anna", "ben"}, []home.Delivery{home.Spread}},
		"two others":  {[]string{"anna", "ben", "cleo"}, []home.Delivery{home.Left, home.Spread}},
		"four others": {[]string{"anna", "ben", "cleo", "dora", "emil"}, []home.Delivery{home.Left, home.Left, home.Spread, home.Spread}},
	} {
		t.Run(name, func(t *testing.T) {
			s := found(t)
			h := s.move(c.homes...)
			anna := h.cores[node("anna")]
			is := func(when string, post wire.Hash, want home.Delivery) {
				t.Helper()
				if got := anna.Delivery(post); got != want {
					t.Errorf("%s: %d, not %d", when, got, want)
				}
			}
			first := s.say("anna", post("black ice"), wire.Hash{}, noon-5)
			h.said("anna", first)
			is("said", first.ID, home.Unconfirmed)
			for i, want := range c.after {
				h.meet("anna", c.homes[i+1])
				is(c.homes[i+1]+" met her", first.ID, want)
			}

			second := s.say("anna", post("it thaws"), wire.Hash{}, noon-4)
			_, lost := anna.Say(second, h.now)
			is("what nobody was sent", second.ID, home.Unconfirmed)
			if len(c.after) == 0 {
				return
			}
			is("what was held before", first.ID, c.after[len(c.after)-1])
			h.do(node("anna"), lost)
			is("sent and not confirmed", second.ID, home.Unconfirmed)
			h.now++
			for _, name := range c.homes[1:] {
				h.do(node(name), h.cores[node(name)].Minute(h.now))
			}
			is("a minute later", second.ID, c.after[len(c.after)-1])

			anna = h.restart("anna")
			is("after a restart", second.ID, home.Unconfirmed)
			h.cores[node("anna")] = anna
			for i, want := range c.after {
				h.cores[node(c.homes[i+1])].Down(node("anna"))
				h.meet("anna", c.homes[i+1])
				is(c.homes[i+1]+" met her again", second.ID, want)
			}
		})
	}
}
