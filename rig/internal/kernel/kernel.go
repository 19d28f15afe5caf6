// SPDX-License-Identifier: Apache-2.0

// Package kernel turns a source tree into kernel images. It owns the copy of a tree
// that is built, builds, workspaces, and which of them the content-addressed cache
// keeps. It leaves where a tree comes from, which variant it is and what kbuild is
// asked to the packages below it, and booting to others.
//
// The user's tree is never written: everything happens on a private copy in
// the cache, one per content of the tree. That copy has one fixed path, since
// kbuild records it in every command; the variants differ in a few files, which
// are switched in place under a lock before a build.
package kernel

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"kcovrig/rig/arch"
	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/kernel/kbuild"
	"kcovrig/rig/internal/kernel/variant"
	"kcovrig/rig/internal/proc"
	"kcovrig/rig/kernelversion"
	"kcovrig/rig/trial"
)

// Config says what to build and where. Fill it, then Open.
type Config struct {
	Arch arch.Arch
	// Tree is a kernel folder, a tar archive (see source.Request), or
	// "debian:VERSION"; empty: the newest installed linux-source, else
	// debian:6.12, else the newest that apt has.
	Tree string
	// Rev is a revision of a git Tree; empty: the folder as it stands.
	Rev string
	// Series are patch series that fix the bug, tried in order: the first that goes on
	// the tree or comes off it says whether the tree has the fix, and no other may say
	// otherwise. The files that they change, named as with a/ and b/, are those that are
	// looked at. The tree as it stands needs none.
	Series []variant.Series
	// Objects are looked at beside those of the files that Series change, below the build
	// folder: what includes the headers that they change.
	Objects []string
	// Versions are those of kernels that the bug can be looked for in.
	Versions kernelversion.Range
	// Patches replace Series where there are any: what the patched variant has, in this
	// order. Each is a file, a folder of them, or a commit of Tree.
	Patches []string
	// Fragments are config fragments; a later one overrides an earlier one.
	Fragments []kbuild.Fragment
	// MakeArgs are appended to every make call.
	MakeArgs []string
	// Compiler is one of arch.Compilers; empty: gcc.
	Compiler string
	// CacheDir keeps trees and builds. It is made where it is missing.
	CacheDir string
	// Jobs is make's -j.
	Jobs int
	// Sandbox keeps what the tree's Makefiles call from the rest of the machine.
	Sandbox bool
	// Progress, where set, is told in one line what begins. It may be called from any goroutine.
	Progress func(line string)
	// Waiting, where set, is told in a sentence that a wait for another kcovrig begins.
	Waiting func(sentence string)
	// Step, where set, is told each step of make as it is announced.
	Step func(Step)
}

// Step is how far a build has come, in the steps that make announces. Before
// counts those of the last whole build for the architecture, of Linux Version;
// 0 where there was none, or where this build starts from another build's folder.
type Step struct {
	Count   int
	Doing   string
	Before  int
	Version string
}

// Image is one built kernel. Its files stay until the Tree is closed, and
// longer where the cache is not pruned. They must not be written.
type Image struct {
	Built     trial.Image // what documents say of it; its hash is the caller's to find
	Kernel    trial.Kernel
	Vmlinux   string
	BuildDir  string        // kbuild's output folder
	SourceDir string        `json:"-"` // the private tree; the files of the fix may by now be another variant's
	Objects   []Object      // those that the fix changes, compiled
	Headers   []Header      `json:",omitempty"` // those that the fix changes, where the tree has them
	PatchText string        // that was put on the tree to make the variant, or taken off it; empty: the variant is the tree
	Patches   []trial.Patch `json:",omitempty"` // by which the two variants differ
	Notes     []string      `json:",omitempty"` // what people should know of how the variant was made
	Sandbox   *proc.Sandbox `json:"-"`          // what commands may reach that the build has left; nil: whatever the user may
}

// Object is a file of the fix's, compiled.
type Object struct {
	Name   string // below the build folder, as in kernel/fork.o
	File   string // its source, below the tree
	Path   string // the object as it was built
	Source string // its source as it was compiled
	Debug  string // the object, compiled once more with -g
}

// Header is a file of the fix's that others include.
type Header struct {
	File   string // below the tree
	Source string // it as it was included
}

// makesOwn are the characters that make takes for its own in a path, the colon
// among them, which kbuild refuses too.
const makesOwn = " \t\n:#$%'\"\\"

// Validate says what is wrong with c; every error is the user's or a programming error of the caller.
func (c Config) Validate() error {
	check := func(ok bool, format string, args ...any) error {
		if ok {
			return nil
		}
		return fault.Newf(fault.User, "kernel settings", format, args...)
	}
	return errors.Join(
		check(c.Arch.Name != "", "no architecture"),
		check(c.CacheDir != "" && filepath.IsAbs(c.CacheDir), "the cache folder %q is no absolute path", c.CacheDir),
		check(!strings.ContainsAny(c.CacheDir, makesOwn), "make cannot build below the cache folder %q, whose path holds a blank or one of %s: name another in KCOVRIG_CACHE", c.CacheDir, strings.TrimSpace(makesOwn)),
		check(c.Jobs > 0, "--jobs must be at least 1, not %d", c.Jobs),
		check(c.Compiler == "" || slices.Contains(arch.Compilers(), c.Compiler), "unknown compiler %q (have: %s)", c.Compiler, strings.Join(arch.Compilers(), ", ")),
		check(len(c.Fragments) > 0, "no config fragment"),
	)
}

func (c Config) say(format string, args ...any) {
	if c.Progress != nil {
		c.Progress(fmt.Sprintf(format, args...))
	}
}

// wait takes a lock as soon as it can; while names, for people, what its holder does.
func (c Config) wait(ctx context.Context, l *disk.Lock, exclusive bool, while string) error {
	return l.Wait(ctx, exclusive, func() {
		if c.Waiting != nil {
			c.Waiting("waiting for another kcovrig, which " + while)
		}
	})
}

func (c Config) choice() variant.Choice {
	return variant.Choice{Series: c.Series, Objects: c.Objects, Patches: c.Patches, Tree: c.Tree}
}
