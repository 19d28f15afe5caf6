// SPDX-License-Identifier: Apache-2.0

package fleet_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"

	"kcovrig/rig/compare"
	"kcovrig/rig/fleet"
	"kcovrig/rig/fleet/natsserver"
	"kcovrig/rig/rigtest"
)

func ExampleCoordinatorConfig_Validate() {
	err := fleet.CoordinatorConfig{Run: "tonight's"}.Validate()
	fmt.Println(err)
	// Output: coordinate a run: the run's name "tonight's" is not made of letters, digits, _ and -
}

// A server in this process, one worker, and two tasks: comparisons on a lab, of a patch
// that fixes the bug and of one that does not.
func ExampleCoordinate() {
	dir, err := os.MkdirTemp("", "coordinate-")
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

	patched := map[string]rigtest.Guest{"one that fixes": {}, "one that does not": {HitEvery: 2}}
	exec := func(ctx context.Context, t fleet.Task, folder string) (fleet.Result, error) {
		lab := rigtest.NewLab(rigtest.Guest{HitEvery: 2}, patched[t.ID])
		r, err := compare.Compare(ctx, lab.ConfigIn(filepath.Join(dir, "cache"), filepath.Join(folder, "out")))
		if err != nil {
			return fleet.Result{}, err
		}
		value, err := json.Marshal(r.Judgement.Verdict)
		return fleet.Result{Value: value}, err
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- fleet.Work(ctx, fleet.WorkerConfig{Server: server, Name: "here", Dir: filepath.Join(dir, "worker")}, exec)
	}()

	tasks := func(yield func(fleet.Task, error) bool) {
		_ = yield(fleet.Task{ID: "one that fixes"}, nil) && yield(fleet.Task{ID: "one that does not"}, nil)
	}
	summary, err := fleet.Coordinate(ctx, fleet.CoordinatorConfig{Server: server, Run: "example"}, []iter.Seq2[fleet.Task, error]{tasks}, func(o fleet.Outcome) error {
		fmt.Printf("%s: %s\n", o.Task, o.Value)
		return nil
	})
	if err != nil {
		panic(err)
	}
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		panic(err)
	}
	fmt.Printf("%d of %d tasks have ended\n", summary.Ended, summary.Tasks)
	// Unordered output:
	// one that fixes: "fixed"
	// one that does not: "not-fixed"
	// 2 of 2 tasks have ended
}
