// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"kcovrig/rig/command"
	"kcovrig/rig/fault"
	"kcovrig/rig/report"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

// endWith has the command end with where its run is, and what to do with it.
func (a *app) endWith(r trial.Result, quiet bool) {
	switch {
	case r.Folder == "" && r.Command == trial.CommandBuild && r.Failure == nil:
		a.endAt(quiet, "", "", report.AfterBuild(r))
	case r.Folder == "":
	case r.Command == trial.CommandReplay: // explain and replay without a run go on meaning the one that is replayed
		a.endAt(quiet, r.Folder, pageOf(r.Folder), report.Call("report", r.Folder))
	case len(r.Witnesses) > 0:
		a.endAtLatest(quiet, r.Folder, report.Call("explain", r.Folder))
	default:
		a.endAtLatest(quiet, r.Folder, report.Call("report", r.Folder, "--format=markdown"))
	}
}

// endAtLatest is endAt for a folder that commands mean which are given none.
func (a *app) endAtLatest(quiet bool, folder, next string) {
	folder, err := filepath.Abs(folder)
	if err == nil {
		err = command.KeepAsLatest(a.cacheDir(), folder)
	}
	if err != nil {
		fmt.Fprintf(a.stderr, "kcovrig: %v\n", err)
	}
	a.endAt(quiet, folder, pageOf(folder), next)
}

// endAt keeps the lines that the command ends with, see report.Ending.
func (a *app) endAt(quiet bool, folder, page, next string) {
	if abs, err := filepath.Abs(folder); folder != "" && err == nil {
		folder = abs
	}
	if !quiet {
		a.ending = report.Ending(folder, page, next)
	}
}

// barriersPage is the page of what was found of barriers.
const barriersPage = "barriers.html"

// pageOf is the page of a run's or a matrix' folder: that of its barriers, where it has one,
// is what was asked for.
func pageOf(folder string) string {
	if _, err := os.Stat(filepath.Join(folder, barriersPage)); err == nil {
		return barriersPage
	}
	return "report.html"
}

// latest is the folder of the latest run, where a command was given none.
func (a *app) latest() (string, error) {
	folder, err := command.Latest(a.cacheDir())
	if err == nil {
		fmt.Fprintf(a.stderr, "kcovrig: of the latest run, %s\n", folder)
	}
	return folder, err
}

// witness reads RUN and N: the latest run, and 0 for no number, where they are left out.
func (a *app) witness(args []string) (path string, n int, err error) {
	numbered := len(args) == 2
	if len(args) == 1 {
		_, there := os.Lstat(args[0])
		_, err := strconv.Atoi(args[0])
		numbered = err == nil && errors.Is(there, fs.ErrNotExist)
	}
	if numbered {
		last := args[len(args)-1]
		if n, err = strconv.Atoi(last); err != nil || n < 1 {
			return "", 0, fault.Newf(fault.User, "", "%q is no number of a witness: they are counted from 1", last)
		}
		args = args[:len(args)-1]
	}
	if len(args) == 1 {
		return args[0], n, nil
	}
	if path, err = a.latest(); err == nil && result.IsMatrix(path) {
		err = &fault.Error{Kind: fault.User, Err: fmt.Errorf("%s is a matrix' folder", path), Try: "name the run folder of one of its cells"}
	}
	return path, n, err
}

// orLatest is runs, or where there are none the latest.
func (a *app) orLatest(runs []string) ([]string, error) {
	if len(runs) > 0 {
		return runs, nil
	}
	folder, err := a.latest()
	return []string{folder}, err
}
