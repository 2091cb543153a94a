package api

import (
	"fmt"
	"net/http"
	"time"
)

// heartbeat keeps a stream of server-sent events open through proxies, and
// finds out that the page is gone.
const heartbeat = 15 * time.Second

// push is an answer of server-sent events (HTML Living Standard, 9.2).
type push struct{ w http.ResponseWriter }

// newPush sets the header of the answer to r. There is nothing more to do of
// one that asks for no more.
func newPush(w http.ResponseWriter, r *http.Request) (_ push, more bool) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	return push{w}, r.Method != http.MethodHead
}

// send sends an event with its data, which is of one line. A page that comes
// back names the last id that was not empty. An error says that the page is gone.
func (p push) send(event, id string, data []byte) error {
	if id != "" {
		id = "id: " + id + "\n"
	}
	return p.write(fmt.Appendf(nil, "event: %s\n%sdata: %s\n\n", event, id, data))
}

// beat says that nothing has to be said.
func (p push) beat() error { return p.write([]byte(": still here\n\n")) }

func (p push) write(message []byte) error {
	if _, err := (patient{p.w}).Write(message); err != nil {
		return err
	}
	return http.NewResponseController(p.w).Flush()
}
