// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"kcovrig/rig/report/words"
	"kcovrig/rig/result"
	"kcovrig/rig/scenario"
	"kcovrig/rig/trial"
)

// verdictWord is the verdict for headings; "no verdict" where there is none. A
// soak has one of its own.
func verdictWord(d result.Document) string {
	switch {
	case soundSoak(d):
		return "sound"
	case d.Verdict == trial.VerdictUnknown:
		return "no verdict"
	}
	return strings.ReplaceAll(string(d.Verdict), "-", " ")
}

// Sentence says in one line what came of a command: the verdict, the tally of
// one kernel, or what was built.
func Sentence(r trial.Result) string {
	d := result.NewDocument(r)
	for _, a := range d.Measured {
		if a.Outcome == trial.OutcomeCut {
			return "Cut short. " + summary(d)
		}
	}
	return summary(d)
}

func summary(d result.Document) string {
	switch {
	case d.Verdict != trial.VerdictUnknown || d.Error != nil || d.Replay != nil:
		return SentenceOf(d)
	case d.Command == trial.CommandBuild:
		return fmt.Sprintf("Built: Linux %s, %d kernels.", d.Kernel.Version, len(d.Images))
	case soundSoak(d):
		return SentenceOf(d)
	}
	var parts []string
	for _, a := range d.Measured {
		parts = append(parts, fmt.Sprintf("%s, %s, %s: %s", a.Variant, a.Reader, a.Mode, d.Words.Tally(a.HitWindows, a.Windows)))
	}
	return strings.Join(parts, "; ")
}

// soundSoak says that this is a soak which came to its end and met no fault.
func soundSoak(d result.Document) bool {
	return d.Command == trial.CommandSoak && d.Error == nil && len(d.Measured) > 0 &&
		!slices.ContainsFunc(d.Measured, func(a result.ModeDocument) bool { return a.Outcome != trial.OutcomeOK })
}

// SentenceOf says the verdict in one sentence.
func SentenceOf(d result.Document) string {
	said := d.Words.Full()
	switch d.Verdict {
	case trial.Fixed:
		s := "Fixed: " + said.Hits + " were seen without the patch and none with it"
		if d.MissProbability != nil {
			s += fmt.Sprintf("; a kernel as bad as the unpatched one would have looked so clean with probability %.1e", *d.MissProbability)
		}
		return s + "."
	case trial.NotFixed:
		return "Not fixed: " + said.Hits + " were seen with the patch."
	case trial.NoEffect:
		return "No effect possible: the architecture's memory model rules the bug out, and neither kernel showed " + said.A() + "."
	case trial.Identical:
		return "Identical: the two kernels have the same code, where the bug is and elsewhere, so nothing was tested."
	case trial.DoesNotApply:
		return "Not applicable: " + full1(d.Reasons, "no reason was given") + "."
	case trial.Inconclusive:
		return "Inconclusive: " + full1(d.Reasons, "no reason was given") + "."
	}
	switch {
	case d.Error != nil:
		return "No verdict: the " + string(d.Command) + " ended with an error."
	case d.Command == trial.CommandBuild:
		return "No verdict: the kernels were built, and nothing was run."
	case d.Replay != nil:
		return "No verdict: " + replayed(*d.Replay, said) + "."
	case soundSoak(d):
		return "Sound: no store was lost, and the consoles hold no complaint."
	case d.Command == trial.CommandBarriers:
		return "No verdict: barriers.md beside it says which barriers are needed, or would be enough. The kernel as it is showed " + windows(d) + "."
	case d.Command == trial.CommandRun:
		return "No verdict: one kernel alone gives a tally, in " + said.Windows + ": " + windows(d) + "."
	}
	return "No verdict was reached."
}

// inCounts is the verdict fixed in counts; empty where it is another, or nothing was counted.
func inCounts(d result.Document) string {
	without, allWithout := counted(d, trial.Unpatched)
	_, all := counted(d, trial.Patched)
	if d.Verdict != trial.Fixed || all == 0 || allWithout == 0 {
		return ""
	}
	said := d.Words.Full()
	return fmt.Sprintf("Fixed: no %s in %d %s with the patch; without it %s.", said.Hit, all, said.Windows, d.Words.Short(without, allWithout))
}

func full1(list []string, otherwise string) string {
	if len(list) == 0 {
		return otherwise
	}
	return list[0]
}

// repeat is the words of the command that asks for the same run again: what the run chose
// by itself (the tree, the seed) is named.
func repeat(d result.Document) []string {
	s := d.Spec
	argv := []string{"kcovrig", subcommand(d)}
	if r := d.Replay; r != nil {
		return words.Quoted(slices.Concat(argv, repeatReplay(*r), scenarioFlag(d)))
	}
	add := func(flag, value string) {
		if value != "" {
			argv = append(argv, "--"+flag+"="+value)
		}
	}
	argv = slices.Concat(argv, kernelFlag(d), scenarioFlag(d))
	add("arch", s.Arch)
	tree := s.Tree
	if tree == "" {
		tree = d.Kernel.Tree
	}
	add("tree", tree)
	add("rev", s.Rev)
	for _, p := range s.Patch {
		add("patch", p)
	}
	add("compiler", s.Compiler)
	if s.Sandbox {
		argv = append(argv, "--sandbox")
	}
	if d.Command == trial.CommandBuild {
		return words.Quoted(argv)
	}
	duration := s.Duration
	if d.Command == trial.CommandSoak { // it chooses the machine, and its flag is for both kernels, the spec's each one's
		duration *= 2
	} else {
		add("cpu", s.CPU)
		readers := make([]string, 0, len(s.Readers))
		for _, r := range s.Readers {
			readers = append(readers, string(r))
		}
		add("reader", strings.Join(readers, ","))
		if len(s.Modes) == 1 {
			add("mode", s.Modes[0])
		}
		add("memory-model", string(s.MemoryModel))
		add("accel", string(s.Accel))
	}
	if duration > 0 {
		add("duration", duration.String())
	}
	if s.Seed != 0 {
		add("seed", fmt.Sprint(s.Seed))
	}
	return words.Quoted(argv)
}

// scenarioFlag names the scenario, where another would be taken without it: a user's by
// where it was, as that was given. Results of cells and of earlier versions do not say it; a
// path tells it from one of that name that comes with the rig.
func scenarioFlag(d result.Document) []string {
	switch s := d.Spec; {
	case s.ScenarioHash != "":
		return []string{"--scenario=" + cmp.Or(d.ScenarioFrom, "./"+s.Scenario)}
	case s.Scenario != "" && s.Scenario != scenario.Default && d.Replay == nil: // its run leads to it
		return []string{"--scenario=" + s.Scenario}
	}
	return nil
}

// subcommand is the one that was called: an alteration that is named is compare's.
func subcommand(d result.Document) string {
	if d.Spec.Weaken != "" || d.Spec.VirtualFix != "" {
		return string(trial.CommandCompare)
	}
	return string(d.Command)
}

// kernelFlag says which kernel it was, where one was run alone, and what was altered in it.
func kernelFlag(d result.Document) []string {
	switch {
	case d.Command == trial.CommandRun && len(d.Measured) > 0:
		return []string{"--" + string(d.Measured[0].Variant)}
	case d.Spec.VirtualFix != "":
		return []string{"--virtual-fix=" + d.Spec.VirtualFix}
	case d.Spec.Weaken != "":
		return []string{"--weaken=" + d.Spec.Weaken}
	case d.Command == trial.CommandBarriers:
		return kernelOfBarriers[d.Spec.Variant]
	}
	return nil
}

// kernelOfBarriers are the flags by which barriers takes another kernel than the one with the fix.
var kernelOfBarriers = map[trial.Variant][]string{trial.AsIs: {"--as-is"}, trial.Unpatched: {"--suggest"}}

func command(d result.Document) string { return strings.Join(repeat(d), " ") }

// windows sums what counts, per kernel.
func windows(d result.Document) string {
	var parts []string
	for _, kernel := range []trial.Variant{trial.Unpatched, trial.AsIs, trial.Patched} {
		hits, all := counted(d, kernel)
		if all > 0 {
			parts = append(parts, d.Words.Short(hits, all)+" "+string(kernel))
		}
	}
	return words.OrNone(strings.Join(parts, ", "))
}

// counted sums what counts of one kernel, for the judged reader.
func counted(d result.Document, kernel trial.Variant) (hits, all uint64) {
	for _, a := range d.Measured {
		if a.Variant == kernel && a.Outcome.Counts() && a.Reader == d.Judged() {
			hits, all = hits+a.HitWindows, all+a.Windows
		}
	}
	return hits, all
}
