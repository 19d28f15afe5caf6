// SPDX-License-Identifier: Apache-2.0

package kcovrig_test

import (
	"fmt"
	"go/ast"
	"os"
	"path"
	"strings"
	"testing"
)

// step is a line of a way in docs/architecture.md.
type step struct {
	file, function, product string
	queued                  bool // handed over by the fleet's queue, not called
}

// ways returns the ways that docs/architecture.md shows: the fenced blocks under
// "## The way of the data".
func ways(files []source) [][]step {
	var found [][]step
	for _, s := range files {
		if s.path != "docs/architecture.md" {
			continue
		}
		_, rest, _ := strings.Cut(s.text, "\n## The way of the data\n")
		rest, _, _ = strings.Cut(rest, "\n## ")
		for i, block := range strings.Split(rest, "\n```") {
			if i%2 == 0 {
				continue
			}
			var way []step
			for line := range strings.Lines(strings.TrimPrefix(block, "text\n")) {
				words := strings.Fields(line)
				queued := len(words) > 0 && words[0] == ">"
				if queued {
					words = words[1:]
				}
				if len(words) != 3 {
					way = append(way, step{file: strings.TrimSpace(line)}) // found to be no step
					continue
				}
				way = append(way, step{words[0], words[1], words[2], queued})
			}
			found = append(found, way)
		}
	}
	return found
}

// checkWay returns what is not true of a way.
func checkWay(files map[string]source, way []step) []string {
	var wrong []string
	entered := map[string]bool{}
	for i, at := range way {
		s, ok := files[at.file]
		switch {
		case !ok || !s.isGo():
			wrong = append(wrong, at.file+": no such file")
			continue
		case entered[at.file]:
			wrong = append(wrong, at.file+": entered twice")
		}
		entered[at.file] = true
		f := function(s, at.function)
		if f == nil {
			wrong = append(wrong, fmt.Sprintf("%s: has no function %s", at.file, at.function))
			continue
		}
		if !returns(f, s, at.product) {
			wrong = append(wrong, fmt.Sprintf("%s: %s does not return %s", at.file, at.function, at.product))
		}
		called := i == 0 || at.queued
		for _, before := range way[:i] {
			called = called || mentions(files[before.file], at.function)
		}
		if !called {
			wrong = append(wrong, fmt.Sprintf("%s: %s is called from no file before it", at.file, at.function))
		}
	}
	return wrong
}

// function finds a function or a method by its name.
func function(s source, name string) *ast.FuncDecl {
	for _, d := range s.syntax.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == name {
			return f
		}
	}
	return nil
}

// returns says whether f's results have the product, "-" none, named with its
// package as from outside.
func returns(f *ast.FuncDecl, s source, product string) bool {
	if f.Type.Results == nil {
		return product == "-"
	}
	for _, r := range f.Type.Results.List {
		text := s.text[s.lines.Position(r.Type.Pos()).Offset:s.lines.Position(r.Type.End()).Offset]
		own := strings.Replace(product, path.Base(s.dir())+".", "", 1)
		if text == product || text == own {
			return true
		}
	}
	return false
}

// mentions says whether the file uses the name, by itself or of a package or value.
func mentions(s source, name string) bool {
	found := false
	if s.syntax == nil {
		return false
	}
	ast.Inspect(s.syntax, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Body != nil {
				ast.Inspect(n.Body, func(n ast.Node) bool {
					id, ok := n.(*ast.Ident)
					found = found || ok && id.Name == name
					return !found
				})
			}
			return false
		case *ast.GenDecl:
			return false
		}
		return !found
	})
	return found
}

func TestDataWalksForward(t *testing.T) {
	all := written(load(t, os.DirFS(".")))
	files := map[string]source{}
	for _, s := range all {
		files[s.path] = s
	}
	shown := ways(all)
	if len(shown) != 3 {
		t.Fatalf("%d ways are shown", len(shown))
	}
	for _, way := range shown {
		for _, wrong := range checkWay(files, way) {
			t.Error(wrong)
		}
	}
	// What the check is for: each of these makes a true way false.
	good := shown[0]
	for name, spoil := range map[string]func([]step) []step{
		"a file that is gone":      func(w []step) []step { w[2].file = "rig/gone.go"; return w },
		"a function that is gone":  func(w []step) []step { w[2].function = "Gone"; return w },
		"another product":          func(w []step) []step { w[2].product = "trial.Spec"; return w },
		"a file entered twice":     func(w []step) []step { return append(w, w[2]) },
		"one that walks backwards": func(w []step) []step { w[1], w[len(w)-1] = w[len(w)-1], w[1]; return w },
		"a line that is no step":   func(w []step) []step { return append(w, step{file: "and so on"}) },
	} {
		if len(checkWay(files, spoil(append([]step{}, good...)))) == 0 {
			t.Errorf("%s is not found", name)
		}
	}
}
