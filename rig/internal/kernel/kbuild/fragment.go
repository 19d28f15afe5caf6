// SPDX-License-Identifier: Apache-2.0

// Package kbuild is what the kernel's own build system is asked: which configuration, by
// which tools, in which call of make. It leaves running make, and what it made, to
// package kernel.
package kbuild

import (
	"fmt"
	"regexp"
	"sort"
	"strings"

	"kcovrig/rig/fault"
)

// Fragment is a config fragment; Name is for messages.
type Fragment struct{ Name, Text string }

// Symbol is one line of a fragment.
type Symbol struct {
	name     string
	value    string // "n" for "is not set"
	optional string // why it may be lost; empty: it may not
	fragment string
}

const optionalMark = "# optional:"

var (
	setLine   = regexp.MustCompile(`^(CONFIG_[A-Za-z0-9_]+)=(.+)$`)
	unsetLine = regexp.MustCompile(`^# (CONFIG_[A-Za-z0-9_]+) is not set$`)
)

// ConfigLine reads one line of a fragment or a .config.
func ConfigLine(line string) (name, value string, ok bool) {
	if m := setLine.FindStringSubmatch(line); m != nil {
		return m[1], m[2], true
	}
	if m := unsetLine.FindStringSubmatch(line); m != nil {
		return m[1], "n", true
	}
	return "", "", false
}

// MergeFragments returns the symbols by name; a later fragment overrides an earlier one.
func MergeFragments(fragments []Fragment) ([]Symbol, error) {
	merged := map[string]Symbol{}
	for _, f := range fragments {
		optional := ""
		for n, line := range strings.Split(f.Text, "\n") {
			line = strings.TrimSpace(line)
			name, value, ok := ConfigLine(line)
			switch {
			case ok:
				merged[name] = Symbol{name, value, optional, f.Name}
				optional = ""
			case strings.HasPrefix(line, optionalMark):
				optional = strings.TrimSpace(strings.TrimPrefix(line, optionalMark))
				if optional == "" {
					return nil, fault.Newf(fault.Rig, "read config fragment "+f.Name, "line %d: %s says no reason", n+1, optionalMark)
				}
			case line != "" && !strings.HasPrefix(line, "#"):
				return nil, fault.Newf(fault.Rig, "read config fragment "+f.Name, "line %d is no setting: %q", n+1, line)
			}
		}
	}
	out := make([]Symbol, 0, len(merged))
	for _, s := range merged {
		out = append(out, s)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].name < out[j].name })
	return out, nil
}

// ConfigText is what KCONFIG_ALLCONFIG reads, sorted by name.
func ConfigText(symbols []Symbol) string {
	var b strings.Builder
	for _, s := range symbols {
		if s.value == "n" {
			fmt.Fprintf(&b, "# %s is not set\n", s.name)
		} else {
			fmt.Fprintf(&b, "%s=%s\n", s.name, s.value)
		}
	}
	return b.String()
}

// Lost is a requested setting that is another in the .config, or not in it.
type Lost struct {
	Name, Value, Fragment string
	Is                    string // its value there; empty: this kernel does not offer it
	// Unmet is what it depends on and has not, see Unmet; none: nothing such was found.
	Unmet []string `json:",omitempty"`
}

// String says what became of it.
func (l Lost) String() string {
	is := "is not offered"
	if l.Is != "" {
		is = "is " + l.Is
	}
	text := fmt.Sprintf("%s=%s (fragment %s) %s", l.Name, l.Value, l.Fragment, is)
	if len(l.Unmet) > 0 {
		text += ": it depends on " + strings.Join(l.Unmet, ", ")
	}
	return text
}

// Configured is what kbuild makes of what is asked for.
type Configured struct {
	Lost     []Lost            // what does not stay
	Settings map[string]string // all that are not n, as Settings has them
}

// LostSettings compares symbols with the .config that olddefconfig made of
// them. A symbol that is not there counts as n.
func LostSettings(symbols []Symbol, dotConfig string) []Lost {
	have := map[string]string{}
	for line := range strings.Lines(dotConfig) {
		if name, value, ok := ConfigLine(strings.TrimRight(line, "\n")); ok {
			have[name] = value
		}
	}
	var lost []Lost
	for _, s := range symbols {
		got, known := have[s.name]
		if !known {
			got = "n"
		}
		if got != s.value && s.optional == "" {
			lost = append(lost, Lost{Name: s.name, Value: s.value, Fragment: s.fragment, Is: have[s.name]})
		}
	}
	return lost
}

// CheckConfig refuses a configuration in which requested settings are lost.
func CheckConfig(lost []Lost) error {
	if len(lost) == 0 {
		return nil
	}
	var lines []string
	for _, l := range lost {
		lines = append(lines, l.String())
	}
	return &fault.Error{
		Kind: fault.Kernel, Op: "check the kernel config",
		Err: fmt.Errorf("%d requested settings were lost:\n\t%s", len(lost), strings.Join(lines, "\n\t")),
		Try: "kconfig drops what this kernel does not have, what a dependency forbids, and what the compiler, " +
			"assembler or linker cannot do (CC_HAS_*, AS_HAS_*, LD_*): look the symbol up in the tree's Kconfig files, " +
			"or install a newer toolchain",
	}
}
