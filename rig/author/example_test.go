// SPDX-License-Identifier: Apache-2.0

package author_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"kcovrig/rig/author"
)

const fix = `From: A Developer <a@example.org>
Subject: [PATCH] ring: order the entry before the tail

A reader could see the new tail and the old entry.

---
--- a/kernel/ring.c
+++ b/kernel/ring.c
@@ -1,2 +1,3 @@
 	ring->entry[tail] = entry;
+	smp_wmb();
 	ring->tail = tail + 1;
`

// A patch is enough to begin a scenario. What it does not say is left to its writer, and
// author.Check says how far that has come.
func ExampleNew() {
	dir, err := os.MkdirTemp("", "new-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	patch := filepath.Join(dir, "fix.patch")
	if err := os.WriteFile(patch, []byte(fix), 0o600); err != nil {
		panic(err)
	}
	written, err := author.New(context.Background(), author.Request{Dir: filepath.Join(dir, "ring"), Patch: patch, CacheDir: dir})
	if err != nil {
		panic(err)
	}
	fmt.Println("scenario:", written.Name)
	for _, file := range written.Files {
		left := 0
		for _, remark := range written.Todo {
			if filepath.Base(remark.File) == file {
				left++
			}
		}
		fmt.Printf("%s: %d to do\n", file, left)
	}
	// Output:
	// scenario: ring
	// fix.patch: 0 to do
	// ring.c: 6 to do
	// scenario.yaml: 2 to do
}
