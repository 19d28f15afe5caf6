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
//	               work-* beside them are what is being built of it
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

// Scratch is a folder in tmp with a lock beside it that lives as long as its maker.
type Scratch struct {
	Dir  string
	lock *disk.Lock
}

// Scratch makes an empty folder and clears away what dead rigs left.
func (s Store) Scratch(ctx context.Context) (*Scratch, error) {
	return s.scratchIn(ctx, filepath.Join(s.Dir, "tmp"))
}

// ScratchOf is Scratch beside the sources of a tree. They have the same name as seen
// from it for every tree, and so ccache, which is asked by names relative to the folder
// of the build, knows what was compiled of one tree for another.
func (s Store) ScratchOf(ctx context.Context, hash string) (*Scratch, error) {
	return s.scratchIn(ctx, s.Tree(hash))
}

func (s Store) scratchIn(ctx context.Context, parent string) (*Scratch, error) {
	s.Sweep()
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return nil, DiskFault("make the cache folder", err)
	}
	for {
		dir, err := os.MkdirTemp(parent, "work-")
		if err != nil {
			return nil, DiskFault("make a work folder", err)
		}
		l, err := disk.OpenLock(dir + ".lock")
		if err != nil {
			return nil, err
		}
		// A sweep may come between the two calls above: then the folder is gone.
		if err := l.Wait(ctx, true, func() {}); err != nil {
			return nil, errors.Join(err, l.Close(), os.RemoveAll(dir))
		}
		if _, err := os.Stat(dir); err == nil {
			return &Scratch{dir, l}, nil
		}
		_ = l.Close()
	}
}

// Keep moves sub of the scratch folder to path, which becomes complete at once.
func (w *Scratch) Keep(ctx context.Context, sub, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return DiskFault("fill the cache", err)
	}
	// What stands there without its marker was never complete.
	if err := os.RemoveAll(path); err != nil {
		return fault.Wrap(fault.Rig, "fill the cache", err)
	}
	return fault.Wrap(fault.Rig, "fill the cache", disk.Move(ctx, filepath.Join(w.Dir, sub), path))
}

// Close removes the folder and what is left in it.
func (w *Scratch) Close() error {
	err := os.RemoveAll(w.Dir)
	_ = os.Remove(w.Dir + ".lock")
	return errors.Join(err, w.lock.Close())
}

// Sweep removes the work folders whose makers are gone.
func (s Store) Sweep() {
	dirs, _ := filepath.Glob(filepath.Join(s.Dir, "tmp", "work-*"))
	of, _ := filepath.Glob(filepath.Join(s.Tree("*"), "work-*"))
	for _, dir := range append(dirs, of...) {
		if filepath.Ext(dir) == ".lock" {
			continue
		}
		l, err := disk.OpenLock(dir + ".lock")
		if err != nil {
			continue
		}
		if free, err := l.Try(true); err == nil && free {
			_ = os.RemoveAll(dir)
			_ = os.Remove(dir + ".lock")
		}
		_ = l.Close()
	}
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

// DiskFault makes err a fault of the rig; a full disk says so.
func DiskFault(op string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) {
		return &fault.Error{Kind: fault.Rig, Op: op, Err: fmt.Errorf("the disk is full: %w", err),
			Try: "kcovrig cache prune, or another cache folder in KCOVRIG_CACHE"}
	}
	return fault.Wrap(fault.Rig, op, err)
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
