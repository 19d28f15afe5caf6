// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/goldentest"
)

const tutorial = "../../docs/tutorial.md"

// step is a command of a document, with what it prints, or an edit, from and to which.
type step struct{ command, output, from, to string }

var fenced = regexp.MustCompile("(?ms)^```(console|yaml)\n(.*?)^```$")

// stepsOf reads a document: a console block is one command and its output, two yaml
// blocks one edit.
func stepsOf(text string) (steps []step) {
	from := ""
	for _, m := range fenced.FindAllStringSubmatch(text, -1) {
		body := m[2]
		switch {
		case m[1] == "yaml" && from == "":
			from = body
		case m[1] == "yaml":
			steps = append(steps, step{from: from, to: body})
			from = ""
		default:
			command, output, _ := strings.Cut(strings.TrimPrefix(body, "$ "), "\n")
			steps = append(steps, step{command: command, output: output})
		}
	}
	return steps
}

func TestADocumentsStepsAreRead(t *testing.T) {
	steps := stepsOf("```yaml\na\n```\nx\n```yaml\nb\n```\n```console\n$ ls x\ny\n```\n")
	assert.Equal(t, []step{{from: "a\n", to: "b\n"}, {command: "ls x", output: "y\n"}}, steps)
}

// What the tutorial says of a file that it ships is so without a kernel.
func TestTheTutorialsExampleIsInOrder(t *testing.T) {
	text, err := os.ReadFile(tutorial)
	require.NoError(t, err)
	require.Greater(t, len(stepsOf(string(text))), 6)
	for _, name := range []string{"fix.patch", "race.c"} {
		require.Contains(t, string(text), "examples/tutorial/"+name)
	}
	raw, err := os.ReadFile("../../docs/examples/tutorial/race.c")
	require.NoError(t, err)
	require.LessOrEqual(t, strings.Count(string(raw), "\n"), 150, "lines of a program to follow")
	require.NotContains(t, string(raw), "TODO")
}

// TestE2ETutorial does what the tutorial says, in its order.
func TestE2ETutorial(t *testing.T) {
	e2e(t)
	text, err := os.ReadFile(tutorial)
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS("../../docs/examples/tutorial")))
	for _, s := range stepsOf(string(text)) {
		args := strings.Fields(s.command)
		switch {
		case s.command == "":
			file := filepath.Join(dir, "tls-race", "scenario.yaml")
			old, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Contains(t, string(old), s.from)
			require.NoError(t, os.WriteFile(file, []byte(strings.Replace(string(old), s.from, s.to, 1)), 0o644))
		case args[0] == "cat":
			out, err := os.ReadFile(filepath.Join(dir, args[1]))
			require.NoError(t, err)
			require.Regexp(t, goldentest.Pattern(s.output), string(out), s.command)
		default:
			require.Equal(t, "kcovrig", args[0])
			c := kcovrig(t, nil, args[1:]...)
			c.dir = dir
			code := 0
			if strings.Contains(s.output, " to do\n") && !strings.Contains(s.output, " 0 to do\n") {
				code = exitUsage
			}
			out := c.run(code).out.String()
			require.Regexp(t, goldentest.Pattern(s.output), out, s.command)
			if _, verdict, found := strings.Cut(out, "\nverdict: "); found {
				goldentest.Like(t, goldentest.Block(t, "../../README.md", "verdict: FIXED")+"...\n", "verdict: "+verdict)
			}
		}
	}
}
