// SPDX-License-Identifier: Apache-2.0

package kcovrig_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	quotedText  = regexp.MustCompile("(?m)`([^`\n]+)`|^    ([^\n]+)$")
	projectPath = regexp.MustCompile(`^(?:\./)?((?:rig|cmd|guest|kernel|images|docs|scenarios|scripts|ci|\.ci)/[A-Za-z0-9_./-]+|[A-Za-z0-9_]+_test\.go)$`)
	linkedPath  = regexp.MustCompile(`\]\(([^)#]+)`)
	namedTest   = regexp.MustCompile(`(\./[A-Za-z/]+) -run (Test[A-Za-z0-9]+)`)
	ownVariable = regexp.MustCompile(`KCOVRIG_[A-Z0-9_]+`)
	ownCommand  = regexp.MustCompile(`kcovrig ([a-z]+)(?: (--[a-z-]+))?`)
)

// missingFrom lists what a page for contributors names and the tree below root
// does not have: paths, links, tests, variables, subcommands. dir is the page's folder.
func missingFrom(text, root, dir string) (missing []string, seen int) {
	need := func(there bool, what string) {
		seen++
		if !there {
			missing = append(missing, what)
		}
	}
	exists := func(path string) bool {
		_, err := os.Stat(filepath.Join(root, path))
		return err == nil
	}
	holds := func(dir, pattern string) bool {
		return exec.Command("grep", "-rqE", "--include=*.go", pattern, filepath.Join(root, dir)).Run() == nil
	}
	for _, link := range linkedPath.FindAllStringSubmatch(text, -1) {
		need(exists(filepath.Join(dir, link[1])), link[1])
	}
	for _, quote := range quotedText.FindAllStringSubmatch(text, -1) {
		said := quote[1] + quote[2]
		for _, word := range strings.Fields(said) {
			if m := projectPath.FindStringSubmatch(strings.TrimRight(word, ".,;")); m != nil {
				need(exists(m[1]), m[1])
			}
		}
		for _, m := range namedTest.FindAllStringSubmatch(said, -1) {
			need(holds(m[1], "^func "+m[2]+`\(`), m[1]+" "+m[2])
		}
		for _, m := range ownCommand.FindAllStringSubmatch(said, -1) {
			need(exists("cmd/kcovrig/"+m[1]+".go"), "kcovrig "+m[1])
			if m[2] != "" {
				need(holds("cmd/kcovrig", `"`+strings.TrimPrefix(m[2], "--")+`"`), m[2])
			}
		}
	}
	for _, name := range ownVariable.FindAllString(text, -1) {
		pattern := `"` + name + `"`
		if rest, ok := strings.CutPrefix(name, "KCOVRIG_QEMU_"); ok && rest != "" {
			pattern = `"KCOVRIG_QEMU_"` // its end is an architecture's name
		}
		need(holds(".", pattern), name)
	}
	slices.Sort(missing)
	return missing, seen
}

func TestContributingNamesWhatIsThere(t *testing.T) {
	for page, least := range map[string]int{"CONTRIBUTING.md": 40, "docs/architecture.md": 40, "docs/glossary.md": 1} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		missing, seen := missingFrom(string(text), ".", filepath.Dir(page))
		if seen < least {
			t.Errorf("%s: only %d names were looked at", page, seen)
		}
		for _, name := range missing {
			t.Errorf("%s names %s, which is not there", page, name)
		}
	}
}

func TestContributingsTestNoticesWhatIsGone(t *testing.T) {
	text := "`rig/gone.go` [x](gone.md) `gone_test.go` `KCOVRIG_GONE` `kcovrig gone` `kcovrig build --gone`\n\n    go test ./rig/litmus -run TestGone\n"
	missing, _ := missingFrom(text, ".", "docs")
	if len(missing) != 7 {
		t.Errorf("noticed %q, wanted all seven", missing)
	}
}

// unlike lists the packages below root's rig/report that hold a format.Writers and that
// the row for a report format does not name, and those that it names for nothing.
func unlike(text, root string) []string {
	_, row, _ := strings.Cut(text, "`git grep format.Writers rig/report`,")
	row, _, _ = strings.Cut(row, "(a table")
	wrong := map[string]string{}
	for _, quote := range quotedText.FindAllStringSubmatch(row, -1) {
		dir := quote[1]
		if filepath.Ext(dir) == ".go" {
			dir = filepath.Dir(dir)
		}
		wrong[dir] = dir + " is named and holds none"
	}
	named := maps.Clone(wrong)
	// A failure is that none was found, and then each that is named is wrong.
	found, _ := exec.Command("grep", "-rl", "--include=*.go", "--exclude=*_test.go", "-F", "format.Writers[", filepath.Join(root, "rig/report")).Output()
	for file := range strings.Lines(string(found)) {
		dir, _ := filepath.Rel(root, filepath.Dir(strings.TrimSpace(file)))
		delete(wrong, dir)
		if named[dir] == "" {
			wrong[dir] = dir + " holds one and is not named"
		}
	}
	return slices.Sorted(maps.Values(wrong))
}

func TestContributingNamesTheReports(t *testing.T) {
	text, err := os.ReadFile("CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range unlike(string(text), ".") {
		t.Errorf("CONTRIBUTING.md, a report format: %s", wrong)
	}
	less := strings.Replace(string(text), "`rig/report/barriers`", "`rig/report/format`", 1)
	if wrong := unlike(less, "."); len(wrong) != 2 {
		t.Errorf("noticed %q, wanted one that is left out and one that holds none", wrong)
	}
}

// The files that an editor or git must not change are named to both.
func TestRecordedFilesAreKeptAsTheyAre(t *testing.T) {
	out, err := exec.Command("git", "-c", "safe.directory=*", "check-attr", "text", "--", "rig/report/testdata/compare.txt", "kernel/patches/x.patch", "README.md").CombinedOutput()
	if err != nil {
		t.Skipf("no git checkout: git init makes one (%s)", out)
	}
	if n := strings.Count(string(out), "text: unset"); n != 2 {
		t.Errorf("git would change line ends of golden files:\n%s", out)
	}
}
