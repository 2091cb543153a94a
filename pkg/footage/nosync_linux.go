//go:build nosync

package footage

import "os"

// This build never waits for a disk. It exists to show that the proofs in
// cmd/nvrd/prove notice; nobody should record with it.

func (disk) syncAll() error { return nil }

func syncFile(*os.File) error { return nil }

func syncDir(string) error { return nil }
