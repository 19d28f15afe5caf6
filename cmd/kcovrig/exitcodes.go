// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"slices"

	"kcovrig/rig/fault"
	"kcovrig/rig/nightly"
	"kcovrig/rig/soak"
	"kcovrig/rig/trial"
	"kcovrig/rig/verdict"
)

// The exit codes, as the commands' help documents them.
const (
	exitOK           = 0
	exitNotFixed     = 1
	exitUsage        = 2
	exitRig          = 3
	exitInconclusive = 4
	exitKernel       = 5
	exitNotFor       = 6
)

// interrupted says whether a run that had measured something was cut short.
func interrupted(result *trial.Result) bool {
	return slices.ContainsFunc(result.Observations, func(o trial.Observation) bool {
		return o.Outcome == trial.OutcomeCut
	})
}

// matrixCode is the exit code of a matrix: what was seen before what was not.
func matrixCode(c nightly.Counts, err error) int {
	kind := fault.KindOf(err)
	switch {
	case c.Unexpected > 0:
		return exitNotFixed
	case c.UserFaults > 0 || kind == fault.User:
		return exitUsage
	case c.KernelFaults > 0:
		return exitKernel
	case errors.Is(err, context.Canceled) && c.NotRun < c.Cells:
		return exitInconclusive
	case c.RigFaults+c.NotRun > 0 || err != nil:
		return exitRig
	case c.Inconclusive > 0:
		return exitInconclusive
	case c.NotApplicable > 0:
		return exitNotFor
	}
	return exitOK
}

// exitCode is the one place where an error or a verdict of a run becomes an exit code.
// Commands that come to no verdict say theirs themselves, in app.code.
func exitCode(result *trial.Result, err error) int {
	if err != nil {
		if errors.Is(err, soak.ErrUnsound) {
			return exitNotFixed
		}
		if errors.Is(err, context.Canceled) && result != nil && interrupted(result) {
			return verdictCode(result)
		}
		if trial.Inapplicable(err) != nil {
			return exitNotFor
		}
		switch fault.KindOf(err) {
		case fault.User:
			return exitUsage
		case fault.Kernel:
			return exitKernel
		default:
			return exitRig
		}
	}
	if result == nil {
		return exitOK
	}
	return verdictCode(result)
}

// verdictCode follows the verdict that is printed, also of a run that was cut short.
func verdictCode(result *trial.Result) int {
	switch result.Judgement.Verdict {
	case trial.Fixed, trial.NoEffect:
		return exitOK
	case trial.NotFixed:
		return exitNotFixed
	case trial.Inconclusive, trial.Identical:
		return exitInconclusive
	case trial.DoesNotApply:
		return exitNotFor
	}
	for _, o := range result.Observations {
		if o.Outcome != trial.OutcomeOK {
			return exitInconclusive
		}
	}
	return exitOK
}

// The exit codes that git bisect run understands, git-bisect(1).
const (
	gitGood  = 0
	gitBad   = 1
	gitSkip  = 125
	gitAbort = 128
)

// gitShare is the share of blocks with a hit that a lone kernel excludes where nothing
// better is known.
const gitShare = 0.05

// gitCode is the exit code of run for git bisect run: what cannot be tested is
// skipped, what went wrong in the rig or was asked wrongly ends the bisect.
func gitCode(result *trial.Result, err error) int {
	kind := fault.KindOf(err)
	switch {
	case errors.Is(err, context.Canceled):
		return gitAbort
	case kind == fault.Kernel, kind == fault.Guest, err == nil && result != nil && result.Judgement.Verdict == trial.DoesNotApply:
		return gitSkip
	case err != nil || result == nil || len(result.Observations) == 0 || interrupted(result):
		return gitAbort
	}
	// Several readers: each may show a hit, and all have to be clean.
	code := gitGood
	for _, o := range result.Observations {
		switch verdict.JudgeAlone(*result, o, result.Spec.CleanShare).Finding {
		case trial.FindingHit:
			return gitBad
		case trial.FindingClean:
		default:
			code = gitSkip
		}
	}
	return code
}
