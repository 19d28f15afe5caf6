// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// The cases that scripts/bench runs, by the names of their folders.
const (
	Cold     = "cold"     // build into an empty cache, without ccache
	Compare  = "compare"  // compare, all modes, everything cached
	Emulated = "emulated" // the unpatched kernel for a fixed time
	Native   = "native"   // the same without the emulator
	Bare     = "bare"     // the same without the emulator and next to no stress
	Memory   = "memory"   // compare, with resident sizes sampled
	Fleet    = "fleet"    // scripts/fleetload: stub cells on many workers
)

// ratios is the file of what BenchmarkOutsideTheScope printed, one number a line.
const ratios = "outside/ratios"

// prices is the folder of what BenchmarkScopes printed: files named by the code in scope and
// the work, as in whole-forks, with one number a line.
const prices = "price"

// Document is the part of kcovrig's --json output that figures come from.
type Document struct {
	Verdict    string
	Confidence *float64
	Measured   []Measured `json:"arms"`
	Images     []Image
	Load       *Queue
	Error      *struct{ Op, Message string }
}

// Measured is one boot in one mode; the times are nanoseconds.
type Measured struct {
	Patched             bool
	Mode, Outcome       string
	Windows, HitWindows uint64
	Writes              uint64
	StressNS            int64
	FirstHitNS          int64
	BootNS              int64
}

// Image is one built kernel; the times are nanoseconds.
type Image struct {
	Patched, Cached bool
	CPUNS, WallNS   int64
}

// Queue is what scripts/fleetload prints: how long stub cells took, and would have
// at least, in nanoseconds.
type Queue struct {
	IdealNS, WallNS                 int64
	MessagesPerCell, CoordinatorMiB float64
}

// Run is one run of a case: its document, the seconds it took from start to
// end, and the largest resident sizes in MiB, of one process and of all.
type Run struct {
	Document
	Wall            float64
	Largest, Summed float64
}

// Load reads the runs of all cases, by case. A run that reports an error or
// whose boots did not all end well is an error: it measures nothing.
func Load(folder fs.FS) (map[string][]Run, error) {
	names, err := fs.Glob(folder, "*/*.json")
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no */*.json: nothing was run")
	}
	runs := map[string][]Run{}
	for _, name := range names {
		run, err := loadRun(folder, name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		runs[path.Dir(name)] = append(runs[path.Dir(name)], run)
	}
	return runs, nil
}

func loadRun(folder fs.FS, name string) (Run, error) {
	var run Run
	data, err := fs.ReadFile(folder, name)
	if err != nil {
		return run, err
	}
	if err := json.Unmarshal(data, &run.Document); err != nil {
		return run, err
	}
	if run.Error != nil {
		return run, fmt.Errorf("the run failed: %s: %s", run.Error.Op, run.Error.Message)
	}
	for _, a := range run.Measured {
		if a.Outcome != "ok" {
			return run, fmt.Errorf("a boot ended with outcome %q", a.Outcome)
		}
	}
	base := strings.TrimSuffix(name, ".json")
	wall, err := numbers(folder, base+".wall")
	if err != nil {
		return run, err
	}
	run.Wall = wall[0]
	if path.Dir(name) == Memory {
		sizes, err := numbers(folder, base+".mib")
		if err != nil {
			return run, err
		}
		if len(sizes) != 2 {
			return run, fmt.Errorf("%s.mib: want two numbers", base)
		}
		run.Largest, run.Summed = sizes[0], sizes[1]
	}
	return run, nil
}

// LoadRatios reads the speed of work outside the scope, as shares of that without the
// emulator; nil where they were not measured.
func LoadRatios(folder fs.FS) ([]float64, error) {
	all, err := numbers(folder, ratios)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return all, err
}

// LoadPrices reads how many times longer work takes with code in scope than without the
// emulator, by that code and the work; none where they were not measured.
func LoadPrices(folder fs.FS) (map[string][]float64, error) {
	names, err := fs.Glob(folder, prices+"/*")
	if err != nil {
		return nil, err
	}
	all := map[string][]float64{}
	for _, name := range names {
		if all[path.Base(name)], err = numbers(folder, name); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// numbers reads a file of numbers, at least one.
func numbers(folder fs.FS, name string) ([]float64, error) {
	data, err := fs.ReadFile(folder, name)
	if err != nil {
		return nil, err
	}
	var all []float64
	for _, word := range strings.Fields(string(data)) {
		n, err := strconv.ParseFloat(word, 64)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, n)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s: empty", name)
	}
	return all, nil
}
