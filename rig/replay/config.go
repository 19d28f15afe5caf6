// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"time"

	"kcovrig/rig/command"
	"kcovrig/rig/fault"
	"kcovrig/rig/trial"
)

// What a replay does where it is not told otherwise.
const (
	DefaultTries = 20
	DefaultLimit = 20 * time.Second

	maxTries = 1000
)

// Config says which witness to reach again, and how often.
type Config struct {
	command.Config               // of its Spec Jobs and Sandbox count alone: the rest is the run's
	Run            string        // a run folder, or its result.json
	Witness        int           // its number in the run, from 1; 0: the first that can be replayed
	Tries          int           // boots
	Limit          time.Duration // of each try's stress
	Plain          bool          // leave the emulator's decisions to the seed alone
	Force          bool          // go on with a setup that is not the run's
}

func (c Config) validate() error {
	switch {
	case c.Tries < 1 || c.Tries > maxTries:
		return fault.Newf(fault.User, "", "--tries: %d is not between 1 and %d", c.Tries, maxTries)
	case c.Limit <= 0 || c.Limit > trial.MaxDuration:
		return fault.Newf(fault.User, "", "--limit: %v is not between 0 and %v", c.Limit, trial.MaxDuration)
	}
	return nil
}
