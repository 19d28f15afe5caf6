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

// savedVariants are the types whose saved form has a variant as a bool, by package.
var savedVariants = []string{
	"rig/trial.SavedVariant",     // in documents
	"rig/trial.savedSpec",        // of the tree as it stands
	"rig/internal/kernel.record", // in the cache's image.json
}

// outside are those that know documents as users do, by their JSON alone.
var outside = []string{"scripts/figures/", "scripts/cataloguetable/", "cmd/kcovrig/e2e_"}

var patchedName = regexp.MustCompile(`(?i)^(is|un)?(patched|asis)$`)

// variantsAreTyped wants no field, parameter or result that says by a bool which of a
// tree's kernels is meant: there are three (rig/trial/variant.go).
func variantsAreTyped(files []source) []string {
	var breaches []string
	for _, s := range files {
		if !s.isGo() || slices.ContainsFunc(outside, func(prefix string) bool { return strings.HasPrefix(s.path, prefix) }) {
			continue
		}
		ast.Inspect(s.syntax, func(n ast.Node) bool {
			if of, ok := n.(*ast.TypeSpec); ok {
				if holdsSavedVariant(of) {
					breaches = append(breaches, fmt.Sprintf("%s:%d: %s holds a SavedVariant, which is the form of JSON alone: a kernel's variant is a trial.Variant", s.path, s.lines.Position(of.Pos()).Line, of.Name.Name))
				}
				return !slices.Contains(savedVariants, s.dir()+"."+of.Name.Name)
			}
			if f, ok := n.(*ast.Field); ok && isBool(f.Type) {
				for _, name := range f.Names {
					if patchedName.MatchString(name.Name) {
						breaches = append(breaches, fmt.Sprintf("%s:%d: %s is a bool: a kernel's variant is a trial.Variant", s.path, s.lines.Position(name.Pos()).Line, name.Name))
					}
				}
			}
			return true
		})
	}
	return breaches
}

// holdsSavedVariant says whether a type with a name has a member in the saved form: those
// without a name, in a MarshalJSON, are what is written.
func holdsSavedVariant(of *ast.TypeSpec) bool {
	form, ok := of.Type.(*ast.StructType)
	return ok && slices.ContainsFunc(form.Fields.List, func(f *ast.Field) bool { return typeName(f.Type) == "SavedVariant" })
}

// typeName is the name of a type, or of what it points to, without its package.
func typeName(e ast.Expr) string {
	if to, ok := e.(*ast.StarExpr); ok {
		e = to.X
	}
	if from, ok := e.(*ast.SelectorExpr); ok {
		e = from.Sel
	}
	name, _ := e.(*ast.Ident)
	if name == nil {
		return ""
	}
	return name.Name
}

// unsaved are types that no JSON is made of.
var unsaved = []string{"rig/barriers.Witnessed", "rig/witness.Hit", "rig/witness.Reading"}

// jsonIsWhole wants no type to embed one with a JSON form of its own, unless it has one
// too: Go would take the part's for that of the whole, and leave out the rest.
func jsonIsWhole(files []source) []string {
	own := map[string]bool{} // types with such a form, by folder
	for _, s := range files {
		if !s.isGo() {
			continue
		}
		for _, d := range s.syntax.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil && (f.Name.Name == "MarshalJSON" || f.Name.Name == "UnmarshalJSON") {
				own[s.dir()+"."+typeName(f.Recv.List[0].Type)] = true
			}
		}
	}
	var breaches []string
	for _, s := range files {
		if !s.isGo() {
			continue
		}
		ast.Inspect(s.syntax, func(n ast.Node) bool {
			of, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			form, ok := of.Type.(*ast.StructType)
			name := s.dir() + "." + of.Name.Name
			if !ok || own[name] || slices.Contains(unsaved, name) {
				return true
			}
			for _, f := range form.Fields.List {
				if len(f.Names) == 0 && own[s.folderOf(f.Type)+"."+typeName(f.Type)] {
					breaches = append(breaches, fmt.Sprintf("%s:%d: %s has no JSON form of its own, and embeds %s, whose would stand for the whole", s.path, s.lines.Position(f.Pos()).Line, of.Name.Name, typeName(f.Type)))
				}
			}
			return true
		})
	}
	return breaches
}

// folderOf is the folder of the package that a type is of.
func (s source) folderOf(e ast.Expr) string {
	if to, ok := e.(*ast.StarExpr); ok {
		e = to.X
	}
	from, ok := e.(*ast.SelectorExpr)
	if !ok {
		return s.dir()
	}
	name, _ := from.X.(*ast.Ident)
	for _, p := range s.imports() {
		if name != nil && path.Base(p) == name.Name {
			return strings.TrimPrefix(p, module+"/")
		}
	}
	return ""
}

func isBool(e ast.Expr) bool {
	if to, ok := e.(*ast.StarExpr); ok {
		e = to.X
	}
	name, ok := e.(*ast.Ident)
	return ok && name.Name == "bool"
}
