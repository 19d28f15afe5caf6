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
	"kcovrig/rig/arch"
	"kcovrig/rig/disk"
	"kcovrig/rig/internal/proc"
	"kcovrig/rig/kernels"
	"kcovrig/rig/printable"
	"kcovrig/rig/scenario"
	"kcovrig/rig/yamlfile"
)

// Check looks a scenario over, and says all that is wrong with it. Its error is of
// what could not be looked at by no fault of the scenario; what was found stands beside it.
func Check(ctx context.Context, o CheckRequest) (Checked, error) {
	c := &checker{request: o, out: Checked{Remarks: []Remark{}, Kernels: []Kernel{}, Skipped: []string{}, All: o.All}}
	if o.Open == nil {
		c.request.Open = openReal
	}
	err := c.check(ctx)
	if err != nil {
		c.skip("the rest: the check was not finished")
	}
	c.out.Remarks = inOrder(c.out.Remarks)
	c.out.OK = err == nil && !slices.ContainsFunc(c.out.Remarks, func(f Remark) bool { return f.Level != Note })
	wrong := slices.DeleteFunc(slices.Clone(c.out.Remarks), func(f Remark) bool { return f.Level == Note })
	c.out.NotFor = c.out.NotFor && len(wrong) == 1
	c.out.Next = o.next(c.out.OK)
	return c.out, err
}

// next is the command that goes on: the same check until all of it is in order, then a comparison.
func (o CheckRequest) next(ok bool) string {
	argv := []string{"kcovrig", "scenario", "check"}
	if ok && !o.NoBuild && !o.NoBoot {
		argv = []string{"kcovrig", "compare"}
	}
	for _, flag := range [][2]string{{"--tree", o.Spec.Tree}, {"--rev", o.Spec.Rev}, {"--arch", o.Spec.Arch}} {
		if flag[1] != "" {
			argv = append(argv, flag[:]...)
		}
	}
	if c := o.Spec.Compiler; c != "" && c != arch.GCC {
		argv = append(argv, "--compiler", c)
	}
	if len(argv) > 1 && argv[1] == "compare" {
		argv = append(argv, "--scenario")
	}
	return proc.Quote(append(argv, o.Spec.Scenario))
}

func (c *checker) check(ctx context.Context) error {
	if read, err := c.read(); !read || err != nil {
		return err
	}
	c.configured()
	fits := c.fix()
	if err := c.program(ctx); err != nil {
		return err
	}
	cfg, _, err := c.request.Normalise()
	if err != nil {
		return err
	}
	if err := c.tree(ctx, cfg, fits); err != nil {
		return err
	}
	switch {
	case c.request.NoBuild:
		c.skip("the scope, the functions that are named, and the program in the guest: no kernel was built")
		return nil
	case c.failed():
		c.skip("the scope, the functions that are named, and the program in the guest: a kernel is built when nothing else is wrong")
		return nil
	}
	return c.build(ctx, cfg)
}

// read reads the scenario, and says whether it could.
func (c *checker) read() (bool, error) {
	ref := c.request.Spec.Scenario
	c.out.File = ref
	s, err := scenario.Load(ref)
	if slices.Contains(scenario.Names(), ref) {
		c.out.File = filepath.Join("scenarios", ref, scenario.FileName)
	} else if info, failed := os.Stat(ref); failed == nil && info.IsDir() {
		c.out.File = filepath.Join(ref, scenario.FileName)
	}
	if c.text = s.Text(scenario.FileName); c.text == nil {
		var failed error
		if c.text, failed = disk.ReadRegular(c.out.File); failed != nil {
			return false, err // there is no such file: nothing to look over
		}
	}
	c.places = yamlfile.Places(c.text)
	c.add(marks(c.out.File, c.text)...)
	if err != nil {
		c.problems(err)
		c.skip("what the file names: it could not be read")
		return false, nil
	}
	c.s, c.out.Name = s, s.Name
	c.request.Scenario = &c.s
	if c.out.Arch = c.request.Spec.Arch; c.out.Arch == "" {
		c.out.Arch = s.Archs[0]
	}
	c.request.Spec.Arch = c.out.Arch
	if err := s.Applies(c.out.Arch); err != nil {
		return false, err
	}
	return true, nil
}

// configured notes what a way to show asks of the kernel's configuration.
func (c *checker) configured() {
	if c.s.Program == nil {
		return
	}
	all := c.s.Fragments["all"] + c.s.Fragments[c.out.Arch]
	has := func(symbol string) (on bool) { // what is said last counts
		for line := range strings.Lines(all) {
			switch strings.TrimSpace(line) {
			case symbol + "=y":
				on = true
			case symbol + "=n", "# " + symbol + " is not set":
				on = false
			}
		}
		return on
	}
	a, err := arch.Lookup(c.out.Arch)
	lingers := err == nil && a.BUGLingers
	for i, d := range c.s.Program.Start.Detect {
		switch {
		case d.Kind == wire.KindHang && d.Function != "" && !has("CONFIG_STACKTRACE"):
			c.find(Note, member("detect", i)+".in", "without CONFIG_STACKTRACE=y a kernel tells only the innermost function that a thread sleeps in: one that calls it is then none")
		case d.Kind == wire.KindWarn && !has("CONFIG_DEBUG_FS"):
			c.find(Note, member("detect", i), "without CONFIG_DEBUG_FS=y what WARN_ONCE() reports counts once per boot")
		case d.Kind == wire.KindBug && !d.Reboot && lingers:
			c.find(Note, member("detect", i), fmt.Sprintf("after a BUG() %s kernels warn when the CPU next idles, which is no detection: where it is one, say after: reboot", c.out.Arch))
		}
	}
}

// problems takes apart what is wrong with the file.
func (c *checker) problems(err error) {
	var p yamlfile.Problem
	switch several := err.(type) {
	case yamlfile.Problem:
		c.add(Remark{Wrong, p.File, p.Line, p.Column, p.Text})
	case interface{ Unwrap() []error }:
		for _, one := range several.Unwrap() {
			if errors.As(one, &p) {
				c.add(Remark{Wrong, p.File, p.Line, p.Column, printable.Line(p.Text)})
			} else {
				c.wrong("", "%v", one)
			}
		}
	default:
		if inner := errors.Unwrap(err); inner != nil {
			c.problems(inner)
			return
		}
		c.wrong("", "%v", err)
	}
}

// fix looks at the patches, and says whether a tree can be asked about them.
func (c *checker) fix() bool {
	objects := len(c.s.Objects) > 0
	var files []string
	good := true
	for i, series := range kernels.SeriesOf(c.s) {
		patches, err := series.Patches()
		if err != nil {
			c.wrongAt(member("fix", i), err)
			good = false
			continue
		}
		files = append(files, Files(patches)...)
	}
	if good && !objects && !slices.ContainsFunc(files, compiled) {
		c.wrong("fix", "it changes %s, and nothing that is compiled by itself: name objects, such as objects: [net/tls/tls_main.o]", list(files))
		good = false
	}
	return good
}
