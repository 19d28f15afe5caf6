// SPDX-License-Identifier: Apache-2.0

package live

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"kcovrig/rig/trial"
)

// asDrawer makes the test binary a program that draws, on a terminal of its own.
const asDrawer = "KCOVRIG_TEST_DRAWER"

func TestMain(m *testing.M) {
	if way := os.Getenv(asDrawer); way != "" {
		draw(way)
		return
	}
	os.Exit(m.Run())
}

// draw handles signals as the command does: the first asks it to end, the
// second kills it.
func draw(way string) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop)
	v := Start(Config{Title: "compare, arm64", Compared: true, Tasks: way == "has tasks"}, os.Stderr, os.Environ())
	defer v.Close()
	context.AfterFunc(ctx, v.Interrupt)
	v.Sink(trial.Event{Boot: "patched", Stage: &trial.StageEvent{Name: "stress"}})
	v.Sink(trial.Event{Tally: &trial.TallyEvent{Variant: trial.Unpatched, Reader: trial.Acquire, Tallies: tallies(120, 110)}})
	v.Sink(trial.Event{Tally: &trial.TallyEvent{Variant: trial.Patched, Reader: trial.Acquire, Tallies: tallies(90, 1)}})
	switch way {
	case "has tasks":
		v.Sink(trial.Event{Task: "a cell", Stage: &trial.StageEvent{Name: "boot"}})
		for _, name := range []string{"cell 1 of 9", "cell 2 of 9"} {
			v.Sink(trial.Event{Stage: &trial.StageEvent{Name: name, Done: true, Detail: strings.Repeat("long ", 30)}})
		}
		<-ctx.Done()
		v.Sink(trial.Event{Note: "the last word"})
	case "panics":
		time.Sleep(3 * frame)
		panic("a bug")
	case "hangs":
		<-ctx.Done()
		select {}
	}
	<-ctx.Done()
	time.Sleep(3 * frame) // the machines are asked for what was measured
	_ = v.Close()
	fmt.Println("verdict: CUT SHORT")
}

// terminal is a drawer under way, and what it wrote.
type terminal struct {
	t    *testing.T
	cmd  *exec.Cmd
	side *os.File // the terminal's other side
	mode *unix.Termios

	mu   sync.Mutex
	text strings.Builder
	over chan struct{} // closed when nothing more comes
}

func startDrawer(t *testing.T, way string, env ...string) *terminal {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	c := &terminal{t: t, cmd: exec.Command(self), over: make(chan struct{})}
	c.cmd.Env = append(os.Environ(), append([]string{asDrawer + "=" + way, "TERM=xterm-256color", "NO_COLOR="}, env...)...)
	side, inside, err := pty.Open()
	require.NoError(t, err)
	defer inside.Close()
	c.side = side
	require.NoError(t, pty.Setsize(side, &pty.Winsize{Rows: 24, Cols: 90}))
	c.mode = c.termios()
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = inside, inside, inside
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	require.NoError(t, c.cmd.Start())
	go c.read()
	t.Cleanup(func() {
		_ = c.cmd.Process.Kill()
		_ = side.Close()
		<-c.over
	})
	return c
}

func (c *terminal) read() {
	defer close(c.over)
	buf := make([]byte, 4096)
	for {
		n, err := c.side.Read(buf)
		c.mu.Lock()
		c.text.Write(buf[:n])
		c.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (c *terminal) wrote() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.String()
}

func (c *terminal) until(words string) {
	c.t.Helper()
	require.Eventually(c.t, func() bool { return strings.Contains(c.wrote(), words) }, 20*time.Second, 5*time.Millisecond, words)
}

func (c *terminal) press(key string) {
	_, err := c.side.WriteString(key)
	require.NoError(c.t, err)
}

func (c *terminal) termios() *unix.Termios {
	mode, err := unix.IoctlGetTermios(int(c.side.Fd()), unix.TCGETS)
	require.NoError(c.t, err)
	return mode
}

// restored wants the drawer to have ended, and the terminal to be as before:
// its mode, the cursor shown, no other mode switched on and left on.
func (c *terminal) restored() {
	c.t.Helper()
	_ = c.cmd.Wait()
	assert.Equal(c.t, c.mode, c.termios(), "the terminal's mode")
	text := c.wrote()
	for _, mode := range []string{"25", "1049", "2004", "1004", "1000", "1002", "1003", "2026", "2027"} {
		set, reset := strings.LastIndex(text, "\x1b[?"+mode+"h"), strings.LastIndex(text, "\x1b[?"+mode+"l")
		if mode == "25" {
			assert.GreaterOrEqual(c.t, set, reset, "the cursor stays hidden")
		} else {
			assert.GreaterOrEqual(c.t, reset, set, "mode %s stays on", mode)
		}
	}
	for _, query := range []string{"\x1b[6n", "\x1b[c", "\x1b]11;?", "$p", "\x1b[?u"} {
		assert.NotContains(c.t, text, query, "a question whose answer would be typed into the shell")
	}
}

const ctrlC = "\x03"

func TestCtrlCEndsCleanly(t *testing.T) {
	c := startDrawer(t, "runs")
	c.until("pc")
	assert.Contains(t, c.wrote(), "\x1b[", "it draws")
	c.press(ctrlC)
	c.until("interrupted, ending")
	c.until("verdict: CUT SHORT")
	c.restored()
	text := c.wrote()
	last := text[strings.LastIndex(text, "  stress"):]
	assert.NotContains(t, last, "\x1b", "what stays is plain")
	assert.Contains(t, last, "(not finished)")
	assert.Equal(t, 0, c.cmd.ProcessState.ExitCode())
}

// Nothing has to be restored, so that nothing is left undone.
func TestTheTerminalSurvives(t *testing.T) {
	t.Run("a panic", func(t *testing.T) {
		c := startDrawer(t, "panics")
		c.until("a bug")
		c.restored()
		assert.Equal(t, 2, c.cmd.ProcessState.ExitCode())
	})
	t.Run("a second Ctrl-C", func(t *testing.T) {
		c := startDrawer(t, "hangs")
		c.until("pc")
		c.press(ctrlC)
		c.until("interrupted, ending")
		c.press(ctrlC)
		c.restored()
		assert.Equal(t, syscall.SIGINT, c.cmd.ProcessState.Sys().(syscall.WaitStatus).Signal())
	})
	t.Run("kill -9", func(t *testing.T) {
		c := startDrawer(t, "hangs")
		c.until("pc")
		require.NoError(t, c.cmd.Process.Kill())
		c.restored()
	})
}

func TestNoColor(t *testing.T) {
	for value, coloured := range map[string]bool{"": true, "1": false} {
		c := startDrawer(t, "runs", "NO_COLOR="+value)
		c.until("stale windows with the patch")
		c.press(ctrlC)
		c.until("CUT SHORT")
		c.restored()
		found := strings.Contains(c.wrote(), "\x1b[36m") || strings.Contains(c.wrote(), ";31m") || strings.Contains(c.wrote(), "\x1b[31")
		assert.Equal(t, coloured, found, "NO_COLOR=%q: %q", value, c.wrote())
	}
}

func TestAResizeIsFollowed(t *testing.T) {
	c := startDrawer(t, "runs")
	c.until("per s")
	require.NoError(t, pty.Setsize(c.side, &pty.Winsize{Rows: 8, Cols: 40}))
	c.until("windows   stale") // the narrow form
	c.press(ctrlC)
	c.until("CUT SHORT")
	c.restored()
}

// What ended stays above the view, in the order in which it came, whole, and the view below it.
func TestWhatEndedStaysAboveTheView(t *testing.T) {
	c := startDrawer(t, "has tasks")
	c.until("> a cell")
	c.until("cell 2 of 9")
	text := c.wrote()
	assert.Less(t, strings.Index(text, "cell 1 of 9"), strings.Index(text, "cell 2 of 9"))
	assert.Equal(t, 60, strings.Count(text, "long"))
	c.press(ctrlC)
	c.until("CUT SHORT")
	c.restored()
	text = c.wrote()
	assert.Contains(t, text, "note: the last word")
	assert.Contains(t, text, "a cell: not finished")
	assert.Equal(t, 1, strings.Count(text, "cell 1 of 9"), "once")
}
