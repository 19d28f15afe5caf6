// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"bufio"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// listening returns this process's listening sockets: proc(5), /proc/net/tcp
// and its kin, by the inodes of its own descriptors.
func listening(t *testing.T) []string {
	t.Helper()
	own := map[string]bool{}
	fds, err := filepath.Glob("/proc/self/fd/*")
	require.NoError(t, err)
	for _, fd := range fds {
		target, _ := os.Readlink(fd)
		if inode, ok := strings.CutPrefix(target, "socket:["); ok {
			own[strings.TrimSuffix(inode, "]")] = true
		}
	}
	var found []string
	for _, table := range []struct {
		name         string
		state, inode int
		listen       string
	}{{"tcp", 3, 9, "0A"}, {"tcp6", 3, 9, "0A"}, {"udp", 3, 9, "07"}, {"udp6", 3, 9, "07"}, {"unix", 3, 6, "00010000"}} {
		f, err := os.Open("/proc/net/" + table.name)
		if os.IsNotExist(err) {
			continue
		}
		require.NoError(t, err)
		for lines := bufio.NewScanner(f); lines.Scan(); {
			if words := strings.Fields(lines.Text()); len(words) > table.inode && words[table.state] == table.listen && own[words[table.inode]] {
				found = append(found, table.name+" "+lines.Text())
			}
		}
		require.NoError(t, f.Close())
	}
	return found
}

func TestTheEmbeddedServerOpensNoPort(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.Len(t, listening(t), 1, "an open port is not seen")
	require.NoError(t, l.Close())

	s := embedded(t)
	work(t, WorkerConfig{Server: s, Name: "w1"}, echo)
	coordinate(t, CoordinatorConfig{Server: s}, named(3)...)
	require.Empty(t, listening(t))
}
