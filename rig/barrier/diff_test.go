// SPDX-License-Identifier: Apache-2.0

package barrier

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"kcovrig/rig/barrier/candidate"
	"kcovrig/rig/trial"
)

const ring = `void post(struct ring *r)
{
	memcpy(r->data, from, n);
	/* The reader looks at count. */

	WRITE_ONCE(r->count, n);
	if (r->waits)
		wake(r);
	r->posted = n;
	*r->last = READ_ONCE(r->next);
}
`

func TestASuggestionAsAPatch(t *testing.T) {
	lines := strings.Split(strings.TrimSuffix(ring, "\n"), "\n")
	between := func(after, before string) Part {
		return Part{Change: trial.Change{To: trial.OrderStores}, Position: &candidate.Position{After: trial.Instruction{Source: after}, Before: trial.Instruction{Source: before}}}
	}
	access := func(source string, store bool) Part {
		return Part{Access: &candidate.Access{Instruction: trial.Instruction{Source: source}, Store: store}}
	}
	assert.Equal(t, `--- a/ring.c
+++ b/ring.c
@@ -3,6 +3,7 @@
 	memcpy(r->data, from, n);
 	/* The reader looks at count. */
 
+	smp_wmb();
 	WRITE_ONCE(r->count, n);
 	if (r->waits)
 		wake(r);
`, between("ring.c:3", "ring.c:6").Diff("ring.c", lines))
	assert.Equal(t, `--- a/ring.c
+++ b/ring.c
@@ -3,7 +3,7 @@
 	memcpy(r->data, from, n);
 	/* The reader looks at count. */
 
-	WRITE_ONCE(r->count, n);
+	smp_store_release(&r->count, n);
 	if (r->waits)
 		wake(r);
 	r->posted = n;
`, access("ring.c:6", true).Diff("ring.c", lines))
	assert.Contains(t, between("ring.c:10", "ring.c:11").Diff("ring.c", lines), "+	smp_wmb();\n }\n", "as deep as the code before it")
	assert.Contains(t, access("ring.c:9", true).Diff("ring.c", lines), "+	smp_store_release(&r->posted, n);\n")
	assert.Contains(t, access("ring.c:10", false).Diff("ring.c", lines), "+	*r->last = smp_load_acquire(&r->next);\n")
	for name, p := range map[string]Part{
		"behind a condition":    between("ring.c:7", "ring.c:8"),
		"of another file":       between("ring.c:3", "list.h:6"),
		"backwards":             between("ring.c:6", "ring.c:3"),
		"of a place not known":  between("", "ring.c:6"),
		"behind the end":        between("ring.c:3", "ring.c:60"),
		"of no form":            access("ring.c:3", true),
		"of a line without one": access("ring.c:6", false),
		"of no file":            access("", true),
	} {
		assert.Empty(t, p.Diff("ring.c", lines), name)
	}
	r := Report{Suggestions: []Suggestion{{Parts: []Part{access("ring.c:6", true)}}, {Parts: []Part{access("list.h:6", true)}}}}
	r.AddDiffs(map[string][]string{"ring.c": lines})
	assert.NotEmpty(t, r.Suggestions[0].Diff)
	assert.Empty(t, r.Suggestions[1].Diff)
}
