// SPDX-License-Identifier: Apache-2.0

package main

import (
	"time"

	"github.com/spf13/cobra"

	"kcovrig/rig/cache"
	"kcovrig/rig/fault"
	"kcovrig/rig/report/format"
	"kcovrig/rig/report/tables"
)

func newCache(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cache",
		Short: "Show or clear what is kept between runs",
		Long:  "cache shows and removes what commands leave in the cache for later ones.\n\n" + exitsOfLists,
		Example: `  kcovrig cache ls
  kcovrig cache prune --older-than=7d
  kcovrig cache prune`,
		Args: onlyCommands,
		RunE: noCommand,
	}
	cmd.AddCommand(newCacheList(a), newCachePrune(a))
	return cmd
}

func newCacheList(a *app) *cobra.Command {
	var json bool
	cmd := &cobra.Command{
		Use:   "ls",
		Short: "List what the cache holds, with sizes",
		Long: `ls lists kernel trees (kind tree) and builds (build), and the folders of bisects
(search), of workers (worker), and of matrices and runs without --out (matrix,
run): their size on the disk, when they were last used, and whether a running
kcovrig uses them.

` + exitsOfLists,
		Example: "  kcovrig cache ls",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			entries, err := cache.List(cmd.Context(), a.cacheDir())
			if err != nil {
				return err
			}
			return tables.Cache.Render(a.stdout, format.Of(json), tables.CacheList{Dir: a.cacheDir(), Entries: entries, Width: a.widthFor("")})
		},
	}
	cmd.Flags().BoolVar(&json, "json", false, "print one JSON object on standard output")
	return cmd
}

func newCachePrune(a *app) *cobra.Command {
	var json bool
	var age time.Duration
	cmd := &cobra.Command{
		Use:   "prune",
		Short: "Remove what the cache holds and nobody uses",
		Long: `prune removes all that cache ls lists and no running kcovrig uses, and what
interrupted runs left behind. Results go too: those of runs and matrices for
which no --out was given, and the steps of bisects, also unfinished ones, which
then begin anew. The history stays.

` + exitsOfLists,
		Example: `  kcovrig cache prune
  kcovrig cache prune --older-than=7d`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if age < 0 {
				return fault.Newf(fault.User, "", "--older-than: %v is negative", age)
			}
			entries, err := cache.Prune(cmd.Context(), a.cacheDir(), time.Now().Add(-age))
			if werr := tables.Cache.Render(a.stdout, format.Of(json), tables.CacheList{Dir: a.cacheDir(), Entries: entries, Removed: true, Width: a.widthFor("")}); err == nil {
				err = werr
			}
			return err
		},
	}
	addDuration(cmd.Flags(), &age, "older-than", 0, "only what was not used for so long, such as 7d")
	cmd.Flags().BoolVar(&json, "json", false, "print one JSON object on standard output")
	return cmd
}
