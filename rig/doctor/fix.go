// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/proc"
	"kcovrig/rig/trial"
	"kcovrig/scripts"
)

// install is what scripts/setup is given first where packages are to follow.
const install = "install"

// fix is the command that does what scripts/setup does, with a checkout or without.
const fix = "kcovrig doctor --fix"

// Step is one call of scripts/setup.
type Step struct {
	Args []string // of scripts/setup
	For  []string // the checks that it mends
}

// Steps says what mends that which is required and missing, and the lack of a kernel's
// source: all packages at once, and first, since the others need some of them. What is
// optional is left to who wants it.
func Steps(checks []trial.Check) []Step {
	packages := Step{Args: []string{install}}
	var rest []Step
	for _, c := range checks {
		if c.OK || len(c.Setup) == 0 || !c.Required && c.Setup[0] == install {
			continue
		}
		if c.Setup[0] == install {
			packages.For = append(packages.For, c.Name)
			for _, p := range c.Setup[1:] {
				if !slices.Contains(packages.Args, p) {
					packages.Args = append(packages.Args, p)
				}
			}
			continue
		}
		at := slices.IndexFunc(rest, func(s Step) bool { return slices.Equal(s.Args, c.Setup) })
		if at < 0 {
			at, rest = len(rest), append(rest, Step{Args: c.Setup})
		}
		rest[at].For = append(rest[at].For, c.Name)
	}
	if len(packages.For) == 0 {
		return rest
	}
	return append([]Step{packages}, rest...)
}

// Mend does the steps, with the scripts that this program holds, and tells line what
// they print. What they unpack goes into the cache. The first failure ends it.
func Mend(ctx context.Context, cfg Config, steps []Step, line func(string)) error {
	const op = "run scripts/setup"
	folder, err := disk.NewTempFolder()
	if err != nil {
		return fault.Wrap(fault.Rig, op, err)
	}
	defer folder.Close()
	if err := os.CopyFS(filepath.Join(folder.Dir, "scripts"), scripts.Files()); err != nil {
		return fault.Wrap(fault.Rig, op, err)
	}
	for _, s := range steps {
		_, err := proc.Run(ctx, proc.Command{
			Path: "bash", Args: append([]string{filepath.Join(folder.Dir, "scripts", "setup")}, s.Args...),
			Env: []string{"KCOVRIG_CACHE=" + cfg.CacheDir}, Pass: []string{"http_proxy", "https_proxy", "no_proxy"},
			Line: line, Kind: fault.Rig, Op: op + " " + strings.Join(s.Args, " "),
		})
		if err != nil {
			return err
		}
	}
	return nil
}
