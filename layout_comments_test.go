// SPDX-License-Identifier: Apache-2.0

package kcovrig_test

import (
	"fmt"
	"go/ast"
	"regexp"
)

// A first word that is a name: it does not begin as a sentence does, or has a capital within.
var (
	firstWord = regexp.MustCompile(`^[A-Za-z]\w*`)
	nameLike  = regexp.MustCompile(`^[a-z]|[a-z][A-Z]`)
)

// commentsNameTheirs finds comments that begin with another name than that of what
// they stand by, as one does that a change of the name has left behind.
func commentsNameTheirs(files []source) []string {
	var breaches []string
	for _, s := range files {
		if !s.isGo() || s.test() {
			continue
		}
		for _, decl := range s.syntax.Decls {
			name, doc := documented(decl)
			first := firstWord.FindString(doc.Text())
			if first != "" && first != name && (ast.IsExported(name) || nameLike.MatchString(first)) {
				breaches = append(breaches, fmt.Sprintf("%s: the comment of %s begins with %q", s.path, name, first))
			}
		}
	}
	return breaches
}

// documented is what a declaration of one thing declares, and its comment.
func documented(decl ast.Decl) (string, *ast.CommentGroup) {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		return d.Name.Name, d.Doc
	case *ast.GenDecl:
		if len(d.Specs) != 1 {
			return "", nil
		}
		switch of := d.Specs[0].(type) {
		case *ast.TypeSpec:
			return of.Name.Name, d.Doc
		case *ast.ValueSpec:
			return of.Names[0].Name, d.Doc
		}
	}
	return "", nil
}
