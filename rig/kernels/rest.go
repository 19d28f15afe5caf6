// SPDX-License-Identifier: Apache-2.0

package kernels

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"kcovrig/rig/arch"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/objcode"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/trial"
)

// mostRest is how many functions of object files may be in scope: the emulator's plan has
// room for some more pieces.
const mostRest = 6000

// Rest is the code that the names mean, as much of it as is not in scope: object files,
// as in net/core/sock.o, of which all functions are meant, and trial.ScopeAll, the whole
// kernel's. What a result tells of it is an entry for each name.
func Rest(row arch.Arch, image Image, names []string, in []weakmem.Scope) (rest []weakmem.Scope, told []trial.ScopeFunction, err error) {
	if len(names) == 0 {
		return nil, nil, nil
	}
	text, err := elfcode.Text(image.Vmlinux, row.Elsewhere)
	if err != nil {
		return nil, nil, err
	}
	tell := func(name, why string, of []elfcode.Range) {
		f := trial.ScopeFunction{Symbol: name, Role: string(weakmem.Rest), Why: why}
		for _, r := range of {
			f.Bytes += r.End - r.Start
		}
		told = append(told, f)
	}
	found := text
	if slices.Contains(names, trial.ScopeAll) {
		tell(trial.ScopeAll, "the kernel's code that stays in memory and runs where it was linked for", text)
	} else {
		found = nil
		for _, name := range names {
			functions, err := definedBy(image, name)
			if err != nil {
				return nil, nil, err
			}
			functions = slices.DeleteFunc(functions, func(r elfcode.Range) bool { return !elfcode.Within(text, r.Start) })
			tell(name, fmt.Sprintf("%d functions", len(functions)), functions)
			found = append(found, functions...)
		}
	}
	if len(found) > mostRest {
		return nil, nil, fault.Newf(fault.User, "look for the code in scope", "the objects have %d functions, and %d are the most; %s means the whole kernel", len(found), mostRest, trial.ScopeAll)
	}
	var holes []elfcode.Range
	for _, s := range in {
		holes = append(holes, elfcode.Range{Start: s.Start, End: s.End})
	}
	for _, r := range elfcode.Cut(apart(found), holes) {
		rest = append(rest, weakmem.Scope{Role: weakmem.Rest, Symbol: r.Symbol, Start: r.Start, End: r.End})
	}
	return rest, told, nil
}

// apart sorts them, and leaves out what two objects seem to have: a static function whose
// code is another's too.
func apart(found []elfcode.Range) (out []elfcode.Range) {
	found = slices.Clone(found)
	slices.SortFunc(found, func(a, b elfcode.Range) int { return cmp.Compare(a.Start, b.Start) })
	var end uint64
	for _, r := range found {
		if r.Start = max(r.Start, end); r.Start < r.End {
			out, end = append(out, r), r.End
		}
	}
	return out
}

// definedBy are the functions of an object file below the build folder.
func definedBy(image Image, name string) ([]elfcode.Range, error) {
	op := "look for the code of " + name
	if image.BuildDir == "" {
		return nil, &fault.Error{Kind: fault.User, Op: op, Err: errors.New("this kernel was not built here, and its object files are not known"), Try: "kernel:" + trial.ScopeAll + ", or its functions by name"}
	}
	root, err := os.OpenRoot(image.BuildDir)
	if err != nil {
		return nil, fault.Wrap(fault.Rig, op, err)
	}
	defer root.Close()
	switch _, err := root.Stat(filepath.FromSlash(name)); { // no link leads out of the folder
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.Newf(fault.User, op, "the build made no such object%s", beside(image.BuildDir, name))
	case err != nil:
		return nil, fault.Wrap(fault.User, op, err)
	}
	return objcode.Defined(image.Vmlinux, filepath.Join(image.BuildDir, filepath.FromSlash(name)))
}

// beside names objects of the same folder.
func beside(build, name string) string {
	const shown = 8
	found, err := filepath.Glob(filepath.Join(build, filepath.FromSlash(path.Dir(name)), "*.o"))
	if err != nil || len(found) == 0 {
		return ""
	}
	names := make([]string, 0, shown)
	for _, f := range found[:min(shown, len(found))] {
		names = append(names, path.Join(path.Dir(name), filepath.Base(f)))
	}
	more := ""
	if len(found) > shown {
		more = fmt.Sprintf(" and %d more", len(found)-shown)
	}
	return "; beside it: " + strings.Join(names, ", ") + more
}
