// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/kernel/store"
	"kcovrig/rig/internal/kernel/variant"
)

// products are the files below the build folder that are booted or read.
func (t *Tree) products() []string {
	list := []string{t.cfg.Arch.ImagePath, "vmlinux"}
	for _, u := range t.patches.Units() {
		list = append(list, u.Object)
	}
	return list
}

// makeImage makes the kernel. What another build left in the folder is removed
// first, so that a make that does nothing and says that all is well leaves no
// image instead of another kernel's.
func (b *build) makeImage(ctx context.Context) error {
	if err := b.removeProducts(); err != nil {
		return store.DiskFault("remove what another build made", err)
	}
	if err := b.make(ctx, []string{b.tree.cfg.Arch.ImageTarget}, b.log); err != nil {
		return err
	}
	if err := b.checkMade([]string{b.tree.cfg.Arch.ImagePath, "vmlinux"}); err != nil {
		return err
	}
	return b.checkUnits()
}

// removeProducts removes nothing that a link of the build's leads to.
func (b *build) removeProducts() error {
	root, err := os.OpenRoot(b.out)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, name := range b.tree.products() {
		if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// checkUnits wants one of the fix's files to be in the kernel. It need not be all:
// some may be another architecture's, or of a driver that is left out.
func (b *build) checkUnits() error {
	var errs []error
	var missing []string
	for _, u := range b.tree.patches.Units() {
		err := b.checkMade([]string{u.Object})
		if err == nil {
			return nil
		}
		if errs = append(errs, err); errors.Is(err, fs.ErrNotExist) {
			missing = append(missing, u.Source)
		}
	}
	if len(missing) == 0 || len(missing) < len(errs) {
		return errors.Join(errs...)
	}
	// The image and vmlinux are there, so that it was make that was called.
	return &fault.Error{
		Kind: fault.Kernel, Op: "look at what make made", Log: b.log,
		Err: errors.New("the kernel's configuration compiles no " + strings.Join(missing, " and no ")),
		Try: "set in the scenario's config what compiles it, and what that depends on: kcovrig scenario new --tree finds both",
	}
}

// checkMade refuses a build that ended well and lacks a file, or has a link out of its
// folder in its place.
func (b *build) checkMade(names []string) error {
	root, err := os.OpenRoot(b.out)
	if err != nil {
		return fault.Wrap(fault.Rig, "look at what make made", err)
	}
	defer root.Close()
	for _, name := range names {
		info, err := root.Stat(name)
		if err == nil && (!info.Mode().IsRegular() || info.Size() == 0) {
			err = errors.New("it is empty, or no file")
		}
		if err != nil {
			return &fault.Error{Kind: fault.Rig, Op: "look at what make made", Log: b.log,
				Err: errors.Join(errors.New("make ended well and did not make "+name), err),
				Try: "read the log: another make in PATH, or the tree's Makefile, does something else than building"}
		}
	}
	return nil
}

// keptHeaders are the headers as they were included, where the kernel has them; they
// are kept in dir.
func keptHeaders(set variant.Set, dir string) []Header {
	var list []Header
	for _, h := range set.Headers() {
		if kept := headerIn(dir, h); store.Exists(kept) {
			list = append(list, Header{File: h, Source: kept})
		}
	}
	return list
}

func headerIn(dir, header string) string { return filepath.Join(dir, "headers", header) }

// objects are the units' objects, their files in dir, where the kernel was built in
// out. The first one's stand in dir itself, the others' in numbered folders. What
// the tree lacks or does not build, such as another architecture's, is left out.
func objects(set variant.Set, dir, out string) []Object {
	var list []Object
	for i, u := range set.Units() {
		in := dir
		if i > 0 {
			in = filepath.Join(dir, strconv.Itoa(i+1))
		}
		o := Object{Name: u.Object, File: u.Source, Path: filepath.Join(out, u.Object), Source: filepath.Join(in, path.Base(u.Source)), Debug: filepath.Join(in, "debug.o")}
		if store.Exists(o.Path) {
			list = append(list, o)
		}
	}
	return list
}
