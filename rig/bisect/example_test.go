// SPDX-License-Identifier: Apache-2.0

package bisect_test

import (
	"fmt"

	"kcovrig/rig/bisect"
)

// Of five commits in a row the last is known to be bad. Two steps are enough.
func ExampleSearch() {
	graph, err := bisect.NewGraph([]bisect.Commit{
		{Hash: "a"}, {Hash: "b", Parents: []string{"a"}}, {Hash: "c", Parents: []string{"b"}},
		{Hash: "d", Parents: []string{"c"}}, {Hash: "e", Parents: []string{"d"}},
	})
	if err != nil {
		panic(err)
	}
	search, err := bisect.NewSearch(graph, "e")
	if err != nil {
		panic(err)
	}
	bad := map[string]bool{"d": true, "e": true}
	for !search.Ended() {
		next := search.Next(1)[0]
		mark := bisect.Old
		if bad[next] {
			mark = bisect.New
		}
		if err := search.Learn([]bisect.Marked{{Hash: next, Mark: mark}}); err != nil {
			panic(err)
		}
	}
	fmt.Println("first bad commit:", search.Tip())
	// Output: first bad commit: d
}
