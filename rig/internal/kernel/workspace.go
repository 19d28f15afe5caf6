// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/kernel/kbuild"
	"kcovrig/rig/internal/kernel/source"
	"kcovrig/rig/internal/kernel/store"
	"kcovrig/rig/trial"
)

// stopTime is how long make may take to remove what it was making, as it does
// when it is asked to end. One that takes longer is killed, and may leave files half written.
const stopTime = 10 * time.Second

// Workspace builds one source folder, whose content changes between builds, again
// and again in one build folder, so that make compiles only what has changed.
// The source folder is the rig's own: src below the workspace's folder.
type Workspace struct {
	tree  *Tree
	tool  kbuild.Toolchain
	conf  []kbuild.Symbol
	dir   string
	base  string        // what every build here has in common
	cut   bool          // make was killed, or misled: what it was making is not to be trusted
	grace time.Duration // stopTime
	built time.Time     // what is in the build folder had been built by then
	inUse *disk.Lock
}

// workspaceRecord is bench.json: which builds the build folder stems from.
type workspaceRecord struct {
	Base string
	Boot string // of the machine: what it had not written when it went down is lost
	Busy bool   // make was at work, and did not end by itself
	// Built is what Workspace.built is; not known of earlier versions' folders.
	Built time.Time `json:",omitzero"`
	// Sandboxed says what record.Sandboxed does of a build.
	Sandboxed bool `json:",omitempty"`
}

// OpenWorkspace takes the workspace in dir for this rig alone. A build folder that make
// did not leave in order, or from other settings, is thrown away.
func OpenWorkspace(ctx context.Context, c Config, dir string) (_ *Workspace, err error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if err := c.checkSandbox(ctx); err != nil {
		return nil, err
	}
	b := &Workspace{tree: &Tree{cfg: c, store: store.Store{Dir: dir}, src: filepath.Join(dir, "src"), Path: c.Tree}, dir: dir, grace: stopTime}
	if b.tree.patches, err = c.choice().Read(ctx); err != nil {
		return nil, err
	}
	if b.conf, err = kbuild.MergeFragments(c.Fragments); err != nil {
		return nil, err
	}
	if b.tool, err = kbuild.FindToolchain(ctx, c.Arch, c.Compiler); err != nil {
		return nil, err
	}
	if err := c.checkTools(b.tool); err != nil {
		return nil, err
	}
	a := c.Arch
	b.base = hashOf(append([]any{cacheFormat, "bench", a.Name, a.KernelArch, a.ImageTarget, a.ImagePath, kbuild.ConfigText(b.conf),
		c.MakeArgs, b.tool.Identity, b.tool.Prefix, b.tool.Ccache}, b.tree.patches.Key()...))
	if b.inUse, err = disk.OpenLock(filepath.Join(dir, "lock")); err != nil {
		return nil, err
	}
	if free, err := b.inUse.Try(true); err != nil || !free {
		return nil, errors.Join(fault.Newf(fault.User, "open "+dir, "another kcovrig builds there"), err, b.inUse.Close())
	}
	had := workspaceRecord{}
	known := store.ReadJSON(b.record(), &had)
	if !known || had.Busy || had.Base != b.base || had.Boot != bootID() || had.Sandboxed && !c.Sandbox {
		err = os.RemoveAll(b.out())
		had.Built = time.Time{}
	}
	b.built = had.Built
	if err == nil {
		err = b.note(false)
	}
	if err != nil {
		return nil, errors.Join(store.DiskFault("open "+dir, err), b.inUse.Close())
	}
	return b, nil
}

// Close gives the workspace up; what was built stays.
func (b *Workspace) Close() error { return b.inUse.Close() }

// Source is the folder that is built: to be filled by the caller.
func (b *Workspace) Source() string { return b.tree.src }

// Compiler is the identity of what compiles here, as in Image.Compiler.
func (b *Workspace) Compiler() string { return b.tool.Identity }

// BuildDir is kbuild's output folder.
func (b *Workspace) BuildDir() string { return b.out() }

// entry is as far from the sources as where a tree's builds are made: see store.NewFolderOf.
func (b *Workspace) entry() string  { return filepath.Join(b.dir, "work", "entry") }
func (b *Workspace) out() string    { return filepath.Join(b.entry(), "out") }
func (b *Workspace) record() string { return filepath.Join(b.dir, "bench.json") }
func (b *Workspace) note(busy bool) error {
	return store.WriteJSON(b.record(), workspaceRecord{Base: b.base, Boot: bootID(), Busy: busy, Built: b.built, Sandboxed: b.tree.cfg.Sandbox})
}

// bootID differs after each start of the machine, random(4).
func bootID() string {
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// Job says what to build in a workspace.
type Job struct {
	ID  string // of the source folder's content
	Log string // make's output, made or overwritten
	// Configure makes the configuration anew: what it is made of may have changed.
	Configure bool
}

// Image builds the kernel. Its files stand until the next build in it.
func (b *Workspace) Image(ctx context.Context, j Job) (Image, error) {
	c := b.tree.cfg
	w, err := b.build(ctx, j)
	if err == nil {
		err = w.keepSources(ctx)
	}
	if err != nil {
		return Image{}, err
	}
	out := b.out()
	img := Image{
		Built: trial.Image{
			Variant: trial.AsIs, Path: filepath.Join(out, c.Arch.ImagePath), Key: hashOf([]any{b.base, j.ID}), Log: j.Log,
			CPUNS: w.cpu.Nanoseconds(), WallNS: time.Since(w.started).Nanoseconds(),
		},
		Kernel:  trial.Kernel{Version: b.tree.Version, Tree: c.Tree, TreeHash: j.ID, Compiler: b.tool.Identity},
		Vmlinux: filepath.Join(out, "vmlinux"), BuildDir: out, SourceDir: b.tree.src,
		Objects: objects(b.tree.patches, b.entry(), out), Headers: keptHeaders(b.tree.patches, b.entry()), Sandbox: c.sandbox(b.tree.src, out),
	}
	img.Kernel.ConfigHash, err = disk.FileSum(filepath.Join(out, ".config"))
	return img, fault.Wrap(fault.Rig, "hash the config", err)
}

// Objects builds nothing but the objects, given below the build folder.
func (b *Workspace) Objects(ctx context.Context, j Job, objects []string) error {
	_, err := b.build(ctx, j, objects...)
	return err
}

// build makes the objects, or the kernel where none are given.
func (b *Workspace) build(ctx context.Context, j Job, objects ...string) (*build, error) {
	t := b.tree
	version, err := source.Version(t.src)
	if err != nil {
		return nil, fault.Wrap(fault.Kernel, "read the version", err)
	}
	t.Version = version
	w := &build{
		tree: t, job: job{symbols: b.conf, tool: b.tool}, out: b.out(), log: j.Log, started: time.Now(), grace: b.grace,
	}
	if err := t.isFor(fault.Kernel); err != nil {
		return nil, err
	}
	if err := t.holdsUnit(nil, fault.Kernel); err != nil {
		return nil, err
	}
	if b.cut || !isPast(b.built) {
		if err := os.RemoveAll(b.out()); err != nil {
			return nil, store.DiskFault("clear "+b.out(), err)
		}
		b.built = time.Time{}
	}
	if err := b.note(true); err != nil {
		return nil, err
	}
	stopped := make(chan time.Time, 1)
	defer context.AfterFunc(ctx, func() { stopped <- time.Now() })()
	err = b.makeAll(ctx, w, j, objects)
	b.cut = ctx.Err() != nil && time.Since(<-stopped) >= b.grace
	if past := clockFault("build linux "+version, b.built); past != nil {
		b.cut, err = true, cmp.Or(err, past)
	}
	b.built = latestSince(w.started)
	if !b.cut {
		err = errors.Join(err, b.note(false))
	}
	return w, err
}

func (b *Workspace) makeAll(ctx context.Context, w *build, j Job, objects []string) error {
	config := filepath.Join(w.out, ".config")
	if j.Configure || !store.Exists(config) {
		if err := w.configure(ctx); err != nil {
			return err
		}
	}
	text, err := os.ReadFile(config)
	if err != nil {
		return fault.Wrap(fault.Kernel, "read the kernel config", err)
	}
	if err := w.tree.checkConfig(b.conf, string(text)); err != nil {
		return err
	}
	if len(objects) == 0 {
		return w.makeImage(ctx)
	}
	if err := w.make(ctx, objects, w.log); err != nil {
		return err
	}
	return w.checkMade(objects)
}
