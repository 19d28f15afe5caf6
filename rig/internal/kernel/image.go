// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/kernel/kbuild"
	"kcovrig/rig/internal/kernel/store"
	"kcovrig/rig/internal/kernel/variant"
	"kcovrig/rig/mailpatch"
	"kcovrig/rig/trial"
)

// cacheFormat goes into every key: raise it when builds change in a way that
// nothing else in the key shows.
const cacheFormat = 2

// record is image.json: its presence says that a build is complete.
type record struct {
	Family     string // all but the files that variants differ in
	Arch       string
	Version    string
	AsIs       bool `json:",omitempty"` // builds of earlier versions do not say it
	Patched    bool
	TreeHash   string
	ConfigHash string
	Compiler   string
	Files      []string // in which the variant differs from the tree
	Log        string
	CPU, Wall  time.Duration
	Built      time.Time
	Steps      int    `json:",omitempty"` // that make announced, where nothing was there before
	Format     int    `json:",omitempty"` // cacheFormat; builds from before it was noted are 1
	Seed       string `json:",omitempty"` // key of the build of another family that it started from
	Sandboxed  bool   `json:",omitempty"` // its folder may hold programs of a tree that nobody trusts
}

// hashOf hashes a value by its JSON form, in which maps are sorted.
func hashOf(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // only plain values come here
	}
	return disk.Sum(text)[:40]
}

// job is one image that is to be had.
type job struct {
	variant trial.Variant
	content variant.Content
	symbols []kbuild.Symbol
	tool    kbuild.Toolchain
	family  string
	key     string
}

func (t *Tree) plan(ctx context.Context, v trial.Variant) (job, error) {
	whose := fault.User
	if v == trial.AsIs { // an older or a newer kernel, as it stands
		whose = fault.Kernel
	}
	if err := t.isFor(whose); err != nil {
		return job{}, err
	}
	made := variant.Content{Changes: variant.Changes{}}
	if v != trial.AsIs {
		if err := t.makes(v); err != nil {
			return job{}, err
		}
		var err error
		if made, err = t.patches.Content(ctx, v, t.read); err != nil {
			return job{}, err
		}
	}
	if err := t.holdsUnit(made.Changes, whose); err != nil {
		return job{}, err
	}
	symbols, err := kbuild.MergeFragments(t.cfg.Fragments)
	if err != nil {
		return job{}, err
	}
	tool, err := kbuild.FindToolchain(ctx, t.cfg.Arch, t.cfg.Compiler)
	if err != nil {
		return job{}, err
	}
	j := job{variant: v, content: made, symbols: symbols, tool: tool}
	a := t.cfg.Arch
	j.family = hashOf(append([]any{
		cacheFormat, t.Hash, a.Name, a.KernelArch, a.ImageTarget, a.ImagePath, kbuild.ConfigText(symbols),
		t.cfg.MakeArgs, tool.Identity, tool.Prefix, tool.Ccache,
	}, t.patches.Key()...))
	j.key = hashOf([]any{j.family, made.Changes})
	return j, nil
}

// makes wants one of the pair, and what tells the two apart.
func (t *Tree) makes(v trial.Variant) error {
	op := fmt.Sprintf("make the variant %q of the tree", v)
	switch {
	case !slices.Contains(trial.Pair(), v):
		return fault.Newf(fault.Rig, op, "there is no such variant")
	case len(t.cfg.Series) == 0:
		return fault.Newf(fault.Rig, op, "no patch series")
	}
	return nil
}

// isFor wants a version in which the bug can be looked for.
func (t *Tree) isFor(whose fault.Kind) error {
	if t.cfg.Versions.Holds(t.Version) {
		return nil
	}
	return trial.DoesNotApplyf(whose, "look at the tree", "the scenario is for kernels %s, and %s is %s", t.cfg.Versions, t.Path, t.Version)
}

// holdsUnit wants the tree with changes to hold one of the fix's files, and one that is
// compiled: a kernel without has nothing to show.
func (t *Tree) holdsUnit(changed variant.Changes, whose fault.Kind) error {
	read := variant.Reader(t.read).Over(changed)
	files := t.patches.Headers()
	var compiled []string
	for _, u := range t.patches.Units() {
		compiled = append(compiled, u.Source)
		if !slices.Contains(t.patches.Named, u.Object) {
			files = append(files, u.Source)
		}
	}
	missing := files
	if slices.ContainsFunc(files, read.Has) {
		if missing = compiled; slices.ContainsFunc(compiled, read.Has) {
			return nil
		}
	}
	return trial.DoesNotApplyf(whose, "look at the tree", "%s has no %s", t.Path, strings.Join(missing, ", "))
}

// Check says whether the variant can be made: that the patch applies or comes off,
// and that the tools are there. It builds nothing.
func (t *Tree) Check(ctx context.Context, v trial.Variant) error {
	_, err := t.plan(ctx, v)
	return err
}

// Plan says what Image would return, as far as it is known before anything is built.
func (t *Tree) Plan(ctx context.Context, v trial.Variant) (Image, error) {
	j, err := t.plan(ctx, v)
	if err != nil {
		return Image{}, err
	}
	return Image{
		Built:     trial.Image{Variant: v, Key: j.key, Patch: hashOf(j.content.Changes)},
		Kernel:    trial.Kernel{Version: t.Version, Tree: t.Path, TreeHash: t.Hash, Compiler: j.tool.Identity},
		PatchText: j.content.Text, Patches: patchesOf(j.content.Patches), Notes: j.content.Notes,
	}, nil
}

// Image returns the variant, from the cache or built now.
func (t *Tree) Image(ctx context.Context, v trial.Variant) (Image, error) {
	started := time.Now()
	j, err := t.plan(ctx, v)
	if err != nil {
		return Image{}, err
	}
	for {
		if img, ok, err := t.cached(ctx, j); ok || err != nil {
			img.Built.WallNS = time.Since(started).Nanoseconds()
			return img, err
		}
		cpu, err := t.buildLocked(ctx, j)
		if err != nil {
			return Image{}, err
		}
		img, ok, err := t.cached(ctx, j)
		if err != nil {
			return Image{}, err
		}
		if ok { // else it was pruned at once: build it again
			img.Built.Cached, img.Built.CPUNS, img.Built.WallNS = cpu == 0, cpu.Nanoseconds(), time.Since(started).Nanoseconds()
			return img, nil
		}
	}
}

// cached returns the build where it is complete, and holds it until Close.
func (t *Tree) cached(ctx context.Context, j job) (Image, bool, error) {
	marker := filepath.Join(t.store.Build(j.key), "image.json")
	if !store.Exists(marker) {
		return Image{}, false, nil
	}
	l, err := disk.OpenLock(t.store.LockPath("build", j.key))
	if err != nil {
		return Image{}, false, err
	}
	if err := t.cfg.wait(ctx, l, false, "builds the same kernel, or removes it"); err != nil {
		return Image{}, false, errors.Join(err, l.Close())
	}
	r := record{}
	if !store.ReadJSON(marker, &r) {
		return Image{}, false, l.Close()
	}
	t.keepLock(l)
	touch(marker)
	return t.image(j, r), true, nil
}

func (t *Tree) image(j job, r record) Image {
	dir := t.store.Build(j.key)
	out := filepath.Join(dir, "out")
	return Image{
		Built: trial.Image{
			Variant: j.variant, Path: filepath.Join(out, t.cfg.Arch.ImagePath), Key: j.key, Patch: hashOf(j.content.Changes), Cached: true, Log: r.Log,
		},
		Kernel:  trial.Kernel{Version: r.Version, Tree: t.Path, TreeHash: r.TreeHash, ConfigHash: r.ConfigHash, Compiler: r.Compiler},
		Vmlinux: filepath.Join(out, "vmlinux"), BuildDir: out, SourceDir: t.src,
		Objects: objects(t.patches, dir, out), Headers: keptHeaders(t.patches, dir),
		PatchText: j.content.Text, Patches: patchesOf(j.content.Patches), Notes: j.content.Notes, Sandbox: t.cfg.sandbox(t.src, out),
	}
}

// patchesOf are the patches by which a kernel differs from the other variant, as documents name them.
func patchesOf(patches []mailpatch.Patch) []trial.Patch {
	var list []trial.Patch
	for _, p := range patches {
		list = append(list, trial.Patch{Name: p.Name, Subject: p.Subject, Author: p.From, MessageID: p.ID, Hash: p.Hash})
	}
	return list
}

// buildLocked builds unless another rig did so meanwhile. It returns the CPU time spent.
func (t *Tree) buildLocked(ctx context.Context, j job) (time.Duration, error) {
	l, err := disk.OpenLock(t.store.LockPath("build", j.key))
	if err != nil {
		return 0, err
	}
	defer l.Close()
	if err := t.cfg.wait(ctx, l, true, "builds the same kernel"); err != nil {
		return 0, err
	}
	if store.ReadJSON(filepath.Join(t.store.Build(j.key), "image.json"), &record{}) {
		return 0, nil
	}
	if err := t.cfg.checkTools(j.tool); err != nil {
		return 0, err
	}
	tree, err := t.lockTree(ctx)
	if err != nil {
		return 0, err
	}
	defer tree.Close()
	if err := t.switchTo(j.content.Changes); err != nil {
		return 0, err
	}
	b, err := t.newBuild(ctx, j)
	if err != nil {
		return 0, err
	}
	defer b.work.Close()
	if err := b.run(ctx); err != nil {
		return 0, err
	}
	rec := record{
		Family: j.family, Arch: t.cfg.Arch.Name, Version: t.Version, AsIs: j.variant == trial.AsIs, Patched: j.variant == trial.Patched, TreeHash: t.Hash,
		Compiler: j.tool.Identity, Files: slices.Sorted(maps.Keys(j.content.Changes)), Log: b.log, CPU: b.cpu,
		Wall: time.Since(b.started), Built: latestSince(b.started), Steps: b.steps.whole(), Format: cacheFormat, Seed: b.seed, Sandboxed: t.cfg.Sandbox,
	}
	if rec.ConfigHash, err = disk.FileSum(filepath.Join(b.out, ".config")); err != nil {
		return 0, fault.Wrap(fault.Rig, "hash the config", err)
	}
	if err := store.WriteJSON(filepath.Join(b.work.Dir, "entry", "image.json"), rec); err != nil {
		return 0, err
	}
	return b.cpu, store.Keep(ctx, filepath.Join(b.work.Dir, "entry"), t.store.Build(j.key))
}
