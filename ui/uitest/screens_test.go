//go:build screens

// Every screen beside how it looked when somebody accepted it. `make screens`
// runs it; `make screens ACCEPT=1` accepts what there is now.
package uitest

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var accept = flag.Bool("accept", false, "what the screens look like now is how they should look")

func TestScreens(t *testing.T) {
	file := build(t.Context(), t)
	now, err := filepath.Abs(root + "/build/screens")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(now); err != nil {
		t.Fatal(err)
	}
	street := launch(t, file, "demo", "--no-visitor", "--homes", "2", "--agency", "--listen", free(t), "--data", t.TempDir())
	alone := launch(t, file, "run", "--neighbor-port", "0", "--listen", free(t), "--data", t.TempDir())
	keyed := launch(t, file, "run", "--neighbor-port", "0", "--listen", everywhere(t), "--host", "stoop.home.arpa", "--access-key-file", keyFile(t), "--data", t.TempDir())
	browse(t, "screens", "STOOP_URL="+street.listen, "STOOP_ALONE="+alone.listen, "STOOP_KEYED="+keyed.listen, "STOOP_SHOTS="+filepath.Join(now, "now"))
	if t.Failed() && *accept {
		return // of what is wrong nothing is accepted
	}
	compareAll(t, now)
}

// compareAll compares the screens of a run with the accepted ones, or accepts them.
func compareAll(t *testing.T, dir string) {
	t.Helper()
	shots, err := filepath.Glob(filepath.Join(dir, "now", "*.png"))
	if err != nil || len(shots) == 0 {
		t.Fatal("no screens: ", err)
	}
	r := report{dir: dir}
	for _, path := range shots {
		now := reduce(readPNG(t, path))
		name := strings.TrimSuffix(filepath.Base(path), ".png")
		kept := filepath.Join("accepted", name+".png")
		if *accept {
			writePNG(t, kept, now)
			continue
		}
		if _, err := os.Stat(kept); err != nil {
			t.Errorf("%s is not accepted yet", name)
			continue
		}
		old := plain(readPNG(t, kept))
		if places := differences(old, now); len(places) > 0 {
			t.Errorf("%s differs in %d places", name, len(places))
			r.add(t, name, old, now, places)
		}
	}
	if *accept {
		return
	}
	r.write(t)
}
