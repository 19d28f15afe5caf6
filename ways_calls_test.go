// SPDX-License-Identifier: Apache-2.0

package kcovrig_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
)

// program is the project's packages with their types; of those of others the
// names alone are known, and what depends on them is left open.
type program struct {
	files    map[string]source   // by path
	sources  map[string][]source // by folder, tests aside
	lines    *token.FileSet
	syntax   map[string]*ast.File // by path
	packages map[string]*types.Package
	info     types.Info
}

func newProgram(files []source) *program {
	p := &program{
		files: map[string]source{}, sources: packages(files), lines: token.NewFileSet(), syntax: map[string]*ast.File{}, packages: map[string]*types.Package{},
		info: types.Info{Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}},
	}
	for _, s := range files {
		p.files[s.path] = s
		if s.isGo() && !s.test() {
			_, _ = p.Import(module + "/" + s.dir()) // load has parsed all that it parses
		}
	}
	return p
}

// Import checks a package of the project when it is first asked for.
func (p *program) Import(name string) (*types.Package, error) {
	dir, ours := own(name)
	if !ours {
		return emptyImports{}.Import(name)
	}
	if p.packages[dir] != nil {
		return p.packages[dir], nil
	}
	var syntax []*ast.File
	for _, s := range p.sources[dir] {
		f, err := parser.ParseFile(p.lines, s.path, s.text, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		p.syntax[s.path], syntax = f, append(syntax, f)
	}
	cfg := types.Config{Importer: p, Error: func(error) {}}
	p.packages[dir], _ = cfg.Check(name, p.lines, syntax, &p.info)
	return p.packages[dir], nil
}

// declared finds a function or a method in a file by its name; of several methods
// of one name the first.
func (p *program) declared(at step) *ast.FuncDecl {
	if f := p.syntax[at.file]; f != nil {
		for _, d := range f.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == at.function {
				return f
			}
		}
	}
	return nil
}

// uses gives the functions, methods and fields that a step uses, in the order in
// which one who reads on from its function meets them: what that calls in the same
// file is read where it is called, the rest of the file at the end.
func (p *program) uses(at step) []types.Object {
	file, bodies := p.syntax[at.file], map[types.Object]*ast.FuncDecl{}
	if file == nil {
		return nil
	}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil {
			bodies[p.info.Defs[f.Name]] = f
		}
	}
	var found []types.Object
	var read func(*ast.FuncDecl)
	read = func(f *ast.FuncDecl) {
		delete(bodies, p.info.Defs[f.Name])
		inOrder(f.Body, func(id *ast.Ident) {
			if object := p.info.Uses[id]; object != nil {
				found = append(found, object)
				if next := bodies[object]; next != nil {
					read(next)
				}
			}
		})
	}
	if f := p.declared(at); f != nil && f.Body != nil {
		read(f)
	}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && bodies[p.info.Defs[f.Name]] != nil {
			read(f)
		}
	}
	return found
}

// inOrder visits the names below a node, those of a call's arguments before the
// name that is called.
func inOrder(below ast.Node, visit func(*ast.Ident)) {
	ast.Inspect(below, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			visit(n)
		case *ast.CallExpr:
			for _, arg := range n.Args {
				inOrder(arg, visit)
			}
			inOrder(n.Fun, visit)
			return false
		}
		return true
	})
}

// enters says whether a use of the object enters the function: it is that, or the
// method of an interface that the function's receiver has.
func enters(object, function types.Object) bool {
	if object == function {
		return true
	}
	of, ok := object.(*types.Func)
	to, ok2 := function.(*types.Func)
	if !ok || !ok2 || of.Name() != to.Name() {
		return false
	}
	asked, has := of.Signature().Recv(), to.Signature().Recv()
	if asked == nil || has == nil {
		return false
	}
	i, ok := asked.Type().Underlying().(*types.Interface)
	return ok && (types.Implements(has.Type(), i) || types.Implements(types.NewPointer(has.Type()), i))
}

// place says where among the uses of a step the other one is entered; -1: nowhere.
func (p *program) place(from, to step) int {
	f := p.declared(to)
	if f == nil {
		return -1
	}
	return slices.IndexFunc(p.uses(from), func(o types.Object) bool { return enters(o, p.info.Defs[f.Name]) })
}

// door is a use by which a file of a way enters another one.
type door struct {
	file, name string
	of, asked  string // the receiver of the method entered, and of the one named: an interface, it may be
}

// doors finds the functions and methods by which a step enters files of a way, but for
// those of their lines.
func (p *program) doors(from step, way []step) (found []door) {
	seen := map[door]bool{}
	for _, used := range p.uses(from) {
		f, ok := used.(*types.Func)
		if !ok {
			continue
		}
		for _, to := range way {
			if to.file == from.file || p.syntax[to.file] == nil {
				continue
			}
			for _, d := range p.syntax[to.file].Decls {
				entered, ok := d.(*ast.FuncDecl)
				if !ok || entered.Name.Name == to.function || !enters(f, p.info.Defs[entered.Name]) {
					continue
				}
				d := door{to.file, f.Name(), receiver(p.info.Defs[entered.Name].(*types.Func)), receiver(f)}
				if !seen[d] {
					seen[d], found = true, append(found, d)
				}
			}
		}
	}
	return found
}

// receiver names the type that a method is of, with its package; empty: f is a function.
func receiver(f *types.Func) string {
	if of := f.Signature().Recv(); of != nil {
		return nameOfType(of.Type())
	}
	return ""
}

// nameOfType is a type's name with its package, whatever points to it or lists it.
func nameOfType(t types.Type) string {
	switch t := t.(type) {
	case *types.Pointer:
		return nameOfType(t.Elem())
	case *types.Slice:
		return nameOfType(t.Elem())
	case *types.Named:
		if in := t.Obj().Pkg(); in != nil {
			return in.Name() + "." + t.Obj().Name()
		}
	}
	return ""
}

// inPackage is a name with the package of the file.
func (p *program) inPackage(file, name string) string {
	if f := p.syntax[file]; f != nil {
		return f.Name.Name + "." + name
	}
	return name
}

// handsOn says whether a function in the way's files takes or returns a value of the type.
func (p *program) handsOn(way []step, name string) bool {
	for _, at := range way {
		if p.syntax[at.file] == nil {
			continue
		}
		for _, d := range p.syntax[at.file].Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			signature := p.info.Defs[f.Name].(*types.Func).Signature()
			for _, values := range []*types.Tuple{signature.Params(), signature.Results()} {
				for v := range values.Variables() {
					if nameOfType(v.Type()) == name {
						return true
					}
				}
			}
		}
	}
	return false
}
