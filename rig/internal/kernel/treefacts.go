// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"bufio"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/kernel/kbuild"
	"kcovrig/rig/internal/kernel/store"
	"kcovrig/rig/internal/kernel/variant"
	"kcovrig/rig/mailpatch"
)

// ReadFile returns a file of the tree as the user has it; the error of one that is not
// there is fs.ErrNotExist.
func (t *Tree) ReadFile(path string) (string, error) { return t.read(path) }

// HasFix says whether the tree has what the series fix: with the error of a fix that
// does not apply where nothing says so.
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

// SymbolLine begins the entry of a configuration symbol, which it names, in a Kconfig
// file (Documentation/kbuild/kconfig-language.rst).
var SymbolLine = regexp.MustCompile(`^\s*(?:menu)?config\s+([A-Za-z0-9_]+)\s*$`)

// Symbols are the configuration symbols that the tree's Kconfig files define, for any
// architecture, without CONFIG_, each with the first file that does; with one of another
// architecture only where no other does.
func (t *Tree) Symbols() (map[string]string, error) {
	all := map[string]string{}
	err := filepath.WalkDir(t.src, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || !strings.HasPrefix(d.Name(), "Kconfig") {
			return err
		}
		name, err := filepath.Rel(t.src, path)
		if err != nil {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		lines := bufio.NewScanner(f)
		for lines.Scan() {
			m := SymbolLine.FindStringSubmatch(lines.Text())
			if m != nil && (all[m[1]] == "" || t.cfg.Arch.Foreign(all[m[1]]) && !t.cfg.Arch.Foreign(name)) {
				all[m[1]] = name
			}
		}
		return errors.Join(err, lines.Err())
	})
	return all, fault.Wrap(fault.Rig, "list the configuration symbols", err)
}

// Configure has kbuild make the configuration that a build would have, of the tree as
// it stands, and says which of the requested settings are lost. It compiles no kernel;
// the answer is kept.
func (t *Tree) Configure(ctx context.Context) ([]kbuild.Lost, error) {
	symbols, err := kbuild.MergeFragments(t.cfg.Fragments)
	if err != nil {
		return nil, err
	}
	tool, err := kbuild.FindToolchain(ctx, t.cfg.Arch, t.cfg.Compiler)
	if err != nil {
		return nil, err
	}
	if err := t.cfg.checkTools(tool); err != nil {
		return nil, err
	}
	key := hashOf([]any{"configure", cacheFormat, t.Hash, t.cfg.Arch.KernelArch, symbols, kbuild.ConfigText(symbols), t.cfg.MakeArgs, tool.Identity, tool.Prefix})
	kept := filepath.Join(t.store.Dir, "memo", "config-"+key+".json")
	var known struct{ Lost []kbuild.Lost }
	if store.ReadJSON(kept, &known) {
		return known.Lost, nil
	}
	dotConfig, err := t.configuration(ctx, job{symbols: symbols, tool: tool, key: "configure-" + key})
	if err != nil {
		return nil, err
	}
	known.Lost = kbuild.LostSettings(symbols, dotConfig)
	return known.Lost, store.WriteJSON(kept, known)
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
