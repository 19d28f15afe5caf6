// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/kernel/kbuild"
	"kcovrig/rig/internal/kernel/store"
	"kcovrig/rig/internal/kernel/variant"
	"kcovrig/rig/internal/proc"
)

// build makes one image in a scratch folder.
type build struct {
	tree    *Tree
	job     job
	work    *disk.Folder
	out     string        // kbuild's output folder
	grace   time.Duration // make's to remove what it was making when it is stopped; 0: the folder is thrown away
	log     string
	started time.Time
	cpu     time.Duration
	steps   steps
	after   time.Time // when what is in out from other builds had been built
	seed    string    // key of the build of another family whose folder this one started from
}

func (t *Tree) newBuild(ctx context.Context, j job) (*build, error) {
	work, err := t.store.NewFolderOf(ctx, t.Hash)
	if err != nil {
		return nil, err
	}
	b := &build{
		tree: t, job: j, work: work, out: filepath.Join(work.Dir, "entry", "out"),
		log: filepath.Join(t.store.Dir, "logs", j.key+".log"), started: time.Now(),
	}
	for _, dir := range []string{filepath.Dir(b.out), filepath.Dir(b.log)} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, errors.Join(store.DiskFault("make a build folder", err), work.Close())
		}
	}
	return b, nil
}

// run configures and compiles, starting from another build's folder where one helps.
func (b *build) run(ctx context.Context) error {
	b.tree.cfg.say("building linux %s for %s, %s", b.tree.Version, b.tree.cfg.Arch.Name, b.job.variant)
	reused, err := b.startFromSibling(ctx)
	if err != nil {
		return err
	}
	if !reused {
		if err := b.configure(ctx); err != nil {
			return err
		}
		if b.seed, err = b.startFromSeed(ctx); err != nil {
			return err
		}
	}
	b.steps = b.tree.newSteps(reused || b.seed != "")
	if err = b.compile(ctx); err == nil {
		err = clockFault("build linux "+b.tree.Version, b.after)
	}
	if err != nil && b.seed != "" && ctx.Err() == nil {
		err = b.startAnew(ctx, err)
	}
	if err != nil {
		return err
	}
	return b.keepSources(ctx)
}

// compile makes the image of what is configured. A reused folder's configuration is
// checked too: the check is cheap and the folder may be old.
func (b *build) compile(ctx context.Context) error {
	dotConfig, err := os.ReadFile(filepath.Join(b.out, ".config"))
	if err != nil {
		return fault.Wrap(fault.Kernel, "read the kernel config", err)
	}
	if err := b.tree.checkConfig(b.job.symbols, string(dotConfig)); err != nil {
		return err
	}
	return b.makeImage(ctx)
}

// configure merges the fragments on allnoconfig.
func (b *build) configure(ctx context.Context) error {
	if err := os.MkdirAll(b.out, 0o755); err != nil {
		return store.DiskFault("make a build folder", err)
	}
	all := filepath.Join(filepath.Dir(b.out), "requested.config")
	if err := store.WriteFile(all, []byte(kbuild.ConfigText(b.job.symbols))); err != nil {
		return err
	}
	log := strings.TrimSuffix(b.log, ".log") + ".config.log"
	if err := b.make(ctx, []string{"allnoconfig"}, log, "KCONFIG_ALLCONFIG="+all); err != nil {
		return err
	}
	return b.make(ctx, []string{"olddefconfig"}, log)
}

func (b *build) make(ctx context.Context, targets []string, log string, env ...string) error {
	c := b.tree.cfg
	call := kbuild.Call{Arch: c.Arch, Tool: b.job.tool, Src: b.tree.src, Out: b.out, Jobs: c.Jobs, Extra: c.MakeArgs, Targets: targets}
	_, err := b.call(ctx, proc.Command{
		Path: "make", Args: call.Args(), Env: env, Log: log, Line: b.steps.line, Grace: b.grace,
		Kind: fault.Kernel, Op: fmt.Sprintf("build linux %s (make %s)", b.tree.Version, strings.Join(targets, " ")),
	}, b.out)
	if err == nil || ctx.Err() != nil {
		return err
	}
	return buildFailure(err, log)
}

// call runs what is the tree's to decide, with a folder for temporary files that is removed
// then: what is killed leaves its own, not where others' lie. It may write there and to
// writes, where it is not trusted.
func (b *build) call(ctx context.Context, c proc.Command, writes ...string) (proc.Result, error) {
	temporary := filepath.Join(filepath.Dir(b.out), "tmp")
	env := append(kbuild.Env(b.tree.store.Dir), "TMPDIR="+temporary)
	writes = append(writes, temporary)
	if b.tree.cfg.Sandbox && b.job.tool.Ccache {
		// What a hostile tree leaves there must not be found by builds outside.
		ccache := filepath.Join(b.tree.cfg.CacheDir, "sandbox", "ccache")
		env, writes = append(env, "CCACHE_DIR="+ccache), append(writes, ccache)
	}
	for _, dir := range writes {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return proc.Result{}, store.DiskFault("make a folder to build in", err)
		}
	}
	defer os.RemoveAll(temporary)
	c.Env, c.Pass, c.Sandbox = append(env, c.Env...), proc.Ccache, b.tree.cfg.sandbox(b.tree.src, b.out).Writing(writes...)
	res, err := proc.Run(ctx, c)
	b.cpu += res.CPU
	return res, err
}

// buildFailure puts the compiler's first complaint in the place of make's last words.
func buildFailure(err error, log string) error {
	fe := (*fault.Error)(nil)
	if !errors.As(err, &fe) {
		return err
	}
	out := *fe
	if tail := firstComplaint(log); tail != "" {
		out.Tail = tail
	}
	out.Try = "read the log; kcovrig build --unpatched tells whether the tree builds without the patch"
	return diskInOutput(&out, out.Tail)
}

// diskInOutput makes the rig's a failure of a tool that ran out of space, or whose
// output had none.
func diskInOutput(err error, output string) error {
	fe := (*fault.Error)(nil)
	if !errors.As(err, &fe) || !strings.Contains(output, "No space left on device") && !errors.Is(err, unix.ENOSPC) {
		return err
	}
	out := *fe
	out.Kind, out.Try = fault.Rig, "free some space: kcovrig cache prune, or another cache folder in KCOVRIG_CACHE"
	// The tool's exit code stays in the chain, its culprit does not.
	out.Err = fmt.Errorf("the disk is full: %w", fe.Err)
	return &out
}

// complaintLines is how much is shown from the first error on.
const complaintLines = 12

// firstComplaint returns the first line of a log that names an error, with what follows.
func firstComplaint(log string) string {
	f, err := os.Open(log)
	if err != nil {
		return ""
	}
	defer f.Close()
	var lines []string
	for s := bufio.NewScanner(f); s.Scan() && len(lines) < complaintLines; {
		line := s.Text()
		if len(lines) > 0 || strings.Contains(line, "error:") || strings.Contains(line, "undefined reference") ||
			strings.Contains(line, "No space left on device") || strings.Contains(line, " Error ") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// keepSources keeps the variant's sources and their objects with debug information:
// the private copy will have been switched to another variant when they are asked for.
func (b *build) keepSources(ctx context.Context) error {
	units := map[string]variant.Unit{}
	for _, u := range b.tree.patches.Units() {
		units[u.Object] = u
	}
	for _, o := range objects(b.tree.patches, filepath.Dir(b.out), b.out) {
		if err := b.keepSource(ctx, units[o.Name].Source, o); err != nil {
			return err
		}
	}
	return b.keepHeaders()
}

// keepHeaders keeps the headers of the fix's that the variant has.
func (b *build) keepHeaders() error {
	dir := filepath.Dir(b.out)
	if err := os.RemoveAll(headerIn(dir, "")); err != nil { // of the commit before, in a workspace
		return store.DiskFault("keep the headers", err)
	}
	for _, h := range b.tree.patches.Headers() {
		text, err := os.ReadFile(filepath.Join(b.tree.src, h))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		kept := headerIn(dir, h)
		if err == nil {
			err = os.MkdirAll(filepath.Dir(kept), 0o755)
		}
		if err != nil {
			return fault.Wrap(fault.Rig, "keep the headers", err)
		}
		if err := store.WriteFile(kept, text); err != nil {
			return err
		}
	}
	return nil
}

func (b *build) keepSource(ctx context.Context, source string, o Object) error {
	text, err := os.ReadFile(filepath.Join(b.tree.src, source))
	if err == nil {
		err = os.MkdirAll(filepath.Dir(o.Source), 0o755)
	}
	if err != nil {
		return fault.Wrap(fault.Rig, "keep the source", err)
	}
	if err := store.WriteFile(o.Source, text); err != nil {
		return err
	}
	saved, err := os.ReadFile(filepath.Join(b.out, commandFile(o.Name)))
	if err != nil {
		return fault.Wrap(fault.Kernel, "find how "+o.Name+" was compiled", err)
	}
	// Written aside: what the tree calls has no business where o.Debug is to stand.
	temp := filepath.Join(filepath.Dir(b.out), "aside")
	if err := os.RemoveAll(temp); err != nil { // of a rig that was killed
		return store.DiskFault("compile "+o.Name+" with -g", err)
	}
	defer os.RemoveAll(temp)
	made := filepath.Join(temp, "debug.o")
	command, err := debugCommand(string(saved), o.Name, made)
	if err != nil {
		return fault.Wrap(fault.Kernel, "find how "+o.Name+" was compiled", err)
	}
	if _, err := b.call(ctx, proc.Command{Path: "sh", Args: []string{"-c", command}, Dir: b.out, Kind: fault.Kernel, Op: "compile " + o.Name + " with -g"}, temp); err != nil {
		return err
	}
	return store.DiskFault("keep "+o.Name+" with -g", disk.Place(made, o.Debug))
}

// commandFile is where kbuild keeps how it made object.
func commandFile(object string) string {
	return filepath.Join(filepath.Dir(object), "."+filepath.Base(object)+".cmd")
}

// debugCommand turns kbuild's saved command for object into one that writes
// the same code with debug information to target.
func debugCommand(saved, object, target string) (string, error) {
	first, _, _ := strings.Cut(saved, "\n")
	_, command, ok := strings.Cut(first, ":= ")
	if !ok {
		return "", errors.New("kbuild's command file has another form")
	}
	command, _, _ = strings.Cut(command, " ; ") // objtool and the like
	words := strings.Fields(command)
	found := false
	for i, w := range words {
		switch {
		case strings.HasPrefix(w, "-Wp,-MMD,") || strings.HasPrefix(w, "-Wp,-MD,"):
			words[i] = "-g"
		case w == object && i > 0 && words[i-1] == "-o":
			words[i], found = proc.Quote([]string{target}), true
		}
	}
	if !found {
		return "", fmt.Errorf("kbuild's command does not make %s", object)
	}
	return strings.Join(words, " "), nil
}
