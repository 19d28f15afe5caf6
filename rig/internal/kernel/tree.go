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
	store   store
	src     string // the private copy
	patches patchSet

	mu    sync.Mutex
	locks []*disk.Lock
}

// treeRecord is tree.json: its presence says that the copy is complete.
type treeRecord struct{ Version, Path string }

// Open resolves c.Tree, and makes its private copy in the cache where there is
// none. The caller closes the Tree when it no longer uses its images.
func Open(ctx context.Context, c Config) (_ *Tree, err error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	t := &Tree{cfg: c, store: store{c.CacheDir}}
	if t.patches, err = c.patches(ctx); err != nil {
		return nil, err
	}
	o, err := c.findOrigin(ctx, t.store)
	if err != nil {
		return nil, err
	}
	t.Hash, t.Commit, t.Path = o.hash, o.commit, o.path
	t.src = filepath.Join(t.store.tree(t.Hash), "src")
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
	t.Version, t.patches.version = record.Version, record.Version
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
	l, err := disk.OpenLock(t.store.lockPath(kind, name))
	if err != nil {
		return err
	}
	if err := l.Wait(ctx, false, func() { t.cfg.say("waiting for another kcovrig") }); err != nil {
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
	l, err := disk.OpenLock(t.store.lockPath("tree", t.Hash))
	if err != nil {
		return nil, err
	}
	err = l.Wait(ctx, true, func() { t.cfg.say("waiting for another kcovrig, which uses the same tree") })
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// fill makes the private copy where it is missing.
func (t *Tree) fill(ctx context.Context, o origin) (treeRecord, error) {
	marker := filepath.Join(t.store.tree(t.Hash), "tree.json")
	record := treeRecord{}
	if readJSON(marker, &record) {
		return record, nil
	}
	l, err := t.lockTree(ctx)
	if err != nil {
		return record, err
	}
	defer l.Close()
	if readJSON(marker, &record) {
		return record, nil
	}
	t.cfg.say("unpacking %s", o.path)
	work, err := t.store.scratch(ctx)
	if err != nil {
		return record, err
	}
	defer work.Close()
	made := filepath.Join(work.dir, "tree")
	if err := os.MkdirAll(filepath.Join(work.dir, "unpacked"), 0o755); err != nil {
		return record, diskFault("make a tree", err)
	}
	if err := o.fill(ctx, filepath.Join(work.dir, "unpacked")); err != nil {
		return record, err
	}
	root, err := topFolder(filepath.Join(work.dir, "unpacked"))
	if err != nil {
		return record, fault.Newf(fault.User, "unpack "+o.path, "%w", err)
	}
	if err := os.MkdirAll(made, 0o755); err != nil {
		return record, diskFault("make a tree", err)
	}
	if err := disk.Move(ctx, root, filepath.Join(made, "src")); err != nil {
		return record, diskFault("make a tree", err)
	}
	record.Path = o.path
	if record.Version, err = readVersion(filepath.Join(made, "src")); err != nil {
		return record, err
	}
	if err := writeJSON(filepath.Join(made, "tree.json"), record); err != nil {
		return record, err
	}
	return record, work.keep(ctx, "tree", t.store.tree(t.Hash))
}

// topFolder returns dir, or the one folder in it, whichever is a kernel tree.
func topFolder(dir string) (string, error) {
	err := checkTree(dir)
	if err == nil {
		return dir, nil
	}
	items, readErr := os.ReadDir(dir)
	if readErr != nil || len(items) != 1 || !items[0].IsDir() {
		return "", err
	}
	sub := filepath.Join(dir, items[0].Name())
	return sub, checkTree(sub)
}

// originals is originals.json: the files that builds have switched in the
// private copy, as the user has them; nil where the user has none.
type originals map[string]*string

func (t *Tree) originalsPath() string {
	return filepath.Join(t.store.tree(t.Hash), "originals.json")
}

// read returns a file of the tree as the user has it.
func (t *Tree) read(path string) (string, error) {
	for {
		kept := originals{}
		readJSON(t.originalsPath(), &kept)
		if text, ok := kept[path]; ok {
			if text == nil {
				return "", fs.ErrNotExist
			}
			return *text, nil
		}
		text, err := t.readCopy(path)
		// Another rig may have switched the file between the two reads; it
		// records the original first.
		again := originals{}
		if readJSON(t.originalsPath(), &again); again[path] == nil {
			if _, ok := again[path]; !ok {
				return text, err
			}
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
