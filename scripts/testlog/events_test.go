// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
)

func feed(t *testing.T, lines ...string) (string, Summary) {
	t.Helper()
	var out strings.Builder
	sum, err := Copy(&out, strings.NewReader(strings.Join(lines, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), sum
}

const (
	passA   = `{"Action":"pass","Package":"m/p","Test":"TestA"}`
	closing = `{"Action":"output","Package":"m/p","Output":"ok  \tm/p\t0.1s\n"}`
	passPkg = `{"Action":"pass","Package":"m/p"}`
)

func TestPassPrintsClosingLineOnly(t *testing.T) {
	out, sum := feed(t, `{"Action":"output","Package":"m/p","Test":"TestA","Output":"noise\n"}`, passA, closing, passPkg)
	if out != "ok  \tm/p\t0.1s\n" {
		t.Errorf("printed %q", out)
	}
	if err := sum.Err(); err != nil {
		t.Error(err)
	}
}

func TestWhatIsNoSuccess(t *testing.T) {
	for _, tc := range []struct {
		name, want string
		lines      []string
	}{
		{"skip", "skipped, so not checked: m/p.TestB", []string{passA,
			`{"Action":"output","Package":"m/p","Test":"TestB","Output":"needs a VM\n"}`,
			`{"Action":"skip","Package":"m/p","Test":"TestB"}`, closing, passPkg}},
		{"fail", "failed: m/p.TestB", []string{passA, `{"Action":"fail","Package":"m/p","Test":"TestB"}`,
			`{"Action":"fail","Package":"m/p"}`}},
		{"panic outside a test's end", "failed: m/p", []string{passA,
			`{"Action":"output","Package":"m/p","Test":"TestB","Output":"needs a VM\n"}`, `{"Action":"fail","Package":"m/p"}`}},
		{"build", "failed: m/p (build)", []string{passA, `{"ImportPath":"m/p","Action":"build-fail"}`,
			`{"Action":"fail","Package":"m/p","FailedBuild":"m/p"}`}},
		{"nothing ran", "no test passed", []string{closing, passPkg}},
		{"empty input", "no test passed", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			out, sum := feed(t, tc.lines...)
			err := sum.Err()
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
			if strings.Contains(strings.Join(tc.lines, ""), "needs a VM") && !strings.Contains(out, "needs a VM") {
				t.Errorf("the reason is not in %q", out)
			}
		})
	}
}

func TestPackageWithoutTestsIsNoSkippedTest(t *testing.T) {
	_, sum := feed(t, passA, `{"Action":"skip","Package":"m/q"}`)
	if err := sum.Err(); err != nil {
		t.Error(err)
	}
}

func TestForeignLinesPass(t *testing.T) {
	out, _ := feed(t, "ld: warning", passA)
	if out != "ld: warning\n" {
		t.Errorf("printed %q", out)
	}
}

func TestSlowestTestsAreNamed(t *testing.T) {
	_, sum := feed(t, `{"Action":"pass","Package":"m/p","Test":"TestA","Elapsed":2}`, `{"Action":"pass","Package":"m/p","Test":"TestA/part","Elapsed":2}`,
		`{"Action":"fail","Package":"m/p","Test":"TestB","Elapsed":70.4}`, `{"Action":"pass","Package":"m/q","Test":"TestC","Elapsed":3}`)
	want := "   70 s  m/p.TestB|    3 s  m/q.TestC"
	if got := strings.Join(sum.Slowest(2), "|"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWhatPassedNeedNotRunAgain(t *testing.T) {
	event := func(action, pkg, test string) string {
		return `{"Action":"` + action + `","Package":"` + pkg + `","Test":"` + test + `"}`
	}
	_, sum := feed(t, event("pass", "m/p", "TestA"), event("pass", "m/p", "TestB/one"), event("skip", "m/p", "TestB/two"), event("pass", "m/p", "TestB"),
		event("skip", "m/p", "TestC"), event("pass", "m/p", "TestD"), event("pass", "m/q", "TestD"), event("pass", "m/p", "TestE"), event("skip", "m/q", "TestE"),
		event("pass", "m/r", "TestF"), event("fail", "m/p", "TestG"))
	if got, want := sum.Pattern([]string{"m/r"}), "^(TestA|TestD)$"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPackagesThatPassedWholeNeedNotRunAgain(t *testing.T) {
	var lines []string
	for _, e := range []string{"pass m/p TestA", "pass m/p", "skip m/q TestA/part", "pass m/q TestA", "pass m/q", "pass m/r TestA", "pass m/r",
		"fail m/s TestB", "fail m/s", "pass m/t TestA", "skip m/u", "pass m/v TestC", "skip m/v TestD", "pass m/v"} {
		f := append(strings.Fields(e), "")
		lines = append(lines, `{"Action":"`+f[0]+`","Package":"`+f[1]+`","Test":"`+f[2]+`"}`)
	}
	_, sum := feed(t, lines...)
	if got := strings.Join(sum.Whole([]string{"m/r"}), " "); got != "m/p" {
		t.Errorf("got %q: m/t has not ended, m/u has no tests, m/r does more later, the others left something out", got)
	}
}
