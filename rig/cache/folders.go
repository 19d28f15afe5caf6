// SPDX-License-Identifier: Apache-2.0

package cache

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/gitbisect"
	"kcovrig/rig/internal/kernel"
	"kcovrig/rig/trial"
)

// cacheFolder is what a command leaves below the cache for later. Whoever
// works in it holds the lock of disk.LockFolder.
type cacheFolder struct {
	trial.CacheEntry
	dir  string
	used time.Time
}

// folderKinds are the cache's folders of them, in the order of the list. A
// run's folder is complete when it appears: nobody works in it.
var folderKinds = []struct {
	kind, dir string
	about     func(dir string) string
}{
	{"search", "bisect", aboutSearch},
	{"worker", "worker", func(string) string { return "kernels and guests of a worker" }},
	{"matrix", "matrix", aboutMatrix},
	{"run", "runs", aboutRun},
}

// cacheFolders lists them, the latest used first within their kind.
func cacheFolders(ctx context.Context, cacheDir string) ([]cacheFolder, error) {
	var out []cacheFolder
	for _, k := range folderKinds {
		dirs, err := filepath.Glob(filepath.Join(cacheDir, k.dir, "[^.]*"))
		if err != nil {
			return nil, fault.Wrap(fault.Rig, "list the cache", err)
		}
		var kind []cacheFolder
		for _, dir := range dirs {
			used, err := lastUsed(dir)
			if errors.Is(err, os.ErrNotExist) {
				continue // pruned by another rig meanwhile
			}
			f := cacheFolder{dir: dir, used: used}
			if err == nil {
				f.CacheEntry = trial.CacheEntry{Kind: k.kind, Name: filepath.Base(dir), About: k.about(dir), Used: used.UTC().Format(time.RFC3339)}
				f.Bytes, err = kernel.DiskUse(ctx, dir)
			}
			if err != nil {
				return nil, fault.Wrap(fault.Rig, "list the cache", err)
			}
			lock, err := disk.LockFolder(dir)
			f.InUse = err != nil
			if err == nil {
				_ = lock.Close()
			}
			kind = append(kind, f)
		}
		slices.SortStableFunc(kind, func(a, b cacheFolder) int { return b.used.Compare(a.used) })
		out = append(out, kind...)
	}
	return out, nil
}

// lastUsed is the time of the latest change in the folder or right below it.
func lastUsed(dir string) (time.Time, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return time.Time{}, err
	}
	used := info.ModTime()
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.ModTime().After(used) {
			used = info.ModTime()
		}
	}
	return used, err
}

// pruneFolders removes those last used before the given time that nobody works
// in, and what an interrupted removal left.
func pruneFolders(ctx context.Context, cacheDir string, before time.Time) (removed []trial.CacheEntry, err error) {
	for _, k := range folderKinds {
		if err := disk.RemoveLeftovers(filepath.Join(cacheDir, k.dir)); err != nil {
			return nil, fault.Wrap(fault.Rig, "prune the cache", err)
		}
	}
	folders, err := cacheFolders(ctx, cacheDir)
	if err != nil {
		return nil, err
	}
	for _, f := range folders {
		if err := ctx.Err(); err != nil {
			return removed, err
		}
		if f.InUse || !f.used.Before(before) {
			continue
		}
		ok, err := f.remove(ctx)
		if err != nil {
			return removed, fault.Wrap(fault.Rig, "prune the cache", err)
		}
		if ok {
			removed = append(removed, f.CacheEntry)
		}
	}
	return removed, nil
}

// remove removes the folder where nobody works in it. False: it is in use.
func (f cacheFolder) remove(ctx context.Context) (bool, error) {
	return disk.RemoveUnheld(f.dir, func() error {
		if f.Kind != "search" {
			return nil
		}
		return removeWorktrees(ctx, f.dir)
	})
}

// removeWorktrees takes a search's worktrees, and their entries in the user's
// repository, away.
func removeWorktrees(ctx context.Context, dir string) error {
	var trees []string
	for _, pattern := range []string{"git", "w[0-9]*/src"} {
		found, _ := filepath.Glob(filepath.Join(dir, pattern, ".git"))
		trees = append(trees, found...)
	}
	for _, link := range trees {
		if err := gitbisect.RemoveWorktree(ctx, filepath.Dir(link)); err != nil {
			return err
		}
	}
	return nil
}

func aboutSearch(dir string) string {
	var r struct {
		Outcome, Repository string
		First               []struct{ Hash string }
		Steps               []struct{}
	}
	readAbout(filepath.Join(dir, "bisect.json"), &r)
	state := fmt.Sprintf("unfinished, %s", plural(len(r.Steps), "commit tested", "commits tested"))
	if r.Outcome != "" && len(r.First) > 0 {
		state = fmt.Sprintf("%s: %.12s", r.Outcome, r.First[0].Hash)
	}
	if r.Repository != "" {
		state += ", in " + r.Repository
	}
	return state
}

func aboutMatrix(dir string) string {
	var plan struct{ Name, Shard string }
	readAbout(filepath.Join(dir, "plan.json"), &plan)
	return strings.TrimSpace(plan.Name + " " + plan.Shard)
}

func aboutRun(dir string) string {
	var r struct {
		Command, Verdict string
		Kernel           struct{ Version string }
		Spec             struct{ Arch string }
	}
	readAbout(filepath.Join(dir, "result.json"), &r)
	about := r.Command
	if r.Kernel.Version != "" {
		about += ", linux " + r.Kernel.Version
	}
	if r.Spec.Arch != "" {
		about += " " + r.Spec.Arch
	}
	if r.Verdict != "" {
		about += ": " + r.Verdict
	}
	return about
}

// readAbout fills value as far as the file is there and readable: it is only
// for people to know the folder by.
func readAbout(path string, value any) {
	if text, err := os.ReadFile(path); err == nil {
		_ = json.Unmarshal(text, value)
	}
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
