// SPDX-License-Identifier: Apache-2.0

package disk

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func aLog(t *testing.T) (*Log, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "log")
	l, err := newLog(path, logLimits{most: 4096, begin: 512, end: 1024})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, l.Close()) })
	return l, path
}

func textOf(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

// What never stops is kept from filling the disk; its beginning and its last lines are there at
// every moment, and what is between says how much is not.
func TestALogIsBounded(t *testing.T) {
	l, path := aLog(t)
	said := regexp.MustCompile(`\n\n\[kcovrig cut (\d+) bytes out here: a log has 4096 at most\]\n`)
	total := 0
	for n := range 700 {
		line := fmt.Sprintf("line %d of them\n", n)
		wrote, err := l.Write([]byte(line))
		require.NoError(t, err)
		require.Equal(t, len(line), wrote)
		total += len(line)
		text := textOf(t, path)
		require.LessOrEqual(t, len(text), 4096)
		require.True(t, strings.HasPrefix(text, "line 0 of them\n"))
		require.True(t, strings.HasSuffix(text, "\n"+line) || n == 0)
		cut := said.FindStringSubmatchIndex(text)
		if total <= 4096 {
			require.Nil(t, cut)
			continue
		}
		require.NotNil(t, cut, "of %d bytes", total)
		missing, err := strconv.Atoi(text[cut[2]:cut[3]])
		require.NoError(t, err)
		notice := cut[1] - cut[0] - 1 // the first of its newlines is the beginning's
		require.Equal(t, total, len(text)-notice+missing)
		for kept := range strings.SplitSeq(strings.TrimSpace(text[:cut[0]]+"\n"+text[cut[1]:]), "\n") {
			require.Regexp(t, `^line \d+ of them$`, kept)
		}
	}
}

func TestALogOfNoLinesIsBoundedToo(t *testing.T) {
	l, path := aLog(t)
	n, err := l.Write(bytes.Repeat([]byte{'x'}, 100000))
	require.NoError(t, err)
	assert.Equal(t, 100000, n)
	_, err = l.Write([]byte("the end"))
	require.NoError(t, err)
	text := textOf(t, path)
	assert.LessOrEqual(t, len(text), 4096)
	assert.Contains(t, text, "kcovrig cut ")
	assert.True(t, strings.HasSuffix(text, "xxthe end"))
}

func TestALogThatCannotBeWrittenSaysSo(t *testing.T) {
	l, err := newLog("/dev/full", logLimits{most: 4096, begin: 512, end: 1024})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, err = l.Write([]byte("x"))
	assert.ErrorContains(t, err, "no space left")
}
