// SPDX-License-Identifier: Apache-2.0

package kcovrig_test

import (
	"fmt"
	"go/ast"
	"go/token"
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

// way is one of docs/architecture.md: its lines, and the types of the values that are
// handed on beside what the lines name.
type way struct {
	steps  []step
	handed []string
}

// ways returns the ways that docs/architecture.md shows: the fenced blocks under
// "## The way of the data".
func ways(files []source) []way {
	var found []way
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
			var way way
			for line := range strings.Lines(strings.TrimPrefix(block, "text\n")) {
				words := strings.Fields(line)
				if len(words) > 1 && words[0] == "+" {
					way.handed = append(way.handed, words[1:]...)
					continue
				}
				handed := len(words) > 0 && words[0] == ">"
				if handed {
					words = words[1:]
				}
				if len(words) != 3 {
					way.steps = append(way.steps, step{file: strings.TrimSpace(line)}) // found to be no step
					continue
				}
				way.steps = append(way.steps, step{words[0], words[1], words[2], handed})
			}
			found = append(found, way)
		}
	}
	return found
}

// checkWay returns what is not true of a way.
func checkWay(p *program, way way) []string {
	var wrong []string
	stands := map[string]bool{}
	for _, at := range way.steps {
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
	return append(append(wrong, otherDoors(p, way)...), outOfOrder(p, way.steps)...)
}

// otherDoors finds the functions and methods by which files of a way enter another one of
// it beside the function of its line. What is of a value that a line names is none, nor of
// one that the way says is handed on; that has to be so, and needed.
func otherDoors(p *program, way way) []string {
	var wrong []string
	values, used := map[string]bool{}, map[string]bool{}
	for _, at := range way.steps {
		if name := strings.TrimLeft(at.product, "[]*"); strings.Contains(name, ".") {
			values[name] = true
		} else {
			values[p.inPackage(at.file, name)] = true
		}
	}
	for _, name := range way.handed {
		if !p.handsOn(way.steps, name) {
			wrong = append(wrong, name+": no function of the way takes or returns it")
		}
	}
	for _, from := range way.steps {
		for _, d := range p.doors(from, way.steps) {
			if values[d.of] || values[d.asked] {
				continue
			}
			if slices.Contains(way.handed, d.of) || slices.Contains(way.handed, d.asked) {
				used[d.of], used[d.asked] = true, true
				continue
			}
			wrong = append(wrong, fmt.Sprintf("%s: enters %s by %s too", from.file, d.file, d.name))
		}
	}
	for _, name := range way.handed {
		if !used[name] {
			wrong = append(wrong, name+": is handed on, and no file of the way enters another one by it")
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
var lengths = []int{25, 20, 16}

func TestDataWalksForward(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine, of no interest to the race detector: go test .")
	}
	all := written(load(t, os.DirFS(".")))
	p, shown := newProgram(all), ways(all)
	if len(shown) != len(lengths) {
		t.Fatalf("%d ways are shown", len(shown))
	}
	for i, way := range shown {
		if len(way.steps) != lengths[i] {
			t.Errorf("a way has %d lines, not the %d that the test knows", len(way.steps), lengths[i])
		}
		for _, wrong := range checkWay(p, way) {
			t.Error(wrong)
		}
	}
	// What the check is for: each of these makes a true way false.
	for name, spoil := range map[string]func(*way){
		"a file that is gone":           func(w *way) { w.steps[2].file = "rig/gone.go" },
		"a function that is gone":       func(w *way) { w.steps[2].function = "Gone" },
		"another product":               func(w *way) { w.steps[2].product = "trial.Image" },
		"a file twice":                  func(w *way) { w.steps = append(w.steps, w.steps[2]) },
		"a line that is no step":        func(w *way) { w.steps = append(w.steps, step{file: "and so on"}) },
		"a value that no one hands on":  func(w *way) { w.handed = append(w.handed, "trial.Saying") },
		"a value by which none entered": func(w *way) { w.handed = append(w.handed, "command.Config") },
	} {
		for i, as := range shown {
			spoiled := way{slices.Clone(as.steps), slices.Clone(as.handed)}
			if spoil(&spoiled); len(checkWay(p, spoiled)) == 0 {
				t.Errorf("%s is not found in way %d", name, i)
			}
		}
	}
	for _, as := range shown {
		for i, value := range as.handed {
			if less := slices.Delete(slices.Clone(as.handed), i, i+1); len(checkWay(p, way{as.steps, less})) == 0 {
				t.Errorf("that %s is not told of is not found", value)
			}
		}
	}
}

// Every swap of two neighbours is found.
func TestTheOrderOfTheWaysIsSeen(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine, of no interest to the race detector: go test .")
	}
	all := written(load(t, os.DirFS(".")))
	p := newProgram(all)
	for _, way := range ways(all) {
		steps := way.steps
		for i := range steps[1:] {
			swapped := slices.Clone(steps)
			swapped[i], swapped[i+1] = steps[i+1], steps[i]
			if len(outOfOrder(p, swapped)) == 0 {
				t.Errorf("%s may as well stand behind %s", steps[i].file, steps[i+1].file)
			}
		}
	}
}
