// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
	"kcovrig/rig/fleet/natsserver"
)

// certificates are files of an authority and of what it signed for 127.0.0.1,
// a server's and a client's.
type certificates struct{ ca, cert, key string }

func certify(t *testing.T) certificates {
	t.Helper()
	dir := t.TempDir()
	c := certificates{filepath.Join(dir, "ca.pem"), filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")}
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	signer, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	write := func(path, kind string, data []byte) {
		require.NoError(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: data}), 0o600))
	}
	data, err := x509.CreateCertificate(rand.Reader, authority, authority, &signer.PublicKey, signer)
	require.NoError(t, err)
	write(c.ca, "CERTIFICATE", data)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "kcovrig"}, NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	data, err = x509.CreateCertificate(rand.Reader, leaf, authority, &key.PublicKey, signer)
	require.NoError(t, err)
	write(c.cert, "CERTIFICATE", data)
	data, err = x509.MarshalECPrivateKey(key)
	require.NoError(t, err)
	write(c.key, "EC PRIVATE KEY", data)
	return c
}

// documented is the configuration in docs/fleet.md, its paths and port replaced.
func documented(t *testing.T, c certificates) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/fleet.md")
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(text), "```conf\n")
	conf, _, ended := strings.Cut(rest, "```")
	require.True(t, found && ended, "docs/fleet.md has no configuration")
	return strings.NewReplacer("/var/lib/nats", t.TempDir(), "/etc/nats/server.pem", c.cert, "/etc/nats/server-key.pem", c.key, "port: 4222", "host: 127.0.0.1, port: -1").Replace(conf)
}

// serve starts a server of that configuration and returns its address.
func serve(t *testing.T, conf string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "nats.conf")
	require.NoError(t, os.WriteFile(path, []byte(conf), 0o600))
	options, err := server.ProcessConfigFile(path)
	require.NoError(t, err)
	options.NoSigs, options.NoLog = true, true
	s, err := server.NewServer(options)
	require.NoError(t, err)
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	require.True(t, s.ReadyForConnections(10*time.Second))
	return "tls://" + s.Addr().String()
}

func TestTheDocumentedPermissionsSuffice(t *testing.T) {
	c := certify(t)
	url := serve(t, documented(t, c))
	file := artifact(t, "image", make([]byte, 300<<10)) // three chunks
	var tasks []Task
	for _, task := range named(8) {
		task.Artifacts = []Artifact{file}
		tasks = append(tasks, task)
	}
	work(t, WorkerConfig{
		Server: natsserver.Access{URL: url, Auth: natsserver.Auth{User: "worker", Password: "WORKER-PASSWORD", CA: c.ca}}, Name: "w1", Slots: 2,
	}, func(_ context.Context, task Task, dir string) (Result, error) {
		err := os.WriteFile(filepath.Join(dir, "console"), []byte(task.ID), 0o600)
		return Result{Value: task.Spec, Logs: []string{"console"}}, err
	})
	outcomes, _ := coordinate(t, CoordinatorConfig{
		Server: natsserver.Access{URL: url, Auth: natsserver.Auth{User: "coordinator", Password: "COORDINATOR-PASSWORD", CA: c.ca}}, LogDir: t.TempDir(),
	}, tasks...)
	for _, o := range outcomes {
		require.Equal(t, Done, o.Status, "%+v", o.Failure)
		require.NotEmpty(t, o.Logs[0].Path)
	}
}

// refused starts a worker that must end by itself, for the user to mend, and returns why.
func refused(t *testing.T, s natsserver.Access) string {
	t.Helper()
	ctx, done := context.WithTimeout(t.Context(), 30*time.Second)
	defer done()
	err := Work(ctx, WorkerConfig{Server: s, Name: "w2", Dir: t.TempDir()}, func(context.Context, Task, string) (Result, error) {
		t.Error("it was given a task")
		return Result{}, nil
	})
	require.Error(t, err)
	require.NoError(t, ctx.Err(), "it did not end by itself")
	require.Equal(t, fault.User, fault.KindOf(err), "%v", err)
	return err.Error()
}

func TestAWorkerWithoutPermissionGetsNothingAndSaysWhy(t *testing.T) {
	c := certify(t)
	conf := documented(t, c)
	conf = strings.Replace(conf, `{ user: "worker"`, `{ user: "guest", password: "g", permissions: { publish: "nothing", subscribe: "_INBOX.>" } }
    { user: "looker", password: "l", permissions: { publish: ["$JS.API.STREAM.INFO.>", "$JS.API.CONSUMER.LIST.>", "$JS.API.CONSUMER.INFO.>", "$KV.kcovrig-workers.>"], subscribe: ["_INBOX.>", "kcovrig.>"] } }
    { user: "worker"`, 1)
	url := serve(t, conf)
	auth := func(user, password string) natsserver.Access {
		return natsserver.Access{URL: url, Auth: natsserver.Auth{User: user, Password: password, CA: c.ca}}
	}
	q := queueOf(t, auth("coordinator", "COORDINATOR-PASSWORD"))
	go func() {
		_, _ = Coordinate(t.Context(), CoordinatorConfig{Server: auth("coordinator", "COORDINATOR-PASSWORD"), Run: "r"}, each(named(3)), func(Outcome) error { return nil })
	}()
	require.Eventually(t, func() bool {
		info, err := q.tasks.Info(t.Context())
		return err == nil && info.State.Msgs == 3
	}, 10*time.Second, 10*time.Millisecond)

	require.Contains(t, refused(t, auth("guest", "g")), `Permissions Violation for Publish to "$JS.API.STREAM.INFO.KCOVRIG_TASKS"`)
	require.Contains(t, refused(t, auth("looker", "l")), `Permissions Violation for Publish to "$JS.API.CONSUMER.MSG.NEXT.KCOVRIG_TASKS.`)
	require.Contains(t, refused(t, auth("worker", "wrong")), "Authorization Violation")
	require.Contains(t, refused(t, auth("", "")), "Authorization Violation")
	stranger := natsserver.Access{URL: url, Auth: natsserver.Auth{User: "worker", Password: "WORKER-PASSWORD", CA: certify(t).ca}}
	require.Contains(t, refused(t, stranger), "certificate signed by unknown authority")
	info, err := q.tasks.Info(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 3, info.State.Msgs)
}

func TestAWorkerCannotQueueTasksNorReplaceArtifacts(t *testing.T) {
	c := certify(t)
	url := serve(t, documented(t, c))
	queueOf(t, natsserver.Access{URL: url, Auth: natsserver.Auth{User: "coordinator", Password: "COORDINATOR-PASSWORD", CA: c.ca}})
	for subject, do := range map[string]func(q *queue) error{
		"kcovrig.task.": func(q *queue) error { return q.Publish(taskSubject("c", "r", "t", 1), nil) },
		"$O.kcovrig-artifacts.": func(q *queue) error {
			_, err := q.artifacts.PutBytes(q.Context, "x", []byte("y"))
			return err
		},
	} {
		q, err := openQueue(t.Context(), natsserver.Access{URL: url, Auth: natsserver.Auth{User: "worker", Password: "WORKER-PASSWORD", CA: c.ca}}, "test", func(Notice) {})
		require.NoError(t, err)
		require.NoError(t, q.bind(t.Context()))
		_ = do(q)
		require.NoError(t, q.Flush())
		<-q.Context.Done()
		require.ErrorContains(t, context.Cause(q.Context), `Permissions Violation for Publish to "`+subject)
		q.Close()
	}
}

func TestKeysAndClientCertificates(t *testing.T) {
	c := certify(t)
	user, err := nkeys.CreateUser()
	require.NoError(t, err)
	public, err := user.PublicKey()
	require.NoError(t, err)
	seed, err := user.Seed()
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "worker.nk")
	require.NoError(t, os.WriteFile(file, seed, 0o600))
	conf := documented(t, c)
	conf = strings.Replace(conf, `{ user: "worker", password: "WORKER-PASSWORD"`, `{ nkey: "`+public+`"`, 1)
	conf = strings.Replace(conf, "tls {", `tls { verify: true, ca_file: "`+c.ca+`",`, 1)
	url := serve(t, conf)
	work(t, WorkerConfig{Server: natsserver.Access{URL: url, Auth: natsserver.Auth{NKeySeed: file, CA: c.ca, Cert: c.cert, Key: c.key}}, Name: "w1"}, echo)
	coordinate(t, CoordinatorConfig{
		Server: natsserver.Access{URL: url, Auth: natsserver.Auth{User: "coordinator", Password: "COORDINATOR-PASSWORD", CA: c.ca, Cert: c.cert, Key: c.key}},
	}, named(3)...)
	_, err = openQueue(t.Context(), natsserver.Access{URL: url, Auth: natsserver.Auth{NKeySeed: file, CA: c.ca}}, "without a certificate", func(Notice) {})
	require.Error(t, err)
}

// TestCredentialsFiles makes what nsc(1) would: an operator, an account with
// JetStream, and a user's credentials.
func TestCredentialsFiles(t *testing.T) {
	pair := func(create func() (nkeys.KeyPair, error)) (nkeys.KeyPair, string) {
		k, err := create()
		require.NoError(t, err)
		public, err := k.PublicKey()
		require.NoError(t, err)
		return k, public
	}
	operator, operatorKey := pair(nkeys.CreateOperator)
	account, accountKey := pair(nkeys.CreateAccount)
	_, systemKey := pair(nkeys.CreateAccount)
	user, userKey := pair(nkeys.CreateUser)
	sign := func(c jwt.Claims, by nkeys.KeyPair) string {
		text, err := c.Encode(by)
		require.NoError(t, err)
		return text
	}
	a := jwt.NewAccountClaims(accountKey)
	a.Limits.JetStreamLimits = jwt.JetStreamLimits{MemoryStorage: -1, DiskStorage: -1, Streams: -1, Consumer: -1}
	o := jwt.NewOperatorClaims(operatorKey)
	o.SystemAccount = systemKey
	creds, err := jwt.FormatUserConfig(sign(jwt.NewUserClaims(userKey), account), must(user.Seed()))
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "user.creds")
	require.NoError(t, os.WriteFile(file, creds, 0o600))
	c := certify(t)
	url := serve(t, `host: 127.0.0.1, port: -1, jetstream { store_dir: "`+t.TempDir()+`" }
tls { cert_file: "`+c.cert+`", key_file: "`+c.key+`" }
operator: `+sign(o, operator)+`
system_account: `+systemKey+`
resolver: MEMORY
resolver_preload { `+accountKey+`: `+sign(a, operator)+`, `+systemKey+`: `+sign(jwt.NewAccountClaims(systemKey), operator)+` }`)
	s := natsserver.Access{URL: url, Auth: natsserver.Auth{Creds: file, CA: c.ca}}
	work(t, WorkerConfig{Server: s, Name: "w1"}, echo)
	coordinate(t, CoordinatorConfig{Server: s}, named(3)...)
	require.Contains(t, refused(t, natsserver.Access{URL: url, Auth: natsserver.Auth{CA: c.ca}}), "Authorization Violation")
}

func must(data []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return data
}

func TestCredentialsNameNoServer(t *testing.T) {
	assert.False(t, natsserver.Access{Auth: natsserver.Auth{Creds: "a.creds"}}.Named())
	assert.True(t, natsserver.Access{URL: "nats://127.0.0.1:4222"}.Named())
	assert.True(t, natsserver.Access{Embedded: &natsserver.Embedded{}}.Named())
}
