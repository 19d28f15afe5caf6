// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"kcovrig/rig/arch"
	"kcovrig/rig/barrier/candidate"
	"kcovrig/rig/scenario"
	"kcovrig/rig/trial"
	"kcovrig/rig/yamlfile"
)

// axis is one key below "axes". The table's order is that of the cells: the
// last axis changes fastest.
type axis struct {
	key      string
	about    string
	fallback string                           // the value where the file names none
	words    func(scenario.Scenario) []string // all values; nil: any text
	source   bool                             // a path, which may be a mapping with a name
	rev      bool                             // ... and with a git revision
	number   bool
	form     *regexp.Regexp // of the text; nil: any
	own      bool           // its values are each scenario's own
	set      func(*Cell, value)
}

// value is one value of an axis.
type value struct {
	text  string // as the file states it, with its revision
	path  string // of a source: complete
	rev   string
	label string // in cells' names
	seed  uint64
	at    yamlfile.Place // zero: nobody stated it

	scenario *scenario.Scenario // of the axis of scenarios
}

// scenarioKey is the file's own key, and that of the axis which may take its place.
const scenarioKey = "scenario"

// The words with a meaning of their own.
const (
	theDefault = "default"
	series     = "series" // the scenario's own patches
	none       = "none"   // no patch: the unpatched kernel alone; or no alteration
	bothModes  = "both"
	anyHost    = "any"
)

// NoPatchFiles are the words of a matrix that stand for other patches than a file's.
func NoPatchFiles() []string { return []string{series, none} }

// alterationKey is the axis of what the emulator alters in one kernel: barrier.Named has
// the meaning.
const alterationKey = "alteration"

// What the values of that axis begin with.
const (
	weakens = "weaken="
	fixes   = "virtual-fix="
)

// codePlace is a line of a function, or an instruction's offset in it.
const codePlace = `:[1-9][0-9]{0,8}|\+0x[0-9a-f]{1,8}`

var alterations = regexp.MustCompile(`^(` + none + `|` + weakens + `[^\s:=+]+(` + codePlace + `)?|` + fixes + `[^\s:=+]+(` + codePlace + `):(` + strings.Join(candidate.OrderNames(), "|") + `))$`)

// setAlteration makes the cell one of the kernel that is altered.
func setAlteration(c *Cell, v value) {
	if what, ok := strings.CutPrefix(v.text, weakens); ok {
		c.Spec.Weaken = what
	}
	if what, ok := strings.CutPrefix(v.text, fixes); ok {
		c.Spec.VirtualFix, c.Variant = what, trial.Unpatched
	}
}

func fixed(words ...string) func(scenario.Scenario) []string {
	return func(scenario.Scenario) []string { return words }
}

var axes = []axis{
	{key: scenarioKey, about: "the ordering bug: a name, a folder with scenario.yaml, or such a file", fallback: standardScenario,
		set: func(c *Cell, v value) {
			c.Spec.Scenario, c.Spec.ScenarioHash = v.scenario.Name, ""
			if !v.scenario.Shipped {
				c.Spec.ScenarioHash = v.scenario.Hash
			}
		}},
	{key: "tree", about: "kernel source, as --tree: a folder, a tarball, or debian:VERSION", fallback: theDefault, source: true, rev: true,
		set: func(c *Cell, v value) { c.Spec.Tree, c.Spec.Rev = v.path, v.rev }},
	{key: "arch", about: "architecture", fallback: arch.Default, words: func(scenario.Scenario) []string { return arch.Names() },
		set: func(c *Cell, v value) { c.Spec.Arch = v.text }},
	{key: "compiler", about: "what builds the kernels", fallback: arch.GCC, words: fixed(arch.Compilers()...),
		set: func(c *Cell, v value) { c.Spec.Compiler = v.text }},
	{key: "patch", about: "series: the scenario's own patches; none: the unpatched kernel alone; else a patch file", fallback: series, source: true,
		set: func(c *Cell, v value) {
			c.Variant = trial.Patched
			if v.text == none {
				c.Variant = trial.Unpatched
			}
			if v.text != none && v.text != series {
				c.Spec.Patch = trial.Patches{v.path}
			}
		}},
	{key: "command", about: "compare: both kernels and a verdict; run: one kernel and what it showed; barriers: one with an alteration", fallback: Compare, words: fixed(Compare, Run, Barriers),
		set: func(c *Cell, v value) { c.Command = trial.Command(v.text) }},
	{key: alterationKey, about: "none, " + weakens + "FUNCTION[:LINE] or " + fixes + "FUNCTION:LINE:KIND (+0xOFFSET in the place of :LINE, too), as those flags of compare", fallback: none, form: alterations,
		set: setAlteration},
	{key: "reader", about: "how the guest reads", fallback: string(trial.Acquire), own: true, words: readers,
		set: func(c *Cell, v value) { c.Spec.Readers = []trial.Reader{trial.Reader(v.text)} }},
	{key: "mode", about: "the workload's mode", fallback: bothModes, own: true, words: func(s scenario.Scenario) []string { return append(append([]string{}, s.Modes...), bothModes) },
		set: func(c *Cell, v value) {
			if v.text != bothModes {
				c.Spec.Modes = []string{v.text}
			}
		}},
	{key: "memory-model", about: "arm: emulate Arm's memory model; native: whatever the accelerator does", fallback: string(trial.ModelArm), words: fixed(string(trial.ModelArm), string(trial.ModelNative)),
		set: func(c *Cell, v value) { c.Spec.MemoryModel = trial.MemoryModel(v.text) }},
	{key: "accel", about: "QEMU's accelerator", fallback: string(trial.AccelAuto), words: fixed(string(trial.AccelAuto), string(trial.AccelTCG), string(trial.AccelKVM)),
		set: func(c *Cell, v value) { c.Spec.Accel = trial.Accel(v.text) }},
	{key: "cpu", about: "QEMU's CPU model, under TCG", fallback: theDefault, words: func(scenario.Scenario) []string { return cpus() },
		set: func(c *Cell, v value) {
			if v.text != theDefault {
				c.Spec.CPU = v.text
			}
		}},
	{key: "qemu", about: "QEMU's system emulator: a path, or a program's name", fallback: theDefault, source: true,
		set: func(c *Cell, v value) { c.QEMU = v.path }},
	{key: "host", about: "architecture of the machine that runs the cell", fallback: anyHost, words: func(scenario.Scenario) []string { return append([]string{anyHost}, arch.Names()...) },
		set: func(c *Cell, v value) {
			if v.text != anyHost {
				c.Host = v.text
			}
		}},
	{key: "seed", about: "seed of the guest and the emulator; 0: a new one each time", fallback: "0", number: true,
		set: func(c *Cell, v value) { c.Spec.Seed = v.seed }},
}

// readers lists a scenario's, sorted.
func readers(s scenario.Scenario) []string { return slices.Sorted(maps.Keys(s.Readers)) }

// cpus lists the CPU models of every architecture, each once.
func cpus() []string {
	list := []string{theDefault}
	have := map[string]bool{}
	for _, name := range arch.Names() {
		a, err := arch.Lookup(name)
		if err != nil {
			continue
		}
		for _, cpu := range a.CPUs {
			if !have[cpu] {
				list = append(list, cpu)
			}
			have[cpu] = true
		}
	}
	return list
}

func axisOf(key string) axis {
	for _, a := range axes {
		if a.key == key {
			return a
		}
	}
	panic("no axis " + key) // a bug here
}

func axisKeys() []string {
	keys := make([]string, 0, len(axes))
	for _, a := range axes {
		keys = append(keys, a.key)
	}
	return keys
}

// standard is an axis' value where the file names none.
func (a axis) standard() value { return value{text: a.fallback, label: a.fallback} }

// named says whether a value may be told by its label, too.
func (a axis) named() bool { return a.source || a.key == scenarioKey }

// complete makes a path that is relative to the file's folder complete. What
// is no path stays: debian:VERSION, and a program's name.
func (a axis) complete(dir, path string) string {
	switch {
	case filepath.IsAbs(path), strings.HasPrefix(path, "debian:"):
		return path
	case a.key == "qemu" && !strings.Contains(path, "/"):
		return path
	}
	return filepath.Join(dir, path)
}

// labelOf is a source's name where the file gives none.
func labelOf(path, rev string) string {
	label := path
	if !strings.HasPrefix(path, "debian:") {
		label = filepath.Base(path)
	}
	if rev != "" {
		label += "@" + rev
	}
	return strings.ReplaceAll(label, "/", "-")
}
