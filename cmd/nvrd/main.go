// Nvrd records doorbell cameras to local disk and shows them on the home's own
// network. Run `nvrd help` for its commands.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // schedules go by the clock of a zone, also where the system knows none, as in containers
)

// Set by the linker.
var (
	version   = "development"
	sourceURL string // where the source code of this build is offered; empty leaves the link out
)

func main() { os.Exit(program()) }

// program runs the command line and returns its exit status.
func program() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	return execute(ctx, os.Args[1:], streams{in: os.Stdin, out: os.Stdout, err: os.Stderr})
}
