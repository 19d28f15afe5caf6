// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"fmt"
	"slices"
	"strings"

	"kcovrig/rig/trial"
	"kcovrig/rig/wording"
)

func ways(n int) string {
	if n == 1 {
		return "the one way through the code"
	}
	return fmt.Sprintf("%d ways through the code", n)
}

func binarySaying(c trial.Code) trial.Saying {
	s := trial.Saying{Words: "order kept: " + c.Ordered}
	switch c.Ordered {
	case "yes":
		s.Answer = trial.Impossible
	case "no", "partly":
		s.Answer = trial.Possible
	}
	return s
}

// runVoice is what was measured.
func runVoice(words wording.Words, unpatched, patched trial.Observation, j trial.Judgement) trial.Voice {
	v := trial.Voice{Name: trial.VoiceRun, How: words.Adjective() + " " + words.Full().Windows + " of all, under the memory emulator"}
	said := func(o trial.Observation) trial.Saying {
		var hits, all uint64
		for _, t := range o.Tallies {
			hits, all = hits+t.HitWindows, all+t.Windows
		}
		s := trial.Saying{Words: words.Short(hits, all)}
		if hits > 0 {
			s.Answer = trial.Possible
		}
		return s
	}
	v.Unpatched, v.Patched = said(unpatched), said(patched)
	if j.Verdict == trial.Fixed {
		v.Patched.Answer = trial.Impossible
	}
	return v
}

// Agree puts the other voices beside the run's verdict. One that contradicts it
// makes the verdict inconclusive: either the measurement is wrong or the voice,
// and nobody can tell which.
func Agree(words wording.Words, j trial.Judgement, unpatched, patched trial.Observation, others ...trial.Voice) trial.Judgement {
	run := runVoice(words, unpatched, patched, j)
	j.Voices = append(slices.Clone(others), run)
	if j.Verdict != trial.Fixed && j.Verdict != trial.NotFixed {
		return j
	}
	var reasons []string
	for _, v := range others {
		reasons = append(reasons, contradiction(words, v, run, trial.Unpatched)...)
		reasons = append(reasons, contradiction(words, v, run, trial.Patched)...)
	}
	if len(reasons) == 0 {
		return j
	}
	was := j.Verdict
	j.Verdict, j.Confidence, j.MissProbability = trial.Inconclusive, nil, nil
	j.Reasons = append(reasons, j.Reasons...)
	j.Modes = slices.Clone(j.Modes)
	for i := range j.Modes {
		if m := &j.Modes[i]; m.Verdict == was {
			m.Verdict, m.Reason = trial.Inconclusive, m.Reason+"; "+strings.Join(reasons, "; ")
		}
	}
	return j
}

// contradiction says how a voice and the run differ on one kernel.
func contradiction(words wording.Words, v, run trial.Voice, kernel trial.Variant) []string {
	says, seen := v.Of(kernel), run.Of(kernel)
	if says.Answer == "" || seen.Answer == "" || says.Answer == seen.Answer {
		return nil
	}
	return []string{fmt.Sprintf("%s and run contradict each other on the %s kernel: %s is %s by the %s (%s), and the run showed %s",
		v.Name, kernel, words.A(), says.Answer, v.Name, says.Words, seen.Words)}
}
