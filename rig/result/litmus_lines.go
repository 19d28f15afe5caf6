// SPDX-License-Identifier: Apache-2.0

package result

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"kcovrig/rig/litmus"
)

// LitmusLinesSchema names the form of a litmus run's results as they come: one
// JSON object a line. The first lists the tests, each further one is a test's
// result so far, the last that of the whole.
const LitmusLinesSchema = "kcovrig.litmus-lines/1"

type litmusBegin struct {
	Schema string        `json:"schema"`
	Seed   uint64        `json:"seed"`
	Heads  []litmus.Head `json:"heads"`
}

type litmusEnd struct {
	Kernel   string            `json:"kernel"`
	QEMU     string            `json:"qemu"`
	Counters map[string]uint64 `json:"emulator"`
	Ended    bool              `json:"ended"`
}

type litmusLine struct {
	Begin  *litmusBegin       `json:"begin,omitempty"`
	Number int                `json:"number,omitempty"` // of the test, from 1, as the first line lists them
	Test   *litmus.Comparison `json:"test,omitempty"`
	End    *litmusEnd         `json:"end,omitempty"`
}

// LitmusWriter writes results as they come. Each line is written at once.
type LitmusWriter struct{ To io.Writer }

// Begin names the tests of the run.
func (w *LitmusWriter) Begin(heads []litmus.Head, seed uint64) error {
	return w.line(litmusLine{Begin: &litmusBegin{LitmusLinesSchema, seed, Full(heads)}})
}

// Test tells what a test has come to; a later word on it counts. number is its
// place in Begin's list, from 0.
func (w *LitmusWriter) Test(number int, c litmus.Comparison) error {
	t := LitmusTest(c)
	return w.line(litmusLine{Number: number + 1, Test: &t})
}

// End says that no more will come.
func (w *LitmusWriter) End(r litmus.Report) error {
	return w.line(litmusLine{End: &litmusEnd{r.Kernel, r.QEMU, r.Counted, r.Ended}})
}

func (w *LitmusWriter) line(l litmusLine) error {
	text, err := json.Marshal(l)
	if err == nil {
		_, err = w.To.Write(append(text, '\n'))
	}
	return err
}

// ReadLitmusLines makes a report of the results that a run has left, whatever
// ended it. A last line that was cut is none.
func ReadLitmusLines(from io.Reader) (litmus.Report, error) {
	in := bufio.NewReader(from)
	var begun *litmusBegin
	var ended *litmusEnd
	var tests []*litmus.Comparison
	for number := 1; ; number++ {
		text, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		var l litmusLine
		if err == nil {
			err = json.Unmarshal(bytes.TrimSpace(text), &l)
		}
		switch {
		case err != nil:
		case begun == nil && (l.Begin == nil || l.Begin.Schema != LitmusLinesSchema):
			err = fmt.Errorf("it does not begin as %s", LitmusLinesSchema)
		case begun == nil:
			begun, tests = l.Begin, make([]*litmus.Comparison, len(l.Begin.Heads))
		case l.Test != nil && l.Number >= 1 && l.Number <= len(tests):
			c := LitmusTest(*l.Test)
			tests[l.Number-1] = &c
		case l.End != nil:
			ended = l.End
		default:
			err = errors.New("it is neither a result nor the end")
		}
		if err != nil {
			return litmus.Report{}, fmt.Errorf("line %d: %w", number, err)
		}
	}
	if begun == nil {
		return litmus.Report{}, errors.New("it holds no results")
	}
	return keptReport(begun, ended, tests), nil
}

func keptReport(begun *litmusBegin, ended *litmusEnd, tests []*litmus.Comparison) litmus.Report {
	r := litmus.Report{Seed: begun.Seed, Ended: true}
	if ended != nil {
		r.Kernel, r.QEMU, r.Counted, r.Ended = ended.Kernel, ended.QEMU, ended.Counters, ended.Ended
	}
	for i, h := range begun.Heads {
		r.Tests = append(r.Tests, *cmp.Or(tests[i], &litmus.Comparison{
			Name: h.Name, Threads: h.Threads, Outcome: litmus.Inconclusive, Why: litmus.NotRun + ": the run was ended before",
		}))
	}
	return r
}

// LitmusTest is what a test has come to as documents have it: with no list that is null.
func LitmusTest(c litmus.Comparison) litmus.Comparison {
	if c.States == nil {
		c.States = map[litmus.State]uint64{}
	}
	c.Allowed, c.Forbidden, c.Unseen, c.Shares = Full(c.Allowed), Full(c.Forbidden), Full(c.Unseen), Full(c.Shares)
	return c
}
