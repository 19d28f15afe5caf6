// SPDX-License-Identifier: Apache-2.0

package kcovrig_test

import (
	"fmt"
	"go/ast"
	"regexp"
	"slices"
	"strings"
)

// savedVariants are the types whose saved form has a variant as a bool, by package.
var savedVariants = []string{
	"rig/trial.SavedVariant",     // in documents
	"rig/trial.savedSpec",        // of the tree as it stands
	"rig/internal/kernel.record", // in the cache's image.json
	"rig/trend.Run",              // null in documents and in the history, of a run of both
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
				if savedInMemory(of) {
					breaches = append(breaches, fmt.Sprintf("%s:%d: %s is saved in no document, and holds a SavedVariant: a kernel's variant is a trial.Variant", s.path, s.lines.Position(of.Pos()).Line, of.Name.Name))
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

// savedInMemory says whether a type holds the saved form though it is no part of a
// document, where all members have names.
func savedInMemory(of *ast.TypeSpec) bool {
	form, ok := of.Type.(*ast.StructType)
	if !ok {
		return false
	}
	saved, nameless := false, false
	for _, f := range form.Fields.List {
		kind := f.Type
		if from, ok := kind.(*ast.SelectorExpr); ok {
			kind = from.Sel
		}
		name, ok := kind.(*ast.Ident)
		saved = saved || ok && len(f.Names) == 0 && name.Name == "SavedVariant"
		nameless = nameless || len(f.Names) > 0 && f.Tag == nil
	}
	return saved && nameless
}

func isBool(e ast.Expr) bool {
	if to, ok := e.(*ast.StarExpr); ok {
		e = to.X
	}
	name, ok := e.(*ast.Ident)
	return ok && name.Name == "bool"
}
