// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"kcovrig/rig/fault"
	"kcovrig/rig/litmusset"
	"kcovrig/rig/report"
)

func newLitmusMake(a *app) *cobra.Command {
	c := litmusset.Config{Limit: 10 * time.Minute}
	cmd := &cobra.Command{
		Use:   "make DIR",
		Short: "Make the large set of litmus tests that the emulator is proved on",
		Long: `litmus make has diy7 make more than a thousand AArch64 litmus tests in families, and
asks herd7 what states aarch64.cat allows. DIR, which must be new or empty, gets a folder
per family, the list @all and herd7's log, herd.log, for litmus run. herdtools7 comes
with scripts/setup herd. What was made, and what herd7 allows, is kept in the cache: the first
time takes minutes.

` + exitsOfLists,
		Example: `  kcovrig litmus make tests/made
  kcovrig litmus make tests/pairs --family pairs --every 4
  kcovrig litmus run tests/made --herd-log tests/made/herd.log`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c.CacheDir = a.cacheDir()
			families, err := litmusset.Make(cmd.Context(), c)
			if err != nil {
				return err
			}
			if err := litmusset.Write(args[0], families); err != nil {
				return err
			}
			var out string
			for _, f := range families {
				out += fmt.Sprintf("%-16s %4d tests: %s\n", f.Name, len(f.Tests), f.About)
			}
			a.endAt(false, args[0], "", report.Call("litmus", "run", args[0], "--herd-log", filepath.Join(args[0], "herd.log")))
			_, err = fmt.Fprint(a.stdout, out)
			return fault.Wrap(fault.Rig, "write the result", err)
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&c.Families, "family", nil, "`family` to make, may be repeated (default: all)")
	f.IntVar(&c.Every, "every", 0, "take one of so many tests of each family (0: all)")
	f.IntVar(&c.Turn, "turn", 0, "which of these: counted from 0")
	f.IntVar(&c.Jobs, "jobs", 1, "herd7s at once")
	addDuration(f, &c.Limit, "herd-limit", c.Limit, "time that herd7 may take for twenty tests")
	return cmd
}
