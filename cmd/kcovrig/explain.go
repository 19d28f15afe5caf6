// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"kcovrig/rig/fault"
	"kcovrig/rig/modelcheck"
	"kcovrig/rig/report/explain"
	"kcovrig/rig/report/format"
	"kcovrig/rig/result"
)

type explainOptions struct {
	json, litmus bool
	dir          string
	picture      string
	limit        time.Duration
	show         explain.Options
}

func newExplain(a *app) *cobra.Command {
	var o explainOptions
	cmd := &cobra.Command{
		Use:   "explain [RUN] [N]",
		Short: "Tell the story of one sight of the bug, and have Arm's memory model judge it",
		Long: `explain tells of witness N (default: the first) of a run what each vCPU did:
which store was held back, what passed it, when the reader looked and when the
late store landed; and what keeps the order in the kernels of the run. RUN is a
run folder, or the result.json in it (default: the latest).

With --litmus it prints the witness as AArch64 litmus tests instead: as it ran,
and with what would have ordered it. Where herd7 is installed (scripts/setup
herd) it is asked whether Arm's memory model allows the outcome.

With --picture it writes the drawing that the report's page has, as an SVG file.

` + exitsOfExplain,
		Example: `  kcovrig explain
  kcovrig explain results/arm64
  kcovrig explain results/arm64 3 --litmus
  kcovrig explain results/arm64 3 --litmus-dir=tests && kcovrig litmus run tests
  kcovrig explain results/arm64 --picture=witness.svg`,
		Args: cobra.MaximumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			path, n, err := a.witness(args)
			if err != nil {
				return err
			}
			run, err := result.Load(path)
			if err != nil {
				return err
			}
			o.show.Run, o.show.Number = path, n
			return a.explain(cmd, run, o)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&o.json, "json", false, "print one JSON object on standard output, and nothing else there")
	f.BoolVar(&o.show.All, "all", false, "show every event of the witness, not only those that matter")
	f.BoolVar(&o.litmus, "litmus", false, "print the witness as litmus tests, with what herd7 allows")
	f.StringVar(&o.picture, "picture", "", "SVG `file` to write the drawing of the witness to, instead of printing the story")
	f.StringVar(&o.dir, "litmus-dir", "", "`folder` to write the tests to, as NAME.litmus, instead of printing them")
	cmd.MarkFlagsMutuallyExclusive("picture", "json")
	cmd.MarkFlagsMutuallyExclusive("picture", "litmus")
	addDuration(f, &o.limit, "herd-limit", 30*time.Second, "time that herd7 may take")
	return cmd
}

func (a *app) explain(cmd *cobra.Command, run result.Saved, o explainOptions) error {
	n, err := o.show.Chosen(run)
	if err != nil {
		return err
	}
	if o.picture != "" {
		if n == 0 {
			return fault.Newf(fault.User, "draw a witness", "%s holds no witness", run.Name)
		}
		return fault.Wrap(fault.User, "write the picture", a.deliver(o.picture, []byte(explain.Picture(run.Document, n))))
	}
	if o.litmus || o.dir != "" {
		if n == 0 {
			return fault.Newf(fault.User, "make a litmus test", "%s holds no witness", run.Name)
		}
		c, err := modelcheck.Certify(cmd.Context(), modelcheck.CertifyConfig{
			Result: run.Document.Result(), Number: n, CacheDir: a.cacheDir(), Limit: o.limit,
		})
		if err != nil {
			return err
		}
		for _, t := range c.Tests {
			if o.dir == "" {
				break
			}
			if err := errors.Join(os.MkdirAll(o.dir, 0o755), a.deliver(filepath.Join(o.dir, t.Name+".litmus"), []byte(t.Text))); err != nil {
				return fault.Wrap(fault.User, "write the litmus tests", err)
			}
		}
		o.show.Certificate, o.show.Dir = &c, o.dir
		switch {
		case c.Contradicted():
			a.code = exitNotFixed
		case c.Model != "" && !c.Complete():
			a.code = exitInconclusive
		}
	}
	o.show.Width, o.show.Color = a.terminal(a.stdout)
	return explain.Explanations.Render(a.stdout, format.Of(o.json), explain.Explanation{Run: run, Options: o.show})
}

// widthFor is the terminal's width, for what goes there and not into a file.
func (a *app) widthFor(output string) (width int) {
	if output == "" {
		width, _ = a.terminal(a.stdout)
	}
	return width
}

// terminal returns how many letters a line of w holds and whether colour is
// welcome there: the terminal's width, else $COLUMNS; 0 where neither says.
func (a *app) terminal(w io.Writer) (width int, color bool) {
	if f, ok := w.(*os.File); ok {
		if size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ); err == nil {
			return int(size.Col), a.getenv("NO_COLOR") == "" && a.getenv("TERM") != "dumb"
		}
	}
	if n, err := strconv.Atoi(a.getenv("COLUMNS")); err == nil && n > 0 {
		return n, false
	}
	return 0, false
}
