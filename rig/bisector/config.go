// SPDX-License-Identifier: Apache-2.0

package bisector

import (
	"time"

	"kcovrig/rig/command"
	"kcovrig/rig/fleet/natsserver"
)

// Config says which commit to look for. Spec.Tree is the git repository.
type Config struct {
	command.Config
	Good []string // revisions that are clean
	Bad  []string // that have the bug
	// Fixed: the bad commits are the old ones, and what is looked for repaired them.
	Fixed            bool
	TermOld, TermNew string // git's words for the marks; empty: its own, or broken and fixed
	FirstParent      bool
	Paths            []string
	Log              string // a git bisect log to begin with; takes the place of the above
	AtOnce           int    // commits tested at a time
	// Server is one whose workers test them; where none is named this machine does.
	Server   natsserver.Access
	Paranoid bool // test also what cannot have changed
	Keep     bool // keep the worktrees at the end
	Reset    bool // forget what an earlier search found, and do nothing else

	// Tester makes the testers, each with a folder of its own; nil: this machine's,
	// or the server's workers.
	Tester  func(dir string) Tester
	AckWait time.Duration // after which a worker counts as dead; 0: the fleet's own
}
