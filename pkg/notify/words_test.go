package notify

import (
	"context"
	"encoding/json"
	"os"
	"sync"
)

// english is the words that ship, in English.
func english(context.Context) Words { return shipped() }

var shipped = sync.OnceValue(func() Words {
	var catalogue struct {
		Messages struct{ Missed string }
		Outbox   Words
	}
	text, err := os.ReadFile("../../ui/text/en.json")
	if err == nil {
		err = json.Unmarshal(text, &catalogue)
	}
	if err != nil {
		panic(err)
	}
	catalogue.Outbox.Missed = catalogue.Messages.Missed
	return catalogue.Outbox
})
