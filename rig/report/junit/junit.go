// SPDX-License-Identifier: Apache-2.0

// Package junit is the JUnit form, in the element order of the schema that Jenkins's
// xUnit plugin publishes (junit-10.xsd), which the other CI servers read too. What the
// cases are, and how verdicts map to them, is left to the reports (docs/reports.md).
package junit

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
)

// Suites are the document.
type Suites struct {
	XMLName xml.Name `xml:"testsuites"`
	Name    string   `xml:"name,attr"`
	Totals
	Suites []Suite `xml:"testsuite"`
}

// Suite is a run, or a whole matrix.
type Suite struct {
	Name string `xml:"name,attr"`
	Totals
	Properties []Property `xml:"properties>property"`
	Cases      []Case     `xml:"testcase"`
	Out        string     `xml:"system-out"`
}

// Property is a fact about a suite.
type Property struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

// Case passes where it has none of the three messages.
type Case struct {
	Name    string   `xml:"name,attr"`
	Class   string   `xml:"classname,attr"`
	Time    string   `xml:"time,attr"`
	Skipped *Message `xml:"skipped"`
	Error   *Message `xml:"error"`
	Failure *Message `xml:"failure"`
	Seconds float64  `xml:"-"`
}

// Message is what is said of a case.
type Message struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// Totals count cases.
type Totals struct {
	Tests    int    `xml:"tests,attr"`
	Failures int    `xml:"failures,attr"`
	Errors   int    `xml:"errors,attr"`
	Skipped  int    `xml:"skipped,attr"`
	Time     string `xml:"time,attr"`
	seconds  float64
}

// Add is the sum of both.
func (t Totals) Add(o Totals) Totals {
	t.Tests, t.Failures, t.Errors, t.Skipped = t.Tests+o.Tests, t.Failures+o.Failures, t.Errors+o.Errors, t.Skipped+o.Skipped
	t.seconds += o.seconds
	t.Time = Time(t.seconds)
	return t
}

// Time writes seconds as the schema has them.
func Time(seconds float64) string {
	return strconv.FormatFloat(seconds, 'f', 3, 64)
}

// Write writes the document.
func Write(w io.Writer, all Suites) error {
	text, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s%s\n", xml.Header, text)
	return err
}

// Totals are those of one case.
func (c Case) Totals() Totals {
	t := Totals{Tests: 1, seconds: c.Seconds}
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
