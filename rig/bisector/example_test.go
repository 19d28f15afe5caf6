// SPDX-License-Identifier: Apache-2.0

package bisector_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"kcovrig/rig/bisector"
	"kcovrig/rig/compare"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/trial"
)

// labTester tests commits on a lab, in the place of builds and boots; hits says which of
// them have the bug.
type labTester struct {
	dir  string
	hits map[string]bool
}

func (t labTester) Test(ctx context.Context, commit string, request bisector.Request) (bisector.Tested, error) {
	guest := rigtest.Guest{}
	if t.hits[commit] {
		guest.HitEvery = 2
	}
	lab := rigtest.NewLab(guest, guest)
	lab.Guests[trial.AsIs] = guest
	cfg := lab.ConfigIn(t.dir, request.Folder)
	cfg.Spec.CleanShare, cfg.Spec.Duration = request.Share, request.Duration
	result, err := compare.Run(ctx, cfg, trial.AsIs)
	return bisector.Tested{Result: result}, err
}

func (labTester) Same(context.Context, string) (as, by string, err error) { return "", "", nil }
func (labTester) Close() error                                            { return nil }

// Of eight commits the sixth removed the barrier. Without Tester the same call builds
// and boots those that it has to know.
func ExampleFind() {
	dir, err := os.MkdirTemp("", "bisect-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	repo, err := rigtest.MakeRepo(filepath.Join(dir, "linux"), 8)
	if err != nil {
		panic(err)
	}
	hits := map[string]bool{}
	for _, commit := range repo.Commits[5:] {
		hits[commit] = true
	}
	cfg := bisector.Config{
		Config: rigtest.NewLab(rigtest.Guest{}, rigtest.Guest{}).ConfigIn(filepath.Join(dir, "cache"), ""),
		Good:   repo.Commits[:1], Bad: []string{"main"},
		Tester: func(dir string) bisector.Tester { return labTester{dir, hits} },
	}
	cfg.Spec.Tree = repo.Dir
	report, err := bisector.Find(context.Background(), cfg)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%d commits, %d of them tested\n", report.Commits, len(report.Steps))
	fmt.Println(report.Outcome+":", report.First[0].Subject)
	// Output:
	// 7 commits, 5 of them tested
	// found: commit 5
}
