// SPDX-License-Identifier: Apache-2.0

package kcovrig_test

import (
	"fmt"
	"go/ast"
	"path"
	"regexp"
	"slices"
	"strings"
)

// code says whether a file is written by hand for a machine to run or build:
// programs by suffix or interpreter line, and configuration fragments.
func (s source) code() bool {
	switch s.ext() {
	case ".go", ".c", ".h", ".s", ".S", ".sh", ".config", ".fragment", ".yml", ".yaml":
		return true
	}
	return strings.HasPrefix(s.text, "#!")
}

// leaves is how a package's doc comment says what others do.
var leaves = regexp.MustCompile(`\b(?:leaves?|left)\b`)

func packagesHaveDoc(files []source) []string {
	documented, seen, silent := map[string]bool{}, map[string]string{}, []string(nil)
	for _, s := range files {
		// A package of tests only, as the root's, has its doc comment in a test.
		if !s.isGo() || (s.test() && s.dir() != ".") {
			continue
		}
		seen[s.dir()] = s.path
		if doc := s.syntax.Doc.Text(); strings.HasPrefix(doc, "Package ") || strings.HasPrefix(doc, "Command ") {
			documented[s.dir()] = true
			if !leaves.MatchString(doc) {
				silent = append(silent, s.path+": its package's doc comment does not say what it leaves to others")
			}
		}
	}
	breaches := silent
	for dir, file := range seen {
		if !documented[dir] {
			breaches = append(breaches, file+": no file of its package has a doc comment (\"Package ...\" or \"Command ...\")")
		}
	}
	return breaches
}

func filesAreShort(files []source) []string {
	maxFile := limits(files)[limitFile]
	var breaches []string
	for _, s := range files {
		if n := strings.Count(s.text, "\n"); s.code() && n > maxFile {
			breaches = append(breaches, fmt.Sprintf("%s: %d lines, more than %d", s.path, n, maxFile))
		}
	}
	return breaches
}

func functionsAreShort(files []source) []string {
	maxFunction := limits(files)[limitFunction]
	var breaches []string
	for _, s := range files {
		var lengths []measured
		switch {
		case s.isGo():
			lengths = goFunctions(s)
		case s.ext() == ".c" || s.ext() == ".h":
			lengths = textFunctions(s.text, cFunction)
		case s.code() && s.ext() != ".S" && s.ext() != ".s":
			lengths = textFunctions(s.text, shellFunction)
		}
		for _, f := range lengths {
			if f.lines > maxFunction {
				breaches = append(breaches, fmt.Sprintf("%s:%d: %s has %d lines, more than %d", s.path, f.first, f.name, f.lines, maxFunction))
			}
		}
	}
	return breaches
}

// measured is a function, the line where it begins, and how many it has.
type measured struct {
	name         string
	first, lines int
}

// goFunctions measures functions, methods, and what package level variables hold
// of functions; a function within a function counts as that one's lines.
func goFunctions(s source) []measured {
	var lengths []measured
	add := func(name string, n ast.Node) {
		first := s.lines.Position(n.Pos()).Line
		lengths = append(lengths, measured{name, first, s.lines.Position(n.End()).Line - first + 1})
	}
	for _, decl := range s.syntax.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok {
			add(f.Name.Name, f)
			continue
		}
		ast.Inspect(decl, func(n ast.Node) bool {
			f, ok := n.(*ast.FuncLit)
			if ok {
				add("a function of a variable", f)
			}
			return !ok
		})
	}
	return lengths
}

var (
	cFunction     = regexp.MustCompile(`^[A-Za-z_][^;=#]*?([A-Za-z_0-9]+)\(`)
	shellFunction = regexp.MustCompile(`^([a-z_0-9]+)\(\) [{(]$`)
)

// textFunctions measures functions whose first line matches start at the left
// margin and whose closing brace stands there alone, as gofmt's kin write them.
func textFunctions(text string, start *regexp.Regexp) []measured {
	var lengths []measured
	name, first := "", 0
	for i, line := range strings.Split(text, "\n") {
		if m := start.FindStringSubmatch(line); m != nil && !strings.HasSuffix(line, ";") {
			name, first = m[1], i
		}
		if (line == "}" || line == ")") && name != "" {
			lengths, name = append(lengths, measured{name, first + 1, i - first + 1}), ""
		}
	}
	return lengths
}

// licence returns the licence that a file must name.
func licence(s source) string {
	switch {
	case strings.HasPrefix(s.path, "rig/internal/weakmem/plugin/"):
		return "GPL-2.0-or-later"
	case s.ext() == ".patch":
		return "GPL-2.0-only"
	}
	return "Apache-2.0"
}

// filesNameLicence looks at a file's first ten lines; a patch, whose text is
// someone's mail, may have its licence in a .license file beside it.
func filesNameLicence(files []source) []string {
	beside := map[string]string{}
	for _, s := range files {
		if s.ext() == ".license" {
			beside[strings.TrimSuffix(s.path, ".license")] = s.text
		}
	}
	var breaches []string
	for _, s := range files {
		if !s.code() && s.ext() != ".patch" {
			continue
		}
		head := strings.Join(strings.SplitN(s.text, "\n", 11)[:min(10, strings.Count(s.text, "\n")+1)], "\n") + "\n"
		want := "SPDX-License-Identifier: " + licence(s)
		if !names(head, want) && !names(beside[s.path], want) {
			breaches = append(breaches, s.path+": the first lines lack "+want)
		}
	}
	return breaches
}

var licenceOf = regexp.MustCompile(`^[^\w"']*SPDX-License-Identifier(?:: | = ")([\w.-]+)"?(?: \*/| -->)?\n?$`)

// licencesHaveTexts holds what files and REUSE.toml name against the texts in LICENSES, as
// reuse lint does: none is missing, none is of no use.
func licencesHaveTexts(files []source) []string {
	var breaches []string
	texts, by := map[string]bool{}, map[string]string{}
	for _, s := range files {
		if name, ok := strings.CutPrefix(s.path, "LICENSES/"); ok {
			texts[strings.TrimSuffix(name, ".txt")] = true
			continue
		}
		for line := range strings.Lines(s.text) {
			if !strings.Contains(line, "SPDX") {
				continue
			}
			if m := licenceOf.FindStringSubmatch(line); m != nil {
				by[m[1]] = s.path
			}
		}
	}
	for name, path := range by {
		if !texts[name] {
			breaches = append(breaches, path+": LICENSES has no "+name+".txt")
		}
	}
	for name := range texts {
		if by[name] == "" {
			breaches = append(breaches, "LICENSES/"+name+".txt: no file names it")
		}
	}
	return breaches
}

// names says whether a line of text ends with want, comment closers aside.
func names(text, want string) bool {
	return slices.ContainsFunc(strings.Split(text, "\n"), func(line string) bool {
		return strings.HasSuffix(strings.TrimSuffix(strings.TrimSpace(line), " */"), want)
	})
}

var noSubject = regexp.MustCompile(`(?i)^(.*[^a-z])?(utils?|common|helpers?|misc)([^a-z].*)?$`)

func namesStateSubject(files []source) []string {
	var breaches []string
	for _, s := range files {
		for part := s.path; part != "."; part = path.Dir(part) {
			if noSubject.MatchString(path.Base(part)) {
				breaches = append(breaches, s.path+": "+path.Base(part)+" states no subject")
			}
		}
	}
	return breaches
}
