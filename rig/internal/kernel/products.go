// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/kernel/store"
)

// products are the files below the build folder that are booted or read.
func (t *Tree) products() []string {
	list := []string{t.cfg.Arch.ImagePath, "vmlinux"}
	for _, u := range t.patches.units() {
		list = append(list, u.object)
	}
	return list
}

// makeImage makes the kernel. What another build left in the folder is removed
// first, so that a make that does nothing and says that all is well leaves no
// image instead of another kernel's.
func (b *build) makeImage(ctx context.Context) error {
	for _, name := range b.tree.products() {
		if err := os.Remove(filepath.Join(b.out, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return store.DiskFault("remove what another build made", err)
		}
	}
	if err := b.make(ctx, []string{b.tree.cfg.Arch.ImageTarget}, b.log); err != nil {
		return err
	}
	if err := b.checkMade([]string{b.tree.cfg.Arch.ImagePath, "vmlinux"}); err != nil {
		return err
	}
	return b.checkUnits()
}

// checkUnits wants one of the fix's files to be in the kernel. It need not be all:
// some may be another architecture's, or of a driver that is left out.
func (b *build) checkUnits() error {
	var errs []error
	for _, u := range b.tree.patches.units() {
		err := b.checkMade([]string{u.object})
		if err == nil {
			return nil
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// checkMade refuses a build that ended well and lacks a file.
func (b *build) checkMade(names []string) error {
	for _, name := range names {
		info, err := os.Stat(filepath.Join(b.out, name))
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
