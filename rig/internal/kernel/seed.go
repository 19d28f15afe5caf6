// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/kernel/kbuild"
	"kcovrig/rig/internal/kernel/store"
	"kcovrig/rig/internal/proc"
)

const (
	// maxSeeds is how many families are looked at, the latest used first.
	maxSeeds = 16
	// seedShare is the least share of a folder's objects, one in so many, that make
	// must find good: below it the copy saves too little to be worth a second way to build.
	seedShare = 4
)

// startFromSibling copies the build folder of another variant of the same family,
// times included, so that make compiles only what differs.
func (b *build) startFromSibling(ctx context.Context) (bool, error) {
	for _, e := range builds(b.tree.store) {
		if e.record.Family != b.job.family || !b.tree.trusts(e) || !isPast(e.record.Built) {
			continue
		}
		l, err := holdBuild(b.tree.store, e)
		if err != nil {
			return false, err
		}
		if l == nil {
			continue
		}
		err = b.copyFolderOf(ctx, e)
		return err == nil, errors.Join(err, l.Close())
	}
	return false, nil
}

// holdBuild keeps e from being pruned until the lock is closed; nil: it is gone, or
// somebody has it for themselves.
func holdBuild(s store.Store, e keptBuild) (*disk.Lock, error) {
	l, err := disk.OpenLock(s.LockPath("build", e.key))
	if err != nil {
		return nil, err
	}
	if held, err := l.Try(false); err == nil && held && store.Exists(filepath.Join(e.dir, "image.json")) {
		return l, nil
	}
	return nil, l.Close()
}

// copyFolderOf makes a copy of e's build folder, times included. It shares no file that
// kbuild could write in both: some tools write in place.
func (b *build) copyFolderOf(ctx context.Context, e keptBuild) error {
	res, err := proc.Run(ctx, proc.Command{
		Path: "cp", Args: []string{"-a", "--reflink=auto", "--", filepath.Join(e.dir, "out"), filepath.Dir(b.out)},
		Kind: fault.Rig, Op: "copy another build's folder",
	})
	b.cpu += res.CPU
	b.after = e.record.Built
	return diskInOutput(err, res.Tail)
}

// startFromSeed puts in the place of the configured, still empty build folder a copy of
// the one of another family in which make will find the most objects good, and the
// configuration into it: kbuild notes for each object which settings it depends on, and
// which command made it. It returns the key of that build; empty: none saves enough.
func (b *build) startFromSeed(ctx context.Context) (string, error) {
	config := filepath.Join(b.out, ".config")
	text, err := os.ReadFile(config)
	if err != nil {
		return "", fault.Wrap(fault.Kernel, "read the kernel config", err)
	}
	best, kept, of, none, err := b.findSeed(ctx, string(text))
	if err != nil {
		return "", err
	}
	if best.key == "" {
		b.tree.cfg.say("building from nothing: %s", none)
		return "", nil
	}
	l, err := holdBuild(b.tree.store, best)
	if err != nil || l == nil { // nil: pruned since
		return "", err
	}
	defer l.Close()
	if err := os.RemoveAll(b.out); err != nil {
		return "", store.DiskFault("clear the build folder", err)
	}
	if err := b.copyFolderOf(ctx, best); err != nil {
		return "", err
	}
	// Newer than all in the folder: from it make tells which settings changed.
	if err := store.WriteFile(config, text); err != nil {
		return "", err
	}
	b.tree.cfg.say("starting from the folder of build %.12s, another configuration: %d of its %d objects can stay", best.key, kept, of)
	return best.key, nil
}

// startAnew builds once more, from nothing, where a build that started from another
// family's folder failed: that folder may be why.
func (b *build) startAnew(ctx context.Context, why error) error {
	kept := strings.TrimSuffix(b.log, ".log") + ".seeded.log"
	if err := disk.Place(b.log, kept); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return store.DiskFault("keep the log", errors.Join(err, why))
	}
	b.tree.cfg.say("the build that started from build %.12s failed (log: %s); building from nothing", b.seed, kept)
	b.seed, b.after = "", time.Time{}
	if err := os.RemoveAll(b.out); err != nil {
		return store.DiskFault("clear the build folder", err)
	}
	b.steps = b.tree.newSteps(false)
	if err := b.configure(ctx); err != nil {
		return err
	}
	return b.compile(ctx)
}

// findSeed looks at one build of each other family of the same tree, architecture and
// compiler. It returns the one with the most objects that can stay, and of how many;
// no key where that is too few, and why no build will do.
func (b *build) findSeed(ctx context.Context, config string) (best keptBuild, kept, of int, none unfit, err error) {
	wanted := kbuild.Settings(config)
	seen := map[string]bool{b.job.family: true}
	for _, e := range builds(b.tree.store) {
		if seen[e.record.Family] {
			continue
		}
		if why := b.unlike(e); why != "" {
			none.add(why)
			continue
		}
		if seen[e.record.Family] = true; len(seen) > maxSeeds+1 {
			break
		}
		l, err := holdBuild(b.tree.store, e)
		if err != nil {
			return keptBuild{}, 0, 0, none, err
		}
		if l == nil {
			none.add("being removed")
			continue
		}
		stay, all := staying(ctx, filepath.Join(e.dir, "out"), wanted)
		if err := errors.Join(ctx.Err(), l.Close()); err != nil {
			return keptBuild{}, 0, 0, none, err
		}
		if stay*seedShare < all || stay == 0 {
			none.add(fmt.Sprintf("of another configuration, for which %d of %d objects could stay (build %.12s)", stay, all, e.key))
		} else if stay > kept {
			best, kept, of = e, stay, all
		}
	}
	return best, kept, of, none, nil
}

// unlike says in what a build of another family differs so that make could use nothing
// of it; empty: in the configuration alone.
func (b *build) unlike(e keptBuild) string {
	t, r := b.tree, e.record
	switch {
	case r.TreeHash != t.Hash:
		return "of another tree, linux " + r.Version
	case r.Arch != t.cfg.Arch.Name:
		return "for " + r.Arch
	case r.Compiler != b.job.tool.Identity:
		return "by another compiler, " + r.Compiler
	case max(r.Format, 1) != cacheFormat:
		return "by another version of kcovrig"
	case t.newerThan(e):
		return "older than this copy of the tree"
	case !isPast(r.Built):
		return "later than the clock, which was set back"
	case !t.trusts(e):
		return "in the sandbox"
	}
	return ""
}

// unfit is why builds are no start for another: the reasons as they were met, and how many
// builds there are of each.
type unfit struct {
	reasons []string
	builds  map[string]int
}

func (u *unfit) add(reason string) {
	if u.builds == nil {
		u.builds = map[string]int{}
	}
	if u.builds[reason]++; u.builds[reason] == 1 {
		u.reasons = append(u.reasons, reason)
	}
}

func (u unfit) String() string {
	if len(u.reasons) == 0 {
		return "the cache holds no other build"
	}
	var all []string
	for _, r := range u.reasons {
		all = append(all, fmt.Sprintf("%d %s", u.builds[r], r))
	}
	return "no build in the cache will do as a start (" + strings.Join(all, "; ") + ")"
}

// trusts says whether make may run the programs that are in e's folder.
func (t *Tree) trusts(e keptBuild) bool { return t.cfg.Sandbox || !e.record.Sandboxed }

// newerThan says whether the private copy was unpacked after e was built: make would
// find each file of it newer than what was made of it.
func (t *Tree) newerThan(e keptBuild) bool {
	info, err := os.Stat(filepath.Join(t.src, "Makefile"))
	return err != nil || info.ModTime().After(e.record.Built)
}

// staying counts the objects in a build folder that depend on no setting in which wanted
// differs from the folder's, of all. A folder that cannot be read has none.
func staying(ctx context.Context, out string, wanted map[string]string) (stay, all int) {
	text, err := os.ReadFile(filepath.Join(out, ".config"))
	if err != nil {
		return 0, 0
	}
	changed := differing(kbuild.Settings(string(text)), wanted)
	err = filepath.WalkDir(out, func(path string, d fs.DirEntry, err error) error {
		if err := errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		if d.IsDir() && (path == filepath.Join(out, "scripts") || path == filepath.Join(out, "tools")) {
			return fs.SkipDir // programs of the host's
		}
		if d.IsDir() || !strings.HasSuffix(path, ".o.cmd") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if used := dependencies(string(text)); used != nil {
			all++
			if !slices.ContainsFunc(used, func(name string) bool { return changed[name] }) {
				stay++
			}
		}
		return nil
	})
	if err != nil {
		return 0, 0
	}
	return stay, all
}

// differing are the settings that only one has, or that are another in each.
func differing(a, b map[string]string) map[string]bool {
	changed := map[string]bool{}
	for name, value := range a {
		if b[name] != value {
			changed[name] = true
		}
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			changed[name] = true
		}
	}
	return changed
}

// dependencies are the settings on which an object depends by its command file, as
// scripts/basic/fixdep.c writes it: include/config/FOO_BAR, before 5.14
// include/config/foo/bar.h. Nil: it was made of other objects.
func dependencies(commandFile string) []string {
	_, list, ok := strings.Cut(commandFile, "\ndeps_")
	if !ok {
		return nil
	}
	used := []string{}
	for line := range strings.Lines(list) {
		_, file, ok := strings.Cut(line, "$(wildcard include/config/")
		if !ok {
			continue
		}
		name, _, _ := strings.Cut(file, ")")
		if older, ok := strings.CutSuffix(name, ".h"); ok {
			name = strings.ToUpper(strings.ReplaceAll(older, "/", "_"))
		}
		used = append(used, "CONFIG_"+name)
	}
	return used
}
