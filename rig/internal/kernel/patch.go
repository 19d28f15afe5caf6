// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"kcovrig/rig/fault"
)

// change is what a patch file does to one file of the tree.
type change struct {
	patch     string // the patch file's name, for messages
	text      string // of the whole patch file
	path      string
	created   bool
	deleted   bool
	fragments []*gitdiff.TextFragment
}

// variant is a tree with some files changed: the new content by path, nil
// where the file is gone. The zero value is the tree itself.
type variant map[string]*string

// reader returns a file of the tree, or an error that is fs.ErrNotExist.
type reader func(path string) (string, error)

// parsePatch reads one mail-format patch or plain diff, any number of files.
func parsePatch(name string, text []byte) ([]change, error) {
	op := "read patch " + name
	files, _, err := gitdiff.Parse(bytes.NewReader(text))
	if err != nil {
		return nil, fault.Newf(fault.User, op, "damaged patch (were its blanks and tabs kept?): %w", err)
	}
	if len(files) == 0 {
		return nil, fault.Newf(fault.User, op, "the patch is empty: it changes no file")
	}
	changes := make([]change, 0, len(files))
	plain := !gitHeader.Match(text)
	for _, f := range files {
		if plain {
			if err := stripFirst(f); err != nil {
				return nil, fault.Wrap(fault.User, op, err)
			}
		}
		c := change{patch: name, text: string(text), path: f.NewName, created: f.IsNew, deleted: f.IsDelete, fragments: f.TextFragments}
		if f.IsDelete {
			c.path = f.OldName
		}
		for _, p := range []string{f.OldName, f.NewName} {
			if err := checkPath(p); err != nil {
				return nil, fault.Wrap(fault.User, op, err)
			}
		}
		if f.IsBinary || f.IsRename || f.IsCopy {
			return nil, fault.Newf(fault.User, op, "%s: binary changes, renames and copies are not supported", c.path)
		}
		if len(c.fragments) == 0 {
			return nil, fault.Newf(fault.User, op, "%s: no hunk", c.path)
		}
		changes = append(changes, c)
	}
	return changes, nil
}

// gitHeader begins every file in git's format, whose parser strips a/ and b/;
// in a plain diff the first component goes as well, as with patch -p1.
var gitHeader = regexp.MustCompile(`(?m)^diff --git `)

func stripFirst(f *gitdiff.File) error {
	for _, name := range []*string{&f.OldName, &f.NewName} {
		if *name == "" {
			continue
		}
		_, rest, ok := strings.Cut(*name, "/")
		if path.IsAbs(*name) || !ok {
			return fmt.Errorf("%q lies outside the tree: names begin with a/ and b/", *name)
		}
		*name = rest
	}
	return nil
}

// checkPath refuses a path that would leave the tree; "" stands for /dev/null.
func checkPath(p string) error {
	if p == "" {
		return nil
	}
	if !filepath.IsLocal(p) || p == "." || strings.ContainsRune(p, 0) || slices.Contains(strings.Split(p, "/"), "..") {
		return fmt.Errorf("%q lies outside the tree", p)
	}
	if slices.Contains(strings.Split(p, "/"), ".git") {
		return fmt.Errorf("%q lies in git's own folder", p)
	}
	return nil
}

// parseSeries reads the *.patch files of a folder in the order of their names.
func parseSeries(series fs.FS) ([]change, error) {
	names, err := fs.Glob(series, "*.patch")
	if err != nil || len(names) == 0 {
		return nil, fault.Newf(fault.User, "read patch series", "no *.patch file (%w)", err)
	}
	var all []change
	for _, name := range names {
		text, err := fs.ReadFile(series, name)
		if err != nil {
			return nil, fault.Wrap(fault.Rig, "read patch "+name, err)
		}
		changes, err := parsePatch(name, text)
		if err != nil {
			return nil, err
		}
		all = append(all, changes...)
	}
	return all, nil
}

// textOf is the patch files that the changes are from, one after the other.
func textOf(changes []change) string {
	var b strings.Builder
	for i, c := range changes {
		if i == 0 || c.patch != changes[i-1].patch {
			b.WriteString(c.text)
		}
	}
	return b.String()
}

// apply returns base with changes made, or taken back where reverse is set.
// Nothing below Documentation is compiled: a change there that does not fit is left out.
func apply(changes []change, reverse bool, base variant, read reader) (variant, error) {
	out := variant{}
	for p, text := range base {
		out[p] = text
	}
	changes = slices.Clone(changes)
	if reverse {
		slices.Reverse(changes)
	}
	compiled := 0
	for _, c := range changes {
		text, err := c.apply(reverse, out, read)
		if strings.HasPrefix(c.path, "Documentation/") {
			if err == nil {
				out[c.path] = text
			}
			continue
		}
		if err != nil {
			verb := "apply "
			if reverse {
				verb = "take back "
			}
			return nil, fault.Wrap(fault.User, verb+c.patch, err)
		}
		compiled++
		out[c.path] = text
	}
	if compiled == 0 {
		return nil, fault.Newf(fault.User, "apply "+changes[0].patch, "it changes documentation only: the kernel would stay the same")
	}
	return out, nil
}

func (c change) apply(reverse bool, current variant, read reader) (*string, error) {
	created, deleted := c.created, c.deleted
	if reverse {
		created, deleted = deleted, created
	}
	text, known := current[c.path]
	if !known {
		content, err := read(c.path)
		switch {
		case err == nil:
			text = &content
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		}
	}
	if created != (text == nil) {
		if created {
			return nil, fmt.Errorf("%s: exists already", c.path)
		}
		return nil, fmt.Errorf("%s: no such file in the tree", c.path)
	}
	old := ""
	if text != nil {
		old = *text
	}
	changed, err := applyHunks(old, c.fragments, reverse)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.path, err)
	}
	if deleted {
		if changed != "" {
			return nil, fmt.Errorf("%s: is deleted by the patch, which does not hold all of it", c.path)
		}
		return nil, nil
	}
	return &changed, nil
}
