// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/internal/proc"

	"kcovrig/rig/fleet/natsserver"
)

// role names what a re-executed test binary does: a part of a real fleet, in a
// process of its own that can be killed.
const role = "FLEET_TEST_ROLE"

type part struct {
	Node        *node
	Worker      *remote
	Coordinator *boss
}

// node is a server, of a cluster where it has routes, remote a worker; started is the folder where
// the worker leaves a file for each start of a task.
type node struct {
	Name, Dir     string
	Client, Route int
	Routes        []int
}

type remote struct {
	Name, URL, Dir, Started string
}

func TestMain(m *testing.M) {
	text := os.Getenv(role)
	if text == "" {
		os.Exit(m.Run())
	}
	var p part
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		panic(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	var err error
	switch {
	case p.Node != nil:
		err = p.Node.serve(ctx)
	case p.Worker != nil:
		err = p.Worker.work(ctx)
	default:
		err = p.Coordinator.coordinate(ctx)
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func (n node) serve(ctx context.Context) error {
	var routes []string
	for _, port := range n.Routes {
		routes = append(routes, fmt.Sprintf("nats://127.0.0.1:%d", port))
	}
	o := server.Options{ServerName: n.Name, Host: "127.0.0.1", Port: n.Client, JetStream: true, StoreDir: n.Dir, NoSigs: true, NoLog: true}
	if len(routes) > 0 {
		o.Cluster = server.ClusterOpts{Name: "fleet", Host: "127.0.0.1", Port: n.Route, NoAdvertise: true}
		o.Routes = server.RoutesFromStr(strings.Join(routes, ","))
	}
	s, err := server.NewServer(&o)
	if err != nil {
		return err
	}
	s.Start()
	<-ctx.Done()
	s.Shutdown()
	return nil
}

// work is a worker whose tasks take as many milliseconds as they say.
func (r remote) work(ctx context.Context) error {
	return Work(ctx, WorkerConfig{
		Server: natsserver.Access{URL: r.URL}, Name: r.Name, Dir: r.Dir,
		Notify: func(n Notice) { fmt.Fprintln(os.Stderr, n) },
	}, func(ctx context.Context, task Task, dir string) (Result, error) {
		var ms time.Duration
		if err := json.Unmarshal(task.Spec, &ms); err != nil {
			return Result{}, err
		}
		started, err := os.CreateTemp(r.Started, strings.ReplaceAll(task.ID, " ", "_")+","+r.Name+",")
		if err != nil {
			return Result{}, err
		}
		_ = started.Close()
		if !pause(ctx, ms*time.Millisecond) {
			return Result{}, ctx.Err()
		}
		console := filepath.Join(dir, "console")
		return Result{Value: task.Spec, Logs: []string{"console"}}, os.WriteFile(console, []byte(task.ID), 0o600)
	})
}

// start runs this binary as p; before, where given, is a command that ends by
// becoming the one that its arguments name.
func start(t *testing.T, p part, before ...string) *proc.Process {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	text, err := json.Marshal(p)
	require.NoError(t, err)
	argv := append(before, self)
	process, err := proc.Start(context.WithoutCancel(t.Context()), proc.Command{Path: argv[0], Args: argv[1:], Env: []string{role + "=" + string(text)}})
	require.NoError(t, err)
	t.Cleanup(func() {
		_ = process.Close()
		if t.Failed() {
			t.Logf("%s\n%s", text, process.Tail(20))
		}
	})
	return process
}

// cluster is a JetStream cluster of three servers on loopback.
type cluster struct {
	nodes   map[string]*proc.Process
	ports   map[string]int
	url     string
	started string
	needs   Needs // of the tasks to come
}

func startCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{nodes: map[string]*proc.Process{}, ports: map[string]int{}, started: t.TempDir()}
	ports := freePorts(t, 6)
	var urls []string
	for i := range 3 {
		n := node{Name: fmt.Sprint("n", i), Dir: t.TempDir(), Client: ports[i], Route: ports[3+i], Routes: ports[3:]}
		c.nodes[n.Name] = start(t, part{Node: &n})
		c.ports[n.Name] = n.Client
		urls = append(urls, fmt.Sprintf("nats://127.0.0.1:%d", n.Client))
	}
	c.url = strings.Join(urls, ",")
	for _, port := range ports[:3] {
		c.awaitPort(t, port)
	}
	c.awaitLeader(t)
	return c
}

func (c *cluster) awaitPort(t *testing.T, port int) {
	t.Helper()
	require.Eventually(t, func() bool {
		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	}, 20*time.Second, 20*time.Millisecond)
}

// awaitLeader waits until the cluster can make streams on three servers.
func (c *cluster) awaitLeader(t *testing.T) {
	t.Helper()
	q, err := openQueue(t.Context(), natsserver.Access{URL: c.url}, "test", func(Notice) {})
	require.NoError(t, err)
	defer q.Close()
	require.Eventually(t, func() bool {
		ctx, done := context.WithTimeout(t.Context(), time.Second)
		defer done()
		_, err := q.js.CreateStream(ctx, jetstream.StreamConfig{Name: "ready", Replicas: 3})
		return err == nil
	}, 30*time.Second, 50*time.Millisecond, "the cluster has no leader")
}

// freePorts returns ports that were free a moment ago.
func freePorts(t *testing.T, n int) []int {
	t.Helper()
	var ports []int
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports
}

// worker starts a worker of that name.
func (c *cluster) worker(t *testing.T, name, url string, before ...string) *proc.Process {
	t.Helper()
	return start(t, part{Worker: &remote{Name: name, URL: url, Dir: t.TempDir(), Started: c.started}}, before...)
}

// starts returns the workers that started the task, each as often as it did.
func (c *cluster) starts(t *testing.T, task string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(c.started, strings.ReplaceAll(task, " ", "_")+",*"))
	require.NoError(t, err)
	var workers []string
	for _, f := range files {
		workers = append(workers, strings.Split(filepath.Base(f), ",")[1])
	}
	return workers
}

// startedBy waits until the worker has begun a task that starts with prefix, and returns the task.
func (c *cluster) startedBy(t *testing.T, worker, prefix string) string {
	t.Helper()
	var task string
	require.Eventually(t, func() bool {
		files, _ := filepath.Glob(filepath.Join(c.started, prefix+"*,"+worker+",*"))
		if len(files) > 0 {
			task, _, _ = strings.Cut(filepath.Base(files[len(files)-1]), ",")
		}
		return len(files) > 0
	}, 30*time.Second, 10*time.Millisecond, "%s never began a task", worker)
	return strings.ReplaceAll(task, "_", " ")
}

// relay is a TCP proxy that can be cut.
type relay struct {
	listener net.Listener
	mu       sync.Mutex
	cut      bool
	conns    []net.Conn
}

func startRelay(t *testing.T, port int) *relay {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	r := &relay{listener: l}
	t.Cleanup(func() { _ = l.Close(); r.set(true) })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			r.join(conn, fmt.Sprintf("127.0.0.1:%d", port))
		}
	}()
	return r
}

func (r *relay) url() string { return "nats://" + r.listener.Addr().String() }

func (r *relay) join(a net.Conn, address string) {
	b, err := net.Dial("tcp", address)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil || r.cut {
		_ = a.Close()
		if err == nil {
			_ = b.Close()
		}
		return
	}
	r.conns = append(r.conns, a, b)
	go func() { _, _ = io.Copy(a, b); _ = a.Close() }()
	go func() { _, _ = io.Copy(b, a); _ = b.Close() }()
}

// set cuts all connections and refuses new ones, or lets them through.
func (r *relay) set(cut bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cut = cut
	for _, c := range r.conns {
		if cut {
			_ = c.Close()
		}
	}
	r.conns = nil
}
