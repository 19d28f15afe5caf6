// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"kcovrig/rig/bisector"
	"kcovrig/rig/fault"
	"kcovrig/rig/report/searches"
)

func newBisect(a *app) *cobra.Command {
	var o options
	var nats natsOptions
	var c bisector.Config
	cmd := &cobra.Command{
		Use:   "bisect --tree REPOSITORY --good REV --bad REV [-- PATH...]",
		Short: "Find the commit that broke the ordering, or with --fixed the one that repaired it",
		Long: `bisect builds and runs commits between one that is clean and one that shows the bug,
each as it stands, until one is left. It drives git's own bisect in a worktree of its own; the
checkout, the index and a bisect of yours stay as they are. Called again with
the same flags it goes on where it was interrupted. With --nats the commits are
built and run by the machines where kcovrig worker runs, --workers of them at
once. docs/bisect.md tells more.

` + exitsOfBisect,
		Example: `  kcovrig bisect --tree linux.git --good v6.11 --bad v6.12
  kcovrig bisect --tree linux.git --bad v6.12 --good v7.2 --fixed -- kernel/
  kcovrig bisect --tree linux.git --log bisect.log --workers 2
  kcovrig bisect --tree linux.git --good v6.11 --bad v6.12 --nats nats://10.0.0.1:4222 --workers 7`,
		Args: func(cmd *cobra.Command, args []string) error {
			if n := cmd.ArgsLenAtDash(); len(args) > 0 && n != 0 {
				return fault.Newf(fault.User, "", "paths come behind --: kcovrig bisect ... -- %s", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(cmd); err != nil {
				return err
			}
			nats.complete(a)
			c.Config, c.Paths, c.Server = a.config(cmd, &o), args, nats.server
			return a.bisect(cmd, &o, c)
		},
	}
	o.addKernel(cmd)
	o.addRun(cmd)
	nats.add(cmd)
	hide(cmd, "rev", "patch", "duration", "scope", "scope-only")
	f := cmd.Flags()
	f.StringSliceVar(&c.Good, "good", nil, "`revision` that is clean")
	f.StringSliceVar(&c.Bad, "bad", nil, "`revision` that shows the bug")
	f.BoolVar(&c.Fixed, "fixed", false, "the bad commit is the older one: find the commit that repaired it")
	f.StringVar(&c.TermOld, "term-old", "", "git's `word` for commits before the change (default: good; with --fixed broken)")
	f.StringVar(&c.TermNew, "term-new", "", "git's `word` for commits from the change on (default: bad; with --fixed fixed)")
	f.BoolVar(&c.FirstParent, "first-parent", false, "follow only the first parent of merges")
	f.StringVar(&c.Log, "log", "", "git bisect log's output in a `file`, to begin with")
	f.IntVar(&c.AtOnce, "workers", 1, "commits to build and run at once; without --nats the compiler jobs are divided among them")
	f.BoolVar(&c.Paranoid, "paranoid", false, "test also commits whose code in the scope is that of one already tested")
	f.BoolVar(&c.Keep, "keep", false, "keep the worktrees and build folders at the end")
	f.BoolVar(&c.Reset, "reset", false, "forget what an earlier search with these flags found, and do nothing else")
	return cmd
}

// hide takes flags that make no sense here out of the help; the rig refuses them.
func hide(cmd *cobra.Command, flags ...string) {
	for _, name := range flags {
		if err := cmd.Flags().MarkHidden(name); err != nil {
			panic(err) // the flag's name is wrong: a bug here
		}
	}
}

func (a *app) bisect(cmd *cobra.Command, o *options, c bisector.Config) error {
	r, err := bisector.Find(cmd.Context(), c)
	a.endView()
	if c.Reset && err == nil {
		fmt.Fprintf(a.stderr, "kcovrig: removed the search in %s\n", r.Folder)
		return nil
	}
	if o.json || len(r.Steps) > 0 {
		if werr := searches.Searches.Render(a.stdout, o.shown(), searches.Shown{Report: r, Width: a.widthFor("")}); err == nil {
			err = werr
		}
	}
	if err == nil && r.Outcome != "found" {
		a.code = exitInconclusive
	}
	if folder := r.Folder; folder != "" {
		if o.out != "" && r.Outcome != "" {
			folder = o.out
		}
		a.endAt(o.quiet, folder, searches.Page, searches.Next(r, cmd.Context().Err() != nil))
	}
	return err
}
