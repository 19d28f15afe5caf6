// SPDX-License-Identifier: Apache-2.0

package author

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"runtime"
	"slices"
	"strings"

	"kcovrig/rig/arch"
	"kcovrig/rig/command"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/initramfs"
	"kcovrig/rig/internal/kernel"
	"kcovrig/rig/internal/kernel/kbuild"
	"kcovrig/rig/internal/program"
	"kcovrig/rig/kernels"
	"kcovrig/rig/prepare"
	"kcovrig/rig/trial"
	"kcovrig/rig/yamlfile"
)

type realTree struct{ *kernel.Tree }

// Linux is the tree's version.
func (t realTree) Linux() string { return t.Version }

func openReal(ctx context.Context, cfg kernels.Config) (Facts, error) {
	of := kernels.BuildConfig(cfg, runtime.NumCPU())
	of.Series, of.Objects, of.Patches = nil, nil, nil // what they are to the tree is asked
	t, err := kernel.Open(ctx, of)
	return realTree{t}, err
}

// tree looks at what the tree says of the scenario: version, patches, configuration.
func (c *checker) tree(ctx context.Context, cfg command.Config, fits bool) (err error) {
	of, err := cfg.KernelConfig()
	if err != nil {
		return err
	}
	tree, err := c.request.Open(ctx, of)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tree.Close()) }()
	c.out.Linux = tree.Linux()
	if c.out.NotFor = !c.s.Kernels.Holds(c.out.Linux); c.out.NotFor {
		c.wrong("kernels", "linux %s is none of them (%s): nothing is looked for in this tree", c.out.Linux, c.s.Kernels)
	}
	if !fits {
		c.skip("whether the tree has the fix: the fix itself is wrong")
	} else if err := c.side(ctx, tree); err != nil {
		return err
	}
	if err := c.objects(tree); err != nil {
		return err
	}
	return c.config(ctx, tree)
}

// objects says which of those that the scenario names the tree has no source of. Other
// versions may have it, and a kernel without is built all the same.
func (c *checker) objects(tree Facts) error {
	for i, object := range c.s.Objects {
		source := strings.TrimSuffix(object, ".o") + ".c"
		_, err := tree.ReadFile(source)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			c.find(Note, member("objects", i), fmt.Sprintf("linux %s has no %s: nothing is looked at there", c.out.Linux, source))
		case err != nil:
			return err
		}
	}
	return nil
}

// side asks whether the tree has the fix.
func (c *checker) side(ctx context.Context, tree Facts) error {
	has, err := tree.HasFix(ctx, kernels.SeriesOf(c.s))
	none := trial.Inapplicable(err)
	switch {
	case none != nil:
		switch {
		case len(none.Tries) == 0:
			c.wrong("fix", "%v", err)
		case !slices.ContainsFunc(none.Tries, func(t trial.Tried) bool { return t.For == "" }):
			c.wrong("fix", "none of its entries is for linux %s: nothing is looked for in this tree", c.out.Linux)
		}
		for i, t := range none.Tries {
			if t.For != "" {
				c.find(Note, member("fix", i), t.Series+" is for kernels "+t.For+", and was not tried")
				continue
			}
			text := fmt.Sprintf("%s neither applies to linux %s (%s) nor reverse-applies (%s)", t.Series, c.out.Linux, t.On, t.Off)
			if advice := t.Advice(); advice != "" {
				text += "; " + advice
			}
			c.wrong(member("fix", i), "%s", text)
		}
	case err != nil:
		return c.wrongAt("fix", err)
	case has:
		c.out.Side = Has
	default:
		c.out.Side = Lacks
	}
	return nil
}

// config asks kbuild what becomes of the configuration.
func (c *checker) config(ctx context.Context, tree Facts) error {
	got, err := tree.Configure(ctx)
	if err != nil {
		return err
	}
	c.compiled(tree, got.Settings)
	if len(got.Lost) == 0 {
		return nil
	}
	known, err := tree.Symbols()
	if err != nil {
		return err
	}
	on, err := arch.Lookup(c.out.Arch)
	if err != nil {
		return fault.Wrap(fault.User, "--arch", err)
	}
	for _, l := range got.Lost {
		f, own := c.ofSymbol(l.Name)
		f.Level, f.Text = Wrong, c.whyLost(l, known, on)
		if !own {
			f.Text += "; kcovrig's own configuration asks for it"
		}
		c.add(f)
	}
	return nil
}

// whyLost says what became of a setting, and what probably was meant.
func (c *checker) whyLost(l kbuild.Lost, known map[string]string, on arch.Arch) string {
	name := strings.TrimPrefix(l.Name, "CONFIG_")
	file, there := known[name]
	if !there {
		text := "linux " + c.out.Linux + " has no " + l.Name
		have := slices.DeleteFunc(slices.Sorted(maps.Keys(known)), func(name string) bool { return on.Foreign(known[name]) })
		if near := yamlfile.Nearest(name, have); near != "" {
			text += "; did you mean CONFIG_" + near + "?"
		}
		return text
	}
	if on.Foreign(file) {
		return l.Name + "=" + l.Value + " does not stay: it is none of " + on.Name + "'s (" + file + ")"
	}
	is := "it is not offered"
	if l.Is != "" {
		is = "it is " + l.Is
	}
	text := l.Name + "=" + l.Value + " does not stay: " + is + " (" + file + ")"
	switch {
	case len(l.Unmet) > 0:
		text += "; it depends on " + strings.Join(l.Unmet, ", ")
	case l.Value != "n":
		text += "; nothing that it depends on was found to be off"
	}
	return text
}

// program makes the scenario's program, as the guest would have it.
func (c *checker) program(ctx context.Context) error {
	p := c.s.Program
	if p == nil {
		return nil
	}
	cfg, _, err := c.request.Normalise()
	if err != nil {
		return err
	}
	of, err := cfg.KernelConfig()
	if err != nil {
		return err
	}
	if p.Source != "" {
		c.add(marks(c.shownPath(p.Source), c.s.Text(p.Source))...)
	}
	raw, err := cfg.Tools.Program(ctx, program.Config{Arch: of.Arch, CacheDir: cfg.CacheDir, Files: p.Files, Source: p.Source, Binary: p.Binary})
	if err != nil {
		return c.compiler(err)
	}
	if err := initramfs.CheckProgram("the program", raw, of.Arch.Machine, prepare.RAMBytes(c.s)); err != nil {
		return c.wrongAt("workload", fault.Wrap(fault.User, "", err))
	}
	c.out.Program = len(raw)
	return nil
}
