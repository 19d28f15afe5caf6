// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"kcovrig/rig/command"
	"kcovrig/rig/trial"
	"kcovrig/rig/verdict"
)

// voices are what is known of the two kernels without running them: what their binaries
// say, and what the memory model said.
func voices(run *command.Run, code []trial.Code, said trial.Voice) []trial.Voice {
	if run.Scenario.RuledOut(run.Arch) {
		return nil // the architecture rules the bug out; there is nothing to agree on
	}
	binary := verdict.BinaryVoice(code)
	if run.Scenario.Function == "" { // nobody said which two writes to look for
		no := verdict.NotHad("the scenario names no two writes")
		binary.Unpatched, binary.Patched = no, no
	}
	return []trial.Voice{said, binary}
}
