// SPDX-License-Identifier: Apache-2.0

package author

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"kcovrig/guest/wire"
	"kcovrig/rig/command"
	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/kernels"
	"kcovrig/rig/trial"
)

// build builds both kernels, and looks at what the scenario names in them.
func (c *checker) build(ctx context.Context, cfg command.Config) (err error) {
	of, err := cfg.KernelConfig()
	if err != nil {
		return err
	}
	stages := command.NewStages(cfg.Events)
	defer stages.Close()
	end := stages.Begin("", "source")
	source, err := cfg.Kernels(ctx, of)
	if err != nil {
		return c.wrongAt("fix", err)
	}
	end("")
	defer func() { err = errors.Join(err, source.Close()) }()
	work, err := disk.NewWorkFolder()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, work.Close()) }()
	var images []kernels.Image
	var analyses []kernels.Analysis
	var compared []string
	for _, v := range trial.Pair() {
		end := stages.Begin(string(v), "build "+string(v))
		image, err := source.Build(ctx, v)
		if err != nil {
			return c.unbuilt(v, err)
		}
		end(image.Kernel.Version)
		images = append(images, image)
		for _, n := range image.Notes {
			c.find(Note, "fix", n)
		}
		c.named(cfg, image, v)
		found, err := c.scope(ctx, cfg, source, image, v, filepath.Join(work.Dir, string(v)))
		if err != nil {
			return err
		}
		if c.failed() { // the other kernel would be said to be the same
			return nil
		}
		analyses, compared = append(analyses, found), append(compared, found.Compared...)
	}
	same, err := source.SameCode(images[0], images[1], compared)
	if err != nil {
		return err
	}
	if same != trial.CodeDiffers {
		c.wrong("fix", "the kernels with and without it have the same code where the bug is: they would not be booted")
		return nil
	}
	return c.try(ctx, cfg, built{source, images[0], analyses[0]}, work.Dir)
}

// unbuilt adds why a kernel does not build, in the compiler's words.
func (c *checker) unbuilt(v trial.Variant, err error) error {
	var f *fault.Error
	if fault.KindOf(err) == fault.Kernel && errors.As(err, &f) && f.Tail != "" {
		c.wrong("fix", "the %s kernel does not build: %v: %s", v, err, f.Tail)
		return nil
	}
	return c.wrongAt("fix", err)
}

// named looks for the functions that the detections name.
func (c *checker) named(cfg command.Config, image kernels.Image, v trial.Variant) {
	if c.s.Program == nil {
		return
	}
	for i, d := range c.s.Program.Start.Detect {
		if d.Function == "" {
			continue
		}
		where := fmt.Sprintf("%s.%s", member("detect", i), d.Kind)
		if d.Kind == wire.KindHang {
			where = member("detect", i) + ".in"
		}
		code, err := elfcode.Functions(image.Vmlinux, []string{d.Function})
		if err != nil {
			c.wrong(where, "%v; a function that the compiler puts into its callers is none: name the caller", short(err, image, v))
			continue
		}
		for _, r := range code {
			if r.Symbol != d.Function {
				c.find(Note, where, fmt.Sprintf("in the %s kernel it is %s too, which counts", v, r.Symbol))
			}
		}
	}
}

// scope looks at what the emulator would reorder in.
func (c *checker) scope(ctx context.Context, cfg command.Config, source kernels.Source, image kernels.Image, v trial.Variant, dir string) (none kernels.Analysis, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return none, fault.Wrap(fault.Rig, "look at the scope", err)
	}
	a, err := source.Analyse(ctx, image, dir)
	if err != nil {
		if c.absent(cfg, image, v) {
			return none, nil
		}
		return none, c.wrongAt("scope", short(err, image, v))
	}
	for _, n := range a.Notes {
		c.find(Note, "scope", n)
	}
	k := Kernel{Variant: v, Scope: append([]trial.ScopeFunction{}, a.Code.Scope...), Callers: []string{}, Stops: append([]trial.ScopeStop{}, a.Stops...)}
	for _, f := range k.Scope {
		if kernels.OnlyCalls(f) {
			k.Callers = append(k.Callers, f.Symbol)
		}
	}
	c.out.Kernels = append(c.out.Kernels, k)
	return a, nil
}

// absent says which of the functions that the scope names a kernel has not, and whether
// there are any.
func (c *checker) absent(cfg command.Config, image kernels.Image, v trial.Variant) (some bool) {
	for of, names := range map[string][]string{"scope.kernel": c.s.Scope.Kernel, "scope.callees": c.s.Scope.Callees} {
		for i, name := range names {
			if _, err := elfcode.Functions(image.Vmlinux, []string{name}); fault.KindOf(err) == fault.User {
				c.wrong(member(of, i), "%v", short(err, image, v))
				some = true
			}
		}
	}
	return some
}

// short names a kernel in an error as people do.
func short(err error, image kernels.Image, v trial.Variant) error {
	if fault.KindOf(err) != fault.User {
		return err
	}
	return &fault.Error{Kind: fault.User, Err: errors.New(strings.ReplaceAll(err.Error(), image.Vmlinux, "the "+string(v)+" kernel")), Try: fault.TryOf(err)}
}
