// SPDX-License-Identifier: Apache-2.0

package litmusrun

import (
	"context"
	"fmt"
	"strings"

	"kcovrig/rig/trial"
)

// bootAll runs each batch under each policy.
func (r *set) bootAll(ctx context.Context) error {
	l := losses{}
	for _, b := range r.batches() {
		passes := r.cfg.passes(b.cpus)
		for _, t := range b.tests {
			for _, p := range passes {
				t.left = append(t.left, p.name)
			}
		}
		for _, p := range passes {
			if err := r.bootPass(ctx, b, p, &l); err != nil {
				return err
			}
			for _, t := range b.tests {
				if !t.announced && (t.why != "" || len(t.left) == 0) {
					t.announced = true
					r.run.Config.Events(trial.Event{Line: litmusLine(*t.result)})
				}
			}
		}
	}
	return nil
}

// losses counts boots, and those that have ended at their first test in a row.
type losses struct{ boots, fruitless int }

// bootPass runs a batch under one policy. A boot that one test ends is that
// test's loss alone: the others boot again without it. Two boots in a row without
// a result end the run: then it is none of theirs.
func (r *set) bootPass(ctx context.Context, all *batch, p pass, l *losses) error {
	rest := batch{cpus: all.cpus, tests: all.alive()}
	for len(rest.tests) > 0 {
		started, done, err := rest.run(ctx, r, p, l.boots)
		l.boots++
		if err == nil || done > 0 {
			l.fruitless = 0
		} else {
			l.fruitless++
		}
		if err == nil {
			return nil
		}
		if ctx.Err() != nil || done >= len(rest.tests) || l.fruitless > 1 {
			return err
		}
		if !started { // no test is to blame: a busy machine may be
			continue
		}
		t := rest.tests[done]
		t.why = fmt.Sprintf("the boot ended in it, under the policy %s: %s", p.name, strings.SplitN(err.Error(), "\n", 2)[0])
		if err := r.settle(t); err != nil {
			return err
		}
		rest.tests = rest.tests[done+1:]
	}
	return nil
}

// alive are the tests that can still be run.
func (b *batch) alive() []*test {
	var out []*test
	for _, t := range b.tests {
		if t.why == "" {
			out = append(out, t)
		}
	}
	return out
}
