// SPDX-License-Identifier: Apache-2.0

package kcovrig_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strings"
)

// oneScenarios is a word of one scenario's; the others call their hits otherwise
// (rig/wording). ofOneCPU reads as Arm, where a kernel is meant: what is said is
// "kernel", or which variant.
var (
	oneScenarios = regexp.MustCompile(`(?i)\bstale`)
	ofOneCPU     = regexp.MustCompile(`\barms?\b`)
)

// private are words that were this project's own for what a common word says, and that
// say nothing to others: a worker that is started (hired), a kernel that others wait for; and
// phrases that are no English.
var private = regexp.MustCompile(`\b(?:seats?|hire[sd]?|sift(?:s|ed|ing)?|keepers?|doomed|hopeless|taxed|thin share|contested)\b|decides? over|\bof elsewhere|\b(?:the|its|their) begin\b`)

// privateNames say nothing of what they name: who asked for what, what came from where, what
// stands beside what. In a sentence they are plain words.
var privateNames = regexp.MustCompile(`^(?:asked|told|heard|news|came|beside|elsewhere|aside|complaint)$`)

// isAskNoun says whether a node names a value by the verb: a parameter, a receiver, a variable.
// A function may be so called, it asks.
func isAskNoun(n ast.Node) bool {
	called := func(name ast.Expr) bool {
		id, ok := name.(*ast.Ident)
		return ok && id.Name == "ask"
	}
	switch n := n.(type) {
	case *ast.Field:
		_, isFunc := n.Type.(*ast.FuncType)
		return !isFunc && slices.ContainsFunc(n.Names, func(name *ast.Ident) bool { return called(name) })
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE || !slices.ContainsFunc(n.Lhs, called) {
			return false
		}
		_, isFunc := n.Rhs[0].(*ast.FuncLit)
		return !isFunc
	}
	return false
}

// wordEnd is where a word begins within a name.
var wordEnd = regexp.MustCompile(`([a-z0-9])([A-Z])|_`)

// wordsAreCommon reads what people who change the code read: names and comments, tests'
// too.
func wordsAreCommon(files []source) []string {
	var breaches []string
	known := map[string]string{} // most names are met many times
	for _, s := range files {
		if !s.isGo() || s.dir() == "." { // the words stand here
			continue
		}
		find := func(at token.Pos, text string) {
			found, ok := known[text]
			if !ok {
				found = private.FindString(strings.ToLower(wordEnd.ReplaceAllString(text, "$1 $2")))
				known[text] = found
			}
			if found != "" {
				breaches = append(breaches, fmt.Sprintf("%s:%d: says %q, where a common word does", s.path, s.lines.Position(at).Line, found))
			}
		}
		ast.Inspect(s.syntax, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Ident:
				if find(n.Pos(), n.Name); !s.test() && privateNames.MatchString(n.Name) {
					breaches = append(breaches, fmt.Sprintf("%s:%d: names %q by a word that says nothing of it", s.path, s.lines.Position(n.Pos()).Line, n.Name))
				}
			case *ast.BasicLit:
				find(n.Pos(), n.Value)
			}
			if isAskNoun(n) {
				breaches = append(breaches, fmt.Sprintf("%s:%d: names a value %q, which is a verb", s.path, s.lines.Position(n.Pos()).Line, "ask"))
			}
			return true
		})
		for _, group := range s.syntax.Comments {
			for _, c := range group.List {
				find(c.Pos(), c.Text)
			}
		}
	}
	return breaches
}

// unlikeOthers is a spelling of a noun that docs/glossary.md writes otherwise: setup. To
// set up is the verb.
var unlikeOthers = regexp.MustCompile(`(?i)\bset-ups?\b`)

// spellingIsOne reads all that is written here: pages, programs, their names and comments.
func spellingIsOne(files []source) []string {
	var breaches []string
	for _, s := range files {
		if s.dir() == "." && s.isGo() || s.ext() == ".patch" { // these rules, and other people's mails
			continue
		}
		for i, line := range strings.Split(s.text, "\n") {
			if found := unlikeOthers.FindString(line); found != "" {
				breaches = append(breaches, fmt.Sprintf("%s:%d: says %q, where others say setup", s.path, i+1, found))
			}
		}
	}
	return breaches
}

// ofOneBoot is the glossary's word for what one boot's counts come to. What a search for
// barriers says of an alteration is its effect, what a check of a scenario says is a remark;
// JSON keeps that name for both, and pages of docs/findings are so called in the plain sense.
var ofOneBoot = regexp.MustCompile(`(?i)\bfindings?\b`)

// findingsAreOfBoots reads the names, comments and strings of the packages that do not use
// trial.Finding: they mean something else by the word. Of those that do it reads the types.
func findingsAreOfBoots(files []source) []string {
	uses := map[string]bool{"rig/trial": true}
	for _, s := range files {
		uses[s.dir()] = uses[s.dir()] || s.isGo() && (strings.Contains(s.text, "trial.Finding") || strings.Contains(s.text, "verdict.JudgeAlone("))
	}
	var breaches []string
	for _, s := range files {
		if !s.isGo() || !strings.HasPrefix(s.path, "rig/") && !strings.HasPrefix(s.path, "cmd/") && !strings.HasPrefix(s.path, "guest/") {
			continue
		}
		find := func(line int, text string) {
			if found := ofOneBoot.FindString(wordEnd.ReplaceAllString(text, "$1 $2")); found != "" && text != `"findings"` {
				breaches = append(breaches, fmt.Sprintf("%s:%d: says %q, which is what one boot's counts come to: trial.Finding", s.path, line, found))
			}
		}
		if uses[s.dir()] {
			ast.Inspect(s.syntax, func(n ast.Node) bool {
				if of, ok := n.(*ast.TypeSpec); ok && s.dir() != "rig/trial" {
					find(s.lines.Position(of.Pos()).Line, of.Name.Name)
				}
				return true
			})
			continue
		}
		inStrings(s, func(_ source, line int, text string) { find(line, text) })
		ast.Inspect(s.syntax, func(n ast.Node) bool {
			if name, ok := n.(*ast.Ident); ok {
				find(s.lines.Position(name.Pos()).Line, name.Name)
			}
			return true
		})
		for _, group := range s.syntax.Comments {
			find(s.lines.Position(group.Pos()).Line, group.Text())
		}
	}
	return breaches
}

// ofVoices is the glossary's word for what a voice says of a kernel and for what is seen of a
// barrier. What a search's test came to is a step or its mark, what a cell came to a result,
// what herd7 says of a test is what it allows; who is spoken to replies. Kept are the old name
// in a table of the history, and what the help says of barriers.
var (
	ofVoices    = regexp.MustCompile(`(?i)\b(?:un)?answer(?:s|ed|ing)?\b`)
	usesAnswers = regexp.MustCompile(`\btrial\.(?:Answer|Possible|Impossible)\b|\bbarrier\.(?:Answer|NoAnswer|Needed)\b`)
	keptAnswers = regexp.MustCompile(`(?:FROM|INTO) answers\b|(?:every|some)thing has (?:an|no) answer\b`)
	blanks      = strings.NewReplacer(`\t`, " ", `\n`, " ")
)

// answersAreOfVoices reads the names, comments and strings of the packages that use neither
// trial.Answer nor barrier.Answer, tests aside. The command that looks for barriers says what
// is seen of them.
func answersAreOfVoices(files []source) []string {
	uses := map[string]bool{"rig/trial": true, "rig/barrier": true}
	for _, s := range files {
		uses[s.dir()] = uses[s.dir()] || s.isGo() && usesAnswers.MatchString(s.text)
	}
	var breaches []string
	for _, s := range files {
		if !s.isGo() || s.test() || uses[s.dir()] || !strings.HasPrefix(s.path, "rig/") && !strings.HasPrefix(s.path, "cmd/") && !strings.HasPrefix(s.path, "guest/") {
			continue
		}
		find := func(line int, text string) {
			text = keptAnswers.ReplaceAllString(wordEnd.ReplaceAllString(blanks.Replace(text), "$1 $2"), "")
			if found := ofVoices.FindString(text); found != "" {
				breaches = append(breaches, fmt.Sprintf("%s:%d: says %q, which is a voice's, or of a barrier: trial.Answer, barrier.Answer", s.path, line, found))
			}
		}
		inStrings(s, func(_ source, line int, text string) { find(line, text) })
		ast.Inspect(s.syntax, func(n ast.Node) bool {
			if name, ok := n.(*ast.Ident); ok && s.path != "cmd/kcovrig/barriers.go" {
				find(s.lines.Position(name.Pos()).Line, name.Name)
			}
			return true
		})
		for _, group := range s.syntax.Comments {
			find(s.lines.Position(group.Pos()).Line, group.Text())
		}
	}
	return breaches
}

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

// oldValues are the files in which a load that reads an old value is called stale, as the
// memory emulator and the models do of any scenario; the words of earlier versions and of one
// scenario; and a name of another project's.
var oldValues = []string{
	"guest/mark/", "rig/boot/events.go", "rig/boot/witness.go", "rig/internal/weakmem/", "rig/report/explain/", "rig/trial/signature.go", "rig/trial/witness.go", "rig/witness/",
	"rig/result/earlier.go", "rig/wording/", "rig/fleet/queue.go",
}

// hitsAreOfAny reads the names and comments of a file for one scenario's word for a hit.
func hitsAreOfAny(s source, find func(s source, line int, text string)) {
	if slices.ContainsFunc(oldValues, func(path string) bool { return strings.HasPrefix(s.path, path) }) {
		return
	}
	ast.Inspect(s.syntax, func(n ast.Node) bool {
		if name, ok := n.(*ast.Ident); ok {
			if found := oneScenarios.FindString(wordEnd.ReplaceAllString(name.Name, "$1 $2")); found != "" {
				find(s, s.lines.Position(name.Pos()).Line, found)
			}
		}
		return true
	})
	for _, group := range s.syntax.Comments {
		if found := oneScenarios.FindString(group.Text()); found != "" {
			find(s, s.lines.Position(group.Pos()).Line, found)
		}
	}
}

// wordsFitAny reads what the program says, which is about any scenario and any CPU: the
// strings of its code and its pages; and by what names its code goes.
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
			hitsAreOfAny(s, find)
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
	{"words fit any", "rig/rig.go", "package rig\n\nvar lastStale int\n"},
	{"words fit any", "rig/rig.go", "package rig\n\n// f is of stale windows.\nvar f int\n"},
	{"words are common", "rig/rig.go", "package rig\n\nfunc hireWorker() {}\n"},
	{"words are common", "rig/rig.go", "package rig\n\ntype turns struct{ Contested bool }\n"},
	{"words are common", "rig/rig_test.go", "package rig\n\n// f is a doomed one.\nvar f, thinShare int\n"},
	{"words are common", "rig/rig_test.go", "package rig\n\nvar f = \"the keeper\"\n"},
	{"words are common", "rig/rig.go", "package rig\n\nfunc f(asked string) {}\n"},
	{"words are common", "rig/rig.go", "package rig\n\nfunc f(ask string) {}\n"},
	{"words are common", "rig/rig_test.go", "package rig\n\nfunc f() { ask := 1 }\n"},
	{"words are common", "rig/rig.go", "package rig\n\n// f is a text of elsewhere.\nvar f string\n"},
	{"words are common", "rig/rig.go", "package rig\n\nconst f = \"only the begin\"\n"},
	{"findings are of boots", "rig/rig.go", "package rig\n\ntype Finding string\n"},
	{"findings are of boots", "rig/rig.go", "package rig\n\nimport \"kcovrig/rig/trial\"\n\nvar _ trial.Finding\n\ntype ourFinding string\n"},
	{"findings are of boots", "rig/rig.go", "package rig\n\nvar s struct{ openFindings int }\n"},
	{"findings are of boots", "rig/rig_test.go", "package rig\n\n// f is no finding.\nvar f int\n"},
	{"findings are of boots", "cmd/kcovrig/main.go", "package main\n\nconst s = \"without a finding\"\n"},
	{"answers are of voices", "rig/rig.go", "package rig\n\ntype cellAnswer string\n"},
	{"answers are of voices", "rig/rig.go", "package rig\n\nfunc isAnswered() {}\n"},
	{"answers are of voices", "rig/rig.go", "package rig\n\n// f is herd7's answer.\nvar f int\n"},
	{"answers are of voices", "cmd/kcovrig/main.go", "package main\n\nconst s = \"commit\\tanswer\\tseconds\"\n"},
	{"spelling is one", "README.md", "## The same set-up\n"},
	{"spelling is one", "scripts/run", "#!/bin/bash\n# waits for other Set-ups\n"},
}
