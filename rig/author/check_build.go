// SPDX-License-Identifier: Apache-2.0

package author

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kcovrig/guest/wire"
	"kcovrig/rig/command"
	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/objcode"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/kernels"
	"kcovrig/rig/trial"
	"kcovrig/rig/yamlfile"
)

// seen is a kernel that was built and looked at.
type seen struct {
	image    kernels.Image
	analysis *kernels.Analysis // nil: its scope was not found
}

// build builds both kernels, looks at what the scenario names in them, and lets the
// program try. What is wrong with one part leaves out only those that need it.
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
		c.skip("the kernels: they cannot be made of this tree")
		return c.wrongAt("fix", err)
	}
	end("")
	defer func() { err = errors.Join(err, source.Close()) }()
	work, err := disk.NewWorkFolder()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, work.Close()) }()
	var all []seen
	for _, v := range trial.Pair() {
		end := stages.Begin(string(v), "build "+string(v))
		image, err := source.Build(ctx, v)
		if err != nil {
			if err := c.unbuilt(v, err); err != nil {
				return err
			}
			break // the other one has most of the code in common
		}
		end(image.Kernel.Version)
		for _, n := range image.Notes {
			c.find(Note, "fix", n)
		}
		c.named(image, v)
		found, err := c.scope(ctx, source, image, v, filepath.Join(work.Dir, string(v)))
		if err != nil {
			return err
		}
		all = append(all, seen{image, found})
	}
	if err := c.compared(source, all); err != nil {
		return err
	}
	if len(all) == 0 || all[0].analysis == nil {
		c.skip("the program in the guest: it runs in the unpatched kernel, with its scope")
		return nil
	}
	return c.try(ctx, cfg, built{source, all[0].image, *all[0].analysis}, work.Dir)
}

// compared says whether the kernels differ where the bug is.
func (c *checker) compared(source kernels.Source, all []seen) error {
	if len(all) < len(trial.Pair()) || slices.ContainsFunc(all, func(s seen) bool { return s.analysis == nil }) {
		c.skip("whether the kernels' code differs where the bug is: that takes both, and the scope of each")
		return nil
	}
	same, err := source.SameCode(all[0].image, all[1].image, slices.Concat(all[0].analysis.Compared, all[1].analysis.Compared))
	if err == nil && same != trial.CodeDiffers {
		c.wrong("fix", "the kernels with and without it have the same code where the bug is: they would not be booted")
	}
	return err
}

// unbuilt adds why a kernel does not build, in the compiler's words.
func (c *checker) unbuilt(v trial.Variant, err error) error {
	what := "the functions that are named, and the scope, in the patched kernel"
	if v == trial.Unpatched {
		what = "the functions that are named, the scope, and the patched kernel"
	}
	c.skip(fmt.Sprintf("%s: the %s kernel does not build", what, v))
	var f *fault.Error
	if fault.KindOf(err) == fault.Kernel && errors.As(err, &f) && f.Tail != "" {
		c.wrong("fix", "the %s kernel does not build: %v: %s", v, err, f.Tail)
		return nil
	}
	return c.wrongAt("fix", err)
}

// named looks for the functions that the detections name.
func (c *checker) named(image kernels.Image, v trial.Variant) {
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
			c.lacks(where, d.Function, fmt.Sprintf("%v; a function that the compiler inlines has no code of its own: name the caller", short(err, image, v)))
			continue
		}
		for _, r := range code {
			if r.Symbol != d.Function {
				c.find(Note, where, fmt.Sprintf("in the %s kernel it is %s too, which counts", v, r.Symbol))
			}
		}
	}
}

// lacks adds that a kernel has no such function; of both it is one remark.
func (c *checker) lacks(where, function, text string) {
	at := yamlfile.PlaceIn(c.places, where)
	first := fmt.Sprintf("the %s kernel has no function %s", trial.Unpatched, function)
	for i, f := range c.out.Remarks {
		if rest, ok := strings.CutPrefix(f.Text, first); ok && f.Line == at.Line && f.Col == at.Column {
			c.out.Remarks[i].Text = "neither kernel has a function " + function + rest
			return
		}
	}
	c.wrong(where, "%s", text)
}

// scope looks at what the emulator would reorder in; nil where that was not found.
func (c *checker) scope(ctx context.Context, source kernels.Source, image kernels.Image, v trial.Variant, dir string) (*kernels.Analysis, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fault.Wrap(fault.Rig, "look at the scope", err)
	}
	a, err := source.Analyse(ctx, image, dir)
	if err != nil {
		if !c.absent(image, v) {
			if err := c.wrongAt("scope", short(err, image, v)); err != nil {
				return nil, err
			}
		}
		c.skip(fmt.Sprintf("the scope in the %s kernel: it was not found", v))
		return nil, nil
	}
	for _, n := range a.Notes {
		c.find(Note, "scope", n)
	}
	k := Kernel{Variant: v, Scope: append([]trial.ScopeFunction{}, a.Code.Scope...), Callers: []string{}, Named: []string{}, Stops: append([]trial.ScopeStop{}, a.Code.Stops...)}
	for _, f := range k.Scope {
		switch {
		case kernels.OnlyCalls(f):
			k.Callers = append(k.Callers, f.Symbol)
		case kernels.Named(f):
			k.Named = append(k.Named, f.Symbol)
		}
	}
	c.out.Kernels = append(c.out.Kernels, k)
	return &a, nil
}

// absent says which of the functions that the scope names a kernel has not, and whether
// there are any.
func (c *checker) absent(image kernels.Image, v trial.Variant) (some bool) {
	for of, names := range map[string][]string{"scope.kernel": c.s.Scope.Kernel, "scope.callees": c.s.Scope.Callees} {
		for i, name := range names {
			_, err := elfcode.Functions(image.Vmlinux, []string{name})
			if of == "scope.kernel" && objcode.IsWide(name) {
				_, err = objcode.Wide(image.Vmlinux, image.BuildDir, name)
			}
			if fault.KindOf(err) == fault.User {
				c.lacks(member(of, i), name, short(err, image, v).Error())
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
