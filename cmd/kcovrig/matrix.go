// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"

	"github.com/spf13/cobra"

	"kcovrig/rig/fault"
	"kcovrig/rig/nightly"
	"kcovrig/rig/report"
	"kcovrig/rig/report/format"
	"kcovrig/rig/report/kept"
	"kcovrig/rig/report/matrices"
	"kcovrig/rig/result"
)

// matrixOptions are the flags of matrix.
type matrixOptions struct {
	cfg          nightly.Config
	nats         natsOptions
	list, schema bool
	format, prev string
	db           string
	noHistory    bool
	shown        options // how it is shown
}

func newMatrix(a *app) *cobra.Command {
	var o matrixOptions
	cmd := &cobra.Command{
		Use:   "matrix FILE.yaml",
		Short: "Run many combinations, and hold each against what is expected of it",
		Long: `matrix reads a file of axes (kernels, architectures, patches, readers, compilers
and more), builds each kernel once, runs every cell, and says which came to
something else than was expected. docs/matrix.md describes the file.

The folder (--out, or one below the cache) gets each cell's run folder and
result as soon as it is there, and one report over all cells.

` + exitsOfMatrix,
		Example: `  kcovrig matrix nightly.yaml --out results/tonight --since results/yesterday
  kcovrig matrix nightly.yaml --list
  kcovrig matrix nightly.yaml --shard=2/3 --out results/part2 --resume --retries=1
  kcovrig matrix nightly.yaml --cell=arm64/compare/acquire
  kcovrig matrix nightly.yaml --nats nats://10.0.0.1:4222 --out results/tonight
  kcovrig matrix --schema >matrix.schema.json    # for the editor`,
		Args: func(cmd *cobra.Command, args []string) error {
			if o.schema {
				return cobra.NoArgs(cmd, args)
			}
			return cobra.ExactArgs(1)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.schema {
				return a.matrixSchema()
			}
			o.cfg.File = args[0]
			if o.list {
				return a.listMatrix(&o)
			}
			if cmd.Flags().Changed("format") {
				return fault.Newf(fault.User, "", "--format goes with --list; kcovrig report renders a matrix folder")
			}
			return a.runMatrix(cmd, &o)
		},
	}
	o.add(cmd)
	return cmd
}

func (o *matrixOptions) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVar(&o.list, "list", false, "print the cells and run nothing")
	f.BoolVar(&o.schema, "schema", false, "print the JSON schema of matrix files, by which an editor checks and completes them")
	f.StringVar(&o.format, "format", "text", "with --list: text, or github for the matrix of a GitHub Actions job")
	f.StringVar(&o.cfg.Shard, "shard", "", "`i/n`: the i-th of n parts of the cells")
	f.StringSliceVar(&o.cfg.Cells, "cell", nil, "only the cells of these `ids` or names")
	f.StringVar(&o.cfg.OutDir, "out", "", "`folder` to write (default: a new one below the cache); must not exist, save with --resume")
	f.BoolVar(&o.cfg.Resume, "resume", false, "go on in the folder of --out: cells that have a result there are not run again")
	f.StringVar(&o.prev, "since", "", "matrix `folder` of an earlier run: say what changed since")
	f.IntVar(&o.cfg.Retries, "retries", 0, "how often a cell or a kernel is tried again after a fault of the rig")
	f.IntVar(&o.cfg.Parallel, "parallel", 0, "cells at once on this machine (0: as many as its cores and memory bear)")
	f.IntVar(&o.cfg.Jobs, "jobs", 0, "parallel compiler jobs (0: one per CPU)")
	addSandbox(cmd, &o.cfg.Sandbox)
	f.StringVar(&o.cfg.QEMU, "qemu", "", "QEMU `program` where a cell names none")
	addDB(cmd, &o.db)
	f.BoolVar(&o.noHistory, "no-history", false, "do not record the cells' runs in the history")
	cmd.MarkFlagsMutuallyExclusive("db", "no-history")
	o.nats.add(cmd)
	addJSON(cmd, &o.shown.json)
	addLoudness(cmd, &o.shown.verbose, &o.shown.quiet, "show the stages of each cell", "print how many cells came to what was expected, on one line")
	complete(cmd, "format", matrices.Cells.Names()...)
}

func (a *app) matrixSchema() error {
	text, err := nightly.Schema()
	if err != nil {
		return err
	}
	_, err = a.stdout.Write(text)
	return fault.Wrap(fault.Rig, "write the schema", err)
}

func (a *app) listMatrix(o *matrixOptions) error {
	as, err := matrices.Cells.Parse(o.format)
	if err != nil {
		return err
	}
	cells, err := nightly.Cells(o.cfg)
	if err != nil {
		return err
	}
	if as == format.Text && o.shown.json {
		return fault.Newf(fault.User, "", "--list --json: use --list --format=github")
	}
	return matrices.Cells.Render(a.stdout, as, matrices.CellList{Cells: cells, Width: a.widthFor("")})
}

func (a *app) runMatrix(cmd *cobra.Command, o *matrixOptions) error {
	c := o.cfg
	c.CacheDir, c.Version, c.Since, c.Reports = a.cacheDir(), programVersion(), o.prev, kept.Reports()
	o.nats.complete(a)
	c.Server = o.nats.server
	if c.QEMU == "" {
		c.QEMU = a.getenv("KCOVRIG_QEMU")
	}
	if !o.noHistory {
		c.History = a.historyFile(o.db)
	}
	c.Events = a.cells(cmd, &o.shown)
	doc, dir, err := nightly.Run(cmd.Context(), c)
	a.endView()
	if dir == "" {
		return err
	}
	a.endAtLatest(o.shown.quiet, dir, afterMatrix(c, dir, doc.Counts.NotRun > 0 && err != nil))
	a.counts = &doc.Counts
	if werr := showMatrix(a.stdout, dir, o.shown.shown(), o.prev, a.widthFor("")); err == nil {
		err = werr
	}
	return err
}

// afterMatrix is what is next after a matrix in dir, which may have been interrupted.
func afterMatrix(c nightly.Config, dir string, interrupted bool) string {
	switch {
	case !interrupted:
		return report.Call("report", dir, "--format=markdown")
	case c.Resume:
		return report.GoOn()
	case c.OutDir != "":
		return report.GoOn("--resume")
	}
	return report.GoOn("--resume", "--out="+dir)
}

// showMatrix renders the matrix in dir, with what changed since the one in since;
// empty: none.
func showMatrix(w io.Writer, dir string, as format.Format, since string, width int) error {
	now, err := result.LoadMatrix(dir)
	if err != nil {
		return err
	}
	return renderMatrix(w, now, as, since, width)
}

func renderMatrix(w io.Writer, now result.SavedMatrix, as format.Format, since string, width int) error {
	if since == "" {
		return matrices.Reports.Render(w, as, matrices.Report{Now: now, Width: width})
	}
	before, err := result.LoadMatrix(since)
	if err != nil {
		return err
	}
	return matrices.Reports.Render(w, as, matrices.Report{Now: now, Before: &before, Width: width})
}
