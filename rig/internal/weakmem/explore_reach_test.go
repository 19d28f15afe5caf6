// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"slices"
	"testing"

	"kcovrig/rig/litmus"
)

// unreachedStates are allowed by herd7's model without load buffering, and yet in no run,
// by the reason.
var unreachedStates = []struct {
	reason string
	states map[string][]litmus.State
}{
	{
		releaseDrains,
		map[string][]litmus.State{
			"2+2W+dmb.sy+po-amo.ldclrpl-polp":                {"1:X3=0; [x]=2; [y]=2;"},
			"2+2W+po-amo.ldclrpl-polp+popa-amo.ldeoral-polp": {"0:X3=0; 1:X3=0; [x]=2; [z]=2;"},
			"2+2W+po-amo.ldclrpl-polps":                      {"0:X3=0; 1:X3=0; [x]=2; [z]=2;"},
			"MP+po-amo.caspl-polp+addr":                      {"0:X3=0; 1:X1=1; 1:X3=0;"},
			"MP+po-amo.caspl-polp+poap":                      {"0:X3=0; 1:X1=1; 1:X3=0;"},
			"MP+po-amo.ldaddpl-polp+addr":                    {"0:X3=0; 1:X1=1; 1:X3=0;"},
			"MP+po-amo.ldaddpl-polp+poap":                    {"0:X3=0; 1:X1=1; 1:X3=0;"},
			"MP+po-amo.swppl-polp+addr":                      {"0:X3=0; 1:X1=1; 1:X3=0;"},
			"MP+po-amo.swppl-polp+poap":                      {"0:X3=0; 1:X1=1; 1:X3=0;"},
			"MP+po-rmwpl-polp+addr":                          {"0:X3=0; 1:X1=1; 1:X3=0;"},
			"MP+po-rmwpl-polp+poap":                          {"0:X3=0; 1:X1=1; 1:X3=0;"},
			"MP+popa-rmwal-polp+addr":                        {"0:X3=0; 1:X1=1; 1:X3=0;"},
			"MP+popa-rmwal-polp+poap":                        {"0:X3=0; 1:X1=1; 1:X3=0;"},
			"R+po-amo.ldclrpl-polp+dmb.sy":                   {"0:X3=0; 1:X3=0; [z]=2;"},
			"S+po-amo.ldclrpl-polp+poap":                     {"0:X3=0; 1:X1=1; [x]=2;"},
			"S+popa-rmwal-polp+poap":                         {"0:X3=0; 1:X1=1; [x]=2;"},
		},
	},
	{
		acquiresNews,
		map[string][]litmus.State{
			"MP+dmb.st+popa-amo.swpap-po": {"1:X1=1; 1:X3=0; 1:X6=0;"},
			"MP+dmb.st+popa-rmwal-polp":   {"1:X1=1; 1:X3=0; 1:X7=0;"},
			"SB+casal-fails-ldrs":         {"0:X3=0; 1:X3=0;"},
			"SB+swpap-ldrs":               {"0:X3=0; 1:X3=0;"},
		},
	},
	{
		exclusivesHold,
		map[string][]litmus.State{
			"SB+rmwal-ldars": {"0:X3=0; 0:X5=0; 1:X3=9; 1:X5=1;", "0:X3=9; 0:X5=1; 1:X3=0; 1:X5=0;", "0:X3=9; 0:X5=1; 1:X3=9; 1:X5=1;"},
			"SB+rmwal-ldrs":  {"0:X3=0; 0:X5=0; 1:X3=9; 1:X5=1;", "0:X3=9; 0:X5=1; 1:X3=0; 1:X5=0;", "0:X3=9; 0:X5=1; 1:X3=9; 1:X5=1;"},
			"own-stxr":       {"1:X2=1; 1:X5=1; 1:X6=1; [y]=1;"},
		},
	},
}

// exclusivesHold is no reason where there are interrupts.
const exclusivesHold = "an exclusive store fails although nobody wrote, as after an interrupt"

// withoutLoadBuffering holds what herd7 says of a model in which no load comes after a
// later store of its own thread, for the tests of which it then allows less.
const withoutLoadBuffering = "testdata/ordered"

// outOfReach are the states, by test, that herd7 allows and no run is to reach.
func outOfReach(t *testing.T, but ...string) map[string][]litmus.State {
	t.Helper()
	_, answers := proofTests(t)
	ordered := loadLog(t, withoutLoadBuffering)
	out := map[string][]litmus.State{}
	for name, v := range ordered {
		for _, state := range answers[name].States {
			if !v.Allows(state) {
				out[name] = append(out[name], state)
			}
		}
	}
	for _, one := range unreachedStates {
		for name, states := range one.states {
			if !slices.Contains(but, one.reason) {
				out[name] = append(out[name], states...)
			}
		}
	}
	return out
}
