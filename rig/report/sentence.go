// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"slices"
	"strings"

	"kcovrig/rig/result"
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
// one arm, or what was built.
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
		return sentence(d)
	case d.Command == "build":
		return fmt.Sprintf("Built: Linux %s, %d kernels.", d.Kernel.Version, len(d.Images))
	case soundSoak(d):
		return sentence(d)
	}
	var parts []string
	for _, a := range d.Measured {
		parts = append(parts, fmt.Sprintf("%s, %s, %s: %d of %d windows stale", a.Name(), a.Reader, a.Mode, a.StaleWindows, a.Windows))
	}
	return strings.Join(parts, "; ")
}

// soundSoak says that this is a soak which came to its end and met no fault.
func soundSoak(d result.Document) bool {
	return d.Command == "soak" && d.Error == nil && len(d.Measured) > 0 &&
		!slices.ContainsFunc(d.Measured, func(a result.ModeDocument) bool { return a.Outcome != trial.OutcomeOK })
}

// sentence says the verdict in one sentence.
func sentence(d result.Document) string {
	switch d.Verdict {
	case trial.Fixed:
		s := "Fixed: stale reads were seen without the patch and none with it"
		if d.MissProbability != nil {
			s += fmt.Sprintf("; a kernel as bad as the unpatched one would have looked so clean with probability %.1e", *d.MissProbability)
		}
		return s + "."
	case trial.NotFixed:
		return "Not fixed: stale reads were seen with the patch."
	case trial.NoEffect:
		return "No effect possible: the architecture's memory model rules the bug out, and neither kernel showed a stale read."
	case trial.Inconclusive:
		return "Inconclusive: " + full1(d.Reasons, "no reason was given") + "."
	}
	switch {
	case d.Error != nil:
		return "No verdict: the " + d.Command + " ended with an error."
	case d.Command == "build":
		return "No verdict: the kernels were built, and nothing was run."
	case d.Replay != nil:
		return "No verdict: " + replayed(*d.Replay) + "."
	case soundSoak(d):
		return "Sound: no store was lost, and the consoles hold no complaint."
	case d.Command == "run":
		return "No verdict: one kernel alone gives a tally, in windows: " + windows(d) + "."
	}
	return "No verdict was reached."
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
	argv := []string{"kcovrig", d.Command}
	if r := d.Replay; r != nil {
		return quoted(append(argv, repeatReplay(*r)...))
	}
	add := func(flag, value string) {
		if value != "" {
			argv = append(argv, "--"+flag+"="+value)
		}
	}
	if d.Command == "run" && len(d.Measured) > 0 {
		argv = append(argv, "--"+d.Measured[0].Name())
	}
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
	if d.Command == "build" {
		return quoted(argv)
	}
	duration := s.Duration
	if d.Command == "soak" { // it chooses the machine, and its flag is for both kernels, the spec's each one's
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
	return quoted(argv)
}

func command(d result.Document) string { return strings.Join(repeat(d), " ") }

// quoted makes argv the words of a shell's command.
func quoted(argv []string) []string {
	words := make([]string, 0, len(argv))
	for _, w := range argv {
		if w == "" || strings.ContainsFunc(w, func(r rune) bool {
			return !strings.ContainsRune("-_./=,:@+%", r) && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
		}) {
			w = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
		words = append(words, w)
	}
	return words
}

// fact is one line of a run's provenance.
type fact struct{ Name, Value string }

// provenance says with what a run was made, without what is not known.
func provenance(d result.Document) []fact {
	k, q, h := d.Kernel, d.QEMU, d.Host
	var facts []fact
	add := func(name, format string, needs string, args ...any) {
		if needs != "" {
			facts = append(facts, fact{name, fmt.Sprintf(format, args...)})
		}
	}
	add("kernel", "Linux %s, %s", k.Version, k.Version, d.Spec.Arch)
	add("source", "%s, content hash %.16s", k.Tree, k.Tree, k.TreeHash)
	add("configuration", "hash %.16s", k.ConfigHash, k.ConfigHash)
	add("compiler", "%s", k.Compiler, k.Compiler)
	add("QEMU", "%s", q.Version, machine(d))
	add("host", "%s", h.Arch, hostLine(h))
	if d.Spec.Seed != 0 {
		add("seed", "%d", "yes", d.Spec.Seed)
	}
	add("kcovrig", "%s", d.Version, d.Version)
	return facts
}

func machine(d result.Document) string {
	model := "Arm's memory model emulated"
	if d.QEMU.MemoryModel != trial.ModelArm {
		model = "no memory emulator"
	}
	return fmt.Sprintf("%s, %s, %s", d.QEMU.Version, d.QEMU.Accel, model)
}

func hostLine(h trial.Host) string {
	parts := []string{}
	for _, p := range []string{h.System, h.Arch, h.CPU} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	if h.Kernel != "" {
		parts = append(parts, "Linux "+h.Kernel)
	}
	return fmt.Sprintf("%s, %d CPUs", strings.Join(parts, ", "), h.CPUs)
}

// percent writes a share; "-" where there is none.
func percent(share *float64) string {
	if share == nil {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", 100**share)
}

func span(i *trial.Interval) string {
	if i == nil {
		return "-"
	}
	return fmt.Sprintf("%.1f to %.1f %%", 100*i.Low, 100*i.High)
}
