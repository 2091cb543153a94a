// Package twon listens to intercoms of 2N by the log of their HTTP API: it
// subscribes, and then asks for what is new, which the intercom answers when
// something happens. The service *Logging* has to be allowed in the intercom, and
// the user needs the rights *Keypad monitoring*, *Call/phone monitoring* and *I/O
// monitoring*: events that a user may not see are left out without a word
// (HTTP API manual for 2N IP intercoms, 5.10.2 and 5.10.4).
package twon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"nvrd/pkg/device"
	"nvrd/pkg/nvr"
)

const (
	// keeps is how long the intercom keeps a subscription that nobody asks of, and
	// with it what happens while a connection is broken.
	keeps = 90 * time.Second
	// holds is how long it may wait for an event before it answers with none.
	holds = 20 * time.Second
	// maxAnswer is of 128 events, the most in one answer; each has some 200 bytes.
	maxAnswer = 256 << 10
	maxEvents = 128
	// anew is how often in a row a subscription may be lost at once.
	anew = 3
	// emptyPause is waited after an empty answer that came atOnce: some do not wait
	// until something happens.
	atOnce, emptyPause = time.Second, 200 * time.Millisecond
)

// wanted are the events that are subscribed to. Old firmware refuses to be asked
// for one that it does not know; then the second list is tried.
var wanted = []string{
	"KeyPressed,CallStateChanged,MotionDetected,InputChanged,DoorStateChanged",
	"KeyPressed,CallStateChanged,MotionDetected,InputChanged",
}

// Listen tells what happens at the intercom until it can't be asked any more or
// ctx ends; the error is never nil, and one of [device.Error] unless ctx ended.
// tell is called from one goroutine.
func Listen(ctx context.Context, c device.Config, tell func(nvr.Signal)) error {
	client, err := device.New(c)
	if err != nil {
		return err
	}
	defer client.Close()
	m := meanings{tell: tell, now: nvr.Now, heard: c.Say}
	for lost := 0; lost < anew; lost++ {
		id, err := subscribe(ctx, client)
		if err != nil {
			return err
		}
		c.Say("subscribed", "", nil)
		for {
			began := time.Now()
			events, err := pull(ctx, client, id)
			if errors.Is(err, errGone) {
				break // it expired, or the intercom was restarted
			}
			if err != nil {
				return err
			}
			lost = 0
			for _, e := range events {
				m.take(e)
			}
			if len(events) == 0 && time.Since(began) < atOnce {
				select {
				case <-time.After(emptyPause):
				case <-ctx.Done():
					return ctx.Err()
				}
			}
		}
	}
	return device.Fault(device.Failing, errGone)
}

// event is one row of the log.
type event struct {
	Event  string         `json:"event"`
	Params map[string]any `json:"params"`
}

// answer is how the intercom answers whatever it is asked, as a rule with 200.
type answer struct {
	Success bool `json:"success"`
	Result  struct {
		ID     uint32  `json:"id"`
		Events []event `json:"events"`
	} `json:"result"`
	Error struct {
		Code  int    `json:"code"`
		Param string `json:"param"`
	} `json:"error"`
}

// refused is what the intercom says in place of a result.
type refused struct {
	code  int
	param string
}

func (r refused) Error() string { return fmt.Sprintf("refused with code %d", r.code) }

var errGone = errors.New("the subscription is gone")

func subscribe(ctx context.Context, client *device.Client) (id uint32, err error) {
	for _, filter := range wanted {
		q := url.Values{"include": {"new"}, "duration": {strconv.Itoa(int(keeps.Seconds()))}, "filter": {filter}}
		var a answer
		a, err = ask(ctx, client, "/api/log/subscribe?"+q.Encode(), 10*time.Second)
		if r := (refused{}); !errors.As(err, &r) || r.code != badValue {
			return a.Result.ID, fault(err)
		}
	}
	return 0, fault(err)
}

func pull(ctx context.Context, client *device.Client, id uint32) ([]event, error) {
	path := fmt.Sprintf("/api/log/pull?id=%d&timeout=%d", id, int(holds.Seconds()))
	a, err := ask(ctx, client, path, holds+10*time.Second)
	if r := (refused{}); errors.As(err, &r) && r.code == badValue {
		return nil, errGone
	}
	if len(a.Result.Events) > maxEvents {
		a.Result.Events = a.Result.Events[:maxEvents]
	}
	return a.Result.Events, fault(err)
}

// badValue is said of a parameter that is not valid: an id that the intercom does
// not know, a filter.
const badValue = 12

// kinds are the codes that an owner can do something about (HTTP API manual, 2.3).
var kinds = map[int]device.Kind{
	7:  device.Plain, // only over https
	8:  device.Plain, // not by this way to log in
	9:  device.WrongLogIn,
	10: device.NoRight,
	14: device.Failing,
}

// fault gives a refusal its kind.
func fault(err error) error {
	r := refused{}
	if !errors.As(err, &r) {
		return err
	}
	kind := kinds[r.code]
	if kind == "" {
		kind = device.NoPage
	}
	return device.Fault(kind, err)
}

func ask(ctx context.Context, client *device.Client, path string, within time.Duration) (answer, error) {
	body, err := client.Ask(ctx, device.Request{Path: path, Within: within}, maxAnswer)
	if err != nil {
		return answer{}, err
	}
	return parse(body)
}

func parse(body []byte) (a answer, err error) {
	switch err := json.Unmarshal(body, &a); {
	case err != nil:
		return answer{}, device.Fault(device.Odd, err)
	case !a.Success:
		return answer{}, refused{a.Error.Code, a.Error.Param}
	}
	return a, nil
}

// word returns a parameter as text, if it is a simple value.
func (e event) word(name string) string {
	switch v := e.Params[name].(type) {
	case string:
		return strings.ToLower(v)
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}
