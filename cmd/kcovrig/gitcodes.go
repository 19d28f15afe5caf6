// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"

	"kcovrig/rig/fault"
	"kcovrig/rig/trial"
	"kcovrig/rig/verdict"
)

// The exit codes that git bisect run understands, git-bisect(1).
const (
	gitGood  = 0
	gitBad   = 1
	gitSkip  = 125
	gitAbort = 128
)

// gitShare is the share of stale blocks that a lone kernel excludes where nothing
// better is known.
const gitShare = 0.05

// gitCode is the exit code of run for git bisect run: what cannot be tested is
// skipped, what went wrong in the rig or was asked wrongly ends the bisect.
func gitCode(result *trial.Result, err error) int {
	kind := fault.KindOf(err)
	switch {
	case errors.Is(err, context.Canceled):
		return gitAbort
	case kind == fault.Kernel, kind == fault.Guest:
		return gitSkip
	case err != nil || result == nil || len(result.Observations) == 0 || interrupted(result):
		return gitAbort
	}
	// Several readers: each may show a stale read, and all have to be clean.
	code := gitGood
	for _, o := range result.Observations {
		switch verdict.JudgeAlone(*result, o, result.Spec.CleanShare).Finding {
		case trial.FindingStale:
			return gitBad
		case trial.FindingClean:
		default:
			code = gitSkip
		}
	}
	return code
}
