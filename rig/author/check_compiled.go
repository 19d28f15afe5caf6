// SPDX-License-Identifier: Apache-2.0

package author

import (
	"fmt"
	"path"
	"strings"

	"kcovrig/rig/internal/kernel/variant"
	"kcovrig/rig/kernels"
)

// compiled says of the files whose code is looked at which the kernel's configuration does
// not compile, by the tree's Makefiles. Where the scenario names no objects, one of the fix's
// own has to be, or the build fails at its end.
func (c *checker) compiled(tree Facts, set map[string]string) {
	for i, object := range c.s.Objects {
		if off := notCompiled(tree, set, strings.TrimSuffix(object, ".o")+".c"); off != "" {
			c.find(Note, member("objects", i), off+": nothing is looked at there")
		}
	}
	fix, err := variant.ReadFix(kernels.SeriesOf(c.s))
	if err != nil {
		return // it was said already
	}
	var all []string
	for _, u := range fix.Units() {
		off := notCompiled(tree, set, u.Source)
		if off == "" {
			return
		}
		all = append(all, off)
	}
	switch {
	case len(all) == 0:
	case len(c.s.Objects) == 0:
		c.wrong("config", "the kernel has no code of the fix: %s", strings.Join(all, "; "))
	default:
		c.find(Note, "config", "of the fix the kernel has code in objects alone: "+strings.Join(all, "; "))
	}
}

// notCompiled says which settings keep a source file out of the kernel; "": none that is
// known.
func notCompiled(tree Facts, set map[string]string, file string) string {
	of := settings([]string{file}, tree.ReadFile)
	if len(of.Unknown) > 0 || of.several {
		return ""
	}
	var off []string
	for _, s := range of.Settings {
		if name := "CONFIG_" + s.Symbol; strings.HasPrefix(s.Why, compiles) && set[name] != "y" {
			off = append(off, name)
		}
	}
	if len(off) == 0 {
		return ""
	}
	return fmt.Sprintf("%s is compiled where %s=y, which it is not here (%s/Makefile)", file, strings.Join(off, "=y and "), path.Dir(file))
}
