// SPDX-License-Identifier: Apache-2.0

package main

import (
	"time"

	"github.com/spf13/cobra"

	"kcovrig/rig"
	"kcovrig/rig/fault"
	"kcovrig/rig/report"
)

func newCache(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cache",
		Short: "Show or clear what is kept between runs",
		Long:  "cache shows and removes kernel trees and builds.\n\n" + exitHelp,
		Example: `  kcovrig cache ls
  kcovrig cache prune --older-than=168h
  kcovrig cache prune`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_ = cmd.Help()
			return fault.Newf(fault.User, "", "cache: no command given (have: ls, prune)")
		},
	}
	cmd.AddCommand(newCacheList(a), newCachePrune(a))
	return cmd
}

func newCacheList(a *app) *cobra.Command {
	var json bool
	cmd := &cobra.Command{
		Use:     "ls",
		Short:   "List kernel trees and builds with their sizes",
		Long:    "ls lists the kernel trees and builds in the cache, with their sizes.\n\n" + exitHelp,
		Example: "  kcovrig cache ls",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			entries, err := rig.CacheList(cmd.Context(), a.cacheDir())
			if err != nil {
				return err
			}
			return report.Cache(a.stdout, a.cacheDir(), entries, json)
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
		Short: "Remove kernel trees and builds that are not in use",
		Long: `prune removes kernel trees and builds that no running kcovrig uses, and what
interrupted runs left behind.

` + exitHelp,
		Example: `  kcovrig cache prune
  kcovrig cache prune --older-than=168h`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if age < 0 {
				return fault.Newf(fault.User, "", "--older-than: %v is negative", age)
			}
			entries, err := rig.CachePrune(cmd.Context(), a.cacheDir(), time.Now().Add(-age))
			if werr := report.Pruned(a.stdout, a.cacheDir(), entries, json); err == nil {
				err = werr
			}
			return err
		},
	}
	cmd.Flags().DurationVar(&age, "older-than", 0, "only what was not used for so long, such as 168h")
	cmd.Flags().BoolVar(&json, "json", false, "print one JSON object on standard output")
	return cmd
}
