// SPDX-License-Identifier: Apache-2.0

package herdtools

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/proc"
)

// Version is what a program of herdtools7 says of itself: what it makes and says may
// change with it.
func Version(ctx context.Context, cacheDir, program string) (string, error) {
	path, err := Find(program, cacheDir)
	if err != nil {
		return "", err
	}
	result, err := proc.Run(ctx, proc.Command{Path: path, Args: []string{"-version"}, Kind: fault.Rig, Op: "ask " + program + " for its version"})
	return strings.TrimSpace(string(result.Stdout)), err
}

// Cross has diycross7 make a test of each cycle that takes one of each edge's
// alternatives, in diy's words: "Rfe", "Rfe,Fre", "[PodRW,Rfi],Rfe". Tests come in
// diy's order, numbered where it would name two the same.
func Cross(ctx context.Context, cacheDir string, options, edges []string) ([]Source, error) {
	const op = "make litmus tests"
	path, err := Find("diycross7", cacheDir)
	if err != nil {
		return nil, err
	}
	folder, err := disk.NewTempFolder()
	if err != nil {
		return nil, fault.Wrap(fault.Rig, op, err)
	}
	defer folder.Close()
	_, err = proc.Run(ctx, proc.Command{
		Path: path, Args: slices.Concat([]string{"-arch", "AArch64", "-addnum", "true"}, options, edges), Dir: folder.Dir, Kind: fault.Rig, Op: op,
	})
	if err != nil {
		return nil, err
	}
	list, err := os.ReadFile(filepath.Join(folder.Dir, "@all"))
	if err != nil {
		return nil, fault.Wrap(fault.Rig, op, err)
	}
	var tests []Source
	for line := range strings.Lines(string(list)) {
		line, _, _ = strings.Cut(line, "#")
		for name := range strings.FieldsSeq(line) {
			text, err := os.ReadFile(filepath.Join(folder.Dir, name))
			if err != nil {
				return nil, fault.Wrap(fault.Rig, op, err)
			}
			tests = append(tests, Source{Name: strings.TrimSuffix(name, ".litmus"), Text: string(text)})
		}
	}
	return tests, nil
}
