// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// onTerminal gives the command a terminal; what it writes there is in log. The
// side returned is where a person types.
func (c *invocation) onTerminal(columns uint16) (typing *os.File) {
	c.t.Helper()
	typing, inside, err := pty.Open()
	require.NoError(c.t, err)
	require.NoError(c.t, pty.Setsize(typing, &pty.Winsize{Rows: 30, Cols: columns}))
	c.tty = inside
	read := make(chan struct{})
	go func() {
		defer close(read)
		_, _ = io.Copy(&c.log, typing) // ends with the terminal
	}()
	c.t.Cleanup(func() {
		_ = inside.Close()
		_ = typing.Close()
		<-read
	})
	return typing
}

// drawing is the environment of a terminal on which a view is drawn.
var drawing = []string{"TERM=xterm-256color", "CI=", "NO_COLOR=1"}

func termios(t *testing.T, terminal *os.File) *unix.Termios {
	t.Helper()
	mode, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
	require.NoError(t, err)
	return mode
}

// untilEnd waits until the terminal has brought all words.
func (c *invocation) untilEnd(words ...string) {
	c.t.Helper()
	require.Eventually(c.t, func() bool { return containsAll(c.log.String(), words) }, 10*time.Second, 5*time.Millisecond, "%v", words)
}

var control = regexp.MustCompile(`[\x00-\x08\x0b-\x1f\x7f]`)

// Ctrl-C on a terminal, typed as a person does: the view ends, what was
// measured follows, marked as cut short, and the terminal is as it was. One kernel
// alone does not end before its time, as a comparison does that knows enough.
func TestE2ECtrlCOnATerminal(t *testing.T) {
	for name, c := range map[string]struct {
		env     []string
		columns uint16
		drawn   string // the last column of the table's head
	}{
		"wide":                    {[]string{"TERM=xterm-256color", "CI=", "NO_COLOR="}, 100, "share"},
		"narrow, without colours": {[]string{"TERM=xterm-256color", "CI=", "NO_COLOR=1"}, 40, "stale"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := kcovrig(t, c.env, "run", "--unpatched", "--arch=arm64", "--duration=60s")
			typing := cmd.onTerminal(c.columns)
			before := termios(t, typing)
			cmd.start()
			cmd.untilSays(c.drawn)
			cmd.untilSays(" pc ")
			assert.Contains(t, cmd.log.String(), "\x1b[", "a view")
			_, err := typing.WriteString("\x03")
			require.NoError(t, err)
			assert.Equal(t, 4, cmd.wait())
			cmd.leavesNothing()
			assert.Equal(t, before, termios(t, typing))
			cmd.untilEnd("cut-short", "no verdict", "marked as cut short")
			text := cmd.log.String()
			after := text[strings.LastIndex(text, "kcovrig: interrupted"):]
			assert.NotRegexp(t, control, strings.ReplaceAll(after, "\r\n", "\n"), "the result is plain text")
			assert.Equal(t, c.columns == 40, !regexp.MustCompile(`\x1b\[[0-9;]*3[0-7]m`).MatchString(text), "no colours with NO_COLOR")
		})
	}
}

// In a pipe there are plain lines, whatever the terminal's type says.
func TestE2ENoControlCharactersInAPipe(t *testing.T) {
	env := []string{"TERM=xterm-256color", "CI=", "NO_COLOR="}
	for _, args := range [][]string{{"compare", "--arch=arm64"}, {"run", "--arch=arm64", "--unpatched", "-v"}} {
		c := kcovrig(t, env, args...).run(0)
		assert.NotRegexp(t, control, c.log.String())
		assert.NotRegexp(t, control, c.out.String())
		c.says("boot ", "stress ")
		if args[len(args)-1] == "-v" {
			c.says("+ ", "qemu-system-aarch64", "-append")
		}
	}
}

func TestE2EQuietIsOneLine(t *testing.T) {
	c := kcovrig(t, nil, "compare", "--arch=arm64", "-q").run(0)
	assert.Empty(t, c.log.String())
	assert.Regexp(t, `^Fixed: [^\n]+\n$`, c.out.String())
	wrong := kcovrig(t, nil, "compare", "--arch=vax", "-q").run(2)
	assert.Empty(t, wrong.out.String())
	wrong.says("vax")
}
