// SPDX-License-Identifier: Apache-2.0

package kcovrig_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"regexp"
	"strings"
)

// oneScenarios is a word of one scenario's; the others call their hits otherwise
// (rig/wording). ofOneCPU reads as Arm, where a kernel is meant: what is said is
// "kernel", or which variant.
var (
	oneScenarios = regexp.MustCompile(`(?i)\bstale`)
	ofOneCPU     = regexp.MustCompile(`\barms?\b`)
)

// kept are the places where such words are data: what files of earlier versions hold,
// the words themselves, members of JSON and tables, the memory model's name.
var kept = []struct {
	path string
	form *regexp.Regexp
}{
	{"rig/wording/wording.go", regexp.MustCompile(`stale( reads?)?`)},
	{"rig/result/earlier.go", regexp.MustCompile(`\b(first)?[Ss]tale(\b|[A-Z]\w*)|"arms"`)},
	{"rig/trial/judgement.go", regexp.MustCompile(`"stale"`)},
	{"rig/history/", regexp.MustCompile(`stale_(windows|blocks)|(FROM|INTO) arms\b`)},
	{"rig/internal/weakmem/plan.go", regexp.MustCompile(`"stale"`)},
	{"rig/trial/", regexp.MustCompile(`^"arm"$|memory-model=arm\b|have: arm, native`)},
	{"rig/matrix/axis.go", regexp.MustCompile(`^"arm: emulate`)},
	{"cmd/kcovrig/options.go", regexp.MustCompile(`^"arm: emulate`)},
}

// wordsFitAny reads what the program says, which is about any scenario and any CPU: the
// strings of its code and its pages.
func wordsFitAny(files []source) []string {
	var breaches []string
	find := func(s source, line int, text string) {
		for _, k := range kept {
			if strings.HasPrefix(s.path, k.path) {
				text = k.form.ReplaceAllString(text, "")
			}
		}
		for _, word := range []*regexp.Regexp{oneScenarios, ofOneCPU} {
			if found := word.FindString(text); found != "" {
				breaches = append(breaches, fmt.Sprintf("%s:%d: says %q, which fits not every scenario or CPU", s.path, line, found))
			}
		}
	}
	for _, s := range files {
		switch {
		case s.dir() == "guest/kcov", !strings.HasPrefix(s.path, "rig/") && !strings.HasPrefix(s.path, "cmd/") && !strings.HasPrefix(s.path, "guest/"):
		case s.isGo() && !s.test():
			inStrings(s, find)
		case s.ext() == ".html":
			find(s, 1, s.text)
		}
	}
	return breaches
}

// inStrings calls found for each string of a Go file, by lines, tags of members aside.
func inStrings(s source, found func(s source, line int, text string)) {
	tags := map[*ast.BasicLit]bool{}
	ast.Inspect(s.syntax, func(n ast.Node) bool {
		if field, ok := n.(*ast.Field); ok {
			tags[field.Tag] = true // met before the tag itself
		}
		if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING && !tags[text] {
			for i, line := range strings.Split(text.Value, "\n") {
				found(s, s.lines.Position(text.Pos()).Line+i, line)
			}
		}
		return true
	})
}

// wordsOfOne say what fits one scenario or reads as another thing.
var wordsOfOne = []breaking{
	{"words fit any", "rig/rig.go", "package rig\n\nconst s = `a\nStale one`\n"},
	{"words fit any", "guest/main.go", "package main\n\nvar _ = f(\"stale entries\")\n"},
	{"words fit any", "cmd/kcovrig/main.go", "package main\n\nconst s = \"the patched arm\"\n"},
	{"words fit any", "rig/report/page/x.html", "<p>stale</p>\n"},
}
