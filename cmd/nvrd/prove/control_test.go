package prove_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// TestControl proves that the proofs can fail: a build that never waits for
// the disk must lose more than the contract allows, in both.
func TestControl(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "nosync.test")
	if out, err := exec.CommandContext(t.Context(), "go", "test", "-tags", "nosync", "-c", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("go test -c: %v\n%s", err, out)
	}
	const lost = `.*(at most 2s may be lost|: not found|missing_file).*`
	proofs := map[string]string{"TestPowerCut": `(?m)^ +power_test` + lost}
	if os.Geteuid() == 0 {
		proofs["TestLoopDevice"] = `(?m)^ +loop_test` + lost
	}
	for name, complaint := range proofs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := exec.CommandContext(t.Context(), program, "-test.run", "^"+name+"$", "-test.v").CombinedOutput()
			found := regexp.MustCompile(complaint).Find(out)
			if err == nil || found == nil {
				t.Fatalf("a build without sync passed: %v\n%s", err, out)
			}
			t.Logf("without sync: %s", found)
		})
	}
}
