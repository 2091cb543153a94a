// Package prove holds the recorder to its contract: what a crash, a power cut
// or a bad disk may cost, and that whatever is left is true. See
// docs/design/storage.md for the order in which things become durable.
package prove_test

import (
	"bufio"
	"encoding/gob"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"nvrd/pkg/nvr"
)

// torture asks for the long form of every proof: `make torture`.
var torture = flag.Bool("torture", false, "prove at length")

// diskEnv makes this program serve a disk at the path that it names.
const diskEnv = "NVRD_PROVE_DISK"

func TestMain(m *testing.M) {
	if dir := os.Getenv(diskEnv); dir != "" {
		if err := serveDisk(dir); err != nil {
			fmt.Fprintln(os.Stderr, "disk:", err)
			os.Exit(1)
		}
		return
	}
	if address := os.Getenv(cameraEnv); address != "" {
		if err := serveCamera(address); err != nil {
			fmt.Fprintln(os.Stderr, "camera:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// often returns how often something is tried: less in the short form.
func often(short, long int) int {
	if *torture {
		return long
	}
	return short
}

// scratch returns an empty directory in memory, where other work of the
// machine's disks does not count. It is removed when the test ends.
func scratch(t *testing.T) string {
	t.Helper()
	const memory = "/dev/shm"
	if _, err := os.Stat(memory); err != nil {
		return t.TempDir()
	}
	dir, err := os.MkdirTemp(memory, "nvrd-prove-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// mount is a disk that a test commands.
type mount struct {
	t       *testing.T
	dir     string
	control *os.File
}

// newMount mounts an empty disk until the test ends.
func newMount(t *testing.T) *mount {
	t.Helper()
	m := &mount{t: t, dir: t.TempDir()}
	serve(t, exec.Command(os.Args[0]), diskEnv+"="+m.dir) // needs Debian's fuse3 and /dev/fuse
	var err error
	if m.control, err = os.OpenFile(controlOf(m.dir), os.O_WRONLY, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.control.Close() })
	return m
}

// serve runs this program as something else, as a variable of its environment
// says, until the test ends. It returns when that is ready.
func serve(t *testing.T, cmd *exec.Cmd, as string) {
	t.Helper()
	cmd.Env = append(os.Environ(), as)
	cmd.Stderr = os.Stderr
	hold, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("%s: %v", as, err)
	}
	t.Cleanup(func() {
		hold.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v", as, err)
		}
	})
}

func (m *mount) tell(c order) {
	m.t.Helper()
	b, err := json.Marshal(c)
	if err != nil {
		m.t.Fatal(err)
	}
	if _, err := m.control.WriteAt(b, 0); err != nil {
		m.t.Fatalf("control of the disk: %v", err)
	}
}

// suffer gives the disk a fault; none ends it.
func (m *mount) suffer(f fault) { m.tell(order{Fault: &f}) }

// newJournal makes everything durable and begins the journal anew.
func (m *mount) newJournal() { m.tell(order{NewJournal: true}) }

// hush ends the journal, which a long recording would fill the memory with.
func (m *mount) hush() { m.tell(order{Quiet: true}) }

// note puts it into the journal that a picture was handed to the recorder.
func (m *mount) note(id nvr.StreamID, dts int64) {
	m.tell(order{Note: &op{Kind: opNote, Is: uint64(id.Camera), At: dts}})
}

// journal returns what was done to the disk so far.
func (m *mount) journal() (journal []op) {
	m.t.Helper()
	f, err := os.Open(controlOf(m.dir))
	if err != nil {
		m.t.Fatal(err)
	}
	defer f.Close()
	if err := gob.NewDecoder(bufio.NewReaderSize(f, 1<<20)).Decode(&journal); err != nil {
		m.t.Fatal(err)
	}
	return journal
}
