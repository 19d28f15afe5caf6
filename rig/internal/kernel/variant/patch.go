// SPDX-License-Identifier: Apache-2.0

package variant

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"kcovrig/rig/fault"
	"kcovrig/rig/mailpatch"
)

// Changes are a tree with some files changed: the new content by path, nil
// where the file is gone. The zero value is the tree itself.
type Changes map[string]*string

// Reader returns a file of the tree, or an error that is fs.ErrNotExist.
type Reader func(path string) (string, error)

// Has says whether the tree has a file or a folder.
func (r Reader) Has(path string) bool {
	_, err := r(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// Over is the tree with base's changes.
func (r Reader) Over(base Changes) Reader {
	return func(path string) (string, error) {
		text, known := base[path]
		switch {
		case known && text == nil:
			return "", fmt.Errorf("read %s: %w", path, fs.ErrNotExist)
		case known:
			return *text, nil
		}
		return r(path)
	}
}

// applied is what patches make of a tree.
type applied struct {
	changes Changes
	text    string   // what was applied, message and diff
	notes   []string // what people should know of it
	moved   bool     // a hunk stood elsewhere, or its context differed
	blind   bool     // a hunk adds lines without any context: it fits everywhere
}

// how says in which way patches are applied.
type how struct {
	reverse bool // they are taken back
	fuzz    int  // lines of context, at either end of a hunk, that may differ
}

// apply returns the tree with patches applied by git, in their order, or taken
// back in reverse. What is not built into a kernel is left out where it does not fit.
func apply(ctx context.Context, patches []mailpatch.Patch, h how, read Reader) (applied, error) {
	out := applied{changes: Changes{}}
	patches = slices.Clone(patches)
	if h.reverse {
		slices.Reverse(patches)
	}
	var texts []string
	compiled := false
	for _, p := range patches {
		files, notes := built(p.Files(read.Has))
		one, err := applyOne(ctx, p.Name, files.built, h, read.Over(out.changes))
		if err != nil {
			return applied{}, fault.Wrap(fault.User, h.verb()+p.Name, err)
		}
		out.take(one)
		compiled = compiled || len(files.built) > 0
		for _, f := range files.rest {
			one, err := applyOne(ctx, p.Name, []*gitdiff.File{f}, h, read.Over(out.changes))
			switch {
			case ctx.Err() != nil:
				return applied{}, err
			case err != nil:
				notes = append(notes, fmt.Sprintf("%s is left out: it does not fit, and is no part of the kernel", mailpatch.Path(f)))
				continue
			}
			out.take(one)
			files.built = append(files.built, f)
		}
		for _, n := range notes {
			out.notes = append(out.notes, p.Name+": "+n)
		}
		if len(files.built) > 0 {
			texts = append(texts, p.Text(files.built))
		}
	}
	if h.reverse { // as one would apply them
		slices.Reverse(texts)
	}
	out.text = strings.Join(texts, "\n")
	if !compiled {
		return applied{}, fault.Newf(fault.User, h.verb()+patches[0].Name, "it changes documentation only: the kernel would stay the same")
	}
	return out, nil
}

func (h how) verb() string {
	if h.reverse {
		return "take back "
	}
	return "apply "
}

// take adds what one patch changed.
func (a *applied) take(one applied) {
	for path, text := range one.changes {
		a.changes[path] = text
	}
	a.notes = append(a.notes, one.notes...)
	a.moved, a.blind = a.moved || one.moved, a.blind || one.blind
}

// parts are a patch's files: those that are built, and the rest.
type parts struct{ built, rest []*gitdiff.File }

// built parts what a kernel is built from, where all must fit, from the rest. Pure
// changes of mode, and what is binary outside of the kernel, are left out.
func built(files []*gitdiff.File) (parts, []string) {
	var p parts
	var notes []string
	for _, f := range files {
		path := mailpatch.Path(f)
		modes := f.OldMode != 0 && f.NewMode != 0 && f.OldMode != f.NewMode
		still := len(f.TextFragments) == 0 && !f.IsBinary && !f.IsRename && !f.IsCopy && !f.IsNew && !f.IsDelete
		switch {
		case modes && still:
			notes = append(notes, path+": its change of mode is left out")
		case still:
			// nothing happens to it
		case outside(path) && f.IsBinary:
			notes = append(notes, path+" is left out: it is binary, and no part of the kernel")
		case outside(path) && (f.OldName == "" || outside(f.OldName)):
			p.rest = append(p.rest, f)
		default:
			p.built = append(p.built, f)
		}
	}
	return p, notes
}

// outside says whether path is no part of what a kernel is built from.
func outside(path string) bool {
	for _, folder := range []string{"Documentation/", "LICENSES/", "tools/testing/"} {
		if strings.HasPrefix(path, folder) {
			return true
		}
	}
	return slices.Contains([]string{
		".clang-format", ".cocciconfig", ".editorconfig", ".get_maintainer.ignore", ".gitattributes", ".gitignore", ".mailmap",
		"COPYING", "CREDITS", "MAINTAINERS", "README",
	}, path)
}
