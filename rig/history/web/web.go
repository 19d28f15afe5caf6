// SPDX-License-Identifier: Apache-2.0

// Package web serves a history as local web pages. It owns addresses, methods,
// headers and the server's life; it leaves the database to rig/history and the
// pages to rig/report. It fetches nothing, and writes nothing but to bring a history of an
// earlier version to this one.
package web

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"slices"
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
	Ready   func(url string)  // told the address once it serves; nil: nobody is
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

// Serve serves pages until ctx ends, lets the requests under way come to their end,
// and returns nil.
func Serve(ctx context.Context, c Config) (err error) {
	if c.Listen == "" {
		c.Listen = DefaultListen
	}
	if err := c.Validate(); err != nil {
		return err
	}
	if err := history.Upgrade(ctx, c.History); err != nil {
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
		c.Ready("http://" + reached(ctx, listener.Addr()) + "/")
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

// reached is addr as a browser can open it. The address of all interfaces cannot be
// opened: there it is this machine's name, where that leads to an address of its own that others can reach,
// else such an address.
func reached(ctx context.Context, addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return addr.String()
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	var own []net.IP
	addrs, _ := net.InterfaceAddrs() // none is as good as an error
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() && (tcp.IP.To4() == nil || n.IP.To4() != nil) {
			own = append(own, n.IP)
		}
	}
	name, err := os.Hostname()
	var found []string
	if err == nil {
		found, _ = net.DefaultResolver.LookupHost(ctx, name) // a name that nobody knows leads nowhere
	}
	return net.JoinHostPort(nameOf(name, found, own), strconv.Itoa(tcp.Port))
}

// nameOf is a machine's name where it was found to lead to one of its own addresses, else
// the first of these, and where it has none, the one that every machine has.
func nameOf(name string, found []string, own []net.IP) string {
	if slices.ContainsFunc(own, func(ip net.IP) bool { return slices.Contains(found, ip.String()) }) {
		return name
	}
	if len(own) > 0 {
		return own[0].String()
	}
	return "localhost"
}
