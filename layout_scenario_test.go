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
// takes its workload in, and in examples of help.
var allowed = []struct {
	dir  string
	form *regexp.Regexp
}{
	{"guest", regexp.MustCompile(`\bguest/kcov\b|\bkcov\.[A-Z]\w*`)},
	{"cmd/kcovrig", regexp.MustCompile(`"kcov"`)},
	{"images", regexp.MustCompile(`^//go:embed .*`)},
}

var bugName = regexp.MustCompile(`(?i)kcov(rig)?`)

// scenariosStayHome reads code, tests aside, for the bug's name.
func scenariosStayHome(files []source) []string {
	var breaches []string
	for _, s := range files {
		if !s.code() || s.test() || atHome(s.path) {
			continue
		}
		for i, line := range strings.Split(s.text, "\n") {
			for _, a := range allowed {
				if s.dir() == a.dir {
					line = a.form.ReplaceAllString(line, "")
				}
			}
			for _, word := range bugName.FindAllString(line, -1) {
				if !strings.EqualFold(word, module) {
					breaches = append(breaches, fmt.Sprintf("%s:%d: names %s outside its scenario", s.path, i+1, word))
				}
			}
		}
	}
	return breaches
}

func atHome(file string) bool {
	for _, h := range home {
		if strings.HasPrefix(file, h) {
			return true
		}
	}
	return false
}
