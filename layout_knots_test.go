// SPDX-License-Identifier: Apache-2.0

package kcovrig_test

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// The kinds of limits that docs/architecture.md states.
const (
	limitFile     = "file"     // lines
	limitFunction = "function" // lines
	limitPackage  = "package"  // files, tests aside
	limitKnot     = "knot"     // files of a package that need each other in a circle
	limitChain    = "chain"    // packages that stand on one another
)

var limitLine = regexp.MustCompile(`^(file|function|package|knot|chain) +(\d{1,4})\n?$`)

// ceilings are what the page may state at most. A number here only ever shrinks.
var ceilings = map[string]int{
	limitFile: 500, limitFunction: 60, limitPackage: 15, limitKnot: 6, limitChain: 14,
}

// limits reads the block under "## The limits": lines of a kind and its limit. Any
// other line is kept as a limit of -1, so that it is none.
func limits(files []source) map[string]int {
	found := map[string]int{}
	for _, s := range files {
		if s.path != "docs/architecture.md" {
			continue
		}
		_, rest, _ := strings.Cut(s.text, "\n## The limits\n")
		_, rest, _ = strings.Cut(rest, "\n```text\n")
		block, _, _ := strings.Cut(rest, "\n```")
		for line := range strings.Lines(block) {
			m := limitLine.FindStringSubmatch(line)
			if m == nil {
				found[strings.TrimSpace(line)] = -1
				continue
			}
			n, _ := strconv.Atoi(m[2]) // digits, few
			found[m[1]] = n
		}
	}
	return found
}

func packagesAreSmall(files []source) []string {
	counts := map[string]int{}
	for dir, list := range packages(files) {
		counts[dir] = len(slices.DeleteFunc(list, holdsSubcommand))
	}
	breaches := beyond(files, limitPackage, counts)
	for line, limit := range limits(files) {
		switch {
		case limit < 0 && line != "":
			breaches = append(breaches, "docs/architecture.md: no limit: "+line)
		case limit > ceilings[line]:
			breaches = append(breaches, fmt.Sprintf("docs/architecture.md: %s may be %d at most, not %d", line, ceilings[line], limit))
		}
	}
	return breaches
}

// holdsSubcommand says whether a file of cmd/kcovrig makes a subcommand: a function
// of its own gives a *cobra.Command. Such files are as many as there are subcommands.
func holdsSubcommand(s source) bool {
	return s.dir() == "cmd/kcovrig" && slices.ContainsFunc(s.syntax.Decls, func(d ast.Decl) bool {
		f, ok := d.(*ast.FuncDecl)
		return ok && returns(f, s, s.lines, "*cobra.Command")
	})
}

func knotsAreSmall(files []source) []string {
	known, err := compiled()
	if err != nil {
		return []string{err.Error()}
	}
	counts := map[string]int{}
	for dir, list := range packages(files) {
		counts[dir] = largest(circles(uses(known, dir, list)))
	}
	return beyond(files, limitKnot, counts)
}

// beyond compares each package with the limit.
func beyond(files []source, kind string, counts map[string]int) []string {
	limit, stated := limits(files)[kind]
	if !stated {
		return []string{"docs/architecture.md: states no limit for a " + kind}
	}
	var breaches []string
	for _, dir := range slices.Sorted(maps.Keys(counts)) {
		if n := counts[dir]; n > limit {
			breaches = append(breaches, fmt.Sprintf("%s: its %s has %d files, more than %d", dir, kind, n, limit))
		}
	}
	return breaches
}

// packages gives the Go files of each folder, tests aside.
func packages(files []source) map[string][]source {
	found := map[string][]source{}
	for _, s := range files {
		if s.isGo() && !s.test() {
			found[s.dir()] = append(found[s.dir()], s)
		}
	}
	return found
}

// emptyImports stands for packages whose names are not wanted.
type emptyImports struct{}

func (emptyImports) Import(p string) (*types.Package, error) {
	empty := types.NewPackage(p, path.Base(p))
	empty.MarkComplete()
	return empty, nil
}

// compiled reads what the compiler has written of every package that the project is
// made of: without the types of others, what is used through these goes unseen, as
// a field of what slices.Backward gives.
var compiled = sync.OnceValues(func() (types.Importer, error) {
	list, err := exec.Command("go", "list", "-e", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}", "./...").Output()
	if err != nil {
		return nil, fmt.Errorf("list what is compiled: %w", err)
	}
	written := map[string]string{}
	for line := range strings.Lines(string(list)) {
		name, file, _ := strings.Cut(strings.TrimSpace(line), "\t")
		written[name] = file
	}
	return importer.ForCompiler(token.NewFileSet(), "gc", func(name string) (io.ReadCloser, error) { return os.Open(written[name]) }), nil
})

// uses says which files of a package use names that another of them declares, and
// which: functions, types, variables, methods and fields.
func uses(importer types.Importer, dir string, list []source) map[string]map[string]map[string]bool {
	// The files were read into a set of positions each; one set is needed.
	lines, syntax := token.NewFileSet(), []*ast.File{}
	for _, s := range list {
		f, err := parser.ParseFile(lines, s.path, s.text, parser.SkipObjectResolution)
		if err != nil {
			continue // load has parsed it before
		}
		syntax = append(syntax, f)
	}
	info := types.Info{Uses: map[*ast.Ident]types.Object{}}
	cfg := types.Config{Importer: importer, Error: func(error) {}} // a file for another machine declares things again
	checked, _ := cfg.Check(dir, lines, syntax, &info)
	edges := map[string]map[string]map[string]bool{}
	for id, object := range info.Uses {
		if object.Pkg() != checked || object.Parent() != nil && object.Parent() != checked.Scope() {
			continue // another package's, or of a function alone
		}
		from, to := lines.File(id.Pos()), lines.File(object.Pos())
		if from == to {
			continue
		}
		if edges[from.Name()] == nil {
			edges[from.Name()] = map[string]map[string]bool{}
		}
		if edges[from.Name()][to.Name()] == nil {
			edges[from.Name()][to.Name()] = map[string]bool{}
		}
		edges[from.Name()][to.Name()][id.Name] = true
	}
	return edges
}

// circles gives the strongly connected files: Tarjan's algorithm.
func circles[V any](edges map[string]map[string]V) [][]string {
	var found [][]string
	var stack []string
	index, low, on := map[string]int{}, map[string]int{}, map[string]bool{}
	var walk func(string)
	walk = func(v string) {
		index[v] = len(index) + 1
		low[v] = index[v]
		stack, on[v] = append(stack, v), true
		for w := range edges[v] {
			if index[w] == 0 {
				walk(w)
				low[v] = min(low[v], low[w])
			} else if on[w] {
				low[v] = min(low[v], index[w])
			}
		}
		if low[v] != index[v] {
			return
		}
		at := slices.Index(stack, v)
		for _, w := range stack[at:] {
			on[w] = false
		}
		found, stack = append(found, slices.Clone(stack[at:])), stack[:at]
	}
	for _, v := range slices.Sorted(maps.Keys(edges)) {
		if index[v] == 0 {
			walk(v)
		}
	}
	return found
}

func largest(groups [][]string) int {
	n := 1
	for _, g := range groups {
		n = max(n, len(g))
	}
	return n
}
