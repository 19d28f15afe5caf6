// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/wording"
)

func TestWordsFollowFromWhatIsDetected(t *testing.T) {
	oops := func(function string) sign { return sign{Kind: wire.KindOops, Function: function} }
	for want, signs := range map[string][]sign{
		"hit":                                {{Kind: wire.KindTold}},
		"oops":                               {oops("")},
		"oops in ring_read":                  {oops("ring_read")},
		"KASAN report in f":                  {{Kind: wire.KindKASAN, Function: "f"}},
		"hang in pipe_read":                  {{Kind: wire.KindHang, Function: "pipe_read", Lasts: DefaultHang}},
		"death of the program":               {{Kind: wire.KindExit}},
		"death of the program by SIGSEGV":    {{Kind: wire.KindExit, Exit: "SIGSEGV"}},
		"death of the program by a signal":   {{Kind: wire.KindExit, Exit: "signal"}},
		"death of the program with status 3": {{Kind: wire.KindExit, Exit: "3"}},
	} {
		assert.Equal(t, want, sightOf(signs))
	}
	assert.Equal(t, "oops", sightOf([]sign{oops("f"), oops("g")}), "of several functions none is named")
	assert.Equal(t, "hit", sightOf([]sign{oops("f"), {Kind: wire.KindTold}}))
}

func TestTheShippedScenariosHaveTheirWords(t *testing.T) {
	first, err := Load(Default)
	require.NoError(t, err)
	assert.Equal(t, wording.Words{}.Full(), first.Words, "results of old had these")
	tls, err := Load("tls")
	require.NoError(t, err)
	assert.Equal(t, wording.Words{Hit: "oops in tls_getsockopt", Hits: "oopses in tls_getsockopt", Window: "try", Windows: "tries"}, tls.Words)
}

func TestWordsThatTurnTheirLineRoundAreRefused(t *testing.T) {
	text := "kcovrig: scenario/1\nname: ring\ntitle: a ring\nfix: [fix.patch]\nworkload: {source: ring.c}\n"
	_, err := parse("scenario.yaml", []byte(text+"words: {hit: \"lost \\u202enote\"}\n"))
	assert.ErrorContains(t, err, `scenario.yaml:6:14: words.hit: want words on one line, of printable characters, not "lost \u202enote"`)
	_, err = parse("scenario.yaml", []byte(text+"words: {hit: lost note}\n"))
	assert.NoError(t, err)
}
