// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/kernel/source"
	"kcovrig/rig/internal/kernel/store"
	"kcovrig/rig/internal/kernel/variant"
)

// Tree is a kernel tree that is ready to be built. It holds what it uses in
// the cache against pruning until Close.
type Tree struct {
	// Version is what the tree's Makefile says, say 6.12.117.
	Version string
	// Hash is of the tree's content.
	Hash string
	// Commit is the git commit where Config.Rev was given.
	Commit string
	// Path is the user's folder or tarball.
	Path string

	cfg     Config
	store   store.Store
	src     string // the private copy
	patches variant.Set

	mu    sync.Mutex
	locks []*disk.Lock

	originals originals
}

// treeRecord is tree.json: its presence says that the copy is complete.
type treeRecord struct{ Version, Path string }

// Open resolves c.Tree, and makes its private copy in the cache where there is
// none. The caller closes the Tree when it no longer uses its images.
func Open(ctx context.Context, c Config) (_ *Tree, err error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if err := disk.CheckCache(c.CacheDir); err != nil {
		return nil, err
	}
	if err := c.checkSandbox(ctx); err != nil {
		return nil, err
	}
	t := &Tree{cfg: c, store: store.Store{Dir: c.CacheDir}}
	if t.patches, err = c.choice().Read(ctx); err != nil {
		return nil, err
	}
	o, err := source.Request{Tree: c.Tree, Rev: c.Rev, Say: c.say}.Find(ctx, t.store)
	if err != nil {
		return nil, err
	}
	t.Hash, t.Commit, t.Path = o.Hash, o.Commit, o.Path
	t.src = filepath.Join(t.store.Tree(t.Hash), "src")
	defer func() {
		if err != nil {
			err = errors.Join(err, t.Close())
		}
	}()
	if err := t.hold(ctx, "treeuse", t.Hash); err != nil {
		return nil, err
	}
	record, err := t.fill(ctx, o)
	if err != nil {
		return nil, err
	}
	t.Version, t.patches.Version = record.Version, record.Version
	return t, nil
}

// MemoryModel is the folder of the kernel's memory model in the private copy. It
// must not be written, and stays until the Tree is closed.
func (t *Tree) MemoryModel() string { return filepath.Join(t.src, "tools", "memory-model") }

// Close lets go of what the Tree and its images use; it may be called again.
func (t *Tree) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	var errs []error
	for _, l := range t.locks {
		errs = append(errs, l.Close())
	}
	t.locks = nil
	return errors.Join(errs...)
}

// hold keeps an entry of the cache from being pruned until Close.
func (t *Tree) hold(ctx context.Context, kind, name string) error {
	l, err := disk.OpenLock(t.store.LockPath(kind, name))
	if err != nil {
		return err
	}
	if err := t.cfg.wait(ctx, l, false, "removes what nobody uses from the cache"); err != nil {
		return errors.Join(err, l.Close())
	}
	t.keepLock(l)
	return nil
}

func (t *Tree) keepLock(l *disk.Lock) {
	t.mu.Lock()
	t.locks = append(t.locks, l)
	t.mu.Unlock()
}

// lockTree takes the tree for making it or building from it.
func (t *Tree) lockTree(ctx context.Context) (*disk.Lock, error) {
	l, err := disk.OpenLock(t.store.LockPath("tree", t.Hash))
	if err != nil {
		return nil, err
	}
	err = t.cfg.wait(ctx, l, true, "uses the same tree")
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// fill makes the private copy where it is missing.
func (t *Tree) fill(ctx context.Context, o source.Origin) (treeRecord, error) {
	marker := filepath.Join(t.store.Tree(t.Hash), "tree.json")
	record := treeRecord{}
	if store.ReadJSON(marker, &record) {
		return record, nil
	}
	l, err := t.lockTree(ctx)
	if err != nil {
		return record, err
	}
	defer l.Close()
	if store.ReadJSON(marker, &record) {
		return record, nil
	}
	t.cfg.say("unpacking %s", o.Path)
	work, err := t.store.NewFolder(ctx)
	if err != nil {
		return record, err
	}
	defer work.Close()
	made := filepath.Join(work.Dir, "tree")
	if err := os.MkdirAll(filepath.Join(work.Dir, "unpacked"), 0o755); err != nil {
		return record, store.DiskFault("make a tree", err)
	}
	if err := o.Fill(ctx, filepath.Join(work.Dir, "unpacked")); err != nil {
		return record, err
	}
	root, err := source.Top(filepath.Join(work.Dir, "unpacked"))
	if err != nil {
		return record, fault.Newf(fault.User, "unpack "+o.Path, "%w", err)
	}
	if err := os.MkdirAll(made, 0o755); err != nil {
		return record, store.DiskFault("make a tree", err)
	}
	if err := disk.Move(ctx, root, filepath.Join(made, "src")); err != nil {
		return record, store.DiskFault("make a tree", err)
	}
	record.Path = o.Path
	if record.Version, err = source.Version(filepath.Join(made, "src")); err != nil {
		return record, err
	}
	if err := store.WriteJSON(filepath.Join(made, "tree.json"), record); err != nil {
		return record, err
	}
	return record, store.Keep(ctx, made, t.store.Tree(t.Hash))
}

// originalsPath is where the files are that builds have switched in the private copy,
// as the user has them.
func (t *Tree) originalsPath() string {
	return filepath.Join(t.store.Tree(t.Hash), "originals.json")
}

// read returns a file of the tree as the user has it.
func (t *Tree) read(path string) (string, error) {
	for {
		if text, ok := t.originals.read(t.originalsPath())[path]; ok {
			if text == nil {
				return "", fs.ErrNotExist
			}
			return *text, nil
		}
		text, err := t.readCopy(path)
		// Another rig may have switched the file between the two reads; it
		// records the original first.
		if _, ok := t.originals.read(t.originalsPath())[path]; !ok {
			return text, err
		}
	}
}

// readCopy reads from the private copy, never through a symbolic link.
func (t *Tree) readCopy(path string) (string, error) {
	for p := path; p != "."; p = filepath.Dir(p) {
		info, err := os.Lstat(filepath.Join(t.src, p))
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			return "", err
		}
		if info.Mode().Type() == fs.ModeSymlink {
			return "", fault.Newf(fault.User, "read "+path, "%s is a symbolic link: a patch must not reach through it", p)
		}
	}
	text, err := os.ReadFile(filepath.Join(t.src, path))
	return string(text), err
}
