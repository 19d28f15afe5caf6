// SPDX-License-Identifier: Apache-2.0

package weakmem

const (
	releaseDrains = "an atomic with a result, or an exclusive, that releases drains what waits, so nothing passes that and it"
	acquiresNews  = "what an acquiring atomic reads was written from outside the scope, between two runs: that is news, and so is all before it"
)

// beyondReach are the tests of which one allowed state is not reached although the
// architecture, or an abstract model, reaches it, by the reason.
var beyondReach = []struct {
	reason string
	tests  []string
}{
	{
		"a load is satisfied after a later store of its own thread (load buffering)",
		[]string{
			"S+dmb.sy+po-amo.ldset-po", "S+dmb.sy+po-amo.ldsetpl-polp", "S+dmb.sy+popa-amo.ldsetap-po",
			"H1-exclusive-aba", "WRC+po-amo.swp-po+addr", "WRC+po-amo.swppl-polp+addr", "WRC+popa-amo.swpap-po+addr",
		},
	},
	{
		releaseDrains,
		[]string{
			"2+2W+dmb.sy+po-amo.ldclrpl-polp", "2+2W+po-amo.ldclrpl-polp+popa-amo.ldeoral-polp", "2+2W+po-amo.ldclrpl-polps",
			"MP+po-amo.caspl-polp+addr", "MP+po-amo.caspl-polp+poap", "MP+po-amo.ldaddpl-polp+addr", "MP+po-amo.ldaddpl-polp+poap",
			"MP+po-amo.swppl-polp+addr", "MP+po-amo.swppl-polp+poap",
			"MP+po-rmwpl-polp+addr", "MP+po-rmwpl-polp+poap", "MP+popa-rmwal-polp+addr", "MP+popa-rmwal-polp+poap",
			"R+po-amo.ldclrpl-polp+dmb.sy", "S+po-amo.ldclrpl-polp+poap", "S+popa-rmwal-polp+poap",
		},
	},
	{
		acquiresNews,
		[]string{"MP+dmb.st+popa-amo.swpap-po", "MP+dmb.st+popa-rmwal-polp", "WRC+dmb.sy+popa-amo.swpap-po",
			"SB+swpap-ldrs", "SB+casal-fails-ldrs"},
	},
}

// unreached is how many of a test's allowed states are not reached.
func unreached() map[string]int {
	out := map[string]int{}
	for _, one := range beyondReach {
		for _, name := range one.tests {
			out[name]++
		}
	}
	return out
}
