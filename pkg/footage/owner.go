package footage

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"nvrd/pkg/durable"
	"nvrd/pkg/nvr"
)

// ownerName is the file that says which copy of the home writes to a directory.
const ownerName = "stoop-owner.json"

// owner is the content of that file. A directory that was copied holds a file
// that was copied, which Birth shows.
type owner struct {
	Copy  string `json:"copy"`  // of the home
	Birth string `json:"birth"` // of the directory, by [durable.Birth]
}

// ID returns the number of the footage directory at path, or nvr.ErrNotFound.
func ID(path string) (UUID, error) {
	m, err := readMeta(path)
	if err != nil {
		return UUID{}, err
	}
	return parseUUID(m.Directory)
}

// Take makes the footage directory at path that of a copy of the home, and tells
// whether it was another one's. Whoever does this knows that the other one is
// not used any more, or that it shall not write there.
func Take(path string, copy UUID) (taken bool, err error) {
	taken = errors.Is(mayUse(path, copy), nvr.ErrForbidden)
	return taken, claim(path, copy)
}

// mayUse fails with nvr.ErrForbidden if the directory at path is that of another
// copy of the home.
func mayUse(path string, copy UUID) error {
	b, err := os.ReadFile(filepath.Join(path, ownerName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("footage directory: %w", err)
	}
	var o owner
	if err := json.Unmarshal(b, &o); err != nil || o.Copy == copy.String() {
		return nil //nolint:nilerr // what says nothing names nobody
	}
	if birth, err := durable.Birth(path); err != nil || birth != o.Birth {
		return err
	}
	return fmt.Errorf("footage directory %s belongs to another copy of this home; if that one is not used any more, `nvrd storage add --path %s` takes it over: %w", path, path, nvr.ErrForbidden)
}

// claim says whose the directory at path is, if it does not say so yet.
func claim(path string, copy UUID) error {
	birth, err := durable.Birth(path)
	if err != nil {
		return err
	}
	b, err := json.Marshal(owner{copy.String(), birth})
	if err != nil {
		return fmt.Errorf("claim footage directory: %w", err)
	}
	b = append(b, '\n')
	if is, err := os.ReadFile(filepath.Join(path, ownerName)); err == nil && string(is) == string(b) {
		return nil
	}
	return durable.Replace(filepath.Join(path, ownerName), 0o640, durable.Bytes(b))
}

func parseUUID(s string) (u UUID, err error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(u) {
		return u, fmt.Errorf("number %q: %w", s, nvr.ErrDamaged)
	}
	return UUID(b), nil
}
