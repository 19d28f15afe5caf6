// SPDX-License-Identifier: Apache-2.0

// Command fleetload measures what the queue of rig/fleet costs: many cells of
// known length, which only wait, on many workers, with a server on loopback. It
// owns the stub cells and what is counted; it leaves the table to scripts/figures.
//
//	fleetload serve FILE     the server and the workers; FILE gets their addresses
//	fleetload coordinate FILE    a process of its own, so that its memory is its own; prints JSON
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"math/rand/v2"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"kcovrig/rig/disk"
	"kcovrig/rig/fleet"
	"kcovrig/rig/fleet/natsserver"
)

const (
	cells   = 10_000
	workers = 200
	// mean is a cell's mean length; each is between half and one and a half of
	// it, so that workers do not all ask at once. A real cell takes ten times as
	// long at least: the queue's share is smaller there.
	mean = time.Second
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := fmt.Errorf("usage: fleetload serve|coordinate FILE")
	if len(os.Args) == 3 {
		switch os.Args[1] {
		case "serve":
			err = serve(ctx, os.Args[2])
		case "coordinate":
			err = coordinate(ctx, os.Args[2])
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "fleetload:", err)
		os.Exit(3)
	}
}

// serve runs until ctx ends.
func serve(ctx context.Context, file string) error {
	dir, err := disk.NewTempFolder()
	if err != nil {
		return err
	}
	defer dir.Close()
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: -1, HTTPHost: "127.0.0.1", HTTPPort: -1, JetStream: true, StoreDir: dir.Dir, NoSigs: true, NoLog: true,
	})
	if err != nil {
		return err
	}
	s.Start()
	defer s.WaitForShutdown()
	defer s.Shutdown()
	if !s.ReadyForConnections(20 * time.Second) {
		return fmt.Errorf("the server does not come up")
	}
	var all sync.WaitGroup
	defer all.Wait()
	for i := range workers {
		cfg := fleet.WorkerConfig{Server: natsserver.Access{URL: s.ClientURL()}, Name: fmt.Sprint("w", i), Dir: filepath.Join(dir.Dir, fmt.Sprint("w", i))}
		all.Go(func() {
			if err := fleet.Work(ctx, cfg, wait); err != nil && ctx.Err() == nil {
				fmt.Fprintln(os.Stderr, "fleetload:", cfg.Name, err)
			}
		})
	}
	if err := disk.WriteFile(file, []byte(s.ClientURL()+" http://"+s.MonitorAddr().String())); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// wait is a stub cell: it takes the nanoseconds that it says.
func wait(ctx context.Context, t fleet.Task, _ string) (fleet.Result, error) {
	ns, err := strconv.ParseInt(string(t.Spec), 10, 64)
	if err != nil {
		return fleet.Result{}, err
	}
	timer := time.NewTimer(time.Duration(ns))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return fleet.Result{}, ctx.Err()
	case <-timer.C:
		return fleet.Result{Value: t.Spec}, nil
	}
}

// lengths returns all cells' lengths, the same each time.
func lengths() (all []time.Duration, sum time.Duration) {
	random := rand.New(rand.NewPCG(1, 2))
	for range cells {
		d := mean/2 + time.Duration(random.Int64N(int64(mean)))
		all, sum = append(all, d), sum+d
	}
	return all, sum
}

func tasks(all []time.Duration) iter.Seq2[fleet.Task, error] {
	return func(yield func(fleet.Task, error) bool) {
		for i, d := range all {
			if !yield(fleet.Task{ID: fmt.Sprint("cell ", i), Spec: fmt.Append(nil, d.Nanoseconds())}, nil) {
				return
			}
		}
	}
}

// load is what one run came to.
type load struct {
	Cells, Workers  int
	IdealNS, WallNS int64   // the sum of all lengths over the workers; what it took
	MessagesPerCell float64 // to and from the server
	CoordinatorMiB  float64 // resident at most
}

func coordinate(ctx context.Context, file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	url, monitor, _ := strings.Cut(string(text), " ")
	all, sum := lengths()
	before, err := messages(ctx, monitor)
	if err != nil {
		return err
	}
	ended, start := 0, time.Now()
	_, err = fleet.Coordinate(ctx, fleet.CoordinatorConfig{Server: natsserver.Access{URL: url}, Run: "load"}, []iter.Seq2[fleet.Task, error]{tasks(all)}, func(o fleet.Outcome) error {
		if o.Status != fleet.Done {
			return fmt.Errorf("%s: %v: %+v", o.Task, o.Status, o.Failure)
		}
		ended++
		return nil
	})
	wall := time.Since(start)
	if err != nil {
		return err
	}
	if ended != cells {
		return fmt.Errorf("%d of %d cells ended", ended, cells)
	}
	after, err := messages(ctx, monitor)
	if err != nil {
		return err
	}
	resident, err := residentMiB()
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]load{"load": {
		Cells: cells, Workers: workers, IdealNS: int64(sum) / workers, WallNS: int64(wall),
		MessagesPerCell: float64(after-before) / cells, CoordinatorMiB: resident,
	}})
}

// messages is how many the server got and sent so far.
func messages(ctx context.Context, monitor string) (int64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, monitor+"/varz", nil)
	if err != nil {
		return 0, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	var v server.Varz
	err = json.NewDecoder(response.Body).Decode(&v)
	return v.InMsgs + v.OutMsgs, err
}

// residentMiB is this process's largest resident size so far: VmHWM in proc_pid_status(5).
func residentMiB() (float64, error) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	var kib float64
	_, err = fmt.Sscan(rest, &kib)
	return kib / 1024, err
}
