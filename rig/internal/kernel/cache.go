// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"time"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/kernel/store"
	"kcovrig/rig/trial"
)

// Entry is a tree or a build in the cache.
type Entry struct {
	trial.CacheEntry // a "tree" or a "build", named by its hash
	used             time.Time
	dir              string
	useLock          string
}

func newEntry(kind, name, about string, used time.Time) Entry {
	return Entry{CacheEntry: trial.CacheEntry{Kind: kind, Name: name, About: about, Used: used.UTC().Format(time.RFC3339)}, used: used}
}

type keptBuild struct {
	key, dir string
	record   record
	used     time.Time
}

// builds lists the complete builds, the latest used first.
func builds(s store.Store) []keptBuild {
	markers, _ := filepath.Glob(filepath.Join(s.Dir, "builds", "*", "image.json"))
	var out []keptBuild
	for _, m := range markers {
		b := keptBuild{dir: filepath.Dir(m), key: filepath.Base(filepath.Dir(m))}
		info, err := os.Stat(m)
		if err != nil || !store.ReadJSON(m, &b.record) {
			continue
		}
		b.used = info.ModTime()
		out = append(out, b)
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].used.After(out[j].used) })
	return out
}

// about is for people, who know a build by its key's beginning.
func (r record) about() string {
	about := "linux " + r.Version + " " + r.Arch + " " + string(trial.SavedVariant{AsIs: r.AsIs, Patched: r.Patched}.Variant())
	if r.Seed != "" {
		about += fmt.Sprintf(", started from %.12s", r.Seed)
	}
	return about
}

// touch notes that an entry was used now; failing to is harmless.
func touch(path string) {
	now := time.Now()
	_ = os.Chtimes(path, now, now)
}

// List returns what the cache in dir holds, trees before builds, the latest used first.
func List(ctx context.Context, dir string) ([]Entry, error) {
	s := store.Store{Dir: dir}
	var out []Entry
	trees, _ := filepath.Glob(filepath.Join(dir, "trees", "*", "tree.json"))
	for _, m := range trees {
		r := treeRecord{}
		info, err := os.Stat(m)
		if err != nil || !store.ReadJSON(m, &r) {
			continue
		}
		name := filepath.Base(filepath.Dir(m))
		e := newEntry("tree", name, "linux "+r.Version+" from "+r.Path, info.ModTime())
		e.dir, e.useLock = filepath.Dir(m), s.LockPath("treeuse", name)
		out = append(out, e)
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].used.After(out[j].used) })
	for _, b := range builds(s) {
		e := newEntry("build", b.key, b.record.about(), b.used)
		e.dir, e.useLock = b.dir, s.LockPath("build", b.key)
		out = append(out, e)
	}
	for i := range out {
		var err error
		if out[i].Bytes, err = DiskUse(ctx, out[i].dir); err != nil {
			return nil, err
		}
		l, err := disk.OpenLock(out[i].useLock)
		if err != nil {
			return nil, err
		}
		free, err := l.Try(true)
		out[i].InUse = err == nil && !free
		_ = l.Close()
	}
	return out, nil
}

// Prune removes what was last used before the given time, never what is in
// use, and clears away what interrupted rigs left. It returns what it removed.
func Prune(ctx context.Context, dir string, before time.Time) ([]Entry, error) {
	entries, err := List(ctx, dir)
	if err != nil {
		return nil, err
	}
	store.Store{Dir: dir}.Sweep(ctx)
	var removed []Entry
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return removed, err
		}
		if e.InUse || !e.used.Before(before) {
			continue
		}
		ok, err := e.remove()
		if err != nil {
			return removed, err
		}
		if ok {
			removed = append(removed, e)
		}
	}
	return removed, nil
}

// remove takes the marker first, so that a half removed entry is none.
func (e Entry) remove() (bool, error) {
	l, err := disk.OpenLock(e.useLock)
	if err != nil {
		return false, err
	}
	defer l.Close()
	if free, err := l.Try(true); err != nil || !free {
		return false, err
	}
	for _, marker := range []string{"image.json", "tree.json"} {
		if err := os.Remove(filepath.Join(e.dir, marker)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false, fault.Wrap(fault.Rig, "prune the cache", err)
		}
	}
	return true, fault.Wrap(fault.Rig, "prune the cache", os.RemoveAll(e.dir))
}

// DiskUse returns how many bytes the files below dir take on the disk.
func DiskUse(ctx context.Context, dir string) (int64, error) {
	var total int64
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) { // pruned by another rig meanwhile
				return nil
			}
			return err
		}
		if info, err := d.Info(); err == nil {
			total += store.Allocated(info)
		}
		return nil
	})
	return total, fault.Wrap(fault.Rig, "measure the cache", err)
}
