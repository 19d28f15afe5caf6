// SPDX-License-Identifier: Apache-2.0

package kcovrig_test

import (
	"fmt"
	"regexp"
	"strings"
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

var bugName = regexp.MustCompile(`(?i)kcov(rig)?`)

// nameless says whether no line of a file may name the bug, be it a test's or a test's
// data: so below rig and in the guest's main, whose tests would else be of one bug.
func nameless(s source) bool { return strings.HasPrefix(s.path, "rig/") || s.dir() == "guest" }

// scenariosStayHome reads for the bug's name: of some folders all, of the others code,
// tests and their data aside.
func scenariosStayHome(files []source) []string {
	var breaches []string
	for _, s := range files {
		if !nameless(s) && (!s.code() || s.test() || s.data() || atHome(s.path)) {
			continue
		}
		if nameless(s) && namesBug(s.path) {
			breaches = append(breaches, s.path+": its name names a bug outside its scenario")
		}
		for i, line := range strings.Split(s.text, "\n") {
			for _, a := range allowed {
				if s.dir() == a.dir {
					line = a.form.ReplaceAllString(line, "")
				}
			}
			if namesBug(line) {
				breaches = append(breaches, fmt.Sprintf("%s:%d: names a bug outside its scenario", s.path, i+1))
			}
		}
	}
	return breaches
}

// namesBug says whether a text names it, and not only the program.
func namesBug(text string) bool {
	for _, word := range bugName.FindAllString(text, -1) {
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
