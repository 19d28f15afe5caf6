// SPDX-License-Identifier: Apache-2.0

package author

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"kcovrig/rig/arch"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/linetable"
	"kcovrig/rig/mailpatch"
)

// Bounds of what is looked at and said.
const (
	mostRead     = 50_000   // C files; Linux has 33,000
	mostHead     = 64 << 10 // bytes of each, among which it includes what it does
	mostText     = 4 << 20  // bytes of one that includes a header
	mostFound    = 500      // C files that include one, after which no more are looked for
	mostProposed = 6
)

// propose looks for the C files of a tree that include the headers which patches change:
// in the folders of these first. makes says whether kbuild makes an object of a file.
func propose(ctx context.Context, tree fs.FS, on arch.Arch, patches []mailpatch.Patch, makes func(file string) bool) (Proposed, error) {
	s := includers{tree: tree, on: on, names: changedIn(tree, patches), seen: map[string]bool{}}
	var own []string
	for _, h := range Files(patches) {
		if path.Ext(h) == ".h" {
			s.headers, own = append(s.headers, h), append(own, path.Dir(h))
		}
	}
	if len(s.headers) == 0 {
		return Proposed{}, nil
	}
	slices.Sort(own)
	for _, dir := range append(slices.Compact(own), ".") {
		if err := s.below(ctx, dir); err != nil {
			return Proposed{}, fault.Wrap(fault.Rig, "look for what includes "+list(s.headers), err)
		}
	}
	return s.proposed(makes), nil
}

// includers are C files that include headers, as they are found.
type includers struct {
	tree    fs.FS
	on      arch.Arch
	headers []string
	names   []string
	seen    map[string]bool
	found   []includer
}

type includer struct {
	file  string
	names []string // of the patch's, that it names
	near  bool     // it is called as the header, or its folder is
}

// unbuilt are the folders of a tree of which no kernel is made.
var unbuilt = []string{"Documentation", "samples", "scripts", "tools", "usr"}

// below looks at the C files below a folder that were not looked at yet.
func (s *includers) below(ctx context.Context, dir string) error {
	return fs.WalkDir(s.tree, dir, func(name string, d fs.DirEntry, err error) error {
		switch {
		case name == dir && errors.Is(err, fs.ErrNotExist): // the patch makes the folder
			return nil
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case len(s.seen) >= mostRead || len(s.found) >= mostFound:
			return fs.SkipAll
		case d.IsDir() && (slices.Contains(unbuilt, name) || s.on.Foreign(name+"/")):
			if name == "arch" { // its own folder is below
				return nil
			}
			return fs.SkipDir
		case !d.Type().IsRegular() || path.Ext(name) != ".c" || s.seen[name]:
			return nil
		}
		s.seen[name] = true
		return s.look(name)
	})
}

// look adds a file where it includes one of the headers.
func (s *includers) look(file string) error {
	head, err := readAtMost(s.tree, file, mostHead)
	if err != nil {
		return err
	}
	for _, h := range s.headers {
		if !includes(file, head, h) {
			continue
		}
		text, err := readAtMost(s.tree, file, mostText)
		if err != nil {
			return err
		}
		found := includer{file: file, near: stem(file) == stem(h) || path.Base(path.Dir(file)) == stem(h) || path.Dir(file) == path.Dir(h)}
		for _, name := range s.names {
			if regexp.MustCompile(`\b` + name + `\b`).Match(text) {
				found.names = append(found.names, name)
			}
		}
		s.found = append(s.found, found)
		return nil
	}
	return nil
}

// proposed chooses among the files that were found: those alone that name what the patch
// changes, where there are any.
func (s *includers) proposed(makes func(string) bool) Proposed {
	var out Proposed
	for _, named := range []bool{true, false} {
		for _, near := range []bool{true, false} {
			for _, f := range s.found {
				if len(f.names) > 0 != named || f.near != near || !makes(f.file) {
					continue
				}
				if len(out.Files) < mostProposed {
					out.Files, out.Names = append(out.Files, f.file), append(out.Names, f.names...)
				} else if named {
					out.Others = append(out.Others, f.file)
				}
			}
		}
		if len(out.Files) > 0 {
			break
		}
	}
	slices.Sort(out.Names)
	out.Names = slices.Compact(out.Names)
	slices.Sort(out.Others)
	out.More = len(s.found) - len(out.Files) - len(out.Others)
	return out
}

var includeLine = regexp.MustCompile(`(?m)^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]`)

// includes says whether a file of that text includes the header: by its path from the
// file, or from a folder in which all look, or all below a folder that has one of its own.
func includes(file string, text []byte, header string) bool {
	if !bytes.Contains(text, []byte(path.Base(header))) { // most: a quick look at many files
		return false
	}
	root, public, found := strings.Cut("/"+header, "/include/")
	below := root == "" || strings.HasPrefix(root, "/arch/") || strings.HasPrefix("/"+file, root+"/")
	for _, m := range includeLine.FindAllSubmatch(text, -1) {
		name := string(m[2])
		if string(m[1]) == `"` && path.Join(path.Dir(file), name) == header {
			return true
		}
		if found && below && (name == public || name == strings.TrimPrefix(public, "uapi/")) {
			return true
		}
	}
	return false
}

// stem is a file's name without folder and extension.
func stem(file string) string { return strings.TrimSuffix(path.Base(file), path.Ext(file)) }

func readAtMost(tree fs.FS, name string, most int64) ([]byte, error) {
	f, err := tree.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most))
}

// changedIn are the functions and macros of headers of which patches change lines, and the
// macros made of these: by the headers as the tree has them, and where hunks stand in none,
// by what the patches show of it.
func changedIn(tree fs.FS, patches []mailpatch.Patch) []string {
	texts := map[string][]string{}
	read := func(file string) (string, error) {
		text, err := readAtMost(tree, file, mostText)
		texts[file] = strings.Split(string(text), "\n")
		return string(text), err
	}
	var all []linetable.Change
	for _, p := range patches {
		files := p.Files(func(file string) bool { _, err := fs.Stat(tree, file); return err == nil })
		files = slices.DeleteFunc(slices.Clone(files), func(f *gitdiff.File) bool { return path.Ext(f.NewName) != ".h" })
		found, _, _ := linetable.Changes(files, linetable.SideUnknown, read) // an error is that none is found
		all = append(all, found...)
	}
	if names := linetable.Names(texts, all); len(names) > 0 {
		return names
	}
	return changed(patches)
}

// changed are the functions and macros of which patches change lines.
func changed(patches []mailpatch.Patch) []string {
	var names []string
	for _, p := range patches {
		for _, f := range p.Files(func(string) bool { return false }) {
			for _, h := range f.TextFragments {
				in := linetable.Defined(h.Comment)
				for _, l := range h.Lines {
					if name := linetable.Defined(l.Line); name != "" || strings.HasPrefix(l.Line, "}") {
						in = name
					}
					if l.Op != gitdiff.OpContext && in != "" {
						names = append(names, in)
					}
				}
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
