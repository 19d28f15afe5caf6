// SPDX-License-Identifier: Apache-2.0

package barriers

import (
	"fmt"

	"kcovrig/rig/barrier"
	"kcovrig/rig/report/words"
)

// alteredWords say in one sentence what came of an alteration that the user named.
func alteredWords(a barrier.Verdict) string {
	what := words.OneLine(a.What)
	switch a.Effect {
	case barrier.Showed:
		if a.Adds {
			return "not enough in the emulator: " + what
		}
		return "needed in the emulator: " + what
	case barrier.Silent:
		if a.Adds {
			return "enough in the emulator: " + what
		}
		return "not shown to be needed in the emulator: " + what
	case barrier.NotExecuted:
		if a.Places > 1 {
			return fmt.Sprintf("inconclusive: not all of the %d places that were altered were executed while stores could wait; name one by its line: %s", a.Places, what)
		}
		return "inconclusive: what was altered was not executed while stores could wait: " + what
	}
	return "inconclusive: " + words.OneLine(a.Reason) + ": " + what
}

// seenAltered says by what.
func seenAltered(r barrier.Report) string {
	a := *r.Altered
	text := fmt.Sprintf("%s under it, and it was executed %d times", r.Words.Seen(a.Seen.Hits(), a.Seen.Windows()), a.Seen.Executed)
	if a.Result.Effect == barrier.Silent {
		text += fmt.Sprintf("; one as bad as the reference stays so silent with probability %.0e%s", a.Result.Miss, restsOn(a.Result.Modes))
	}
	return text
}
