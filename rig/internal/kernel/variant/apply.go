// SPDX-License-Identifier: Apache-2.0

package variant

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/kernel/store"
	"kcovrig/rig/internal/proc"
	"kcovrig/rig/mailpatch"
	"kcovrig/rig/printable"
)

// applyOne has git apply files of one patch to copies of what they change, in a
// folder of their own.
func applyOne(ctx context.Context, name string, files []*gitdiff.File, h how, read Reader) (_ applied, err error) {
	out := applied{changes: Changes{}}
	if len(files) == 0 {
		return out, nil
	}
	folder, err := disk.NewTempFolder()
	if err != nil {
		return out, store.DiskFault("make a work folder", err)
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	dir := folder.Dir
	before, err := lay(files, h.reverse, read, dir)
	if err != nil {
		return out, err
	}
	if err := checkBlind(files, h.reverse, before, &out); err != nil {
		return out, err
	}
	for fuzz := range h.fuzz + 1 {
		said, failed := runGit(ctx, files, h.reverse, fuzz, dir)
		if failed == nil {
			err = out.judge(name, files, h.reverse, fuzz, before, said)
			break
		}
		if fuzz == 0 || !errors.Is(failed, errNoFit) { // the exact attempt says most
			err = failed
		}
		if !errors.Is(failed, errNoFit) {
			break
		}
	}
	if err != nil {
		return out, err
	}
	for path := range before {
		text, err := os.ReadFile(filepath.Join(dir, path))
		switch {
		case err == nil:
			content := string(text)
			out.changes[path] = &content
		case errors.Is(err, fs.ErrNotExist):
			out.changes[path] = nil
		default:
			return out, fault.Wrap(fault.Rig, "read what git made", err)
		}
	}
	return out, nil
}

// lay puts what files change into dir, and returns it: nil where there is none.
func lay(files []*gitdiff.File, reverse bool, read Reader, dir string) (Changes, error) {
	before := Changes{}
	gone := map[string]bool{} // by an earlier part of the same patch: it makes what comes then
	for _, f := range files {
		if f.IsBinary {
			return nil, fmt.Errorf("%s: the change is binary, which is not supported in what a kernel is built from", mailpatch.Path(f))
		}
		from, to := f.OldName, f.NewName
		made, deleted := f.IsNew, f.IsDelete
		if reverse {
			from, to, made, deleted = to, from, deleted, made
		}
		for _, path := range []string{from, to} {
			if _, known := before[path]; known || path == "" {
				continue
			}
			text, err := read(path)
			switch {
			case errors.Is(err, fs.ErrNotExist):
				before[path] = nil
			case err != nil:
				return nil, err
			default:
				before[path] = &text
			}
		}
		switch {
		case made && before[to] != nil && !gone[to]:
			return nil, fmt.Errorf("%s: exists already", to)
		case !made && before[from] == nil && !gone[from]:
			return nil, fmt.Errorf("%s: no such file in the tree", from)
		case deleted && !gone[from] && !slices.Equal(linesOf(before[from]), wholeOf(f, reverse)):
			return nil, fmt.Errorf("%s: is deleted by the patch, which does not hold all of it", from)
		}
		gone[from], gone[to] = deleted || from != to, true
	}
	for path, text := range before {
		if text == nil {
			continue
		}
		to := filepath.Join(dir, path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o755), os.WriteFile(to, []byte(*text), 0o644)); err != nil {
			return nil, store.DiskFault("lay out files for a patch", err)
		}
	}
	return before, nil
}

// errNoFit is a hunk whose lines are nowhere.
var errNoFit = errors.New("does not apply")

// hunkError is a hunk that fits nowhere, or in several places.
type hunkError struct {
	path, header string
	hunk         string // the hunk as it stands in the patch
	cause        error
}

func (e *hunkError) Error() string {
	return fmt.Sprintf("%s: hunk %q %v:\n%s", e.path, printable.Line(e.header), e.cause, strings.TrimRight(printable.Lines(e.hunk), "\n"))
}

func (e *hunkError) Unwrap() error { return e.cause }

// runGit applies files in dir and returns what git says of it.
func runGit(ctx context.Context, files []*gitdiff.File, reverse bool, fuzz int, dir string) (string, error) {
	args := []string{"-c", "core.autocrlf=false", "-c", "core.attributesFile=/dev/null", "apply", "-v", "--whitespace=nowarn", "-p1"}
	if reverse {
		args = append(args, "-R")
	}
	if bare(files) {
		args = append(args, "--unidiff-zero")
	}
	if fuzz > 0 {
		left := contextOf(files) - fuzz
		if left < 1 {
			return "", errNoFit
		}
		args = append(args, "-C"+strconv.Itoa(left))
	}
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return "", fault.Wrap(fault.Rig, "find the work folder", err)
	}
	res, err := proc.Run(ctx, proc.Command{
		Path: "git", Args: append(args, "-"), Dir: real, Stdin: strings.NewReader(mailpatch.Diff(placed(files, reverse))),
		Kind: fault.User, Op: "apply by git",
		Env: []string{
			"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
			"GIT_CEILING_DIRECTORIES=" + filepath.Dir(real), // no repository around dir counts
		},
	})
	if exit := (*proc.ExitError)(nil); errors.As(err, &exit) && exit.Code > 0 {
		return "", failedHunk(files, reverse, res.Tail)
	}
	return res.Tail, err
}

// failedHunk makes an error of what git complains about.
func failedHunk(files []*gitdiff.File, reverse bool, said string) error {
	reason := "git gives no reason"
	for line := range strings.Lines(said) {
		text, ok := strings.CutPrefix(strings.TrimSpace(line), "error: ")
		if !ok || text == "while searching for:" { // what it looks for follows: the hunk is shown below
			continue
		}
		reason = text
		place, ok := strings.CutPrefix(text, "patch failed: ")
		if !ok {
			break
		}
		path, at, _ := cutLast(place, ":")
		for _, f := range files {
			for i, h := range placedFile(f, reverse).TextFragments {
				start := h.OldPosition
				if reverse {
					start = h.NewPosition
				}
				if (f.OldName == path || f.NewName == path) && strconv.FormatInt(start, 10) == at {
					return &hunkError{path: path, header: f.TextFragments[i].Header(), hunk: f.TextFragments[i].String(), cause: errNoFit}
				}
			}
		}
		return fmt.Errorf("%s: %w", printable.Line(path), errNoFit)
	}
	return errors.New(printable.Line(reason))
}

func cutLast(text, sep string) (before, after string, ok bool) {
	if i := strings.LastIndex(text, sep); i >= 0 {
		return text[:i], text[i+len(sep):], true
	}
	return text, "", false
}
