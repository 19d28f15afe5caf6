// SPDX-License-Identifier: Apache-2.0

package kcovrig_test

import (
	"fmt"
	"go/ast"
	"maps"
	"slices"
	"strings"
)

// picture returns the packages that docs/architecture.md lists, top first: the
// first words of the lines of the first fenced block under "## The parts".
func picture(files []source) []string { return firstWords(files, "The parts") }

// firstWords returns the first words of the lines of the first fenced block under a heading
// of docs/architecture.md.
func firstWords(files []source, heading string) []string {
	var first []string
	for _, s := range files {
		if s.path != "docs/architecture.md" {
			continue
		}
		_, rest, _ := strings.Cut(s.text, "\n## "+heading+"\n")
		_, rest, _ = strings.Cut(rest, "\n```text\n")
		block, _, _ := strings.Cut(rest, "\n```")
		for line := range strings.Lines(block) {
			if words := strings.Fields(line); len(words) > 0 {
				first = append(first, words[0])
			}
		}
	}
	return first
}

// own returns the folder of an import of the module's own.
func own(imported string) (string, bool) {
	return strings.CutPrefix(imported, module+"/")
}

func importsPointDown(files []source) []string {
	list := picture(files)
	var breaches []string
	for _, s := range files {
		if !s.isGo() || s.test() {
			continue
		}
		from := listed(list, s.dir())
		for _, imported := range s.imports() {
			dir, ok := own(imported)
			if !ok || dir == s.dir() {
				continue
			}
			if to := listed(list, dir); from < 0 || to < from {
				breaches = append(breaches, fmt.Sprintf("%s: imports %s, which is not below it in docs/architecture.md", s.path, dir))
			}
		}
	}
	return breaches
}

// chainsAreShort finds the longest way from import to import. Its length is stated as it
// is, so that one that became shorter does not grow again unseen.
func chainsAreShort(files []source) []string {
	imports, chains := map[string][]string{}, map[string][]string{}
	for dir, list := range packages(files) {
		for _, s := range list {
			imports[dir] = append(imports[dir], s.imports()...)
		}
	}
	var chain func(dir string) []string
	chain = func(dir string) []string {
		if chains[dir] == nil {
			chains[dir] = []string{dir} // where imports go in a circle, which the compiler refuses, this ends it
			var below []string
			for _, imported := range imports[dir] {
				if to, ok := own(imported); ok && len(chain(to)) > len(below) {
					below = chains[to]
				}
			}
			chains[dir] = append([]string{dir}, below...)
		}
		return chains[dir]
	}
	var longest []string
	for _, dir := range slices.Sorted(maps.Keys(imports)) {
		if len(chain(dir)) > len(longest) {
			longest = chains[dir]
		}
	}
	if may := limits(files)[limitChain]; len(longest) != may {
		return []string{fmt.Sprintf("docs/architecture.md: chain may be %d and is %d: %s", may, len(longest), strings.Join(longest, " -> "))}
	}
	return nil
}

// listed returns the place of dir, or of the listed package it lies in, as a
// generator beside what it generates does; -1 where there is none.
func listed(list []string, dir string) int {
	place, longest := -1, 0
	for i, p := range list {
		if (dir == p || strings.HasPrefix(dir, p+"/")) && len(p) > longest {
			place, longest = i, len(p)
		}
	}
	return place
}

func pictureIsComplete(files []source) []string {
	list := picture(files)
	have := map[string]bool{}
	var breaches []string
	for _, s := range files {
		if !s.isGo() || s.dir() == "." || have[s.dir()] {
			continue
		}
		have[s.dir()] = true
		if listed(list, s.dir()) < 0 {
			breaches = append(breaches, s.path+": its package is not listed in docs/architecture.md")
		}
	}
	for _, p := range list {
		if !have[p] {
			breaches = append(breaches, "docs/architecture.md: lists "+p+", which holds no Go file")
		}
	}
	return breaches
}

func cmdImportsFront(files []source) []string {
	front := frontOf(files)
	var breaches []string
	for _, s := range files {
		if !s.isGo() || s.test() || s.dir() != "cmd/kcovrig" {
			continue
		}
		for _, imported := range s.imports() {
			if dir, ok := own(imported); ok && !slices.Contains(front, dir) {
				breaches = append(breaches, fmt.Sprintf("%s: imports %s", s.path, dir))
			}
		}
	}
	return breaches
}

// frontOf returns the packages that cmd/kcovrig may import, by the sentence that
// says so in docs/architecture.md.
func frontOf(files []source) []string {
	var front []string
	for _, s := range files {
		if s.path != "docs/architecture.md" {
			continue
		}
		_, rest, _ := strings.Cut(s.text, "\n- `cmd/kcovrig` imports ")
		rest, _, _ = strings.Cut(rest, "\n- ")
		for i, word := range strings.Split(rest, "`") {
			if i%2 == 1 {
				front = append(front, word)
			}
		}
	}
	return front
}

func kitsAreForTests(files []source) []string {
	var breaches []string
	for _, s := range files {
		if !s.isGo() || s.test() {
			continue
		}
		for _, imported := range s.imports() {
			if dir, ok := own(imported); imported == "testing" || ok && isKit(dir) {
				breaches = append(breaches, fmt.Sprintf("%s: imports %s, which is for tests alone", s.path, imported))
			}
		}
	}
	return breaches
}

func internalsStandAlone(files []source) []string {
	const internal = "rig/internal/"
	var breaches []string
	for _, s := range files {
		if !s.isGo() || !strings.HasPrefix(s.path, internal) {
			continue
		}
		self, _, _ := strings.Cut(strings.TrimPrefix(s.path, internal), "/")
		for _, imported := range s.imports() {
			dir, _ := own(imported)
			rest, ok := strings.CutPrefix(dir, internal)
			other, _, _ := strings.Cut(rest, "/")
			if ok && other != self && other != "proc" {
				breaches = append(breaches, fmt.Sprintf("%s: imports %s", s.path, dir))
			}
		}
	}
	return breaches
}

// procAloneStarts leaves tests out: they may run the finished command.
func procAloneStarts(files []source) []string {
	var breaches []string
	for _, s := range files {
		if !s.isGo() || s.test() || s.dir() == "rig/internal/proc" || s.dir() == "guest/litmus" || s.dir() == "guest/program" {
			continue
		}
		if slices.Contains(s.imports(), "os/exec") {
			breaches = append(breaches, s.path+": imports os/exec")
		}
		for _, name := range selectors(s, "os", "StartProcess") {
			breaches = append(breaches, s.path+": calls os."+name)
		}
		for _, name := range selectors(s, "syscall", "ForkExec", "StartProcess") {
			breaches = append(breaches, s.path+": calls syscall."+name)
		}
	}
	return breaches
}

// diskAloneHashes keeps one form of the hashes that name contents.
func diskAloneHashes(files []source) []string {
	var breaches []string
	for _, s := range files {
		if s.isGo() && !s.test() && s.dir() != "rig/disk" && slices.Contains(s.imports(), "crypto/sha256") {
			breaches = append(breaches, s.path+": imports crypto/sha256")
		}
	}
	return breaches
}

// diskAloneUsesTMPDIR keeps what a killed command leaves there to folders that the next
// one sweeps.
func diskAloneUsesTMPDIR(files []source) []string {
	var breaches []string
	for _, s := range files {
		rig := strings.HasPrefix(s.path, "rig/") || strings.HasPrefix(s.path, "cmd/")
		if rig && s.isGo() && !s.test() && s.dir() != "rig/disk" && strings.Contains(s.text, "Temp(\"\",") {
			breaches = append(breaches, s.path+": makes temporary files that are not swept")
		}
	}
	return breaches
}

// diskAloneRenames keeps one way in which what was made aside takes its place.
func diskAloneRenames(files []source) []string {
	var breaches []string
	for _, s := range files {
		if s.isGo() && !s.test() && s.dir() != "rig/disk" && len(selectors(s, "os", "Rename")) > 0 {
			breaches = append(breaches, s.path+": calls os.Rename")
		}
	}
	return breaches
}

func cmdAloneReadsEnv(files []source) []string {
	var breaches []string
	for _, s := range files {
		if !s.isGo() || s.test() || s.dir() == "cmd/kcovrig" {
			continue
		}
		names := selectors(s, "os", "Getenv", "LookupEnv", "Environ", "ExpandEnv", "UserHomeDir", "UserCacheDir", "UserConfigDir")
		names = append(names, selectors(s, "syscall", "Getenv", "Environ")...)
		for _, name := range names {
			if s.dir() != "rig/internal/proc" || name != "Environ" {
				breaches = append(breaches, s.path+": reads the environment by "+name)
			}
		}
	}
	return breaches
}

// selectors returns the uses of pkg.name in s, for any of names.
func selectors(s source, pkg string, names ...string) []string {
	var used []string
	ast.Inspect(s.syntax, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok && slices.Contains(names, sel.Sel.Name) {
			if id, ok := sel.X.(*ast.Ident); ok && id.Name == pkg {
				used = append(used, sel.Sel.Name)
			}
		}
		return true
	})
	return used
}
