// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// What the compiler's sanitizers find ends the harness and so fails the test.
func TestSanitized(t *testing.T) {
	t.Parallel()
	b := build{sanitized: true}
	tests, answers := proofTests(t)
	for name, o := range runTests(t, guest{build: b}, tests, 600, 3) {
		for _, text := range forbidden(o, answers[name]) {
			t.Errorf("%s: forbidden: %s", name, text)
		}
	}
	scenes := allScenes()
	code := assembleScenes(t, scenes)
	for _, s := range scenes {
		for way, policy := range ways {
			if s.tracked && way == "untracked" {
				continue
			}
			for _, wrong := range s.play(t, code, b, policy, "") {
				t.Errorf("%s: %s", s.name, wrong)
			}
		}
	}
}

// The oldest plugin interface that the emulator can use.
func TestOldestAPI(t *testing.T) {
	b := build{api: MinAPI}
	tests, answers := proofTests(t)
	for name, o := range runTests(t, guest{build: b}, tests, 3000, 5) {
		for _, text := range forbidden(o, answers[name]) {
			t.Errorf("%s: forbidden: %s", name, text)
		}
	}
}

func TestSameSeedSameDecisions(t *testing.T) {
	tests, _ := proofTests(t)
	run := func(seed string) map[string]outcome {
		return runTests(t, guest{plan: "seed " + seed + "\nset active 1000\n"}, tests, 900, 11)
	}
	first := run("1")
	assert.Equal(t, first, run("1"))
	assert.NotEqual(t, first, run("2"))
}
