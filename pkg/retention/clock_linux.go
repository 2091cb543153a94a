package retention

import (
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"nvrd/pkg/catalog"
	"nvrd/pkg/nvr"
)

// MachineClock reads the wall clock and how long the machine has been up.
func MachineClock() (catalog.Clock, error) {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return catalog.Clock{}, fmt.Errorf("boot id: %w", err)
	}
	var up unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &up); err != nil {
		return catalog.Clock{}, fmt.Errorf("uptime: %w", err)
	}
	return catalog.Clock{Wall: nvr.Now(), Boot: strings.TrimSpace(string(boot)), Uptime: time.Duration(up.Nano())}, nil
}
