// SPDX-License-Identifier: Apache-2.0

package report

import (
	"io"
	"strings"

	"kcovrig/rig/report/junit"
	"kcovrig/rig/report/words"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

func writeJUnit(w io.Writer, r RunsReport) error {
	runs := r.Runs
	all := junit.Suites{Name: "kcovrig"}
	for _, run := range runs {
		s := junit.Suite{Name: run.Name, Cases: junitCases(run.Document)}
		for _, f := range words.Provenance(run.Document) {
			s.Properties = append(s.Properties, junit.Property(f))
		}
		s.Properties = append(s.Properties, junit.Property{Name: "verdict", Value: verdictWord(run.Document)}, junit.Property{Name: "repeat", Value: command(run.Document)})
		for _, c := range s.Cases {
			s.Totals = s.Add(c.Totals())
		}
		var text strings.Builder
		if err := writeTexts(&text, RunsReport{Runs: []result.Saved{run}}); err != nil {
			return err
		}
		s.Out = text.String()
		all.Totals = all.Add(s.Totals)
		all.Suites = append(all.Suites, s)
	}
	return junit.Write(w, all)
}

// junitCases makes one test case per mode that was asked for; one in all where
// it did not come to that.
func junitCases(d result.Document) []junit.Case {
	class := "kcovrig." + words.OrNone(d.Spec.Arch) + "." + words.OrNone(string(d.Judged()))
	var cases []junit.Case
	for _, mode := range d.Spec.Modes {
		if d.Command == trial.CommandBuild {
			break
		}
		c := junit.Case{Name: string(d.Command) + ", mode " + mode, Class: class}
		for _, a := range d.Measured {
			if a.Mode == mode && a.Reader == d.Judged() {
				c.Seconds += float64(a.StressNS) / 1e9
			}
		}
		c.Time = junit.Time(c.Seconds)
		judge(&c, d, mode)
		cases = append(cases, c)
	}
	if len(cases) == 0 {
		c := junit.Case{Name: words.OrNone(string(d.Command)), Class: class, Time: "0.000"}
		if d.Command != trial.CommandBuild || d.Error != nil || d.Verdict == trial.DoesNotApply {
			judge(&c, d, "")
		}
		cases = append(cases, c)
	}
	return cases
}

// judge fills a case's outcome. It passes only what is fixed.
func judge(c *junit.Case, d result.Document, mode string) {
	verdict, reason := d.Verdict, strings.Join(d.Reasons, "\n")
	for _, m := range d.Modes {
		if m.Mode == mode {
			verdict, reason = m.Verdict, m.Reason
		}
	}
	switch {
	case verdict == trial.NotFixed:
		c.Failure = &junit.Message{Message: "not fixed", Type: string(trial.NotFixed), Text: reason}
	case d.Error != nil:
		text := d.Error.Message
		for _, more := range []string{d.Error.Log, d.Error.Tail, d.Error.Try} {
			if more != "" {
				text += "\n" + more
			}
		}
		c.Error = &junit.Message{Message: "fault of: " + d.Error.Whose, Type: d.Error.Whose + "-fault", Text: text}
	case d.Verdict == trial.DoesNotApply:
		c.Skipped = &junit.Message{Message: "not applicable", Text: strings.Join(d.Reasons, "\n")}
	case verdict == trial.Fixed:
	case verdict == trial.NoEffect:
		c.Skipped = &junit.Message{Message: "no effect possible: " + reason}
	case verdict == trial.VerdictUnknown && (d.Command == trial.CommandRun || d.Replay != nil):
		c.Skipped = &junit.Message{Message: "no verdict: one kernel alone gives a tally"}
	case verdict == trial.Identical:
		c.Error = &junit.Message{Message: "identical kernels: nothing was tested", Type: string(trial.Identical), Text: reason}
	default:
		c.Error = &junit.Message{Message: "inconclusive", Type: string(trial.Inconclusive), Text: reason}
	}
}
