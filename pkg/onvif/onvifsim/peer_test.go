package onvifsim_test

import (
	"encoding/json"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/onvif/onvifsim"
)

// TestPublicClient has a client that others wrote find its way at the simulator: what
// our own one alone understands would prove nothing.
func TestPublicClient(t *testing.T) {
	modules, err := filepath.Abs("../../../ui/uitest/node_modules")
	if err != nil {
		t.Fatal(err)
	}
	for name, auth := range map[string]onvifsim.Auth{"token": onvifsim.Token, "digest": onvifsim.Digest} {
		d := onvifsim.New(onvifsim.Config{
			User: "admin", Password: "sesame", Auth: auth, Clock: -time.Hour, Model: "Bell 2",
			Streams: []onvifsim.Stream{{Token: "m", Encoding: "H264", Width: 1280, Height: 720, URI: "rtsp://192.0.2.77/main?a=1&b=2"}},
		})
		s := httptest.NewServer(d)
		t.Cleanup(s.Close)
		cmd := exec.CommandContext(t.Context(), "node", "testdata/client.cjs")
		cmd.Env = append(cmd.Environ(), "NODE_PATH="+modules, "STOOP_DEVICE="+strings.TrimPrefix(s.URL, "http://"), "STOOP_PASSWORD=sesame")
		var out, said strings.Builder
		cmd.Stdout, cmd.Stderr = &out, &said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		for on, over := false, false; !over; {
			select {
			case err := <-ended:
				if over = true; err != nil {
					t.Fatalf("%v: %s; `make build/uitest.stamp` installs the client", err, said.String())
				}
			case <-time.After(100 * time.Millisecond):
				if d.Subscribed() > 0 {
					on = !on
					d.Tell(onvifsim.Notice{Topic: "tns1:RuleEngine/MyRuleDetector/Visitor", Source: "Source=000", Data: map[bool]string{true: "State=true", false: "State=false"}[on]})
				}
			}
		}
		var got struct {
			Error, URI, Model string
			Profiles          int
			Heard             []string
		}
		if err := json.Unmarshal([]byte(out.String()), &got); err != nil {
			t.Fatalf("%s: %v: %s", name, err, out.String())
		}
		const visitor = "tns1:RuleEngine/MyRuleDetector/Visitor "
		if diff := cmp.Diff([]string{visitor + "true", visitor + "false", visitor + "true"}, got.Heard); diff != "" || got.Error != "" {
			t.Errorf("%s: %s, heard, -want +got:\n%s", name, got.Error, diff)
		}
		if got.URI != "rtsp://192.0.2.77/main?a=1&b=2" || got.Profiles != 1 || got.Model != "Bell 2" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
