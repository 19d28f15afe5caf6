// SPDX-License-Identifier: Apache-2.0

// Package web serves a history as local web pages. It owns addresses, methods,
// headers and the server's life; it leaves the database to rig/history and the
// pages to rig/report. It writes nothing and fetches nothing.
package web

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"kcovrig/rig/fault"
	"kcovrig/rig/history"
)

// DefaultListen is an address that only this machine reaches; its port is one
// that the system chooses.
const DefaultListen = "127.0.0.1:0"

// Config is what a server needs.
type Config struct {
	History string            // an existing file
	Listen  string            // host:port; empty: DefaultListen
	Warn    func(text string) // told what a user should know; nil: nobody is
	Ready   func(url string)  // told the address once it answers; nil: nobody is
}

// Validate reports the first thing in c that cannot be served, as the user's fault.
func (c Config) Validate() error {
	if c.History == "" {
		return fault.Newf(fault.User, "", "no history to serve: name one with --db")
	}
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return fault.Newf(fault.User, "", "--listen: %w (such as 127.0.0.1:8080)", err)
	}
	if host == "" {
		return fault.Newf(fault.User, "", "--listen: %q names no host; to be reached from everywhere, say 0.0.0.0", c.Listen)
	}
	return nil
}

// patience bounds how long a request may last, and how long those under way may
// go on when the server ends.
const patience = 10 * time.Second

// Serve answers until ctx ends, lets the requests under way come to their end,
// and returns nil.
func Serve(ctx context.Context, c Config) (err error) {
	if c.Listen == "" {
		c.Listen = DefaultListen
	}
	if err := c.Validate(); err != nil {
		return err
	}
	db, err := history.OpenReadOnly(ctx, c.History)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return &fault.Error{Kind: fault.User, Op: "listen on " + c.Listen, Err: err, Try: "another --listen; port 0 takes a free one"}
	}
	handler, err := Handler(db, isLoopback(listener.Addr()))
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: patience, ReadTimeout: patience, WriteTimeout: 6 * patience, IdleTimeout: time.Minute, MaxHeaderBytes: 1 << 16,
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	if c.Warn != nil && !isLoopback(listener.Addr()) {
		c.Warn("whoever reaches this address can read the history: there is no login")
	}
	if c.Ready != nil {
		c.Ready("http://" + reached(listener.Addr()) + "/")
	}
	select {
	case err := <-ended:
		return fault.Wrap(fault.Rig, "serve the history", err)
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if err := server.Shutdown(last); err != nil {
		return fault.Wrap(fault.Rig, "end the server", errors.Join(err, server.Close()))
	}
	<-ended
	return nil
}

func isLoopback(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// reached is addr as others name it: that of all interfaces is this machine's name.
func reached(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if name, err := os.Hostname(); ok && err == nil && tcp.IP.IsUnspecified() {
		return net.JoinHostPort(name, strconv.Itoa(tcp.Port))
	}
	return addr.String()
}
