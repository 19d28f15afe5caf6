// SPDX-License-Identifier: Apache-2.0

// Package store is the cache folder of trees and builds: where each lies, what is
// being made, and which locks guard it. It leaves what lies there to others.
package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
)

// Store is the cache folder:
//
//	trees/HASH/    the private copy of a tree in src, tree.json once it is complete;
//	               .kcovrig-new-* beside them are what is being built of it
//	builds/KEY/    one build: output folder in out, image.json once it is complete
//	memo/          what an unchanged file's or folder's contents hash to
//	locks/         one file per tree and build; held shared while in use
//	tmp/           what is being made; renamed into its place when complete
type Store struct{ Dir string }

func (s Store) Tree(hash string) string { return filepath.Join(s.Dir, "trees", hash) }
func (s Store) Build(key string) string { return filepath.Join(s.Dir, "builds", key) }
func (s Store) LockPath(kind, name string) string {
	return filepath.Join(s.Dir, "locks", kind+"-"+name)
}

// NewFolder makes an empty folder in tmp, and clears away what killed rigs left.
func (s Store) NewFolder(ctx context.Context) (*disk.Folder, error) {
	return s.newFolder(ctx, s.tmp())
}

// NewFolderOf is NewFolder beside the sources of a tree. They have the same name as seen
// from it for every tree, and so ccache, which is asked by names relative to the folder
// of the build, knows what was compiled of one tree for another.
func (s Store) NewFolderOf(ctx context.Context, hash string) (*disk.Folder, error) {
	return s.newFolder(ctx, s.Tree(hash))
}

func (s Store) newFolder(ctx context.Context, parent string) (*disk.Folder, error) {
	s.Sweep(ctx)
	work, err := disk.NewFolder(ctx, parent)
	return work, DiskFault("make a work folder", err)
}

// Sweep removes the work folders whose makers are gone.
func (s Store) Sweep(ctx context.Context) {
	trees, _ := filepath.Glob(s.Tree("*"))
	for _, parent := range append(trees, s.tmp()) {
		disk.Sweep(ctx, parent)
	}
}

func (s Store) tmp() string { return filepath.Join(s.Dir, "tmp") }

// Keep moves a folder that was made here to path, which becomes complete at once.
func Keep(ctx context.Context, made, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return DiskFault("fill the cache", err)
	}
	// What stands there without its marker was never complete.
	if err := os.RemoveAll(path); err != nil {
		return DiskFault("fill the cache", err)
	}
	return DiskFault("fill the cache", disk.Move(ctx, made, path))
}

// ReadJSON fills value from path; a missing or damaged file is false, like a marker never written.
func ReadJSON(path string, value any) bool {
	text, err := os.ReadFile(path)
	return err == nil && json.Unmarshal(text, value) == nil
}

// WriteJSON replaces path in one step.
func WriteJSON(path string, value any) error {
	text, err := json.MarshalIndent(value, "", "\t")
	if err != nil {
		return fault.Wrap(fault.Rig, "write "+path, err)
	}
	return WriteFile(path, append(text, '\n'))
}

func WriteFile(path string, text []byte) error {
	return DiskFault("write "+path, disk.WriteFile(path, text))
}

// DiskFault makes err a fault of the rig; a full disk says so, and a cache of another user.
func DiskFault(op string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) {
		return &fault.Error{Kind: fault.Rig, Op: op, Err: fmt.Errorf("the disk is full: %w", err),
			Try: "kcovrig cache prune, or another cache folder in KCOVRIG_CACHE"}
	}
	return disk.Refused(op, err)
}

func Exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// Allocated is the space a file takes on the disk.
func Allocated(info fs.FileInfo) int64 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return st.Blocks * 512
	}
	return info.Size()
}
