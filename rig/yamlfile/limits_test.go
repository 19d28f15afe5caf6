// SPDX-License-Identifier: Apache-2.0

package yamlfile

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// bomb is a list of lists of aliases, each of which stands for ten times the one before.
func bomb(levels int) string {
	text := "a0: &a0 [" + strings.Repeat("x, ", 10) + "]\n"
	for i := range levels {
		text += fmt.Sprintf("a%d: &a%d [%s]\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*a%d, ", i), 10))
	}
	return text
}

// What is too much is refused before it takes memory or time.
func TestHugeFilesAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"one comment":          {"# " + strings.Repeat("x", 64<<20), "a.yaml:1:1: more than 1 MiB"},
		"aliases of aliases":   {bomb(60), "a.yaml:1:1: more than 100000 values, with what its aliases (*name) stand for"},
		"many values":          {"name: [" + strings.Repeat("1,", 200_000) + "]\n", "more than 100000 values"},
		"a list within itself": {"name: &a [*a]\n", "a.yaml:1:11: *a is within what it stands for"},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			began := time.Now()
			r := &Reader{File: "a.yaml"}
			_, ok := r.Root([]byte(c.text), "a thing")
			assert.False(t, ok)
			require.ErrorContains(t, r.Err("read", ""), c.want)
			runtime.ReadMemStats(&after)
			assert.Less(t, time.Since(began), 10*time.Second)
			assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(500<<20))
		})
	}
	assert.Empty(t, Places([]byte("# "+strings.Repeat("x", MaxBytes))))
	for _, text := range []string{bomb(3), "name: &a [x]\nlist: [*a, *a]\n"} {
		r := &Reader{File: "a.yaml"}
		_, ok := r.Root([]byte(text), "a thing")
		assert.True(t, ok, "aliases are of use: %v", r.Err("read", ""))
	}
}
