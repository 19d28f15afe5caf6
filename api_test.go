// SPDX-License-Identifier: Apache-2.0

package kcovrig_test

import (
	"fmt"
	"go/ast"
	"go/printer"
	"go/token"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"kcovrig/rig/goldentest"
)

// The declarations that a program in Go can name which does what cmd/kcovrig does are
// kept as a list, one a line, so that none goes or changes without being looked at.
func TestExportedDeclarations(t *testing.T) {
	got := exported(written(load(t, os.DirFS("."))))
	kept, _ := os.ReadFile("testdata/exported.txt")
	for line := range strings.Lines(string(kept)) {
		if !slices.Contains(got, strings.TrimSuffix(line, "\n")) {
			t.Logf("gone or changed, which those who call it must follow: %s", line)
		}
	}
	goldentest.Check(t, "exported.txt", strings.Join(got, "\n")+"\n")
}

// item is what is listed of a package: a type with all that belongs to it; of no name all.
type item struct{ dir, name string }

// exported lists what the packages export that cmd/kcovrig calls, but for those that show
// results, and of other packages the types that these name.
func exported(files []source) []string {
	byDir := map[string][]source{}
	for _, s := range files {
		if s.isGo() && !s.test() {
			byDir[s.dir()] = append(byDir[s.dir()], s)
		}
	}
	var due []item
	for _, dir := range frontOf(files) {
		if dir != "rig/live" && dir != "rig/report" && !strings.HasPrefix(dir, "rig/report/") {
			due = append(due, item{dir: dir})
		}
	}
	found, done, opened := map[string]bool{}, map[item]bool{}, map[item]bool{}
	for len(due) > 0 {
		next := due[0]
		due = due[1:]
		if done[next] || done[item{dir: next.dir}] || strings.Contains(next.dir, "/internal/") && !opened[next] {
			continue
		}
		done[next] = true
		for _, s := range byDir[next.dir] {
			l := listing{source: s, only: next.name, found: found, named: map[item]bool{}, aliased: map[item]bool{}}
			l.file()
			for aliased := range l.aliased {
				opened[l.resolve(aliased)] = true
			}
			for named := range l.named {
				due = append(due, l.resolve(named))
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// listing lists one file's exported declarations, and notes the types that they name.
type listing struct {
	source
	only  string // of the package's types; empty: all
	found map[string]bool
	named map[item]bool // by the import's name; of none: of the package itself
	// aliased have a name of the package's own, by which their members can be named.
	aliased map[item]bool
}

// resolve is an item by its package; none of others' packages.
func (l listing) resolve(named item) item {
	if named.dir == "" {
		return item{l.dir(), named.name}
	}
	for _, spec := range l.syntax.Imports {
		imported := strings.Trim(spec.Path.Value, `"`)
		name := path.Base(imported)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		if dir, ok := own(imported); ok && name == named.dir {
			return item{dir, named.name}
		}
	}
	return item{}
}

// wants says whether a declaration of a type is to be listed, or what belongs to it.
func (l listing) wants(name string) bool {
	return ast.IsExported(name) && (l.only == "" || l.only == name)
}

func (l listing) add(format string, args ...any) {
	l.found[l.dir()+": "+fmt.Sprintf(format, args...)] = true
}

func (l listing) file() {
	for _, d := range l.syntax.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			l.function(d)
		case *ast.GenDecl:
			var kind ast.Expr // of a constant that says nothing, as its values
			var values []ast.Expr
			for i, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					l.typ(spec)
				case *ast.ValueSpec:
					if spec.Type != nil || len(spec.Values) > 0 {
						kind, values = spec.Type, spec.Values
					}
					l.values(d.Tok, spec, kind, values, i)
				}
			}
		}
	}
}

func (l listing) function(d *ast.FuncDecl) {
	receiver, wanted := "", l.only == ""
	if d.Recv != nil {
		of := l.text(d.Recv.List[0].Type)
		name, _, _ := strings.Cut(strings.TrimLeft(of, "*"), "[")
		receiver, wanted = "("+of+") ", l.wants(name)
	}
	if wanted && d.Name.IsExported() {
		l.add("func %s%s%s%s", receiver, d.Name.Name, l.parameters(d.Type.TypeParams), l.signature(d.Type))
	}
}

func (l listing) values(tok token.Token, spec *ast.ValueSpec, kind ast.Expr, values []ast.Expr, i int) {
	for n, name := range spec.Names {
		if of, _ := kind.(*ast.Ident); !name.IsExported() || l.only != "" && (of == nil || of.Name != l.only) {
			continue
		}
		text := fmt.Sprintf("%s %s", tok, name.Name)
		if kind != nil {
			text += " " + l.text(kind)
		}
		if tok == token.CONST && n < len(values) {
			text += " = " + l.text(values[n])
			if strings.Contains(text, "iota") {
				text += fmt.Sprintf(" (%d)", i)
			}
		}
		l.add("%s", text)
	}
}

func (l listing) typ(spec *ast.TypeSpec) {
	if !l.wants(spec.Name.Name) {
		return
	}
	name := spec.Name.Name
	is := map[bool]string{true: " =", false: ""}[spec.Assign.IsValid()]
	parameters := l.parameters(spec.TypeParams)
	switch of := spec.Type.(type) {
	case *ast.StructType:
		l.add("type %s%s%s struct", name, parameters, is)
		l.members(name, of.Fields)
	case *ast.InterfaceType:
		l.add("type %s%s%s interface", name, parameters, is)
		l.members(name, of.Methods)
	default:
		l.add("type %s%s%s %s", name, parameters, is, l.text(of))
	}
	if of, ok := spec.Type.(*ast.SelectorExpr); ok && spec.Assign.IsValid() {
		l.aliased[item{l.text(of.X), of.Sel.Name}] = true
	}
}

// members lists fields or methods; of those that are not exported it says that there are any.
func (l listing) members(of string, list *ast.FieldList) {
	for _, f := range list.List {
		text, tag := " "+l.text(f.Type), ""
		if f.Tag != nil {
			tag = " " + f.Tag.Value
		}
		if len(f.Names) == 0 {
			l.add("type %s, embedded%s%s", of, text, tag)
		}
		for _, name := range f.Names {
			if !name.IsExported() {
				l.add("type %s, unexported", of)
				continue
			}
			l.add("type %s, %s%s%s", of, name.Name, text, tag)
		}
	}
}

// signature is a function's without the names of parameters and results.
func (l listing) signature(f *ast.FuncType) string {
	text := "(" + strings.Join(l.types(f.Params), ", ") + ")"
	switch results := l.types(f.Results); len(results) {
	case 0:
		return text
	case 1:
		return text + " " + results[0]
	default:
		return text + " (" + strings.Join(results, ", ") + ")"
	}
}

func (l listing) types(list *ast.FieldList) []string {
	var all []string
	if list == nil {
		return nil
	}
	for _, f := range list.List {
		for range max(len(f.Names), 1) {
			all = append(all, l.text(f.Type))
		}
	}
	return all
}

// parameters are those of a type or a function, in brackets.
func (l listing) parameters(list *ast.FieldList) string {
	if list == nil {
		return ""
	}
	var all []string
	for _, f := range list.List {
		for _, name := range f.Names {
			all = append(all, name.Name+" "+l.text(f.Type))
		}
	}
	return "[" + strings.Join(all, ", ") + "]"
}

// text is an expression in one line.
func (l listing) text(e ast.Expr) string {
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if from, ok := n.X.(*ast.Ident); ok {
				l.named[item{from.Name, n.Sel.Name}] = true
				return false
			}
		case *ast.Ident:
			if n.IsExported() {
				l.named[item{name: n.Name}] = true
			}
		}
		return true
	})
	var b strings.Builder
	if err := printer.Fprint(&b, l.source.lines, e); err != nil {
		return err.Error()
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// declaring is a package with a declaration of each kind.
const declaring = `// Package rig joins.
package rig

import "kcovrig/rig/other"

type Kind int

const (
	One Kind = iota
	Two
	two
)

const Max = 1 << 10

var Err, err = f(), 0

type T[K comparable, V any] struct {
	other.Base
	A, B int ` + "`json:\"a\"`" + `
	hidden int
	F func(n int) error
}

type I interface{ Do(n, m int) (x int, err error) }

func (t *T[K, V]) Get(k K) V { return t.V }
func (t *t) Get()            {}
func Map[K any](k, l K, f func() other.X) error { return nil }
func f() error { return nil }
`

func TestWhatAListingSays(t *testing.T) {
	tree := good()
	tree["docs/architecture.md"] = strings.Replace(parts, "imports `rig`", "imports `rig`, `rig/report`", 1)
	tree["rig/rig.go"] = header + declaring
	tree["rig/other/other.go"] = header + "// Package other is named.\npackage other\n\ntype Base struct{ N Near }\n\ntype Near int\n\nconst A, B Near = 1, 2\n\ntype Far int\n\nfunc (Base) M() {}\n\nfunc New() Base { return Base{} }\n"
	tree["rig/third/third.go"] = header + "// Package third is not.\npackage third\n\ntype Third struct{}\n"
	tree["rig/report/report.go"] = header + "// Package report shows.\npackage report\n\ntype Report struct{}\n"
	assert.Equal(t, []string{
		"rig/other: const A Near = 1",
		"rig/other: const B Near = 2",
		"rig/other: func (Base) M()",
		"rig/other: type Base struct",
		"rig/other: type Base, N Near",
		"rig/other: type Near int",
		"rig: const Max = 1 << 10",
		"rig: const One Kind = iota (0)",
		"rig: const Two Kind = iota (1)",
		"rig: func (*T[K, V]) Get(K) V",
		"rig: func Map[K any](K, K, func() other.X) error",
		"rig: type I interface",
		"rig: type I, Do func(n, m int) (x int, err error)",
		"rig: type Kind int",
		"rig: type T, A int `json:\"a\"`",
		"rig: type T, B int `json:\"a\"`",
		"rig: type T, F func(n int) error",
		"rig: type T, embedded other.Base",
		"rig: type T, unexported",
		"rig: type T[K comparable, V any] struct",
		"rig: var Err",
	}, exported(read(t, tree)))
}
