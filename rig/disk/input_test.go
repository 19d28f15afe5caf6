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
	text, err := ReadInput(file)
	require.NoError(t, err)
	assert.Equal(t, "text", string(text))
	for none, kind := range map[string]string{dir: "a folder", "/dev/null": "a device", pipe: "a named pipe"} {
		for _, read := range []func(string) ([]byte, error){ReadInput, ReadRegular} {
			_, err = read(none)
			assert.ErrorIs(t, err, ErrNoFile)
			assert.ErrorContains(t, err, kind)
		}
	}
	r, w, err := os.Pipe()
	require.NoError(t, err)
	defer r.Close()
	_, err = w.WriteString("written")
	require.NoError(t, err)
	require.NoError(t, w.Close())
	text, err = ReadInput("/proc/self/fd/" + fmt.Sprint(r.Fd()))
	require.NoError(t, err)
	assert.Equal(t, "written", string(text), "as a shell hands on what a command prints")
}

func TestInputIsBounded(t *testing.T) {
	dir := t.TempDir()
	sparse := filepath.Join(dir, "sparse")
	require.NoError(t, os.WriteFile(sparse, nil, 0o600))
	require.NoError(t, os.Truncate(sparse, MaxInput+1))
	_, err := ReadInput(sparse)
	assert.EqualError(t, err, "read "+sparse+": more than 256 MiB")
	r, w, err := os.Pipe()
	require.NoError(t, err)
	defer r.Close()
	_, err = w.Write(make([]byte, 4097))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	_, err = ReadAtMost(fmt.Sprintf("/proc/self/fd/%d", r.Fd()), 4096)
	assert.Error(t, err, "a pipe says no size")
}
