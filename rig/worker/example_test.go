// SPDX-License-Identifier: Apache-2.0

package worker_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"kcovrig/rig/command"
	"kcovrig/rig/fleet/natsserver"
	"kcovrig/rig/nightly"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/trial"
	"kcovrig/rig/worker"
)

// A server in this process and one worker, which runs the cells of a matrix. Without the
// labs' fakes the matrix' machine builds the kernels, and the worker boots them.
func ExampleWork() {
	dir, err := os.MkdirTemp("", "worker-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	embedded, err := natsserver.Start(context.Background(), filepath.Join(dir, "nats"))
	if err != nil {
		panic(err)
	}
	defer embedded.Close()
	server := natsserver.Access{Embedded: embedded}
	env := func(name string) command.Env {
		lab := rigtest.NewLab(rigtest.Guest{HitEvery: 2}, rigtest.Guest{})
		return command.Env{CacheDir: filepath.Join(dir, name), Version: "example", Tools: lab.Tools(), Boots: lab.Booting(), Events: func(trial.Event) {}}
	}

	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ran, err := worker.Work(ctx, worker.Config{Env: env("there"), Server: server, Name: "there", Slots: 1, NoKVM: true})
		fmt.Printf("worker %s ran %d cells\n", ran.Name, ran.Tasks)
		ended <- err
	}()

	file := filepath.Join(dir, "nightly.yaml")
	if err := os.WriteFile(file, []byte("version: 1\naxes: {patch: [series, none]}\n"), 0o600); err != nil {
		panic(err)
	}
	doc, _, err := nightly.Run(ctx, nightly.Config{
		Env: env("here"), File: file, OutDir: filepath.Join(dir, "out"), Server: server,
		Kernels: rigtest.NewLab(rigtest.Guest{}, rigtest.Guest{}).Open,
	})
	if err != nil {
		panic(err)
	}
	for _, cell := range doc.Cells {
		fmt.Printf("%s: %s, by %s\n", cell.Cell.Name, cell.Outcome, cell.Worker)
	}
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		panic(err)
	}
	// Output:
	// arm64/compare/acquire: fixed, by there
	// arm64/unpatched/acquire: hit, by there
	// worker there ran 2 cells
}
