// SPDX-License-Identifier: Apache-2.0

package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"sync"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/kernel/store"
)

// entry is one file or symbolic link of a folder tree.
type entry struct {
	path string
	info fs.FileInfo
}

// leftOut says whether a file of the user's folder stays out of the private
// copy: git's own, and what builds leave (kbuild refuses a source tree that
// holds a configuration or generated headers).
func leftOut(rel string) bool {
	base := filepath.Base(rel)
	switch {
	case rel == ".git", rel == ".config", rel == ".config.old", rel == "include/config", rel == "include/generated":
		return true
	case strings.HasPrefix(rel, "arch/") && strings.HasSuffix(rel, "/include/generated"):
		return true
	case strings.HasPrefix(base, ".") && (strings.HasSuffix(base, ".cmd") || strings.HasSuffix(base, ".d")):
		return true
	case rel == "vmlinux" || rel == "vmlinux-gdb.py" || strings.HasPrefix(rel, "vmlinux.") || rel == "System.map" || rel == "Module.symvers":
		return true
	}
	switch filepath.Ext(base) {
	case ".o", ".a", ".ko", ".mod", ".order", ".dtb", ".orig", ".rej":
		return true
	}
	return false
}

// manifest lists the files below dir, sorted by path, and the symbolic links that
// lead out of it, which are not among them. Folders are read side by side.
func manifest(ctx context.Context, dir string) (all []entry, outside []string, err error) {
	var (
		mu    sync.Mutex
		first error
		work  sync.WaitGroup
		slots = make(chan struct{}, 4*runtime.GOMAXPROCS(0))
		visit func(rel string)
	)
	visit = func(rel string) {
		defer work.Done()
		slots <- struct{}{}
		files, dirs, leaving, err := list(ctx, dir, rel)
		<-slots
		mu.Lock()
		all, outside = append(all, files...), append(outside, leaving...)
		first = errors.Join(first, err)
		mu.Unlock()
		for _, d := range dirs {
			work.Add(1)
			go visit(d)
		}
	}
	work.Add(1)
	go visit("")
	work.Wait()
	if first != nil {
		return nil, nil, fault.Wrap(fault.User, "read the tree", first)
	}
	sort.Strings(outside)
	sort.Slice(all, func(i, j int) bool { return all[i].path < all[j].path })
	return all, outside, nil
}

// list reads one folder. Sockets, named pipes and devices are no source.
func list(ctx context.Context, dir, rel string) (files []entry, dirs, outside []string, err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, nil, err
	}
	items, err := os.ReadDir(filepath.Join(dir, rel))
	if err != nil {
		return nil, nil, nil, err
	}
	for _, item := range items {
		p := filepath.Join(rel, item.Name())
		if leftOut(p) {
			continue
		}
		if item.IsDir() {
			dirs = append(dirs, p)
			continue
		}
		info, err := item.Info()
		if err != nil {
			return nil, nil, nil, err
		}
		switch info.Mode().Type() {
		case 0:
			files = append(files, entry{p, info})
		case fs.ModeSymlink:
			target, err := os.Readlink(filepath.Join(dir, p))
			if err != nil {
				return nil, nil, nil, err
			}
			if insideLink(p, target) {
				files = append(files, entry{p, info})
			} else {
				outside = append(outside, p)
			}
		}
	}
	return files, dirs, outside, nil
}

// statHash changes whenever a file is added, removed or written.
func statHash(entries []entry) string {
	h := disk.NewHash()
	for _, e := range entries {
		fmt.Fprintf(h, "%s\x00%d %d %o\n", e.path, e.info.Size(), e.info.ModTime().UnixNano(), e.info.Mode())
	}
	return h.Hex()
}

// contentHash hashes names, executable bits and contents.
func contentHash(ctx context.Context, dir string, entries []entry) (string, error) {
	sums := make([]string, len(entries))
	errs := make([]error, runtime.GOMAXPROCS(0))
	var work sync.WaitGroup
	for w := range errs {
		work.Go(func() {
			for i := w; i < len(entries) && errs[w] == nil && ctx.Err() == nil; i += len(errs) {
				sums[i], errs[w] = entryHash(dir, entries[i])
			}
		})
	}
	work.Wait()
	if err := errors.Join(append(errs, ctx.Err())...); err != nil {
		return "", fault.Wrap(fault.Unknown, "read the tree", err)
	}
	h := disk.NewHash()
	for i, e := range entries {
		fmt.Fprintf(h, "%s\x00%t %s\n", e.path, e.info.Mode()&0o100 != 0, sums[i])
	}
	return h.Hex(), nil
}

func entryHash(dir string, e entry) (string, error) {
	if e.info.Mode().Type() == fs.ModeSymlink {
		target, err := os.Readlink(filepath.Join(dir, e.path))
		return "link " + target, err
	}
	return disk.FileSum(filepath.Join(dir, e.path))
}

// copyFolder copies entries from dir to dest; file systems that share blocks do.
func copyFolder(ctx context.Context, dir string, entries []entry, dest string) error {
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		to := filepath.Join(dest, e.path)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return store.DiskFault("copy the tree", err)
		}
		if err := copyEntry(filepath.Join(dir, e.path), to, e.info.Mode()); err != nil {
			return store.DiskFault("copy the tree", err)
		}
	}
	return nil
}

func copyEntry(from, to string, mode fs.FileMode) error {
	if mode.Type() == fs.ModeSymlink {
		target, err := os.Readlink(from)
		if err != nil {
			return err
		}
		return os.Symlink(target, to)
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644|mode&0o111)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
