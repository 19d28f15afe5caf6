// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"

	"kcovrig/rig/report/words"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

// The JUnit form, in the element order of the schema that Jenkins's xUnit plugin
// publishes (junit-10.xsd), which the other CI servers read too. How verdicts
// map is documented in docs/reports.md.
type (
	junitSuites struct {
		XMLName xml.Name `xml:"testsuites"`
		Name    string   `xml:"name,attr"`
		junitTotals
		Suites []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name string `xml:"name,attr"`
		junitTotals
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`
		Out        string          `xml:"system-out"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		Time    string        `xml:"time,attr"`
		Skipped *junitMessage `xml:"skipped"`
		Error   *junitMessage `xml:"error"`
		Failure *junitMessage `xml:"failure"`
		seconds float64
	}
	junitMessage struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
	junitTotals struct {
		Tests    int    `xml:"tests,attr"`
		Failures int    `xml:"failures,attr"`
		Errors   int    `xml:"errors,attr"`
		Skipped  int    `xml:"skipped,attr"`
		Time     string `xml:"time,attr"`
		seconds  float64
	}
)

func (t junitTotals) add(o junitTotals) junitTotals {
	t.Tests, t.Failures, t.Errors, t.Skipped = t.Tests+o.Tests, t.Failures+o.Failures, t.Errors+o.Errors, t.Skipped+o.Skipped
	t.seconds += o.seconds
	t.Time = junitTime(t.seconds)
	return t
}

func junitTime(seconds float64) string {
	return strconv.FormatFloat(seconds, 'f', 3, 64)
}

func writeJUnit(w io.Writer, r RunsReport) error {
	runs := r.Runs
	all := junitSuites{Name: "kcovrig"}
	for _, run := range runs {
		s := junitSuite{Name: run.Name, Cases: junitCases(run.Document)}
		for _, f := range words.Provenance(run.Document) {
			s.Properties = append(s.Properties, junitProperty(f))
		}
		s.Properties = append(s.Properties, junitProperty{"verdict", verdictWord(run.Document)}, junitProperty{"repeat", command(run.Document)})
		for _, c := range s.Cases {
			s.junitTotals = s.add(c.totals())
		}
		var text strings.Builder
		if err := writeTexts(&text, RunsReport{Runs: []result.Saved{run}}); err != nil {
			return err
		}
		s.Out = text.String()
		all.junitTotals = all.add(s.junitTotals)
		all.Suites = append(all.Suites, s)
	}
	return writeSuites(w, all)
}

func writeSuites(w io.Writer, all junitSuites) error {
	text, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s%s\n", xml.Header, text)
	return err
}

func (c junitCase) totals() junitTotals {
	t := junitTotals{Tests: 1, seconds: c.seconds}
	switch {
	case c.Failure != nil:
		t.Failures = 1
	case c.Error != nil:
		t.Errors = 1
	case c.Skipped != nil:
		t.Skipped = 1
	}
	return t
}

// junitCases makes one test case per mode that was asked for; one in all where
// it did not come to that.
func junitCases(d result.Document) []junitCase {
	class := "kcovrig." + words.OrNone(d.Spec.Arch) + "." + words.OrNone(string(d.Judged()))
	var cases []junitCase
	for _, mode := range d.Spec.Modes {
		if d.Command == trial.CommandBuild {
			break
		}
		c := junitCase{Name: string(d.Command) + ", mode " + mode, Class: class}
		for _, a := range d.Measured {
			if a.Mode == mode && a.Reader == d.Judged() {
				c.seconds += float64(a.StressNS) / 1e9
			}
		}
		c.Time = junitTime(c.seconds)
		c.judge(d, mode)
		cases = append(cases, c)
	}
	if len(cases) == 0 {
		c := junitCase{Name: words.OrNone(string(d.Command)), Class: class, Time: "0.000"}
		if d.Command != trial.CommandBuild || d.Error != nil || d.Verdict == trial.DoesNotApply {
			c.judge(d, "")
		}
		cases = append(cases, c)
	}
	return cases
}

// judge fills the case's outcome. It passes only what is fixed.
func (c *junitCase) judge(d result.Document, mode string) {
	verdict, reason := d.Verdict, strings.Join(d.Reasons, "\n")
	for _, m := range d.Modes {
		if m.Mode == mode {
			verdict, reason = m.Verdict, m.Reason
		}
	}
	switch {
	case verdict == trial.NotFixed:
		c.Failure = &junitMessage{Message: "not fixed", Type: string(trial.NotFixed), Text: reason}
	case d.Error != nil:
		text := d.Error.Message
		for _, more := range []string{d.Error.Log, d.Error.Tail, d.Error.Try} {
			if more != "" {
				text += "\n" + more
			}
		}
		c.Error = &junitMessage{Message: "fault of: " + d.Error.Whose, Type: d.Error.Whose + "-fault", Text: text}
	case d.Verdict == trial.DoesNotApply:
		c.Skipped = &junitMessage{Message: "not applicable", Text: strings.Join(d.Reasons, "\n")}
	case verdict == trial.Fixed:
	case verdict == trial.NoEffect:
		c.Skipped = &junitMessage{Message: "no effect possible: " + reason}
	case verdict == trial.VerdictUnknown && (d.Command == trial.CommandRun || d.Replay != nil):
		c.Skipped = &junitMessage{Message: "no verdict: one kernel alone gives a tally"}
	case verdict == trial.Identical:
		c.Error = &junitMessage{Message: "identical kernels: nothing was tested", Type: string(trial.Identical), Text: reason}
	default:
		c.Error = &junitMessage{Message: "inconclusive", Type: string(trial.Inconclusive), Text: reason}
	}
}
