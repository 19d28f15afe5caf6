// SPDX-License-Identifier: Apache-2.0

package disk

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// A pipe that nobody writes to would be waited for without end.
func TestInputIsNeverWaitedFor(t *testing.T) {
	dir := t.TempDir()
	pipe, file := filepath.Join(dir, "pipe"), filepath.Join(dir, "file")
	require.NoError(t, unix.Mkfifo(pipe, 0o600))
	require.NoError(t, os.WriteFile(file, []byte("text"), 0o600))
	for path, want := range map[string]string{pipe: "", file: "text"} {
		text, err := ReadInput(path)
		require.NoError(t, err)
		assert.Equal(t, want, string(text))
	}
	_, err := ReadRegular(pipe)
	assert.ErrorIs(t, err, ErrNoFile)
	for _, none := range []string{dir, "/dev/null"} {
		_, err = ReadInput(none)
		assert.ErrorIs(t, err, ErrNoFile, none)
	}
	r, w, err := os.Pipe()
	require.NoError(t, err)
	defer r.Close()
	_, err = w.WriteString("written")
	require.NoError(t, err)
	require.NoError(t, w.Close())
	text, err := ReadInput("/proc/self/fd/" + fmt.Sprint(r.Fd()))
	require.NoError(t, err)
	assert.Equal(t, "written", string(text), "as a shell hands on what a command prints")
}
