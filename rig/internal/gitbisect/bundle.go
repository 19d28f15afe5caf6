// SPDX-License-Identifier: Apache-2.0

package gitbisect

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
)

// bundledRefs is where a bundle's ends are, in the repositories that it makes.
const bundledRefs = "refs/kcovrig/"

// Bundle writes what another machine needs to check out any commit of the range,
// its ends, and the commits at which the two histories part: the file bundle, a
// git bundle, and the file boundary, which names the oldest of these commits,
// whose own history is left out. The user's repository is only read. What the
// files hold follows from the range alone, their bytes do not: git packs as it likes.
func (r *Repo) Bundle(ctx context.Context, rng Range, bundle, boundary string) (err error) {
	const op = "pack the history for the workers"
	oldest, err := r.boundary(ctx, rng)
	if err != nil {
		return err
	}
	temp, err := disk.NewFolder(ctx, filepath.Dir(bundle))
	if err != nil {
		return fault.Wrap(fault.Rig, op, err)
	}
	defer func() { err = errors.Join(err, fault.Wrap(fault.Rig, op, temp.Close())) }()
	// A repository of its own, with the user's objects but without their parents
	// behind the boundary: git packs what can be reached from its ends.
	repo, packed := filepath.Join(temp.Dir, "git"), filepath.Join(temp.Dir, "bundle")
	if err := initShallow(ctx, repo, oldest); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(repo, "objects", "info", "alternates"), []byte(filepath.Join(r.GitDir, "objects")+"\n"), 0o644); err != nil {
		return fault.Wrap(fault.Rig, op, err)
	}
	for i, end := range append([]string{rng.New}, rng.Old...) {
		if err := do(ctx, repo, op, "update-ref", fmt.Sprintf("%s%d", bundledRefs, i), end); err != nil {
			return err
		}
	}
	if err := do(ctx, repo, op, "bundle", "create", "--quiet", packed, "--glob="+bundledRefs+"*"); err != nil {
		return err
	}
	err = os.WriteFile(boundary, []byte(strings.Join(oldest, "\n")+"\n"), 0o644)
	if err == nil {
		err = disk.Place(packed, bundle) // last: where it is, both are
	}
	return fault.Wrap(fault.Rig, op, err)
}

// boundary lists the old ends, and the parents of the range's commits that are
// not in the range themselves: where a merge base has to be tested, it is one of them.
func (r *Repo) boundary(ctx context.Context, rng Range) ([]string, error) {
	out, err := r.ask(ctx, "list the commits", append([]string{"rev-list", "--boundary", rng.New}, rng.excluded()...)...)
	if err != nil {
		return nil, err
	}
	oldest := slices.Clone(rng.Old)
	for _, line := range lines(out) {
		if hash, ok := strings.CutPrefix(line, "-"); ok {
			oldest = append(oldest, hash)
		}
	}
	slices.Sort(oldest)
	return slices.Compact(oldest), nil
}

// initShallow makes a bare repository in which the commits of that list have no
// parents, as git's Documentation/technical/shallow lays it out.
func initShallow(ctx context.Context, dir string, oldest []string) error {
	const op = "make a repository"
	format := "sha1"
	if len(oldest) > 0 && len(oldest[0]) == 64 {
		format = "sha256"
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fault.Wrap(fault.Rig, op, err)
	}
	if err := do(ctx, dir, op, "init", "--quiet", "--bare", "--template=", "--object-format="+format, "."); err != nil {
		return err
	}
	err := os.MkdirAll(filepath.Join(dir, "objects", "info"), 0o755)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "shallow"), []byte(strings.Join(oldest, "\n")+"\n"), 0o644)
	}
	return fault.Wrap(fault.Rig, op, err)
}

// Unbundle makes a bare repository in dir of Bundle's two files, or takes the one
// that is there. A repository with that name is complete.
func Unbundle(ctx context.Context, bundle, boundary, dir string) (*Repo, error) {
	const op = "unpack the history"
	if _, err := os.Stat(dir); err == nil {
		return Open(ctx, dir)
	}
	text, err := os.ReadFile(boundary)
	if err != nil {
		return nil, fault.Wrap(fault.Rig, op, err)
	}
	temp, err := disk.NewFolder(ctx, filepath.Dir(dir))
	if err != nil {
		return nil, fault.Wrap(fault.Rig, op, err)
	}
	defer temp.Close()
	repo := filepath.Join(temp.Dir, "git")
	if err := initShallow(ctx, repo, strings.Fields(string(text))); err != nil {
		return nil, err
	}
	refs := bundledRefs + "*"
	if err := do(ctx, repo, op, "-c", "maintenance.auto=false", "fetch", "--quiet", bundle, refs+":"+refs); err != nil {
		return nil, err
	}
	if err := disk.Move(ctx, repo, dir); err != nil {
		return nil, fault.Wrap(fault.Rig, op, err)
	}
	return Open(ctx, dir)
}
