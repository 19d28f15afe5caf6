// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/report/junit"
	"kcovrig/rig/report/reporttest"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

type node struct {
	name     string
	attrs    map[string]string
	text     string
	children []*node
}

// junitTree parses a report, whatever its elements are.
func junitTree(t *testing.T, text string) *node {
	t.Helper()
	root := &node{}
	stack := []*node{root}
	for dec := xml.NewDecoder(strings.NewReader(text)); ; {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			require.Len(t, root.children, 1)
			return root.children[0]
		}
		require.NoError(t, err)
		top := stack[len(stack)-1]
		switch x := token.(type) {
		case xml.StartElement:
			n := &node{name: x.Name.Local, attrs: map[string]string{}}
			for _, a := range x.Attr {
				n.attrs[a.Name.Local] = a.Value
			}
			top.children, stack = append(top.children, n), append(stack, n)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			top.text += string(x)
		}
	}
}

// junitElements is the part of Jenkins's junit-10.xsd that concerns these
// reports: per element the attributes it must and may have, and its children
// in their order.
var junitElements = map[string]struct{ must, may, children []string }{
	"testsuites": {nil, []string{"name", "time", "tests", "failures", "disabled", "errors", "skipped"}, []string{"testsuite"}},
	"testsuite": {[]string{"name", "tests"}, []string{"failures", "errors", "time", "disabled", "skipped", "timestamp", "hostname", "id", "package"},
		[]string{"properties", "testcase", "system-out", "system-err"}},
	"properties": {nil, nil, []string{"property"}},
	"property":   {[]string{"name", "value"}, nil, nil},
	"testcase":   {[]string{"name"}, []string{"classname", "assertions", "time", "status"}, []string{"skipped", "error", "failure", "system-out", "system-err"}},
	"error":      {nil, []string{"type", "message"}, nil},
	"failure":    {nil, []string{"type", "message"}, nil},
	"skipped":    {nil, []string{"type", "message"}, nil},
	"system-out": {nil, nil, nil}, "system-err": {nil, nil, nil},
}

func junitBreaches(n *node) []string {
	rule, known := junitElements[n.name]
	if !known {
		return []string{"element " + n.name}
	}
	var out []string
	for _, a := range rule.must {
		if _, ok := n.attrs[a]; !ok {
			out = append(out, n.name+" lacks "+a)
		}
	}
	for a, v := range n.attrs {
		if !slices.Contains(rule.must, a) && !slices.Contains(rule.may, a) {
			out = append(out, n.name+" has "+a)
		}
		if _, err := strconv.ParseFloat(v, 64); err != nil && slices.Contains([]string{"tests", "failures", "errors", "skipped", "time"}, a) {
			out = append(out, n.name+": "+a+" is no number: "+v)
		}
	}
	last := 0
	for _, c := range n.children {
		at := slices.Index(rule.children, c.name)
		if at < last {
			out = append(out, n.name+" has "+c.name+" there")
		}
		last = max(last, at)
		out = append(out, junitBreaches(c)...)
	}
	return append(out, junitMiscounts(n)...)
}

// junitMiscounts compares the totals of suites with the cases in them.
func junitMiscounts(n *node) []string {
	if !strings.HasPrefix(n.name, "testsuite") {
		return nil
	}
	have := map[string]int{"testcase": 0, "failure": 0, "error": 0, "skipped": 0}
	var count func(*node)
	count = func(n *node) {
		have[n.name]++
		for _, c := range n.children {
			count(c)
		}
	}
	count(n)
	var out []string
	for attr, element := range map[string]string{"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"} {
		if n.attrs[attr] != strconv.Itoa(have[element]) {
			out = append(out, n.name+" miscounts "+attr+": "+n.attrs[attr])
		}
	}
	return out
}

func TestJUnitIsWhatJenkinsReads(t *testing.T) {
	for _, names := range append([][]string{samples}, slices.Collect(slices.Chunk(samples, 1))...) {
		assert.Empty(t, junitBreaches(junitTree(t, render(t, "junit", reporttest.Load(t, names...)))), "%v", names)
	}
	good := render(t, "junit", reporttest.Load(t, "not-fixed"))
	for old, spoilt := range map[string]string{
		`failures="2"`: `failures="1"`, `<failure`: `<failed`, `name="compare, mode pc"`: `title="x"`, `time="`: `time="x`, `<properties>`: `<system-out></system-out><properties>`,
	} {
		bad := strings.ReplaceAll(good, old, spoilt)
		bad = strings.ReplaceAll(bad, "</failure", map[bool]string{true: "</failed", false: "</failure"}[old == "<failure"])
		require.NotEqual(t, good, bad)
		assert.NotEmpty(t, junitBreaches(junitTree(t, bad)), "%s", spoilt)
	}
}

func TestJUnitOutcomes(t *testing.T) {
	one := func(change func(*result.Document)) junit.Case {
		d := reporttest.Load(t, "fixed")[0].Document
		change(&d)
		return junitCases(d)[0]
	}
	verdict := func(v trial.Verdict) func(*result.Document) {
		return func(d *result.Document) {
			d.Verdict, d.Modes = v, []trial.ModeJudgement{{Mode: "pc", Verdict: v, Reason: "why"}}
		}
	}
	failed := func(d *result.Document) { d.Error = &trial.Failure{Whose: "kernel"}; verdict(trial.Inconclusive)(d) }
	for name, c := range map[string]struct {
		change                 func(*result.Document)
		failed, errored, skips bool
	}{
		"fixed":             {verdict(trial.Fixed), false, false, false},
		"not fixed":         {verdict(trial.NotFixed), true, false, false},
		"no effect":         {verdict(trial.NoEffect), false, false, true},
		"inconclusive":      {verdict(trial.Inconclusive), false, true, false},
		"unknown":           {verdict(trial.VerdictUnknown), false, true, false},
		"new":               {verdict("better"), false, true, false},
		"fault":             {failed, false, true, false},
		"fixed and a fault": {func(d *result.Document) { d.Error = &trial.Failure{Whose: "rig"} }, false, true, false},
		"one kernel":        {func(d *result.Document) { d.Command = "run"; verdict(trial.VerdictUnknown)(d) }, false, false, true},
		"built":             {func(d *result.Document) { d.Command = "build"; verdict(trial.VerdictUnknown)(d) }, false, false, false},
		"not built":         {func(d *result.Document) { d.Command = "build"; failed(d) }, false, true, false},
	} {
		got := one(c.change)
		assert.Equal(t, []bool{c.failed, c.errored, c.skips}, []bool{got.Failure != nil, got.Error != nil, got.Skipped != nil}, name)
	}
}
