// SPDX-License-Identifier: Apache-2.0

package variant

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/kernel/source"
	"kcovrig/rig/internal/proc"
	"kcovrig/rig/kernelversion"
	"kcovrig/rig/mailpatch"
	"kcovrig/rig/printable"
)

// Series is a folder of *.patch files that fix the bug together, in the order of
// their names.
type Series struct {
	Files fs.FS
	// Reverse: they undo the fix, so that taking them off a kernel is what fixes it.
	Reverse bool
	Kernels kernelversion.Range // that they are for
}

// Choice is what the variants of a tree are told apart by, as kernel.Config says it.
type Choice struct {
	Series  []Series
	Objects []string
	Patches []string
	Tree    string
}

// Read reads the series with the fix and the user's patches.
func (c Choice) Read(ctx context.Context) (Set, error) {
	set, err := ReadFix(c.Series)
	if err != nil {
		return Set{}, err
	}
	set.Named = c.Objects
	if len(set.series) > 0 && len(set.Units()) == 0 {
		return Set{}, set.nothingCompiled()
	}
	for _, named := range c.Patches {
		patches, notes, err := c.patch(ctx, named)
		if err != nil {
			return Set{}, err
		}
		set.own, set.notes = append(set.own, patches...), append(set.notes, notes...)
	}
	return set, nil
}

// nothingCompiled is the error of a fix that changes no file which is compiled by itself.
func (set Set) nothingCompiled() error {
	changes := strings.Join(set.sources, ", ")
	if changes == "" {
		changes = "nothing that a kernel is built from"
	}
	return &fault.Error{
		Kind: fault.User, Op: "find what the fix changes", Err: fmt.Errorf("it changes %s: no file that is compiled by itself", changes),
		Try: "objects in the scenario: those that are made of what includes it and holds the bug, such as objects: [net/tls/tls_main.o]",
	}
}

// Sources are the files that the series change of what a kernel is built from, by
// their paths below the tree, sorted.
func Sources(series []Series) ([]string, error) {
	set, err := ReadFix(series)
	return set.sources, err
}

// ReadFix reads the series with the fix.
func ReadFix(series []Series) (Set, error) {
	var set Set
	for _, s := range series {
		patches, err := s.Patches()
		if err != nil {
			return Set{}, err
		}
		set.series = append(set.series, fix{patches, s.Kernels})
		set.sources = append(set.sources, pathsOf(patches, func(string) bool { return false })...)
	}
	slices.Sort(set.sources)
	set.sources = slices.Compact(set.sources)
	return set, nil
}

// FixOf is the set of one series for kernels of any version.
func FixOf(patches []mailpatch.Patch) Set {
	return Set{series: []fix{{patches: patches}}}
}

// Patches are those of a series, as they fix the bug.
func (s Series) Patches() ([]mailpatch.Patch, error) {
	names, err := fs.Glob(s.Files, "*.patch")
	if err == nil && len(names) == 0 {
		err = errors.New("no *.patch file")
	}
	if err != nil {
		return nil, fault.Wrap(fault.User, "read patch series", err)
	}
	patches, _, err := readSeries(s.Files, names)
	if err != nil || !s.Reverse {
		return patches, err
	}
	return mailpatch.Reversed(patches)
}

// patch reads what one --patch names: a file, a folder, or a commit of the tree.
func (c Choice) patch(ctx context.Context, named string) ([]mailpatch.Patch, []string, error) {
	if named == "" {
		return nil, nil, fault.Newf(fault.User, "read the patch", "its name is empty")
	}
	info, err := os.Stat(named)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return c.commit(ctx, named, err)
	case err != nil:
		return nil, nil, fault.Wrap(fault.User, "read the patch", err)
	case info.IsDir():
		return folder(os.DirFS(named), named)
	}
	text, err := disk.ReadInput(named)
	if err != nil {
		return nil, nil, fault.Wrap(fault.User, "read the patch "+named, err)
	}
	return mailpatch.Read(filepath.Base(named), text)
}

// folder reads a quilt series, or the *.patch files in the order of their names.
func folder(f fs.FS, name string) ([]mailpatch.Patch, []string, error) {
	op := "read patch series " + printable.Line(name)
	list, err := readFile(f, "series")
	if errors.Is(err, disk.ErrNoFile) {
		return nil, nil, fault.Wrap(fault.User, op+": series", err)
	}
	if err != nil {
		names, err := fs.Glob(f, "*.patch")
		if err == nil && len(names) == 0 {
			err = errors.New("the folder has neither a file named series nor any *.patch")
		}
		if err != nil {
			return nil, nil, fault.Wrap(fault.User, op, err)
		}
		return readSeries(f, names)
	}
	var names []string
	for line := range strings.Lines(string(list)) {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
			continue
		case slices.Contains(words[1:], "-R"):
			return nil, nil, fault.Newf(fault.User, op, "%s is to be taken back (-R): that is not supported", printable.Line(words[0]))
		case !fs.ValidPath(words[0]):
			return nil, nil, fault.Newf(fault.User, op, "%q is no path below it", words[0])
		}
		names = append(names, words[0])
	}
	if len(names) == 0 {
		return nil, nil, fault.Newf(fault.User, op, "its file named series lists no patch")
	}
	return readSeries(f, names)
}

// readFile reads a regular file. Others may be waited for without end.
func readFile(f fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(f, name)
	if err == nil {
		err = disk.Regular(info.Mode())
	}
	if err != nil {
		return nil, err
	}
	return fs.ReadFile(f, name)
}

// readSeries reads patch files in the given order.
func readSeries(f fs.FS, names []string) ([]mailpatch.Patch, []string, error) {
	var all []mailpatch.Patch
	var notes []string
	for _, name := range names {
		text, err := readFile(f, name)
		if err != nil {
			return nil, nil, fault.Wrap(fault.User, "read patch "+printable.Line(name), err)
		}
		patches, more, err := mailpatch.Read(name, text)
		if err != nil {
			return nil, nil, err
		}
		all, notes = append(all, patches...), append(notes, more...)
	}
	return all, notes, nil
}

// revision is what git may be asked for: no option, no range, nothing that a
// shell's history would make of it.
var revision = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_./~^@{}+-]*$`)

// commit reads a commit of the tree as a patch. missing is why it is no file.
func (c Choice) commit(ctx context.Context, named string, missing error) ([]mailpatch.Patch, []string, error) {
	none := func(why string) error {
		return fault.Newf(fault.User, "read the patch", "%w, and %s", missing, why)
	}
	if filepath.IsAbs(named) || filepath.Ext(named) == ".patch" || filepath.Ext(named) == ".diff" || !revision.MatchString(named) || strings.Contains(named, "..") {
		return nil, nil, fault.Wrap(fault.User, "read the patch", missing)
	}
	if info, err := os.Stat(c.Tree); c.Tree == "" || err != nil || !info.IsDir() {
		return nil, nil, none("a commit needs --tree with a git folder")
	}
	ask := func(args ...string) (string, error) {
		res, err := proc.Run(ctx, source.Git(c.Tree, "read commit "+named, args...))
		return string(res.Stdout), err
	}
	hash, err := ask("rev-parse", "--verify", "--quiet", "--end-of-options", named+"^{commit}")
	if err != nil {
		if ctx.Err() != nil {
			return nil, nil, err
		}
		return nil, nil, none(c.Tree + " has no such commit")
	}
	hash = strings.TrimSpace(hash)
	parents, err := ask("rev-list", "--no-walk", "--parents", hash)
	if err != nil {
		return nil, nil, err
	}
	if n := len(strings.Fields(parents)) - 1; n != 1 {
		return nil, nil, fault.Newf(fault.User, "read commit "+named, "it has %d parents, and a patch needs one", n)
	}
	text, err := ask("format-patch", "-1", "--stdout", "--no-renames", "--no-signature", "--no-ext-diff", "--no-textconv", "--binary",
		"--unified=3", "--no-attach", "--subject-prefix=PATCH", "--src-prefix=a/", "--dst-prefix=b/", hash)
	if err != nil {
		return nil, nil, err
	}
	return mailpatch.Read(fmt.Sprintf("commit %.12s", hash), []byte(text))
}
