// SPDX-License-Identifier: Apache-2.0

package trial

// Command is the subcommand that a result is of. Earlier versions and later ones may
// have others: what is none of these is shown as it stands.
type Command string

// The commands that leave a result.
const (
	CommandBuild   Command = "build"
	CommandRun     Command = "run"     // one kernel
	CommandCompare Command = "compare" // both
	CommandReplay  Command = "replay"
	CommandSoak    Command = "soak"
	CommandLitmus  Command = "litmus"
)
