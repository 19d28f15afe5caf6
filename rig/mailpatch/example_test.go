// SPDX-License-Identifier: Apache-2.0

package mailpatch_test

import (
	"fmt"

	"kcovrig/rig/mailpatch"
)

func ExampleRead() {
	mail := "From: Kim <kim@example.org>\nSubject: [PATCH] ring: order the count\n\nIt may pass the entries.\n\n" +
		"--- a/kernel/f.c\n+++ b/kernel/f.c\n@@ -1,2 +1,3 @@\n copy();\n+smp_wmb();\n publish();\n"
	patches, notes, err := mailpatch.Read("fix.mbox", []byte(mail))
	if err != nil {
		panic(err)
	}
	for _, p := range patches {
		fmt.Println(p.Subject)
		for _, f := range p.Files(func(path string) bool { return path == "kernel/f.c" }) {
			fmt.Println(mailpatch.Path(f))
		}
	}
	fmt.Println(len(notes), "notes")
	// Output:
	// [PATCH] ring: order the count
	// kernel/f.c
	// 0 notes
}
