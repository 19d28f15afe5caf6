// SPDX-License-Identifier: Apache-2.0

package kcovrig_test

import (
	"go/ast"
	"go/build/constraint"
	"go/token"
	"regexp"
	"slices"
	"strings"
)

var (
	// archNames are the identifiers of the standard library and of others that tell one
	// architecture from another.
	archNames = regexp.MustCompile(`^(EM_AARCH64|EM_X86_64|R_(AARCH64|X86_64)_\w+|arm64asm|x86asm)$`)
	// archRow is a literal that is a row's name, or what the Go tool, GNU or herd7 call one.
	archRow = regexp.MustCompile("^[\"`](arm64|amd64|x86_64|aarch64|AArch64)(\\.cat)?[\"`]$")
	// mnemonics are those of A64 that are no word of anything else, and the own stack as an
	// operand has it; the names of registers in reports of kernels; and what holds code that
	// they put in the place of other code.
	mnemonics = regexp.MustCompile(`(?i)\b(dmb|dsb|isb|ldar|ldapr?|stlr|ldaxr|stlxr|cbn?z|tbn?z|blr)\b|\[sp\b|(?-i:pc : |RIP: )|\.altinstructions\b`)
	// archFile is a name by which the Go tool leaves a file to one architecture.
	archFile = regexp.MustCompile(`_(arm64|amd64)\.(go|s)$`)
)

// knowsArchitecture says by what a file knows one; empty: it does not. Help texts of
// subcommands give examples.
func knowsArchitecture(s source) string {
	if archFile.MatchString(s.path) {
		return "its name"
	}
	if !s.isGo() {
		return ""
	}
	by := ""
	for line := range strings.Lines(s.text) {
		if strings.HasPrefix(line, "//go:generate") && strings.Contains(line, "GOARCH=") {
			return "what it generates"
		}
		if x, err := constraint.Parse(strings.TrimSpace(line)); err == nil && regexp.MustCompile(`\b(arm64|amd64)\b`).MatchString(x.String()) {
			return "a build tag"
		}
	}
	ast.Inspect(s.syntax, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.Ident:
			if archNames.MatchString(n.Name) {
				by = n.Name
			}
		case *ast.BasicLit:
			if n.Kind == token.STRING && (archRow.MatchString(n.Value) || mnemonics.MatchString(n.Value) && s.dir() != "cmd/kcovrig") {
				by = n.Value
			}
		}
		return by == ""
	})
	return by
}

// knowers reads the files and packages that docs/architecture.md allows to know an
// instruction set: the first words of the block under its heading.
func knowers(files []source) []string { return firstWords(files, "Who knows an instruction set") }

// fewKnowArchitectures finds files that know an instruction set and are not listed, and
// what is listed and knows none.
func fewKnowArchitectures(files []source) []string {
	listed, seen := knowers(files), map[string]bool{}
	var breaches []string
	for _, s := range files {
		if s.test() || s.data() {
			continue
		}
		by := knowsArchitecture(s)
		if by == "" {
			continue
		}
		at := slices.IndexFunc(listed, func(l string) bool { return s.path == l || s.dir() == l })
		if at < 0 {
			breaches = append(breaches, s.path+": knows an architecture, by "+by+": not listed in docs/architecture.md")
			continue
		}
		seen[listed[at]] = true
	}
	for _, l := range listed {
		if !seen[l] {
			breaches = append(breaches, "docs/architecture.md: "+l+" knows no instruction set")
		}
	}
	return breaches
}
