// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// scene is a small run with a known end. In its script, C0 is the code of vCPU
// 0 and so on, E0 to E7 are places outside the body, D0 to D7 data pages of the kernel's half, U0 to U7
// of the user's; I0 to I7 are C0 to C7 in the identity map. "print WHAT == N" checks a value.
type scene struct {
	name    string
	code    []string // per vCPU, separated by semicolons
	places  []string // where each code goes; empty: C0, C1, ...
	plan    string
	script  []string
	asleep  bool   // the script itself makes the emulator begin
	lse2    bool   // the CPU has FEAT_LSE2
	tracked bool   // views are kept from the first instruction, or the plan is none
	mutant  string // the broken rule that must make this scene fail; empty: none
}

var place = regexp.MustCompile(`\b([CDEIU])([0-7])((?:[+-](?:0x)?[0-9a-f]+)?)\b`)

func address(t testing.TB, text string) uint64 {
	t.Helper()
	m := place.FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("%s is no place", text)
	}
	base := map[string]uint64{"C": codeAt, "D": dataAt, "E": extraAt, "I": codeAt - kernel, "U": ramBase + 20<<20}[m[1]]
	n, _ := strconv.ParseUint(m[2], 10, 64)
	base += n * 4096
	if m[3] != "" {
		off, err := strconv.ParseInt(m[3], 0, 64)
		if err != nil {
			t.Fatal(err)
		}
		base += uint64(off)
	}
	return base
}

func (s scene) place(i int) string {
	if i < len(s.places) {
		return s.places[i]
	}
	return fmt.Sprintf("C%d", i)
}

// play runs the scene and lists what came out otherwise than the script says.
func (s scene) play(t testing.TB, code map[string][]uint32, b build, policy []string, mutant string) []string {
	t.Helper()
	var script strings.Builder
	var checks, want []string
	for i := range s.code {
		script.WriteString(codeLine(address(t, s.place(i)), code[threadName(s.name, i)]))
	}
	for _, line := range slices.Concat(policy, s.script) {
		command, expected, check := strings.Cut(line, " == ")
		if check {
			checks, want = append(checks, command), append(want, expected)
		}
		fmt.Fprintln(&script, place.ReplaceAllStringFunc(command, func(p string) string {
			return fmt.Sprintf("%#x", address(t, p))
		}))
	}
	plan := place.ReplaceAllStringFunc(s.plan, func(p string) string { return fmt.Sprintf("%#x", address(t, p)) })
	out := guest{build: b, plan: plan, script: script.String(), asleep: s.asleep, lse2: s.lse2, mutant: mutant}.run(t)
	printed := strings.Split(strings.TrimSpace(out), "\n")
	if len(printed) != len(checks) {
		t.Fatalf("%d values for %d checks:\n%s", len(printed), len(checks), out)
	}
	var wrong []string
	for i, line := range printed {
		_, value, _ := strings.Cut(line, " = ")
		got, err := strconv.ParseUint(value, 0, 64)
		if err != nil {
			t.Fatal(err)
		}
		expected, err := strconv.ParseUint(want[i], 0, 64)
		if err != nil {
			expected = address(t, want[i])
		}
		if got != expected {
			wrong = append(wrong, fmt.Sprintf("%s: %#x, not %s", checks[i], got, want[i]))
		}
	}
	return wrong
}

func assembleScenes(t testing.TB, scenes []scene) map[string][]uint32 {
	t.Helper()
	var out []snippet
	for _, s := range scenes {
		for i, code := range s.code {
			out = append(out, snippet{threadName(s.name, i), strings.Split(code, ";")})
		}
	}
	return assemble(t, out)
}

// Whatever views are kept and whoever does the loads, the scenes end alike.
var ways = map[string][]string{
	"untracked":         {"policy track 0"},
	"tracked, emulated": {"policy track 1", "policy exact 1000"},
	"tracked, native":   {"policy track 1", "policy exact 0"},
}

func allScenes() []scene {
	return slices.Concat(bufferScenes, pageScenes, scopeScenes, awakeScenes, turnScenes, callScenes, orderScenes, alterScenes(), historyScenes, loadScenes, readScenes, branchScenes(), widenScenes, spacedScenes)
}

func TestScenes(t *testing.T) {
	scenes := allScenes()
	code := assembleScenes(t, scenes)
	for _, s := range scenes {
		for way, policy := range ways {
			if s.tracked && way == "untracked" {
				continue
			}
			t.Run(s.name+"/"+way, func(t *testing.T) {
				for _, wrong := range s.play(t, code, build{}, policy, "") {
					t.Error(wrong)
				}
			})
		}
	}
}
