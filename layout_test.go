// SPDX-License-Identifier: Apache-2.0

// Package kcovrig_test holds the rules of the project's layout, checked on its
// own source: which package may import which, who may start processes, how long
// a file may be. docs/architecture.md states the rules and is itself read for
// the list of packages. What the packages do is left to their own tests.
package kcovrig_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

// module is the module's path, the prefix of every import of its own.
const module = "kcovrig"

// source is one file of the tree; syntax is nil for anything but Go.
type source struct {
	path   string
	text   string
	syntax *ast.File
	lines  *token.FileSet
}

func (s source) dir() string { return path.Dir(s.path) }
func (s source) data() bool  { return strings.Contains("/"+s.path, "/testdata/") }
func (s source) test() bool  { return strings.HasSuffix(s.path, "_test.go") || isKit(s.dir()) }
func (s source) isGo() bool  { return s.syntax != nil }
func (s source) ext() string { return path.Ext(s.path) }

// kits are the packages for tests alone. They are named, since a name's end says
// nothing: rig/latest would be one.
var kits = []string{"rig/envtest", "rig/goldentest", "rig/internal/objcode/objcodetest", "rig/litmus/litmustest", "rig/report/reporttest", "rig/rigtest", "rig/scenario/scenariotest"}

func isKit(dir string) bool { return slices.Contains(kits, dir) }

// imports returns the paths that a Go file imports.
func (s source) imports() []string {
	var paths []string
	for _, spec := range s.syntax.Imports {
		paths = append(paths, strings.Trim(spec.Path.Value, `"`))
	}
	return paths
}

// check returns one line per breach, each starting with the file's path.
type check func(files []source) []string

var checks = map[string]check{
	"imports point down":         importsPointDown,
	"the picture is complete":    pictureIsComplete,
	"cmd imports the front only": cmdImportsFront,
	"kits are for tests":         kitsAreForTests,
	"internals stand alone":      internalsStandAlone,
	"proc alone starts":          procAloneStarts,
	"disk alone hashes":          diskAloneHashes,
	"disk alone renames":         diskAloneRenames,
	"disk alone uses TMPDIR":     diskAloneUsesTMPDIR,
	"cmd alone reads env":        cmdAloneReadsEnv,
	"packages have doc comments": packagesHaveDoc,
	"files are short":            filesAreShort,
	"functions are short":        functionsAreShort,
	"packages are small":         packagesAreSmall,
	"knots are small":            knotsAreSmall,
	"chains are short":           chainsAreShort,
	"files refer down":           filesReferDown,
	"files name their licence":   filesNameLicence,
	"licences have texts":        licencesHaveTexts,
	"names state a subject":      namesStateSubject,
	"scenarios stay at home":     scenariosStayHome,
	"comments name theirs":       commentsNameTheirs,
	"words fit any":              wordsFitAny,
	"words are common":           wordsAreCommon,
	"spelling is one":            spellingIsOne,
	"findings are of boots":      findingsAreOfBoots,
	"answers are of voices":      answersAreOfVoices,
	"variants are typed":         variantsAreTyped,
	"JSON is whole":              jsonIsWhole,
	"few know architectures":     fewKnowArchitectures,
}

// written leaves out what tests have as data.
func written(files []source) []source { return slices.DeleteFunc(slices.Clone(files), source.data) }

// readBy is the files that a check looks at.
func readBy(check string, files []source) []source {
	if check == "scenarios stay at home" {
		return files
	}
	return written(files)
}

func TestLayout(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine, of no interest to the race detector: go test .")
	}
	files := load(t, os.DirFS("."))
	if len(files) < 10 {
		t.Fatalf("only %d files found", len(files))
	}
	for name, check := range checks {
		t.Run(name, func(t *testing.T) {
			for _, breach := range check(readBy(name, files)) {
				t.Error(breach)
			}
		})
	}
}

// load reads the tree below root: sources, texts and the data of tests, without what is
// built or fetched.
func load(t *testing.T, root fs.FS) []source {
	t.Helper()
	var files []source
	err := fs.WalkDir(root, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if p != "." && skipped(d.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		data, err := fs.ReadFile(root, p)
		if err != nil {
			return err
		}
		s := source{path: p, text: string(data)}
		if path.Ext(p) == ".go" && !s.data() {
			s.lines = token.NewFileSet()
			if s.syntax, err = parser.ParseFile(s.lines, p, data, parser.ParseComments|parser.SkipObjectResolution); err != nil {
				return err
			}
		}
		files = append(files, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func skipped(dir string) bool {
	switch dir {
	case ".git", ".cache", "bin":
		return true
	}
	return false
}
