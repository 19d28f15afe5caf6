// SPDX-License-Identifier: Apache-2.0

package kcovrig_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"kcovrig/scenarios"
)

// home lists where the bug's name may stand: its scenario's places, and texts
// for people.
var home = []string{
	"scenarios/", "guest/kcov/", "kernel/patches/", "images/kcov/", "docs/", "README.md",
}

// allowed lists the ways in which the rest may name the bug: where the guest
// lists its workloads, and in examples of help.
var allowed = []struct {
	dir  string
	form *regexp.Regexp
}{
	{"guest/builtin", regexp.MustCompile(`\bguest/kcov\b|\bkcov\.[A-Z]\w*`)},
	{"cmd/kcovrig", regexp.MustCompile(`"kcov"`)},
	{"images", regexp.MustCompile(`^//go:embed .*`)},
}

// known lists the files that name another bug than the default all the same: examples
// in what users read, and tests that take a scenario that comes with kcovrig where one
// of their own would do. It may only become shorter.
var known = []string{
	"images/programs.config", // what the kernels of all programs are configured with
	"rig/author/check.go", "rig/author/check_test.go", "rig/author/draft.go", "rig/author/draft_test.go",
	"rig/boot/program_e2e_test.go", "rig/command/scenario_test.go", "rig/internal/kernel/variant/patchfiles.go",
	"rig/matrix/scenario_test.go", "rig/nightly/nightly_test.go", "rig/prepare/program_test.go", "rig/prepare/reports_test.go",
	"rig/report/tables/authoring_test.go", "rig/report/explain/hit_test.go", "rig/report/own_program_test.go",
	"rig/scenario/forms.go", "rig/scenario/hostile_test.go", "rig/scenario/signs.go", "rig/scenario/wording_test.go",
}

var (
	// defaultBug is the default's name, wherever it stands, and the program's that holds it.
	defaultBug = regexp.MustCompile(`(?i)` + scenarios.Default + `(rig)?`)
	// otherBug is another's: a word, or the first or last words of an identifier.
	otherBug = regexp.MustCompile(`(?i)(?:\b|_)(?:` + strings.Join(otherNames(), "|") + `)(?:\b|_)`)
)

// protocol is what the name of a scenario means elsewhere: Go's package of that name,
// and the scheme of an address.
var protocol = regexp.MustCompile(`"crypto/tls"|\btls\.[A-Z]\w*|\btls(?:://| \{)|\bTLS\b`)

func otherNames() []string {
	return slices.DeleteFunc(scenarios.Names(), func(name string) bool { return name == scenarios.Default })
}

// nameless says whether no line of a file may name the bug, be it a test's or a test's
// data: so below rig and in the guest's main, whose tests would else be of one bug.
func nameless(s source) bool { return strings.HasPrefix(s.path, "rig/") || s.dir() == "guest" }

// scenariosStayHome reads for the bugs' names: of some folders all, of the others code,
// tests and their data aside. Data of tests may name others than the default: it is what
// comes of a test in the list.
func scenariosStayHome(files []source) []string {
	var breaches []string
	for _, s := range files {
		if !nameless(s) && (!s.code() || s.test() || s.data() || atHome(s.path)) {
			continue
		}
		if nameless(s) && namesBug(s.path) {
			breaches = append(breaches, s.path+": its name names a bug outside its scenario")
		}
		others := 0
		for i, line := range strings.Split(s.text, "\n") {
			for _, a := range allowed {
				if s.dir() == a.dir {
					line = a.form.ReplaceAllString(line, "")
				}
			}
			other := !s.data() && otherBug.MatchString(protocol.ReplaceAllString(line, ""))
			if other {
				others++
			}
			if namesBug(line) || other && !slices.Contains(known, s.path) {
				breaches = append(breaches, fmt.Sprintf("%s:%d: names a bug outside its scenario", s.path, i+1))
			}
		}
		if others == 0 && slices.Contains(known, s.path) {
			breaches = append(breaches, s.path+": names no other bug any more: take it from the list of those that do")
		}
	}
	return breaches
}

// namesBug says whether a text names the default, and not only the program.
func namesBug(text string) bool {
	for _, word := range defaultBug.FindAllString(text, -1) {
		if !strings.EqualFold(word, module) {
			return true
		}
	}
	return false
}

func atHome(file string) bool {
	for _, h := range home {
		if strings.HasPrefix(file, h) {
			return true
		}
	}
	return false
}
