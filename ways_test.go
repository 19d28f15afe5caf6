// SPDX-License-Identifier: Apache-2.0

package kcovrig_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

// step is a line of a way in docs/architecture.md.
type step struct {
	file, function, product string
	handed                  bool // by the fleet's queue, or as a function given down before
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
				handed := len(words) > 0 && words[0] == ">"
				if handed {
					words = words[1:]
				}
				if len(words) != 3 {
					way = append(way, step{file: strings.TrimSpace(line)}) // found to be no step
					continue
				}
				way = append(way, step{words[0], words[1], words[2], handed})
			}
			found = append(found, way)
		}
	}
	return found
}

// checkWay returns what is not true of a way.
func checkWay(p *program, way []step) []string {
	var wrong []string
	stands := map[string]bool{}
	for _, at := range way {
		s, ok := p.files[at.file]
		if !ok || !s.isGo() {
			wrong = append(wrong, at.file+": no such file")
			continue
		}
		if stands[at.file] {
			wrong = append(wrong, at.file+": stands in the way twice")
		}
		stands[at.file] = true
		if f := p.declared(at); f == nil {
			wrong = append(wrong, fmt.Sprintf("%s: has no function %s", at.file, at.function))
		} else if !returns(f, s, p.lines, at.product) {
			wrong = append(wrong, fmt.Sprintf("%s: %s does not return %s", at.file, at.function, at.product))
		}
	}
	return append(append(wrong, otherDoors(p, way)...), outOfOrder(p, way)...)
}

// otherDoors finds the functions, methods aside, by which files of a way enter another one
// of it beside the function of its line.
func otherDoors(p *program, way []step) []string {
	var wrong []string
	for _, from := range way {
		for _, used := range p.uses(from) {
			f, ok := used.(*types.Func)
			if !ok || f.Signature().Recv() != nil {
				continue
			}
			file := p.lines.Position(f.Pos()).Filename
			for _, to := range way {
				if to.file == file && to.file != from.file && to.function != f.Name() {
					wrong = append(wrong, fmt.Sprintf("%s: enters %s by %s too", from.file, to.file, f.Name()))
				}
			}
		}
	}
	return wrong
}

// reached is a file that a way has not left yet, and how far its uses were followed.
type reached struct {
	step
	place int
}

// outOfOrder walks down a way as a reader does who follows each use where it stands:
// what is entered next is used by the file just entered, or by one before it, there
// behind the use that led here. What is handed over comes out of the fleet's queue, or
// goes back to who gave a function down for that.
func outOfOrder(p *program, way []step) []string {
	var wrong []string
	var open []reached
	for i, at := range way {
		from := len(open) - 1
		for ; from >= 0; from-- {
			place := p.place(open[from].step, at)
			if place >= 0 && (at.handed || place > open[from].place) {
				open[from].place = max(open[from].place, place)
				break
			}
		}
		switch {
		case from >= 0:
			open = open[:from+1]
		case i > 0 && !(at.handed && strings.HasPrefix(way[i-1].file, "rig/fleet/")):
			wrong = append(wrong, fmt.Sprintf("%s: %s is not what the files before it use next", at.file, at.function))
		}
		open = append(open, reached{at, -1})
	}
	return wrong
}

// returns says whether f's results have the product, "-" none, named with its
// package as from outside.
func returns(f *ast.FuncDecl, s source, lines *token.FileSet, product string) bool {
	if f.Type.Results == nil {
		return product == "-"
	}
	for _, r := range f.Type.Results.List {
		text := s.text[lines.Position(r.Type.Pos()).Offset:lines.Position(r.Type.End()).Offset]
		own := strings.Replace(product, path.Base(s.dir())+".", "", 1)
		if text == product || text == own {
			return true
		}
	}
	return false
}

// lengths are the ways' lines: the order of the others does not show that a line is
// gone which leads to none of them.
var lengths = []int{25, 19, 16}

func TestDataWalksForward(t *testing.T) {
	all := written(load(t, os.DirFS(".")))
	p, shown := newProgram(all), ways(all)
	if len(shown) != len(lengths) {
		t.Fatalf("%d ways are shown", len(shown))
	}
	for i, way := range shown {
		if len(way) != lengths[i] {
			t.Errorf("a way has %d lines, not the %d that the test knows", len(way), lengths[i])
		}
		for _, wrong := range checkWay(p, way) {
			t.Error(wrong)
		}
	}
	// What the check is for: each of these makes a true way false.
	for name, spoil := range map[string]func([]step) []step{
		"a file that is gone":     func(w []step) []step { w[2].file = "rig/gone.go"; return w },
		"a function that is gone": func(w []step) []step { w[2].function = "Gone"; return w },
		"another product":         func(w []step) []step { w[2].product = "trial.Image"; return w },
		"a file twice":            func(w []step) []step { return append(w, w[2]) },
		"a line that is no step":  func(w []step) []step { return append(w, step{file: "and so on"}) },
	} {
		if len(checkWay(p, spoil(slices.Clone(shown[0])))) == 0 {
			t.Errorf("%s is not found", name)
		}
	}
}

// Every swap of two neighbours is found.
func TestTheOrderOfTheWaysIsSeen(t *testing.T) {
	all := written(load(t, os.DirFS(".")))
	p := newProgram(all)
	for _, way := range ways(all) {
		for i := range way[1:] {
			swapped := slices.Clone(way)
			swapped[i], swapped[i+1] = way[i+1], way[i]
			if len(outOfOrder(p, swapped)) == 0 {
				t.Errorf("%s may as well stand behind %s", way[i].file, way[i+1].file)
			}
		}
	}
}
