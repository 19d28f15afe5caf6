// SPDX-License-Identifier: Apache-2.0

package bisect

import (
	"math"

	"kcovrig/rig/trial"
	"kcovrig/rig/verdict"
	"kcovrig/rig/wording"
)

// Schema names the JSON form of a Report.
const Schema = "kcovrig.bisect/2"

// Report is what a search ended with. Report renders it; nothing else is needed.
type Report struct {
	Schema  string `json:"schema"`
	Version string `json:"version"` // the rig's own
	// Outcome: "found" is one commit, "skipped" several that could not be told
	// apart; empty: the search did not come to an end.
	Outcome string  `json:"outcome"`
	First   []About `json:"first"` // the first commits with the new mark

	Repository  string     `json:"repository"`
	Good        []string   `json:"good"` // clean ends, full hashes
	Bad         []string   `json:"bad"`  // ends that show the bug
	Fixed       bool       `json:"fixed"`
	TermOld     string     `json:"termOld"`
	TermNew     string     `json:"termNew"`
	FirstParent bool       `json:"firstParent"`
	Paths       []string   `json:"paths"`
	Log         string     `json:"log"`   // git bisect log that it began with; empty: none
	Given       int        `json:"given"` // steps of that log that were taken without a test
	Spec        trial.Spec `json:"spec"`
	// Words are what reports call the bug's sights; none in what earlier versions wrote.
	Words wording.Words `json:"words,omitzero"`

	Commits int `json:"commits"` // in question at the beginning
	Left    int `json:"left"`    // and at the end
	Rounds  int `json:"rounds"`
	AtOnce  int `json:"workers"` // commits tested at a time
	// HitLower is the lower bound on the share of hit blocks of the bad end,
	// Share what "clean" excludes: some of it, since the share depends on the host.
	HitLower   float64  `json:"hitLower"`
	Share      float64  `json:"share"`
	Miss       float64  `json:"miss"`       // bound on the probability that a clean step on the way was wrong
	Confidence *float64 `json:"confidence"` // 1 - Miss; null without an end

	Steps     []Step         `json:"steps"` // in the order in which they came, the ends first
	Witness   *trial.Witness `json:"witness"`
	HitCode   *trial.Code    `json:"hitCode"`   // what the binary says on the bad side of the change
	CleanCode *trial.Code    `json:"cleanCode"` // and on the clean one
	Kernel    trial.Kernel   `json:"kernel"`
	QEMU      trial.QEMU     `json:"qemu"`
	Host      trial.Host     `json:"host"`
	Folder    string         `json:"folder"` // of the journal, the steps' run folders and logs
	GitLog    string         `json:"gitLog"` // for git bisect replay
	Seconds   float64        `json:"seconds"`
	Notes     []string       `json:"notes"`
	Error     *trial.Failure `json:"error"`
}

// About is one commit.
type About struct {
	Hash    string `json:"hash"`
	Subject string `json:"subject"`
	Author  string `json:"author"`
	Date    string `json:"date"`
	Fixes   string `json:"fixes"` // the line for a commit that repairs it; empty where it is itself the repair
	Files   string `json:"files"` // diffstat
	Diff    string `json:"diff"`  // of the scenario's source; empty where it does not change it
}

// MissOf bounds the probability that one of the clean steps was wrong: the
// sum over what was tested, each test once, however many steps follow from it,
// and the error of the bound on the bad end's share.
func MissOf(steps []Step) float64 {
	sum := verdict.BoundError
	for _, a := range steps {
		if a.Finding == trial.FindingClean && a.SameAs == "" {
			sum += a.Miss
		}
	}
	return math.Min(1, sum)
}
