// SPDX-License-Identifier: Apache-2.0

package author

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"kcovrig/guest/wire"
	"kcovrig/rig/command"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/proc"
	"kcovrig/rig/kernels"
	"kcovrig/rig/prepare"
	"kcovrig/rig/trial"
)

const (
	// tryTime is long enough for some tries of a program that makes one in a while.
	tryTime = 3 * time.Second
	// fewTries is how many a program should make in that time: a comparison needs
	// hundreds of them, and waits for them no longer than it has to.
	fewTries = 10
	// manyTries are enough to see how it gets on.
	manyTries = 1000
	// consoleLines are shown of a kernel in which the program did not get on.
	consoleLines = 12
)

// built is a kernel that was built and looked at, as a source of that one. Whoever opened
// the source closes it.
type built struct {
	kernels.Source
	image    kernels.Image
	analysis kernels.Analysis
}

func (b built) Build(context.Context, trial.Variant) (kernels.Image, error) { return b.image, nil }
func (b built) Analyse(context.Context, kernels.Image, string) (kernels.Analysis, error) {
	return b.analysis, nil
}
func (built) Close() error { return nil }

// try boots the unpatched kernel once and lets the program try for a moment: whether the
// kernel has all that the program needs, nothing but this tells.
func (c *checker) try(ctx context.Context, cfg command.Config, kernel built, dir string) (err error) {
	switch {
	case c.s.Program == nil:
		return nil
	case c.request.NoBoot:
		c.skip("the program, which was not run: no kernel was booted")
		return nil
	}
	cfg.Spec.Duration = tryTime
	cfg.Kernels = func(context.Context, kernels.Config) (kernels.Source, error) { return kernel, nil }
	from, err := cfg.Preparing(dir)
	if err != nil {
		return err
	}
	only := []trial.Variant{trial.Unpatched}
	setup, err := prepare.NewSetup(ctx, from, prepare.Request{Variants: only})
	defer func() { err = errors.Join(err, setup.Close()) }()
	if err != nil {
		return c.wrongAt("workload", err)
	}
	shown, err := setup.InTurns(ctx, cfg.Spec.Readers[0], only, func(latest map[trial.Variant][]wire.Tally, _ prepare.Notes) bool {
		return windows(latest[trial.Unpatched]) >= manyTries
	})
	if ctx.Err() != nil {
		return errors.Join(err, ctx.Err())
	}
	return c.gotOn(shown.Observations, err)
}

func windows(tallies []wire.Tally) (n uint64) {
	for _, t := range tallies {
		n += t.Windows
	}
	return n
}

// gotOn says how the program did in its boot.
func (c *checker) gotOn(seen []trial.Observation, failed error) error {
	t := Tried{Console: []string{}}
	for _, o := range seen {
		t.Windows += windows(o.Tallies)
		for _, of := range o.Tallies {
			t.Hits, t.Seconds = t.Hits+of.HitWindows, t.Seconds+time.Duration(of.StressNS).Seconds()
		}
	}
	var f *fault.Error
	switch errors.As(failed, &f); {
	case failed == nil:
	case fault.KindOf(failed) != fault.Guest && fault.KindOf(failed) != fault.Kernel:
		return failed // before the program could say anything
	default:
		c.wrong("workload", "in the unpatched kernel: %s", plainly(failed, seen))
		if lines := strings.Split(strings.TrimSpace(f.Tail), "\n"); lines[0] != "" {
			t.Console = lines[max(0, len(lines)-consoleLines):]
		}
	}
	c.out.Tried = &t
	switch each := c.s.Words.Full(); {
	case failed != nil:
	case t.Windows == 0:
		c.wrong("workload", "in the unpatched kernel it ended no %s within %v: a comparison would wait in vain", each.Window, tryTime)
	case t.Windows < fewTries && t.Hits == 0:
		c.find(Note, "workload", fmt.Sprintf("in the unpatched kernel it ended no more than %d %s within %v: see what each of them waits for", t.Windows, each.Windows, tryTime))
	}
	return nil
}

// plainly is what went wrong, without the machine's command line.
func plainly(err error, seen []trial.Observation) string {
	var said *wire.Fault
	if errors.As(err, &said) {
		return said.Error()
	}
	text := err.Error()
	for _, o := range seen {
		text = strings.ReplaceAll(text, ": "+proc.Quote(o.Argv), "")
	}
	return text
}
