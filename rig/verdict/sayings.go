// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"fmt"
	"strings"

	"kcovrig/rig/trial"
)

const notHad = "not had: "

// NotHad is a voice on one kernel that could not be had, and why.
func NotHad(why string) trial.Saying { return trial.Saying{Words: notHad + why} }

// WhyNotHad is NotHad's reverse; false for a voice that was had.
func WhyNotHad(s trial.Saying) (why string, ok bool) {
	why, ok = strings.CutPrefix(s.Words, notHad)
	return why, ok && s.Answer == ""
}

// ModelSaying is what a model's answer to the tests of one kernel means.
func ModelSaying(allowed trial.Expectation, tests int) trial.Saying {
	switch allowed {
	case trial.Never:
		return trial.Saying{Answer: trial.Impossible, Words: fmt.Sprintf("never, on %s", ways(tests))}
	case trial.Sometimes:
		return trial.Saying{Answer: trial.Possible, Words: "sometimes"}
	}
	return NotHad("no answer")
}

// BinaryVoice is what the two kernels' machine code says.
func BinaryVoice(code []trial.Code) trial.Voice {
	v := trial.Voice{Name: trial.VoiceBinary, How: "barriers on the paths from the first write to the second", Unpatched: NotHad("no code"), Patched: NotHad("no code")}
	for _, c := range code {
		*v.Of(c.Variant) = binarySaying(c)
	}
	return v
}
