// SPDX-License-Identifier: Apache-2.0

package litmusrun

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"kcovrig/rig/coderange"
	"kcovrig/rig/command"
	"kcovrig/rig/internal/herdtools"
	"kcovrig/rig/internal/qemu"
	"kcovrig/rig/kernels"
	"kcovrig/rig/litmus"
)

// set is one run of litmus tests under way.
type set struct {
	run    *command.Run
	cfg    Config
	kernel kernels.Image
	qemu   qemu.Program
	tests  []*test // sorted by name
	report litmus.Report
	lines  *lines // nil: the run came to nothing before it
}

// test is one test on its way.
type test struct {
	head      litmus.Head
	file      string
	source    herdtools.Source
	allowed   *litmus.Allowed // nil: the model's is not known
	log       []byte          // herd7's
	unjudged  string          // why allowed is nil
	unbuilt   string          // why there is no program
	path      string          // of the program
	scope     []coderange.Range
	counted   []litmus.Counted
	left      []string // the policies that it has yet to run under
	announced bool
	why       string // it cannot be run, or judged, or not to its end
	tail      string // the program's last output, where it failed
	elapsed   int64
	result    *litmus.Comparison // so far; nil: it did not come to run
}

// Threads beyond maxLitmusCPUs share CPUs.
const minLitmusCPUs, maxLitmusCPUs = 2, 4

// cpus is how many a guest has in which it runs.
func (t *test) cpus() int { return min(max(t.head.Threads, minLitmusCPUs), maxLitmusCPUs) }

func sortTests(tests []*test) {
	slices.SortFunc(tests, func(a, b *test) int {
		return cmp.Or(strings.Compare(a.head.Name, b.head.Name), strings.Compare(a.file, b.file))
	})
}

func (r *set) heads() []litmus.Head {
	var heads []litmus.Head
	for _, t := range r.tests {
		heads = append(heads, t.head)
	}
	return heads
}

// settle judges a test by all that it has come to so far, and keeps that.
func (r *set) settle(t *test) error {
	var c litmus.Comparison
	var err error
	if t.allowed != nil && len(t.counted) > 0 {
		c, err = litmus.Compare(t.head, *t.allowed, t.counted...)
	}
	c.Name, c.Threads, c.Why, c.Tail, c.ElapsedNS = t.head.Name, t.head.Threads, t.why, t.tail, t.elapsed
	if err != nil {
		c.Why = cmp.Or(c.Why, err.Error())
	}
	if len(t.left) > 0 {
		c.Why = cmp.Or(c.Why, "not run under the policy "+strings.Join(t.left, ", "))
	}
	// A forbidden state stays one, whatever came after it.
	if c.Outcome == "" || c.Why != "" && c.Outcome != litmus.Unsound {
		c.Outcome = litmus.Inconclusive
	}
	t.result = &c
	return r.lines.test(slices.Index(r.tests, t), c)
}

func litmusLine(c litmus.Comparison) string {
	line := fmt.Sprintf("%s: %s, %d outcomes", c.Name, c.Outcome, c.Outcomes)
	if len(c.Forbidden) > 0 {
		line += fmt.Sprintf(", FORBIDDEN %q", c.Forbidden)
	}
	if c.Why != "" {
		line += ": " + c.Why
	}
	return line
}

// fillUp makes the report, the tests that did not come to run among the others.
func (r *set) fillUp(err error) {
	why := litmus.NotRun
	if err != nil {
		why += ": " + strings.SplitN(err.Error(), "\n", 2)[0]
		if errors.Is(err, context.Canceled) {
			why = "interrupted before it was run"
		}
	}
	for _, t := range r.tests {
		if t.result == nil {
			t.result = &litmus.Comparison{Name: t.head.Name, Threads: t.head.Threads, Outcome: litmus.Inconclusive, Why: cmp.Or(t.why, t.unbuilt, why)}
		}
		r.report.Tests = append(r.report.Tests, *t.result)
	}
}
