package notify

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
)

// Input is what a person, or a browser, says of a channel.
type Input struct {
	Kind     string
	Name     string
	Settings map[string]household.Secret // three stars are what is kept
	Events   []string                    // nil for rings
}

// Stars is what a secret is shown as, and what is sent back to keep it.
const Stars = "***"

var kindWord = regexp.MustCompile(`^[a-z0-9_]{1,32}$`)

const (
	maxName   = 60
	maxEvents = 20
)

// apply checks what was said, and changes c to it.
func (in Input) apply(c *household.Channel) error {
	c.Name = strings.TrimSpace(oneLine(in.Name))
	if c.Name == "" || len(c.Name) > maxName {
		return fmt.Errorf("name needs 1 to %d letters: %w", maxName, nvr.ErrInvalid)
	}
	if in.Events != nil {
		if len(in.Events) > maxEvents || slices.ContainsFunc(in.Events, func(k string) bool { return !kindWord.MatchString(k) }) {
			return fmt.Errorf("events are at most %d words of a to z, 0 to 9 and _: %w", maxEvents, nvr.ErrInvalid)
		}
		c.Events = slices.Compact(slices.Sorted(slices.Values(in.Events)))
	}
	fields := Fields(c.Kind)
	if fields == nil {
		return fmt.Errorf("there is no kind %q of channels: %w", in.Kind, nvr.ErrInvalid)
	}
	before, after := destination(*c), maps.Clone(c.Settings)
	kept := false
	for name, value := range in.Settings {
		i := slices.IndexFunc(fields, func(f Field) bool { return f.Name == name })
		if i < 0 {
			return fmt.Errorf("a channel of this kind has no %s: %w", name, nvr.ErrInvalid)
		}
		if !fields[i].Secret || value != Stars {
			after[name] = household.Secret(strings.TrimSpace(value.Reveal()))
		}
	}
	for _, f := range fields {
		if after[f.Name] == "" {
			after[f.Name] = household.Secret(f.Usual)
		}
		if err := f.check(after[f.Name].Reveal()); err != nil {
			return err
		}
		kept = kept || f.Secret && f.Name != "url" && after[f.Name] != "" && after[f.Name] == c.Settings[f.Name]
	}
	changed := household.Channel{Kind: c.Kind, Settings: after}
	if c.Kind == WebPush {
		if err := checkPush(after); err != nil {
			return err
		}
	} else if before != "" && before != destination(changed) && kept {
		return fmt.Errorf("give passwords, keys and tokens again for another server: %w", nvr.ErrInvalid)
	}
	c.Settings = after
	return nil
}
