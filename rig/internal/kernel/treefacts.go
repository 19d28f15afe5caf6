// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"kcovrig/rig/arch"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/kernel/kbuild"
	"kcovrig/rig/internal/kernel/store"
	"kcovrig/rig/internal/kernel/variant"
	"kcovrig/rig/mailpatch"
)

// ReadFile returns a file of the tree as the user has it; the error of one that is not
// there is fs.ErrNotExist.
func (t *Tree) ReadFile(path string) (string, error) { return t.read(path) }

// Sources are the tree's files, for a look at many. Those that builds switch may be another
// variant's at the moment: ReadFile returns them as the user has them.
func (t *Tree) Sources() fs.FS { return os.DirFS(t.src) }

// Arch is the architecture that the tree was opened for.
func (t *Tree) Arch() arch.Arch { return t.cfg.Arch }

// HasFix says whether the tree has what the series fix: with the error of a fix that
// does not apply where nothing says so, and of one that is no code.
func (t *Tree) HasFix(ctx context.Context, series []variant.Series) (bool, error) {
	set, err := variant.ReadFix(series)
	if err != nil {
		return false, err
	}
	set.Version = t.Version
	return set.HasFix(ctx, t.read)
}

// HasPatches says the same of patches that belong together.
func (t *Tree) HasPatches(ctx context.Context, patches []mailpatch.Patch) (bool, error) {
	set := variant.FixOf(patches)
	set.Version = t.Version
	return set.HasFix(ctx, t.read)
}

// Configure has kbuild make the configuration that a build would have, of the tree as
// it stands, and says which of the requested settings are lost. It compiles no kernel;
// what was found is kept.
func (t *Tree) Configure(ctx context.Context) (known kbuild.Configured, err error) {
	symbols, err := kbuild.MergeFragments(t.cfg.Fragments)
	if err != nil {
		return known, err
	}
	tool, err := kbuild.FindToolchain(ctx, t.cfg.Arch, t.cfg.Compiler)
	if err != nil {
		return known, err
	}
	if err := t.cfg.checkTools(tool); err != nil {
		return known, err
	}
	key := hashOf([]any{"configure", "settings", cacheFormat, t.Hash, t.cfg.Arch.KernelArch, symbols, kbuild.ConfigText(symbols), t.cfg.MakeArgs, tool.Identity, tool.Prefix})
	kept := filepath.Join(t.store.Dir, "memo", "config-"+key+".json")
	if store.ReadJSON(kept, &known) {
		return known, nil
	}
	dotConfig, err := t.configuration(ctx, job{symbols: symbols, tool: tool, key: "configure-" + key})
	if err != nil {
		return known, err
	}
	if known.Lost, err = t.lost(symbols, dotConfig); err != nil {
		return known, err
	}
	known.Settings = kbuild.Settings(dotConfig)
	return known, store.WriteJSON(kept, known)
}

// configuration is what kbuild makes of the symbols of a job.
func (t *Tree) configuration(ctx context.Context, j job) (text string, err error) {
	l, err := t.lockTree(ctx) // others' patches may be of Kconfig
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	if err := t.switchTo(variant.Changes{}); err != nil {
		return "", err
	}
	b, err := t.newBuild(ctx, j)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, b.work.Close()) }()
	if err := b.configure(ctx); err != nil {
		return "", err
	}
	made, err := os.ReadFile(filepath.Join(b.out, ".config"))
	return string(made), fault.Wrap(fault.Kernel, "read the kernel config", err)
}
