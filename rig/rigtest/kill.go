// SPDX-License-Identifier: Apache-2.0

package rigtest

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/require"
)

// Main runs the tests; or, in a process that Killed started, the part whose
// variable is set, with its configuration. It is what TestMain calls.
func Main(m *testing.M, parts map[string]func(config string)) {
	for name, do := range parts {
		if value := os.Getenv(name); value != "" {
			do(value)
			os.Exit(1) // they do not end by themselves
		}
	}
	os.Exit(m.Run())
}

// Hang tells the test that the time to kill has come.
func Hang(said string) {
	_, _ = os.Stdout.WriteString(said + "\n")
	select {}
}

// Killed runs this test binary as the part of that variable until it hangs, kills
// it, and returns what it said. The configuration is sent as JSON.
func Killed(t *testing.T, variable string, config any) string {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	text, err := json.Marshal(config)
	require.NoError(t, err)
	c := exec.Command(self)
	c.Env = append(os.Environ(), variable+"="+string(text))
	out, err := c.StdoutPipe()
	require.NoError(t, err)
	c.Stderr = os.Stderr
	require.NoError(t, c.Start())
	line, _ := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, c.Process.Kill())
	_ = c.Wait()
	require.NotEmpty(t, line, "it ended before it was killed")
	return line[:len(line)-1]
}

// NATS starts a server on loopback and returns its URL.
func NATS(t *testing.T) string {
	t.Helper()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true})
	require.NoError(t, err)
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	require.True(t, s.ReadyForConnections(10*time.Second))
	return s.ClientURL()
}
