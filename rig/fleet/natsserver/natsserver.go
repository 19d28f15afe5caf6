// SPDX-License-Identifier: Apache-2.0

// Package natsserver reaches the NATS server that a fleet's queue is kept by, with the
// user's credentials, or runs one in this process. What is kept there, and what is
// done about a server that is away, it leaves to rig/fleet.
package natsserver

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"kcovrig/rig/fault"
)

// Access says where the server is and who asks. Exactly one of URL and Embedded
// is set.
type Access struct {
	URL      string // nats://host:4222 or tls://host:4222, several with commas
	Auth     Auth
	Embedded *Embedded
}

// Auth are the credentials, each one optional; all but the user's name and
// password are files.
type Auth struct {
	Creds          string // a .creds file: JWT and key
	NKeySeed       string // an nkey seed
	User, Password string
	CA             string // certificates that sign the server's
	Cert, Key      string // the client's own certificate, where the server asks for one
}

// Named says whether there is a server at all: credentials alone name none.
func (a Access) Named() bool { return a.URL != "" || a.Embedded != nil }

// Validate checks what needs no network.
func (a Access) Validate() error {
	const op = "choose the NATS server"
	ways := 0
	for _, set := range []bool{a.Auth.Creds != "", a.Auth.NKeySeed != "", a.Auth.User != ""} {
		if set {
			ways++
		}
	}
	switch {
	case (a.URL == "") == (a.Embedded == nil):
		return fault.Newf(fault.User, op, "either a URL or an embedded server, not both or neither")
	case ways > 1:
		return fault.Newf(fault.User, op, "only one of a credentials file, an nkey and a user")
	case (a.Auth.Cert == "") != (a.Auth.Key == ""):
		return fault.Newf(fault.User, op, "a client certificate and its key belong together")
	}
	return nil
}

// Connection is a client that comes back by itself. A refusal by the server, which
// no waiting mends, cancels its context, with the cause.
type Connection struct {
	*nats.Conn
	Context context.Context
	stop    context.CancelCauseFunc
}

const accessTry = "see \"Who may do what\" in docs/fleet.md"

// Dial connects; it does not wait for a server that is not there. What the user
// should see meanwhile is notified.
func Dial(ctx context.Context, a Access, name string, notify func(text string)) (*Connection, error) {
	if err := a.Validate(); err != nil {
		return nil, err
	}
	c := &Connection{}
	c.Context, c.stop = context.WithCancelCause(ctx)
	options := []nats.Option{
		nats.Name("kcovrig " + name), nats.MaxReconnects(-1), nats.ReconnectWait(250 * time.Millisecond),
		nats.ReconnectJitter(250*time.Millisecond, time.Second), nats.Timeout(10 * time.Second), nats.PingInterval(10 * time.Second),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { c.onError(err, notify) }),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				notify("cut off from the NATS server: " + err.Error())
			}
		}),
		nats.ReconnectHandler(func(nc *nats.Conn) {
			notify("connected to the NATS server again, " + nc.ConnectedUrlRedacted())
		}),
		nats.ClosedHandler(func(nc *nats.Conn) {
			if err := nc.LastError(); err != nil {
				c.stop(refusal("stay connected to the NATS server", err))
			}
		}),
	}
	auth, err := a.Auth.options()
	if err != nil {
		c.stop(err)
		return nil, err
	}
	options = append(options, auth...)
	if a.Embedded != nil {
		options = append(options, nats.InProcessServer(a.Embedded.server))
	}
	if c.Conn, err = nats.Connect(a.URL, options...); err != nil {
		err = refusal("connect to NATS server "+redacted(a), err)
		c.stop(err)
		return nil, err
	}
	return c, nil
}

// Close ends the connection, and its context.
func (c *Connection) Close() {
	c.Conn.Close()
	c.stop(nil)
}

// onError gets what is no reply to a request: missing permissions are told only here.
func (c *Connection) onError(err error, notify func(text string)) {
	if errors.Is(err, nats.ErrPermissionViolation) {
		c.stop(refusal("use the queue", err))
		return
	}
	notify("NATS: " + err.Error())
}

// refusal tells a server that refuses from one that is away: the former is for
// the user to mend.
func refusal(op string, err error) error {
	e := &fault.Error{Kind: fault.Rig, Op: op, Err: err, Try: "check that the server runs and that its address is right"}
	var unknown *tls.CertificateVerificationError
	for _, refused := range []error{nats.ErrAuthorization, nats.ErrAuthExpired, nats.ErrAuthRevoked, nats.ErrAccountAuthExpired, nats.ErrPermissionViolation} {
		if errors.Is(err, refused) {
			e.Kind, e.Try = fault.User, accessTry
		}
	}
	if errors.As(err, &unknown) || errors.Is(err, nats.ErrSecureConnRequired) || errors.Is(err, nats.ErrSecureConnWanted) {
		e.Kind, e.Try = fault.User, "see \"TLS\" in docs/fleet.md"
	}
	return e
}

func (a Auth) options() ([]nats.Option, error) {
	var options []nats.Option
	for _, file := range []string{a.Creds, a.NKeySeed, a.CA, a.Cert, a.Key} {
		if file == "" {
			continue
		}
		if _, err := os.Stat(file); err != nil {
			return nil, fault.Wrap(fault.User, "read credentials", err)
		}
	}
	if a.Creds != "" {
		options = append(options, nats.UserCredentials(a.Creds))
	}
	if a.NKeySeed != "" {
		option, err := nats.NkeyOptionFromSeed(a.NKeySeed)
		if err != nil {
			return nil, fault.Wrap(fault.User, "read nkey "+a.NKeySeed, err)
		}
		options = append(options, option)
	}
	if a.User != "" {
		options = append(options, nats.UserInfo(a.User, a.Password))
	}
	if a.CA != "" {
		options = append(options, nats.RootCAs(a.CA))
	}
	if a.Cert != "" {
		options = append(options, nats.ClientCert(a.Cert, a.Key))
	}
	return options, nil
}

// redacted is the server's address without the password that it may hold.
func redacted(a Access) string {
	if a.Embedded != nil {
		return "in this process"
	}
	var urls []string
	for u := range strings.SplitSeq(a.URL, ",") {
		if scheme, rest, ok := strings.Cut(u, "://"); ok {
			u = fmt.Sprintf("%s://%s", scheme, rest[strings.LastIndexByte(rest, '@')+1:])
		}
		urls = append(urls, strings.TrimSpace(u))
	}
	return strings.Join(urls, ",")
}
